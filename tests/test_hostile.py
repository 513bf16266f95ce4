"""Hostile input is normal input: whatever a file holds, every command answers, soon, and with nothing from outside.

Each kind of file that connlint reads is damaged in each way in which files get damaged; then each reader gets what
is hostile to it alone.
"""

from __future__ import annotations

import builtins
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import ENOUGH, FEW, INSPECTIONS, STEERING, Ran, laid_out, run, survived

OUTSIDE = "0utside-c4nary"  # stands in every file outside of the project; nothing of it may be shown

MANAGE = """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
"""
SETTINGS = """\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db",
        "CONN_MAX_AGE": 600,
    }
}
"""
PROJECT = {"manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": SETTINGS, "shop/wsgi.py": MANAGE}


def reading(line: str) -> str:
    """Settings that take an age from another file."""
    return f"import json, os, tomllib, configparser\n{line}\n{SETTINGS}DATABASES['default']['CONN_MAX_AGE'] = AGE\n"


COMPOSE = "services:\n  web:\n    image: acme/shop\n    command: gunicorn -w 4 shop.wsgi\n    env_file: web.env\n"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - {name: web, image: acme/shop, command: [gunicorn, -w, "4", shop.wsgi]}
"""

# For each kind of file: its path, a text that is right, and the other files it needs to be read at all.
KINDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "settings": ("shop/settings.py", SETTINGS, {}),
    "imported settings": ("shop/base.py", SETTINGS, {"shop/settings.py": "from shop.base import *\n"}),
    "package of settings": ("shop/__init__.py", "AGE = 60\n", {"shop/settings.py": reading("from shop import AGE")}),
    "manage.py": ("manage.py", MANAGE, {}),
    "wsgi.py": ("shop/wsgi.py", MANAGE, {}),
    "gunicorn": ("gunicorn.conf.py", "workers = 4\nthreads = 2\n", {}),
    "uwsgi ini": ("uwsgi.ini", "[uwsgi]\nprocesses = 4\nthreads = 2\n", {}),
    "uwsgi yaml": ("uwsgi.yaml", "uwsgi:\n  processes: 4\n", {}),
    "uwsgi json": ("uwsgi.json", '{"uwsgi": {"processes": 4}}\n', {}),
    "uwsgi xml": ("uwsgi.xml", "<uwsgi>\n<processes>4</processes>\n</uwsgi>\n", {}),
    "pgbouncer": ("pgbouncer.ini", "[databases]\nshop = host=db\n[pgbouncer]\npool_mode = transaction\n", {}),
    "postgresql": ("postgresql.conf", "max_connections = 50\nport = 5432\n", {}),
    "mysql": ("my.cnf", "[mysqld]\nmax_connections = 50\n", {}),
    "pyproject": ("pyproject.toml", "[tool.connlint]\ncpus = 4\n", {}),
    "connlint.toml": ("connlint.toml", "cpus = 4\n", {}),
    "requirements": ("requirements.txt", "Django==5.2\ngunicorn==23.0.0\n", {}),
    "uv.lock": ("uv.lock", 'version = 1\n[[package]]\nname = "django"\nversion = "5.2"\n', {}),
    "poetry.lock": ("poetry.lock", '[[package]]\nname = "django"\nversion = "5.2"\n', {}),
    "Pipfile": ("Pipfile", '[packages]\ndjango = "==5.2"\n', {}),
    "Pipfile.lock": ("Pipfile.lock", '{"default": {"django": {"version": "==5.2"}}}\n', {}),
    ".env": (".env", "AGE=60\n", {"shop/settings.py": reading("import environ\nenv = environ.Env()\nenv.read_env('.env')\nAGE = env.int('AGE')")}),
    "dotenv": (".env", "AGE=60\n", {"shop/settings.py": reading("from dotenv import load_dotenv\nload_dotenv('.env')\nAGE = int(os.environ['AGE'])")}),
    "decouple": (".env", "AGE=60\n", {"shop/settings.py": reading("from decouple import config\nAGE = config('AGE', cast=int)")}),
    "json": ("conf.json", '{"age": 60}\n', {"shop/settings.py": reading("AGE = json.load(open('conf.json'))['age']")}),
    "yaml": ("conf.yaml", "age: 60\n", {"shop/settings.py": reading("import yaml\nAGE = yaml.safe_load(open('conf.yaml'))['age']")}),
    "toml": ("conf.toml", "age = 60\n", {"shop/settings.py": reading("AGE = tomllib.load(open('conf.toml', 'rb'))['age']")}),
    "ini": ("conf.ini", "[db]\nage = 60\n", {"shop/settings.py": reading("c = configparser.ConfigParser()\nc.read('conf.ini')\nAGE = c.getint('db', 'age')")}),
    "compose": ("compose.yml", "services:\n  web:\n    image: acme/shop\n    command: gunicorn -w 4 shop.wsgi\n", {}),
    "env_file": ("web.env", "AGE=60\n", {"compose.yml": COMPOSE}),
    "Dockerfile": ("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD gunicorn -w 4 shop.wsgi\n", {}),
    "entrypoint": ("start.sh", "#!/bin/sh\nexec gunicorn -w ${WORKERS:-4} shop.wsgi\n", {"Dockerfile": "FROM python:3.12\nWORKDIR /srv\nCOPY . .\nENTRYPOINT [\"./start.sh\"]\n"}),
    "Procfile": ("Procfile", "web: gunicorn -w 4 shop.wsgi\n", {}),
    "app.json": ("app.json", '{"formation": {"web": {"quantity": 2}}}\n', {"Procfile": "web: gunicorn shop.wsgi\n"}),
    "systemd": ("deploy/web.service", "[Service]\nExecStart=/usr/bin/gunicorn -w 4 shop.wsgi\n", {}),
    "supervisor": ("supervisord.conf", "[program:web]\ncommand=gunicorn -w 4 shop.wsgi\n", {}),
    "kubernetes": ("k8s/web.yaml", MANIFEST, {}),
    "helm values": ("chart/values.yaml", "replicas: 2\n", {"chart/Chart.yaml": "apiVersion: v2\nname: shop\n", "chart/templates/web.yaml": MANIFEST}),
    "helm template": ("chart/templates/web.yaml", MANIFEST.replace("replicas: 2", "replicas: {{ .Values.replicas }}"), {"chart/Chart.yaml": "apiVersion: v2\nname: shop\n", "chart/values.yaml": "replicas: 2\n"}),
    "kustomization": ("k8s/kustomization.yaml", "resources: [web.yaml]\nreplicas: [{name: web, count: 3}]\n", {"k8s/web.yaml": MANIFEST}),
    "fly.toml": ("fly.toml", '[processes]\nweb = "gunicorn -w 4 shop.wsgi"\n', {}),
    "render.yaml": ("render.yaml", "services:\n- type: web\n  name: web\n  startCommand: gunicorn -w 4 shop.wsgi\n", {}),
    "nginx unit": ("unit.json", '{"applications": {"web": {"type": "python", "module": "shop.wsgi", "processes": 4}}}\n', {}),
    "task definition": ("task-definition.json", '{"containerDefinitions": [{"name": "web", "command": ["gunicorn", "shop.wsgi"]}]}\n', {}),
    "s6": ("rootfs/etc/services.d/web/run", "#!/usr/bin/with-contenv sh\nexec gunicorn -w 4 shop.wsgi\n", {}),
    "crontab": ("crontab", "0 3 * * * python manage.py nightly\n", {}),
    "mod_wsgi": ("apache/shop.conf", "WSGIDaemonProcess shop processes=2\nWSGIScriptAlias / /srv/shop/wsgi.py\n", {}),
}  # fmt: skip


# Files that only their content tells from others of their ending: nobody can say what an unreadable one is.
TOLD_BY_CONTENT = ("kubernetes", "nginx unit", "task definition", "mod_wsgi")


def project(root: Path, kind: str) -> Path:
    """A project with a file of this kind; the path of that file."""
    path, text, others = KINDS[kind]
    laid_out(root, {**PROJECT, **others, path: text})
    return root / path


every_kind = pytest.mark.parametrize("kind", KINDS)

# Ways in which the text of a file goes wrong, whatever it is.
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "whole": lambda data: data,
    "empty": lambda _: b"",
    "NULs": lambda data: data + b"\0\0" + data,
    "only NULs": lambda _: b"\0" * 5000,
    "no UTF-8": lambda data: data + b"# \xff\xfe \xc3\x28\n" + data,
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "CR LF": lambda data: data.replace(b"\n", b"\r\n"),
    "CR": lambda data: data.replace(b"\n", b"\r"),
    "other line ends": lambda data: data.replace(b"\n", "\x0b\x0c\x1c\u2028\x85\n".encode()),
    "half": lambda data: data[: len(data) * 2 // 3],
    "brackets": lambda data: data + b"[" * 10_000 + b"(" * 10_000 + b"{" * 10_000,
    "closing brackets": lambda data: data + b"x = " + b"[" * 10_000 + b"]" * 10_000 + b"\n",
    "quotes": lambda data: data + b"\"'" * 10_000 + b'"""' * 5_001,
    "backslashes": lambda data: data + b"\\" * 100_001,
    "one long line": lambda data: data + b"x = " + b"y" * 3_900_000,
    "one long line of many words": lambda data: data + b"x = " + b"y=1 @ a:b " * 390_000,
    "many lines": lambda data: data + b"x = 1\n" * 300_000,
    "escapes": lambda data: data + "x\x1b[31m\x07\x9b\x1b]0;title\x07\u202e\u2066 = \x1b[2J\r\x08\n".encode() + data,
}


