"""Hostile input is normal input: whatever a file holds, every command answers, soon, and with nothing from outside.

Each kind of file that connlint reads is damaged in each way in which files get damaged; then each reader gets what
is hostile to it alone.
"""

from __future__ import annotations

import builtins
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import FEW, INSPECTIONS, Ran, laid_out, survived

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
PROJECT = {"manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": SETTINGS}


def reading(line: str) -> str:
    """Settings that take an age from another file."""
    return f"import json, os, tomllib, configparser\n{line}\n{SETTINGS}DATABASES['default']['CONN_MAX_AGE'] = AGE\n"


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
}  # fmt: skip


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
    "many lines": lambda data: data + b"x = 1\n" * 600_000,
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
    if what in ("a pipe", "a link out", "a link to a device"):
        assert is_mentioned(KINDS[kind][0], done)


@every_kind
def test_a_file_that_may_not_be_read(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modes do not stop root, so the system's answer is given in its place."""
    path = str(project(tmp_path, kind))
    opened = builtins.open

    def refuse(file: object, *arguments: Any, **named: Any) -> Any:
        if str(file) == path:
            raise PermissionError(13, "Permission denied", path)
        return opened(file, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(builtins, "open", refuse)
    assert is_mentioned(KINDS[kind][0], survived(tmp_path))