LARGE = ("one long line", "one long line of many words", "many lines")


@every_kind
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_text(tmp_path: Path, kind: str, damage: str) -> None:
    path = project(tmp_path, kind)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    survived(tmp_path, inspections=FEW if damage in LARGE else INSPECTIONS)


def is_mentioned(path: str, done: dict[str, Ran]) -> bool:
    """Whether some command speaks of a file, by its path or as a module."""
    named = {path, path.removesuffix(".py").replace("/", ".")} - {"shop.__init__"}
    pattern = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, named))})(?![\w])")
    return any(pattern.search(ran.told) for ran in done.values())


@every_kind
def test_a_file_of_100_mb_is_not_read_and_said_so(tmp_path: Path, kind: str) -> None:
    path = project(tmp_path, kind)
    os.truncate(path, 100_000_000)
    done = survived(tmp_path, enough=1)
    if kind not in TOLD_BY_CONTENT:
        assert is_mentioned(KINDS[kind][0], done)
        assert any("100000000 bytes" in ran.told for ran in done.values())


INSTEAD: dict[str, Callable[[Path, Path], None]] = {
    "a pipe": lambda path, _: os.mkfifo(path),
    "a folder": lambda path, _: path.mkdir(),
    "a link out": lambda path, outside: path.symlink_to(outside),
    "a link to a device": lambda path, _: path.symlink_to("/dev/zero"),
    "a link to nowhere": lambda path, _: path.symlink_to("nowhere"),
    "a link to itself": lambda path, _: path.symlink_to(path.name),
}


@every_kind
@pytest.mark.parametrize("what", INSTEAD)
def test_something_else_instead_of_a_file(tmp_path: Path, kind: str, what: str) -> None:
    root = tmp_path / "project"
    path = project(root, kind)
    outside = tmp_path / "outside"
    outside.write_bytes(path.read_bytes() + f"\n# {OUTSIDE} = 1\n".encode())
    path.unlink()
    INSTEAD[what](path, outside)
    done = survived(root, hidden=(OUTSIDE,))
    if what in ("a pipe", "a link out", "a link to a device") and kind not in TOLD_BY_CONTENT:
        assert is_mentioned(KINDS[kind][0], done)


@every_kind
def test_a_file_that_may_not_be_read(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modes do not stop root, so the system's answer is given in its place."""
    path = str(project(tmp_path, kind))
    for place in (builtins, os):
        opened = place.open

        def refuse(file: object, *arguments: Any, opened: Any = opened, **named: Any) -> Any:
            if str(file) == path:
                raise PermissionError(13, "Permission denied", path)
            return opened(file, *arguments, **named)

        monkeypatch.setattr(place, "open", refuse)
    done = survived(tmp_path)
    assert kind in TOLD_BY_CONTENT or is_mentioned(KINDS[kind][0], done)


# Files that send their reader to other files: {outside} is a path out of the project.
INCLUDES: dict[str, dict[str, str]] = {
    "uwsgi ini": {"uwsgi.ini": "[uwsgi]\nini = {outside}\ninclude = {outside}\nprocesses = @({outside})\nyaml = {outside}\n"},
    "uwsgi yaml": {"uwsgi.yaml": "uwsgi:\n  yaml: {outside}\n  ini: {outside}\n"},
    "uwsgi xml": {"uwsgi.xml": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file://{outside}'>]><uwsgi><xml>{outside}</xml><env>&e;</env></uwsgi>"},
    "uwsgi json": {"uwsgi.json": '{{"uwsgi": {{"json": "{outside}", "module": "@({outside})"}}}}'},
    "pgbouncer": {"pgbouncer.ini": "%include {outside}\n[databases]\na = host=b\n[pgbouncer]\nauth_file = {outside}\n%include ../outside\n"},
    "postgresql": {"postgresql.conf": "include '{outside}'\ninclude_if_exists = '{outside}'\ninclude_dir '{folder}'\n"},
    "mysql": {"my.cnf": "!include {outside}\n!includedir {folder}\n[mysqld]\nmax_connections=9\n"},
    "requirements": {"requirements.txt": "-r {outside}\n-c ../outside\n--requirement={outside}\nDjango==5.2\n"},
    "open": {"shop/settings.py": "DATABASES = {{'default': {{'HOST': open('{outside}').read(), 'CONN_MAX_AGE': open('../outside').read()}}}}\n"},
    "pathlib": {"shop/settings.py": "from pathlib import Path\nDATABASES = {{'default': {{'HOST': Path('{outside}').read_text(), 'PORT': (Path(__file__).parents[2] / 'outside').read_text()}}}}\n"},
    "json": {"shop/settings.py": "import json\nDATABASES = {{'default': {{'HOST': json.load(open('{outside}'))}}}}\n"},
    "yaml": {"shop/settings.py": "import yaml\nDATABASES = {{'default': {{'HOST': yaml.safe_load(open('{outside}'))}}}}\n"},
    "configparser": {"shop/settings.py": "import configparser\nc = configparser.ConfigParser()\nc.read('{outside}')\nDATABASES = {{'default': {{'HOST': c['a']['b']}}}}\n"},
    "environ": {"shop/settings.py": "import environ\nenv = environ.Env()\nenv.read_env('{outside}')\nDATABASES = {{'default': {{'HOST': env('HOST', default='x')}}}}\n"},
    "file aware": {"shop/settings.py": "import environ, os\nos.environ['HOST_FILE'] = '{outside}'\nenv = environ.FileAwareEnv()\nDATABASES = {{'default': {{'HOST': env('HOST')}}}}\n"},
    "dotenv": {"shop/settings.py": "import os, dotenv\ndotenv.load_dotenv('{outside}')\nDATABASES = {{'default': {{'HOST': os.environ.get('HOST')}}}}\n"},
    "decouple": {"shop/settings.py": "from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv('{outside}'))\nDATABASES = {{'default': {{'HOST': config('HOST', 'x')}}}}\n"},
    "exec": {"shop/settings.py": "exec(open('{outside}').read())\nDATABASES = {{'default': {{'HOST': HOST}}}}\n"},
    "split settings": {"shop/settings.py": "from split_settings.tools import include\ninclude('{outside}', '../../outside', '../../*')\nDATABASES = {{'default': {{'HOST': HOST}}}}\n"},
    "python path": {"pyproject.toml": "[tool.connlint]\npython-path = ['..', '{folder}']\nsettings = ['outside']\n"},
    "sys.path": {"shop/settings.py": "import sys\nsys.path.insert(0, '{folder}')\nfrom outside import *\nDATABASES = {{'default': {{'HOST': HOST}}}}\n"},
    "relative import": {"shop/settings.py": "from ...outside import *\nfrom ... import outside\nDATABASES = {{'default': {{'HOST': HOST}}}}\n"},
    "listing": {"shop/settings.py": "import os, glob\nDATABASES = {{'default': {{'HOST': str(os.listdir('{folder}')) + str(glob.glob('{folder}/*')) + str(os.path.exists('{outside}')) + str(os.stat('{outside}'))}}}}\n"},
    "gunicorn": {"gunicorn.conf.py": "bind = open('{outside}').read()\nwsgi_app = open('../outside').readline()\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", INCLUDES)
def test_nothing_outside_is_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / f"{OUTSIDE}-folder"
    outside = folder / "outside"
    text = f"HOST = '{OUTSIDE}'\n[uwsgi]\nmodule = {OUTSIDE}\n[mysqld]\nport = {OUTSIDE}\n{OUTSIDE}\n"
    laid_out(folder, {"outside": text, "outside.py": text, f"{OUTSIDE}.conf": text, f"{OUTSIDE}.cnf": text})
    laid_out(tmp_path, {"outside": text, "outside.py": text})
    root = tmp_path / "project"
    files = {path: text.format(outside=outside, folder=folder) for path, text in INCLUDES[name].items()}
    laid_out(root, {**PROJECT, **files})
    for ran in survived(root).values():  # the path stands in the project's own file, and may be shown
        shown = ran.told.replace(str(folder), "")
        assert OUTSIDE not in shown


@pytest.mark.parametrize("path", ["shop", "deploy"])
def test_a_folder_that_a_link_leads_out_to_is_not_entered(tmp_path: Path, path: str) -> None:
    outside = laid_out(
        tmp_path / "outside",
        {"settings.py": f"X = '{OUTSIDE}'\n{SETTINGS}", "uwsgi.ini": f"[uwsgi]\nmodule = {OUTSIDE}\n"},
    )
    root = laid_out(tmp_path / "project", {**PROJECT, "pgbouncer.ini": "%include deploy/uwsgi.ini\n[pgbouncer]\n"})
    if path == "shop":
        shutil.rmtree(root / "shop")
    (root / path).symlink_to(outside, target_is_directory=True)
    survived(root, hidden=(OUTSIDE,))


CYCLES: dict[str, dict[str, str]] = {
    "imports": {"shop/settings.py": "from shop.base import *\n" + SETTINGS, "shop/base.py": "from shop.settings import *\n"},
    "lazy imports": {"shop/settings.py": "from shop.base import X\nDATABASES = X\n", "shop/base.py": "from shop.settings import DATABASES as X\n"},
    "itself": {"shop/settings.py": "from .settings import *\nfrom . import settings\nDATABASES = settings.DATABASES\n"},
    "classes": {"shop/settings.py": "class A(B): pass\nclass B(A): pass\nDATABASES = {'default': A().x}\n"},
    "recursion": {"shop/settings.py": "def f(n): return f(n + 1)\nDATABASES = {'default': f(0)}\n"},
    "mutual recursion": {"shop/settings.py": "def f(n): return g(n) + g(n)\ndef g(n): return f(n) + f(n)\nDATABASES = {'default': f(0)}\n"},
    "properties": {"shop/settings.py": "class A:\n @property\n def x(self): return self.x\nDATABASES = {'default': A().x}\n"},
    "__getattr__": {"shop/settings.py": "class A:\n def __getattr__(self, n): return getattr(self, n + 'x')\nDATABASES = A().x\n"},
    "dictionary in itself": {"shop/settings.py": "D = {}\nD['d'] = D\nDATABASES = {'default': {'OPTIONS': D, 'CONN_MAX_AGE': D}, 'd': D}\nDATABASES['x'] = DATABASES\nCACHES = DATABASES\nINSTALLED_APPS = [DATABASES]\n"},
    "list in itself": {"shop/settings.py": "L = []\nL.append(L)\nL += L\nDATABASES = {'default': {'HOST': L, 'OPTIONS': {'a': L}}}\nINSTALLED_APPS = L\n"},
    "split settings": {"shop/settings.py": "from split_settings.tools import include\ninclude('settings.py', '*.py')\n" + SETTINGS},
    "uwsgi": {"uwsgi.ini": "[uwsgi]\nini = b.ini\n", "b.ini": "[uwsgi]\nini = uwsgi.ini\nini = :uwsgi\n"},
    "uwsgi yaml": {"uwsgi.yaml": "uwsgi:\n  yaml: uwsgi.yaml\n"},
    "pgbouncer": {"pgbouncer.ini": "%include b.ini\n", "b.ini": "%include pgbouncer.ini\n%include b.ini\n"},
    "postgresql": {"postgresql.conf": "include 'b.conf'\ninclude_dir '.'\n", "b.conf": "include 'postgresql.conf'\n"},
    "mysql": {"my.cnf": "!include b.cnf\n!includedir .\n", "b.cnf": "!include my.cnf\n"},
    "requirements": {"requirements.txt": "-r b.txt\n", "b.txt": "-r requirements.txt\n-c b.txt\n"},
    "links": {},
}  # fmt: skip


@pytest.mark.parametrize("name", CYCLES)
def test_cycles_end(tmp_path: Path, name: str) -> None:
    laid_out(tmp_path, {**PROJECT, **CYCLES[name]})
    (tmp_path / "shop" / "loop").symlink_to("..", target_is_directory=True)
    survived(tmp_path)


def including(lines: str) -> dict[str, str]:
    """Settings whose database has the result of some code in every place that is looked at."""
    return {
        "shop/settings.py": f"import os, re, json, math, itertools, operator, functools\n{lines}\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': X, 'CONN_MAX_AGE': X, 'OPTIONS': {'pool': X}}}\n"
        "INSTALLED_APPS = X\nCACHES = X\n"
    }


BOMBS: dict[str, str] = {
    "power": "X = 9**9**9",
    "many powers": "X = 2\n" + "X = X ** X\n" * 50,
    "pow()": "X = pow(9, 10**9)",
    "power of a fraction": "X = 10.0 ** 400 + 2 ** -10**9",
    "shift": "X = 1 << 10**10",
    "shifts": "X = 1\n" + "X = X << 1000\n" * 100,
    "product": "X = 10**1000\n" + "X = X * X\n" * 60,
    "factorial": "X = math.factorial(10**7)",
    "comb": "X = math.comb(10**6, 10**5)",
    "str of a number": "X = str(10**1200)",
    "int of a text": "X = int('9' * 900000)",
    "int of a short text": "X = int('f' * 5000, 16)",
    "repeated text": 'X = "x" * 10**10',
    "repeated bytes": "X = b'x' * 10**10 + bytes(10**10)",
    "repeated list": "X = [0] * 10**9",
    "repeated lists": "X = [[[0] * 20000] * 20000] * 20000",
    "doubled text": "X = 'x'\n" + "X = X + X\n" * 60,
    "doubled text in place": "X = 'x'\n" + "X += X\n" * 60,
    "doubled list": "X = [1]\n" + "X = X + X\n" * 60,
    "doubled list in place": "X = [1]\n" + "X += X\n" * 60,
    "extended list": "X = [1]\n" + "X.extend(X)\n" * 60,
    "doubled tuple": "X = ()\n" + "X = (X, X)\n" * 60,
    "doubled dictionary": "X = {}\n" + "X = {'a': X, 'b': X}\n" * 60,
    "doubled f-string": "X = 'x'\n" + "X = f'{X}{X}'\n" * 60,
    "f-string width": "X = f'{1:>9999999999}'",
    "nested f-string width": "w = 10**9\nX = f'{1:{w}d}' + f'{1.5:.{w}f}'",
    "format": "X = '{:>9999999999}'.format(1) + '{0:{1}}'.format(1, 10**10)",
    "format of attributes": "X = '{0.__class__.__init__.__globals__} {0.__class__.__mro__[1].__subclasses__}'.format(os)",
    "percent": "X = '%99999999999d' % 1 + '%.*f' % (10**9, 1.0) + '%0*d' % (10**9, 1)",
    "paddings": "X = 'x'.ljust(10**10) + 'x'.center(10**10) + 'x'.zfill(10**10) + 'x'.rjust(10**10)",
    "replace": "X = ('a' * 900).replace('a', 'b' * 900).replace('b', 'c' * 900).replace('', 'd' * 900)",
    "join": "X = ('x' * 90000).join(['a'] * 19000)",
    "expandtabs": "X = '\\t'.expandtabs(10**10)",
    "translate": "X = ('a' * 90000).translate({97: 'b' * 90000})",
    "encode": "X = ('\\u20ac' * 900000).encode('utf-32').decode('latin-1').encode('punycode')",
    "split": "X = ('a ' * 490000).split()",
    "list of a text": "X = list('a' * 900000) + sorted('b' * 900000)",
    "range": "X = list(range(10**20)) + [i for i in range(10**12)]",
    "sum of a range": "X = sum(range(10**12)) + max(range(10**12)) + len(list(range(10**9)))",
    "membership": "X = (-1 in range(10**20)) or 'x' in ('y',) * 10**9",
    "endless loop": "X = 0\nwhile True:\n    X += 1",
    "endless loop in a function": "def f():\n    while 1: pass\nX = f()",
    "nested loops": "X = 0\nfor a in range(10000):\n  for b in range(10000):\n    for c in range(10000):\n      X += 1",
    "nested comprehension": "X = [(a, b, c) for a in range(9999) for b in range(9999) for c in range(9999)]",
    "set and dictionary comprehensions": "X = {a * b for a in range(9999) for b in range(9999)}, {(a, b): a for a in range(9999) for b in range(9999)}",
    "generator": "def g():\n    while True: yield 1\nX = list(g()) + [next(g())] + sum(g())",
    "itertools": "X = list(itertools.product(range(9999), repeat=9)) + list(itertools.count()) + list(itertools.repeat(1))",
    "reduce": "X = functools.reduce(operator.mul, range(1, 10**6))",
    "iter": "X = list(iter(int, 1))",
    "branches": "X = 0\n" + "".join(f"if os.environ.get('A{n}', object()): X = X + {2**n}\n" for n in range(40)),
    "unknown branches": "X = {}\n" + "".join(f"if unknown{n}(): X['k{n % 7}'] = {n}\n" for n in range(1000)),
    "nested unknown branches": "X = 0\n" + "".join(" " * n + f"if u{n}():\n" + " " * (n + 1) + f"X = {n}\n" for n in range(90)),
    "unknown functions": "".join(f"def f{n}():\n  if u{n}(): return f{n + 1}() + 1\n  return f{n + 1}()\n" for n in range(60)) + "X = f0()",
    "try in try": "X = 0\n" + "".join(f"try:\n  X = u()\nexcept Exception:\n  X = {n}\n" for n in range(300)),
    "loops of unknown length": "X = []\n" + "for a in u():\n  for b in u():\n    for c in u():\n      for d in u():\n        X.append((a, b, c, d))\n" * 20,
    "nested brackets": "X = " + "[" * 10000 + "]" * 10000,
    "brackets as deep as parses": "X = " + "[" * 150 + "]" * 150,
    "nested calls": "X = " + "str(" * 90 + "1" + ")" * 90,
    "nested dictionaries": "X = " + "{'a':" * 90 + "1" + "}" * 90,
    "nested lambdas": "X = " + "(lambda: " * 60 + "1" + ")()" * 60,
    "attribute chain": "X = os" + ".a" * 10000,
    "short attribute chain": "X = os" + ".a" * 900,
    "subscript chain": "X = os.environ" + "[0]" * 900,
    "call chain": "X = os" + "()" * 900,
    "additions": "X = 1" + " + 1" * 10000,
    "few additions": "X = 1" + " + 1" * 900,
    "text additions": "X = 'a'" + " + 'a'" * 900,
    "minuses": "X = " + "-" * 900 + "1",
    "nots": "X = " + "not " * 900 + "1",
    "ors": "X = " + " or ".join(["0"] * 20000),
    "comparisons": "X = " + " < ".join(map(str, range(20000))),
    "conditional chain": "X = " + "".join(f"{n} if u({n}) else " for n in range(900)) + "0",
    "elif chain": "if 0: pass\n" + "".join(f"elif u({n}): X = {n}\n" for n in range(900)) + "else: X = 1",
    "parameters": f"def f({', '.join(f'a{n}=1' for n in range(20000))}): return 1\nX = f(*range(20000), **{{str(n): n for n in range(20000)}})",
    "long names": f"{'x' * 400000} = 1\nX = {'x' * 400000} + {'y' * 40000}",
    "many keys": "X = {" + ", ".join(f"'k{n}': {n}" for n in range(30000)) + "}",
    "many items": "X = [" + "1, " * 100000 + "]",
    "many statements": "X = 1\n" * 40000,
    "many imports": "".join(f"import a{n}, os.path as b{n}\n" for n in range(10000)) + "X = 1",
    "many functions": "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(10000)) + "X = f0()",
    "many classes": "class C0: pass\n" + "".join(f"class C{n + 1}(C{n}): pass\n" for n in range(500)) + "X = C500().x",
    "diamonds": "class C0: pass\nclass D0(C0): pass\n" + "".join(f"class C{n + 1}(C{n}, D{n}): pass\nclass D{n + 1}(D{n}): pass\n" for n in range(60)) + "X = C60().x",
    "decorators": "def d(f): return f\n" + "@d\n" * 5000 + "def f(): return 1\nX = f()",
    "regular expression": "X = re.match('(a+)+$', 'a' * 60 + 'b')",
    "regular expressions": "X = re.match('(a|a)*(a|a)*b', 'a' * 60), re.sub('(x+x+)+y', '', 'x' * 9000), re.compile('((a{1,1000}){1,1000}){1,1000}')",
    "substitution": "X = re.sub('a', 'b' * 90000, 'a' * 90000)",
    "nested groups": "X = re.compile('(' * 5000 + ')' * 5000)",
    "YAML aliases": "import yaml\nX = yaml.safe_load(open('bomb.yaml'))",
    "YAML depth": "import yaml\nX = yaml.safe_load('[' * 100000)",
    "YAML merge": "import yaml\nX = yaml.safe_load('a: &a {a: 1}\\nb: &b {<<: [*a, *a, *a, *a, *a, *a]}\\n' + ''.join(f'k{n}: &b {{<<: [*b, *b, *b, *b, *b]}}\\n' for n in range(40)))",
    "JSON depth": "X = json.loads('[' * 100000 + ']' * 100000)",
    "JSON numbers": "X = json.loads('9' * 4000) + json.loads('1e999999999') + float('1' * 200000)",
    "literal_eval": "import ast\nX = ast.literal_eval('[' * 50000) or ast.literal_eval('9' * 100000)",
    "INI interpolation": "import configparser\nc = configparser.ConfigParser()\nc.read_string('[a]\\n' + ''.join(f'k{n} = %(k{n + 1})s%(k{n + 1})s\\n' for n in range(40)) + 'k40 = x\\n')\nX = c['a']['k0']",
    "deepcopy": "import copy\nX = {}\n" + "X = {'a': copy.deepcopy(X), 'b': copy.deepcopy(X)}\n" * 40,
    "decimal": "from decimal import Decimal\nX = int(Decimal('1e999999')) + Decimal(9) ** Decimal(999999999)",
    "fractions": "from fractions import Fraction\nX = Fraction(1, 3) ** 10**7",
    "dates": "from datetime import timedelta\nX = timedelta(days=10**12) * 10**12",
    "hexadecimal float": "X = float.fromhex('0x1p999999') + int(1e308) ** 99",
    "text times negative": "X = 'x' * -10**10 + 'x' * True",
    "bytes": "X = bytearray(10**10) + bytes(range(256)) * 10**8 + b''.join([b'x' * 10**6] * 10**4)",
    "environment": "os.environ.update({str(n): 'x' * 1000 for n in range(20000)})\nX = str(dict(os.environ))",
    "globals": "for n in range(20000): globals()[f'X{n}'] = [n] * 100\nX = globals()\nlocals()['X'] = vars()",
    "star arguments": "def f(*a): return f(*a, *a)\nX = f(1)",
    "zip and map": "X = list(zip(*[range(10**9)] * 1000)) + list(map(str, range(10**9))) + dict(enumerate(range(10**9)))",
    "surrogates": "X = '\\ud800\\udfff' + chr(0xd800) + '\\x1b[31m' + '\\0'",
    "exit": "import sys\nsys.exit(0)\nos._exit(0)\nraise SystemExit\nX = exit()",
    "kill": "os.kill(os.getpid(), 9)\nos.abort()\nX = os.fork()",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_code_that_explodes_is_not_followed_far(tmp_path: Path, name: str) -> None:
    aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(30)
    )
    files = {**PROJECT, **including(BOMBS[name]), "bomb.yaml": aliases}
    survived(laid_out(tmp_path, files), inspections=FEW)


ALSO_IN_GUNICORN = ("power", "repeated text", "doubled list", "endless loop", "nested comprehension", "many statements",
                    "nested brackets", "attribute chain", "additions", "regular expression", "YAML depth", "deepcopy",
                    "surrogates", "exit", "unknown branches")  # fmt: skip


@pytest.mark.parametrize("name", ALSO_IN_GUNICORN)
def test_gunicorn_configuration_that_explodes_is_not_followed_far(tmp_path: Path, name: str) -> None:
    text = f"import os, re, json, math, itertools, operator, functools\n{BOMBS[name]}\nworkers = X\nbind = X\n"
    survived(laid_out(tmp_path, {**PROJECT, "gunicorn.conf.py": text}), inspections=FEW)


STALE: dict[str, str] = {
    "a function": "def later():\n    while True: pass\n    DATABASES['default']['CONN_MAX_AGE'] = 1\nlater()\n",
    "an argument": "def later(held):\n    for _ in range(10**9): pass\n    held.clear()\nlater(DATABASES)\n",
    "a global name": "def later():\n    global DATABASES\n    while True: pass\n    DATABASES = {}\nlater()\n",
    "the statement itself": "for n in range(10**9):\n    DATABASES['default']['CONN_MAX_AGE'] = n\n",
    "deep calls": "def f(n, held):\n    if n: f(n - 1, held)\n    else: held['CONN_MAX_AGE'] = 1\nf(200, DATABASES['default'])\n",
    "the rest of a module": "".join(f"for _ in range(10**9): X{n} = 1\n" for n in range(200)) + "X=1+1\n" * 60_000 + "DATABASES['default']['CONN_MAX_AGE'] = 1\n",
}  # fmt: skip


@pytest.mark.parametrize("name", STALE)
def test_what_given_up_code_may_have_changed_is_unknown(tmp_path: Path, name: str) -> None:
    """A value that looks exact and is not would be worse than any crash."""
    laid_out(tmp_path, {**PROJECT, "shop/settings.py": SETTINGS + STALE[name]})
    shown = json.loads(survived(tmp_path, inspections=FEW)["show json"].out)
    ages = [held.get("default", {}).get("CONN_MAX_AGE") for held in (each["databases"] for each in shown["settings"])]
    assert all(age is None or age["kind"] == "unknown" for age in ages)


NAMES = {
    "newline": "a\nb",
    "quotes": "a'\"`b",
    "colour": "a\x1b[31mb\x07",
    "title": "\x1b]0;title\x07",
    "carriage return": "a\rb",
    "emoji": "\U0001f98a\u200d\U0001f525",
    "right to left": "\u202egnp.exe",
    "no UTF-8": "a\udcff\udcfeb",
    "spaces": "  a  ",
    "options": "--fix",
    "template": "%(name)s {0} ${A} $(B)",
    "workflow command": "::error::x%0A",
    "separators": "a\u2028b\x85c",
    "long": "n" * 200,
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_and_folders(tmp_path: Path, name: str) -> None:
    odd = NAMES[name]
    root = tmp_path / odd
    files: dict[str, str | bytes] = {path: text for path, text, _ in KINDS.values() if path != "connlint.toml"}
    files |= {f"{odd}/uwsgi.ini": "[uwsgi]\nprocesses = x\n", f"{odd}/postgresql.conf": "max_connections = x\n\0",
              f"pgbouncer {odd}.ini": "[pgbouncer]\nwrong = 1\n[databases\n", f"uwsgi{odd}.yaml": "uwsgi: [\n"}  # fmt: skip
    for path, text in {**PROJECT, **files}.items():
        target = os.fsencode(root / path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
    survived(root)
    for form in ("concise", "github"):
        ran = run("check", str(root), "--output-format", form)
        assert ran.code in (0, 1)
        assert not STEERING.search(ran.told)
        assert all(line.startswith(("::", *"0123456789n")) for line in ran.out.splitlines()) or form == "concise"


@pytest.mark.parametrize("name", NAMES)
def test_names_inside_files(tmp_path: Path, name: str) -> None:
    """Aliases, hosts, modules and databases are printed; what they hold must not steer a terminal."""
    odd = NAMES[name]
    alias = ascii(odd)
    settings = (
        f"DATABASES = {{{alias}: {{'ENGINE': {alias}, 'HOST': {alias}, 'PORT': {alias}, 'CONN_MAX_AGE': {alias},\n"
        f"  'OPTIONS': {{'pool': {{{alias}: 1}}, {alias}: 1}}, {alias}: 1}},\n"
        f"  'default': {{'ENGINE': 'django.db.backends.postgresql', 'HOST': {alias}, 'CONN_MAX_AGE': 600}}}}\n"
    )
    plain = odd.encode("utf-8", "surrogateescape")
    files: dict[str, str | bytes] = {
        **PROJECT,
        "shop/settings.py": settings,
        "gunicorn.conf.py": f"workers = {alias}\nbind = {alias}\nworker_class = {alias}\nwsgi_app = {alias}\n",
        "uwsgi.ini": b"[uwsgi]\nprocesses = " + plain + b"\nmodule = " + plain + b"\n" + plain + b" = 1\n",
        "pgbouncer.ini": b"[databases]\n" + plain + b" = host=" + plain + b"\n[pgbouncer]\npool_mode = " + plain + b"\n" + plain + b" = 1\n",
        "postgresql.conf": b"max_connections = " + plain + b"\n" + plain + b" = 1\n",
        "my.cnf": b"[mysqld]\nmax_connections = " + plain + b"\n" + plain + b" = 1\n",
        "requirements.txt": b"Django==" + plain + b"\n-r " + plain + b"\n",
    }  # fmt: skip
    survived(laid_out(tmp_path, files))


def test_100_000_files(tmp_path: Path) -> None:
    laid_out(tmp_path, PROJECT)
    for folder in range(100):
        (tmp_path / f"data{folder}").mkdir()
        descriptor = os.open(tmp_path / f"data{folder}", os.O_RDONLY)
        for number in range(1000):
            os.close(
                os.open(
                    f"file{number}.{('txt', 'py', 'json', 'ini')[number % 4]}",
                    os.O_CREAT | os.O_WRONLY,
                    dir_fd=descriptor,
                )
            )
        os.close(descriptor)
    survived(tmp_path, inspections=FEW, enough=10)


MANY = {
    "settings modules": lambda n: (f"app{n}/settings.py", SETTINGS),
    "heavy settings modules": lambda n: (f"app{n}/settings.py", f"{SETTINGS}while True: X = 1\n"),
    "uwsgi files": lambda n: (f"deploy/uwsgi-{n}.ini", "[uwsgi]\nprocesses = 4\nthreads = x\nini = uwsgi-0.ini\n"),
    "pgbouncer files": lambda n: (f"deploy{n}/pgbouncer.ini", "[databases]\n* = host=db\n[pgbouncer]\nwrong = 1\n"),
    "gunicorn files": lambda n: (f"app{n}/gunicorn.conf.py", "workers = 4\nwhile True: threads = 2\n"),
    "requirements": lambda n: (f"requirements/r{n}.txt", f"-r r{n + 1}.txt\nDjango==5.2\n"),
    "projects": lambda n: (f"site{n}/manage.py", f"import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 's{n}'\n"),
}


@pytest.mark.parametrize("name", MANY)
def test_many_files_of_a_kind(tmp_path: Path, name: str) -> None:
    survived(
        laid_out(tmp_path, {**(PROJECT if "settings" not in name else {}), **dict(map(MANY[name], range(300)))}),
        enough=10,
        inspections=FEW,
    )


def test_deep_folders(tmp_path: Path) -> None:
    deep = "/".join(["d"] * 150)
    laid_out(tmp_path, {**PROJECT, f"{deep}/uwsgi.ini": "[uwsgi]\nprocesses = 4\n"})
    done = survived(tmp_path)
    assert any("deep" in ran.told for ran in done.values())


ARGUMENTS: dict[str, list[str]] = {
    "a path with NUL": ["check", "a\0b"],
    "a path with colour": ["check", "\x1b[31mred"],
    "a path with surrogates": ["check", "\udcff\udcfe"],
    "a long path": ["check", "a" * 100_000],
    "no such command": ["\x1b[31m\udcff"],
    "an option": ["check", "--\x1b[31m\udcff"],
    "settings with colour": ["check", ".", "--settings", "\x1b[31m\udcff"],
    "settings of another project": ["check", ".", "--settings", "../../outside"],
    "settings with a long name": ["check", ".", "--settings", ".".join(["a"] * 20_000)],
    "settings of the standard library": ["show", ".", "--settings", "os"],
    "a variable with colour": ["check", ".", "--env", "\x1b[31m\udcff=\x1b[31m\udcff"],
    "a variable with NUL": ["check", ".", "--env", "A\0=\0"],
    "a large variable": ["check", ".", "--env", "A=" + "x" * 1_000_000],
    "a bomb": ["check", ".", "--set", "cpus=" + "[" * 10_000],
    "a number": ["check", ".", "--set", "cpus=" + "9" * 10_000],
    "a key": ["check", ".", "--set", "a." * 10_000 + "a=1"],
    "colour in a key": ["check", ".", "--set", "\x1b[31m=1"],
    "colour in a value": ["check", ".", "--set", "settings=['\x1b[31m']"],
    "no configuration": ["check", ".", "--config", "\x1b[31m\udcff"],
    "a configuration that is a folder": ["check", ".", "--config", "."],
    "a configuration that is endless": ["check", ".", "--config", "/dev/zero"],
    "an unknown rule": ["check", ".", "--select", "\x1b[31m\udcff"],
    "a long rule": ["check", ".", "--ignore", "a" * 100_000],
    "explain colour": ["explain", "\x1b[31m\udcff"],
    "explain much": ["explain", "remaining connection slots " * 20_000],
    "explain a pattern": ["explain", "(" * 10_000],
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_hostile_arguments(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(laid_out(tmp_path, PROJECT))
    ran = run(*ARGUMENTS[name])
    assert ran.code in (0, 1, 2)
    assert "internal error" not in ran.err, ran.err
    assert not STEERING.search(ran.told), repr(ran.told)
    assert len(ran.told) < 20_000
    assert ran.seconds < ENOUGH
