"""Secrets that are hard to mask, in every place where one can stand beside what a report shows.

A password may be short, hold quotes, look like a host or be part of another word. Each place below is on the line of
a finding, so that the code frame shows that very line: the number has to be there, and no piece of the secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from commands import Ran, laid_out, run

from connlint import rulebook

# A secret is made of pieces that occur nowhere else; no piece may be shown.
VALUES = {
    "short": "kq7Zv3",
    "lower case": "wqzxkj",
    "digits": "48291375",
    "quotes": "Qx7w'Wz8q\"Vk9j",
    "backslashes": "Qx7w\\Wz8q\\nVk9j\\",
    "comment signs": "Qx7w#Wz8q;Vk9j # Jq5x -- Zk4w",
    "words": "Qx7w Wz8q Vk9j",
    "like an address": "Qx7w@Wz8q:Vk9j/Jq5x?Zk4w=Xj3q&Kw6z#Jz2v",
    "like a host": "Qx7w.Wz8q.Vk9j",
    "like settings": "=Qx7w,Wz8q:Vk9j&Jq5x",
    "per cent signs": "Qx7w%Wz8q%%Vk9j%",
    "brackets": "Qx7w}Wz8q]Vk9j)Jq5x{Zk4w[Xj3q(",
    "like a number": "600Qx7w",
    "Cyrillic": "жцщюя7",
    "Chinese": "密鑰祕碼",
    "emoji": "🔑🗝️🔐",
    "many": "Qx7w" * 100,
}


def pieces(value: str) -> set[str]:
    """What of a secret must not be shown: its parts between the signs that split words."""
    return {piece for piece in re.split(r"[^\w\U0001f000-\U0001ffff]|\\n|600|s$", value) if len(piece) > 2} or {value}


def leaked(ran: Ran, value: str) -> list[str]:
    """The pieces that a run let out, whatever it wrote them as."""
    told = ran.told
    if ran.out.startswith("{"):
        told += json.dumps(json.loads(ran.out), ensure_ascii=False)
    return [
        piece for piece in pieces(value) for form in {piece, quote(piece, safe=""), ascii(piece)[1:-1]} if form in told
    ]


POOLER = "[databases]\n* = host=db.internal\n[pgbouncer]\npool_mode = transaction\nclient_idle_timeout = 300\n"
SETTINGS = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "pgbouncer.internal", "PORT": 6432, "CONN_MAX_AGE": 600}}\n'
HEAD = "import os\n"
ONE = '"ENGINE": "django.db.backends.postgresql", "HOST": "pgbouncer.internal", "PORT": 6432'

Encode = Callable[[str], str]


def python(value: str) -> str:
    return repr(value)


def url(value: str) -> str:
    return quote(value, safe="")


def plain(value: str) -> str:
    """For formats that have no escapes: only what can stand there."""
    return value


def doubled(value: str) -> str:
    """Within single quotes that are doubled where they are meant."""
    return value.replace("'", "''")


def in_a_name(value: str) -> str:
    """Before a `=`, where none can stand."""
    return value.replace("=", "")


def toml(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


# Settings on one line each: § is the secret.
LINES = {
    "dictionary": "DATABASES = {'default': {ONE, 'USER': §, 'PASSWORD': §, 'CONN_MAX_AGE': 600}}",
    "dictionary, secret last": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600, 'PASSWORD': §}}",
    "no spaces": "DATABASES={'default':{ONE,'CONN_MAX_AGE':600,'PASSWORD':§,'USER':§}}",
    "dict()": "DATABASES = {'default': dict({ONE}, PASSWORD=§, CONN_MAX_AGE=600)}",
    "spread": "DATABASES = {'default': {ONE, **{'PASSWORD': §}, 'CONN_MAX_AGE': 600}}",
    "f-string": "X = §; DATABASES = {'default': {ONE, 'PASSWORD': f'{X}-{X!r}', 'CONN_MAX_AGE': 600}}",
    "concatenation": "DATABASES = {'default': {ONE, 'PASSWORD': '' + § + '', 'CONN_MAX_AGE': 600}}",
    "implicit concatenation": "DATABASES = {'default': {ONE, 'PASSWORD': '' § '', 'CONN_MAX_AGE': 600}}",
    "percent": "DATABASES = {'default': {ONE, 'PASSWORD': '%s' % §, 'CONN_MAX_AGE': 600}}",
    "format": "DATABASES = {'default': {ONE, 'PASSWORD': '{}'.format(§), 'CONN_MAX_AGE': 600}}",
    "join": "DATABASES = {'default': {ONE, 'PASSWORD': ''.join([§]), 'CONN_MAX_AGE': 600}}",
    "method": "DATABASES = {'default': {ONE, 'PASSWORD': §.strip().upper(), 'CONN_MAX_AGE': 600}}",
    "default of a variable": "DATABASES = {'default': {ONE, 'PASSWORD': os.environ.get('DB_PASSWORD', §), 'CONN_MAX_AGE': 600}}",
    "default of a harmless variable": "DATABASES = {'default': {ONE, 'PASSWORD': os.environ.get('DB_X', §), 'CONN_MAX_AGE': 600}}",
    "getenv": "DATABASES = {'default': {ONE, 'PASSWORD': os.getenv('X') or §, 'CONN_MAX_AGE': 600}}",
    "conditional": "DATABASES = {'default': {ONE, 'PASSWORD': § if 1 else §, 'CONN_MAX_AGE': 600}}",
    "comparison": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600 if os.environ.get('KEY') != § else 601}}",
    "lookup": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': {'a': 600, 'b': §}['a']}}",
    "default": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': {'x': §}.get('age', 600)}}",
    "argument": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': max(600, len(§[:1]))}}",
    "function": "f = lambda password, age: {ONE, 'PASSWORD': password, 'CONN_MAX_AGE': age}; DATABASES = {'default': f(§, 600)}",
    "named argument": "f = lambda pw, age: {ONE, 'PASSWORD': pw, 'CONN_MAX_AGE': age}; DATABASES = {'default': f(pw=§, age=600)}",
    "default argument": "f = lambda age, x=§: {ONE, 'PASSWORD': x, 'CONN_MAX_AGE': age}; DATABASES = {'default': f(600)}",
    "two names": "X, AGE = §, 600; DATABASES = {'default': {ONE, 'PASSWORD': X, 'CONN_MAX_AGE': AGE}}",
    "two statements": "X = §; AGE = 600; DATABASES = {'default': {ONE, 'PASSWORD': X, 'CONN_MAX_AGE': AGE}}",
    "subscripts": "DATABASES = {'default': {ONE}}; DATABASES['default']['PASSWORD'] = §; DATABASES['default']['CONN_MAX_AGE'] = 600",
    "update": "DATABASES = {'default': {ONE}}; DATABASES['default'].update({'PASSWORD': §, 'CONN_MAX_AGE': 600})",
    "setdefault": "DATABASES = {'default': {ONE}}; DATABASES['default'].setdefault('PASSWORD', §); DATABASES['default'].setdefault('CONN_MAX_AGE', 600)",
    "list": "P = [§, 600]; DATABASES = {'default': {ONE, 'PASSWORD': P[0], 'CONN_MAX_AGE': P[1]}}",
    "comment": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600}}  # §",
    "comment with a name": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600}}  # password: §",
    "unknown key": "DATABASES = {'default': {ONE, 'PASWORD': §, 'PWD': §, 'Passwd': §, 'CONN_MAX_AGE': 600}}",
    "harmless unknown key": "DATABASES = {'default': {ONE, 'EXTRA': §, 'CONN_MAX_AGE': 600}}",
    "name of the database": "DATABASES = {'default': {ONE, 'NAME': §, 'CONN_MAX_AGE': 600}}",
    "options": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600, 'OPTIONS': {'password': §, 'passfile': §, 'sslkey': §, 'sslpassword': §}}}",
    "other options": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600, 'OPTIONS': {'service': §, 'token': §, 'krbsrvname': §, 'x': §}}}",
    "misplaced": "DATABASES = {'default': {ONE, 'OPTIONS': {'CONN_MAX_AGE': 600, 'PASSWORD': §, 'x': §}, 'CONN_MAX_AGE': 600}}",
    "server options": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600, 'OPTIONS': {'options': '-c app.secret=' + §}}}",
    "pool": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600, 'OPTIONS': {'pool': {'min_size': 1, 'kwargs': {'password': §}, 'conninfo': §}}}}",
    "bytes": "DATABASES = {'default': {ONE, 'PASSWORD': §.encode(), 'CONN_MAX_AGE': 600}}",
    "number in a text": "DATABASES = {'default': {ONE, 'PASSWORD': §, 'CONN_MAX_AGE': '600'}}",
    "other databases": "DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600}, 'other': {'ENGINE': 'django.db.backends.mysql', 'PASSWORD': §}}",
    "keys and tokens": "SECRET_KEY = §; AWS_SECRET_ACCESS_KEY = §; T = §; DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600}}",
    "cache": "CACHES = {'default': {'LOCATION': §}}; DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600}}",
    "raw text": "DATABASES = {'default': {ONE, 'PASSWORD': open('x') and §, 'CONN_MAX_AGE': 600}}",
    "over lines": "DATABASES = {'default': {ONE,\n 'PASSWORD':\n  §,\n 'CONN_MAX_AGE':\n  600}}",
    "triple quotes": "X = '''\n''' § '''\n'''; DATABASES = {'default': {ONE, 'PASSWORD': X, 'CONN_MAX_AGE': 600}}",
}  # fmt: skip
# The same with the secret inside of an address, percent-encoded.
ADDRESSES = {
    "dj_database_url": "import dj_database_url; DATABASES = {'default': dj_database_url.parse('postgres://§:§@pgbouncer.internal:6432/§', conn_max_age=600)}",
    "default of config()": "import dj_database_url; DATABASES = {'default': dj_database_url.config(default='postgres://§:§@pgbouncer.internal:6432/§?sslpassword=§', conn_max_age=600)}",
    "environ": "import environ; DATABASES = {'default': environ.Env().db('X', default='postgres://§:§@pgbouncer.internal:6432/§')}; DATABASES['default']['CONN_MAX_AGE'] = 600",
    "query": "import environ; DATABASES = {'default': environ.Env().db('X', default='postgres://u:§@pgbouncer.internal:6432/d?conn_max_age=600&password=§&x=§')}",
    "cache": "CACHES = {'default': {'LOCATION': 'redis://:§@cache/0?password=§'}}; DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600}}",
    "broker": "CELERY_BROKER_URL = 'amqp://u:§@mq//'; DATABASES = {'default': {ONE, 'CONN_MAX_AGE': 600}}",
    "host": "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'PORT': 6432, 'HOST': 'u:§@pgbouncer.internal', 'CONN_MAX_AGE': 600}}",
}  # fmt: skip

# Other files: the file, how a secret is written there, its text, and what of the finding must remain.
FILES: dict[str, tuple[str, Encode, str, str]] = {
    "pgbouncer database": ("pgbouncer.ini", doubled, "[databases]\nshop = host=db port=5432 pool_size=90 pool_sise=1 user='§' password='§'\n[pgbouncer]\n", "pool_sise"),
    "pgbouncer, secret first": ("pgbouncer.ini", doubled, "[databases]\nshop = password='§' host=db pool_sise=1\n[pgbouncer]\n", "pgbouncer.ini"),
    "pgbouncer query": ("pgbouncer.ini", doubled, "[databases]\nshop = host=db connect_query='select §' pool_sise=1\n[pgbouncer]\n", "pool_sise"),
    "pgbouncer settings": ("pgbouncer.ini", plain, POOLER + "auth_query = select §\nauth_user = §\nadmin_users = §\nstats_users = §\nauth_userr = §\n", "auth_userr"),
    "pgbouncer comment": ("pgbouncer.ini", plain, POOLER + "reserve_pool_size = 5 ; §\nmax_client_conn = 5min # §\n", "reserve_pool_size"),
    "pgbouncer line": ("pgbouncer.ini", plain, POOLER + "password §\n", "pgbouncer.ini"),
    "pgbouncer users": ("pgbouncer.ini", in_a_name, POOLER + "[users]\nu§ = pool_sise=5\n", "pgbouncer.ini"),
    "my.cnf": ("my.cnf", plain, "[client]\npassword = '§'\nuser = §\n[mysqld]\nmax_connections = x # §\n", "max_connections"),
    "uwsgi": ("uwsgi.ini", plain, "[uwsgi]\nenv = SECRET=§\nprocesses = 4\nproceses = 5\nthreadz = §\nenv = X=§\n", "proceses"),
    "uwsgi reference": ("uwsgi.ini", plain, "[uwsgi]\nx = §\nenv = SECRET=%(x)\nproceses = 4\n", "proceses"),
    "uwsgi yaml": ("uwsgi.yaml", toml, "uwsgi:\n  env: §\n  proceses: 5\n  password: §\n", "proceses"),
    "uwsgi json": ("uwsgi.json", toml, '{"uwsgi": {"proceses": 5, "env": §, "password": §}}', "proceses"),
    "gunicorn": ("gunicorn.conf.py", python, "workers = 9; keep_alive = §; raw_env = ['TOKEN=' + §]\n", "keep_alive"),
    "gunicorn value": ("gunicorn.conf.py", python, "import os\nworkers = 4\nkeyfile = §; max_requests = 1000\n", ""),
    "postgresql": ("postgresql.conf", plain, "max_connectionz = 5 # §\nprimary_conninfo = 'user=§ password=§'\nssl_passphrase_command = 'echo §'\nmax_connections = 40 # §\n", ""),
    "requirements": ("requirements.txt", url, "--index-url https://u:§@pypi/simple\ndjango==5.2 # §\n-r https://u:§@x/y\n", ""),
    "env": (".env", plain, "AGE=600 # §\nPASSWORD='§'\nexport SECRET=§\n", ""),
    "pyproject": ("pyproject.toml", toml, "[tool.connlint]\nenv = { PASSWORD = §, AGE = \"600\", X = § }\n", "600"),
    "pyproject table": ("pyproject.toml", toml, "[tool.connlint.env]\nPASSWORD = §\nAGE = \"600\" # x\nDATABASE_URL = §\n", "600"),
}  # fmt: skip
READING_ENV = (
    "import os, dotenv\ndotenv.load_dotenv('.env')\n"
    "DATABASES = {'default': {ONE, 'PASSWORD': os.environ.get('PASSWORD'), 'CONN_MAX_AGE': int(os.environ.get('AGE', 600))}}\n"
)
COMMANDS = (
    ("check",), ("check", "--color", "always"), ("check", "--output-format", "json"), ("check", "--output-format", "github"),
    ("check", "--diff", "--unsafe-fixes"), ("show",), ("show", "--output-format", "json"), ("budget", "--output-format", "json"),
)  # fmt: skip
# What prints all that the others print of a settings file: its lines, its values, and what is wrong with it.
FEW = (("check",), ("check", "--output-format", "json"), ("check", "--diff", "--unsafe-fixes"), ("show",))


def keeps(root: Path, value: str, *flags: str, commands: Iterable[tuple[str, ...]] = FEW, visible: str = "600") -> None:
    """Run commands: none lets a piece of the secret out, and `check` finds something and shows what it is about."""
    for name, *more in commands:
        ran = run(name, str(root), *more, *flags)
        assert "internal error" not in ran.err, ran.err
        assert leaked(ran, value) == [], (name, more, ran.told)
        if (name, *more) == ("check",):
            assert visible in ran.told
            assert ran.code == 1, ran.told


every_value = pytest.mark.parametrize("value", VALUES)
# Where there are many places, one secret of each sort.
each_sort = pytest.mark.parametrize(
    "value", ["short", "digits", "quotes", "backslashes", "comment signs", "like an address", "like a host", "brackets", "Chinese"]
)  # fmt: skip


@each_sort
@pytest.mark.parametrize("line", LINES)
def test_settings(tmp_path: Path, line: str, value: str) -> None:
    secret = VALUES[value]
    in_comment = "#" in LINES[line]
    text = LINES[line].replace("{ONE", "{" + ONE).replace("§", secret if in_comment else repr(secret))
    laid_out(tmp_path, {"settings.py": f"{HEAD}{text}\n", "pgbouncer.ini": POOLER})
    keeps(tmp_path, secret, "--settings", "settings")


@every_value
@pytest.mark.parametrize("line", ADDRESSES)
def test_addresses(tmp_path: Path, line: str, value: str) -> None:
    secret = VALUES[value]
    text = ADDRESSES[line].replace("{ONE", "{" + ONE).replace("§", url(secret))
    laid_out(tmp_path, {"settings.py": f"{HEAD}{text}\n", "pgbouncer.ini": POOLER})
    keeps(tmp_path, secret, "--settings", "settings")


@every_value
@pytest.mark.parametrize("name", FILES)
def test_other_files(tmp_path: Path, name: str, value: str) -> None:
    secret = VALUES[value]
    path, encode, text, visible = FILES[name]
    settings = READING_ENV if path in (".env", "pyproject.toml") else SETTINGS
    pooler = {} if path == "pgbouncer.ini" else {"pgbouncer.ini": POOLER}
    files = {"settings.py": settings.replace("{ONE", "{" + ONE), **pooler, path: text.replace("§", encode(secret))}
    laid_out(tmp_path, files)
    keeps(tmp_path, secret, "--settings", "settings", commands=COMMANDS, visible=visible)


@every_value
@pytest.mark.parametrize(
    "flags",
    [
        ("--env", "PASSWORD=§", "--env", "AGE=600"),
        ("--env", "X=§", "--set", "cpus=§"),
        ("--set", "env.PASSWORD=§"),
        ("--set", "env={PASSWORD = §, AGE = '600'}"),
        ("--env", "§"),
        ("--§",),
        ("--config", "§"),
        ("--output-format", "§"),
        ("--color=§",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_arguments(tmp_path: Path, flags: tuple[str, ...], value: str) -> None:
    """Of what is given where no secret belongs, such as a file's name, an error may repeat a little: not the rest."""
    secret = VALUES[value]
    in_toml = flags[0] == "--set"
    given = [flag.replace("§", toml(secret) if in_toml else secret) for flag in flags]
    text = "import os\n" + READING_ENV.split("\n", 2)[2].replace("{ONE", "{" + ONE)
    root = laid_out(tmp_path, {"settings.py": text, "pgbouncer.ini": POOLER})
    for name in ("check", "show", "budget"):
        ran = run(name, str(root), "--settings", "settings", *given)
        assert "internal error" not in ran.err, ran.err
        assert leaked(ran, secret) == [] or flags[0] in ("--§", "--config"), ran.told


BROKEN: dict[str, tuple[str, Encode, str]] = {
    "a dictionary that is not closed": ("settings.py", python, "DATABASES = {'default': {'PASSWORD': §, 'CONN_MAX_AGE': 600}\nX = (\n"),
    "a text that is not closed": ("settings.py", python, "PASSWORD = §'\nDATABASES = {'default': {}}\n"),
    "a failing call": ("settings.py", python, "DATABASES = {'default': {'PASSWORD': int(§), 'CONN_MAX_AGE': 600}}\n"),
    "a missing key": ("settings.py", python, "DATABASES = {'default': {'PASSWORD': {}[§], 'CONN_MAX_AGE': {}[§]}}\n"),
    "a missing variable": ("settings.py", python, "import os\nDATABASES = {'default': {'PASSWORD': os.environ['X'] + §, 'CONN_MAX_AGE': 600}}\n"),
    "an exception": ("settings.py", python, "raise ValueError(§)\nDATABASES = {}\n"),
    "an assertion": ("settings.py", python, "assert 0, §\nDATABASES = {'default': {'CONN_MAX_AGE': 600}}\n"),
    "an address that fails": ("settings.py", python, "import dj_database_url\nDATABASES = {'default': dj_database_url.parse('wrong://u:' + § + '@h/d')}\n"),
    "a port that fails": ("settings.py", url, "import dj_database_url\nDATABASES = {'default': dj_database_url.parse('postgres://u:§@h:§/d')}\n"),
    "a file that is missing": ("settings.py", python, "DATABASES = {'default': {'PASSWORD': open('/run/x').read() + §, 'CONN_MAX_AGE': 600}}\n"),
    "a module that is missing": ("settings.py", python, "import importlib\nimportlib.import_module('shop.' + §)\nDATABASES = {'default': {'CONN_MAX_AGE': 600}}\n"),
    "a wrong type": ("settings.py", python, "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'PASSWORD': §, 'CONN_MAX_AGE': [600]}}\n"),
    "an alias": ("settings.py", python, "DATABASES = {'default': §, 'x': [§]}\n"),
    "code that is given up": ("settings.py", python, "P = §\nwhile P != §[:0]: P = P\nDATABASES = {'default': {'PASSWORD': P}}\n"),
    "TOML that is not closed": ("pyproject.toml", toml, "[tool.connlint]\nenv = { PASSWORD = §, AGE = 600\n"),
    "TOML twice": ("pyproject.toml", toml, "[tool.connlint]\nenv = { PASSWORD = §, PASSWORD = § }\n"),
    "TOML without quotes": ("pyproject.toml", plain, "[tool.connlint]\nenv = { PASSWORD = § }\n"),
    "a wrong kind": ("pyproject.toml", toml, "[tool.connlint]\nenv = [§]\n"),
    "a wrong kind inside": ("pyproject.toml", toml, "[tool.connlint]\nenv = { PASSWORD = [§], X = { y = § } }\n"),
    "a wrong number": ("pyproject.toml", plain, "[tool.connlint]\ncpus = 0 # §\n"),
    "a wrong key": ("pyproject.toml", toml, "[tool.connlint]\npasword = §\n"),
    "a wrong key inside": ("pyproject.toml", toml, "[tool.connlint.servers.db]\npasword = §\nmax-connections = 5\n"),
    "pgbouncer": ("pgbouncer.ini", plain, "[databases]\nshop = host=db password='§' pool_size=x\nx = password=§ = host\n[pgbouncer]\npool_mode = x ; §\n"),
    "postgresql": ("postgresql.conf", plain, "max_connections = x # §\nprimary_conninfo 'password=§\n"),
    "mysql": ("my.cnf", plain, "[mysqld]\nmax_connections = x # §\npassword §\n[client\npassword=§\n"),
    "uwsgi": ("uwsgi.ini", plain, "[uwsgi]\nprocesses = x\nenv A §\nenv = A=§\nhttp-auth-basic = §\n"),
    "uwsgi yaml": ("uwsgi.yaml", plain, "uwsgi:\n  env: [§\n  password: {a: §\n"),
    "uwsgi json": ("uwsgi.json", plain, '{"uwsgi": {"env": "§", "password": §}}'),
    "uwsgi xml": ("uwsgi.xml", plain, "<uwsgi><env>§</env><processes>x</uwsgi>"),
    "gunicorn": ("gunicorn.conf.py", python, "workers = §\ntimeout = -1 if § else 0\nbind = {§: §}\nraw_env = [§\n"),
    "gunicorn values": ("gunicorn.conf.py", python, "workers = 'x' if § else 0\ntimeout = {'a': §}['b']\nmax_requests = int(§[:0])\n"),
    "requirements": ("requirements.txt", plain, "django==§\n--index-url https://u:§@h\n-r §\n§ @@ §\n"),
    "lock": ("uv.lock", plain, "[[package]\nname = '§'\nversion = §\n"),
}  # fmt: skip


@each_sort
@pytest.mark.parametrize("name", BROKEN)
def test_errors(tmp_path: Path, name: str, value: str) -> None:
    """Whatever is wrong with a line, what is said about it does not repeat the secret there."""
    secret = VALUES[value]
    path, encode, text = BROKEN[name]
    files = {"settings.py": SETTINGS, "pgbouncer.ini": POOLER, path: text.replace("§", encode(secret))}
    laid_out(tmp_path, files)
    for name_, *more in (*FEW, ("check", "--output-format", "github")):
        ran = run(name_, str(tmp_path), *more, "--settings", "settings")
        assert "internal error" not in ran.err, ran.err
        assert leaked(ran, secret) == [], (name_, more, ran.told)
        assert ran.told or "--diff" in more


@every_value
def test_a_defect_of_connlint(tmp_path: Path, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = VALUES[value]
    broken = next(rule for rule in rulebook.rules() if rule.family == "settings")

    def check(_: object) -> Iterator[object]:
        raise ValueError(secret, {secret: secret})
        yield

    monkeypatch.setattr("connlint.engine.rules", lambda: (replace(broken, check=check),))
    laid_out(tmp_path, {"settings.py": f"PASSWORD = {secret!r}\n{SETTINGS}"})
    ran = run("check", str(tmp_path), "--settings", "settings")
    assert ran.code == 2
    assert ran.err.startswith("internal error: ValueError at ")
    assert leaked(ran, secret) == []


@every_value
def test_fixes(tmp_path: Path, value: str) -> None:
    """A fix leaves the secret in the file, and a shown fix leaves it out."""
    secret = VALUES[value]
    text = f"DATABASES = {{'default': {{{ONE}, 'PASSWORD': {secret!r}, 'CONN_MAX_AGE': '600', 'OPTIONS': {{'CONN_MAX_AGE': 600}}}}}}\n"
    laid_out(tmp_path, {"settings.py": text, "pgbouncer.ini": POOLER})
    shown = run("check", str(tmp_path), "--settings", "settings", "--diff", "--unsafe-fixes")
    made = run("check", str(tmp_path), "--settings", "settings", "--fix", "--unsafe-fixes")
    assert leaked(shown, secret) == leaked(made, secret) == []
    assert shown.out.startswith("--- a/settings.py")
    assert repr(secret) in (tmp_path / "settings.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "about", ['password authentication failed for user "Qx7wWz8q"', "postgres://u:Qx7wWz8q@h/d too many connections"]
)
def test_explaining_an_error_text(tmp_path: Path, about: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is the user's own, copied from a log, and may repeat what the project holds."""
    settings = f"{SETTINGS}DATABASES['default'].update(USER='Qx7wWz8q', PASSWORD='Qx7wWz8q')\n"
    monkeypatch.chdir(laid_out(tmp_path, {"settings.py": settings, "manage.py": ""}))
    for form in ("text", "json"):
        ran = run("explain", about, "--output-format", form, "--settings", "settings")
        assert ran.code in (0, 2)
        assert "Qx7wWz8q" not in ran.told


def test_these_tests_would_see_a_leak() -> None:
    """Each secret has pieces, and finds itself in whatever holds it, as it is, in JSON and in an address."""
    for value in VALUES.values():
        assert pieces(value)
        for told in (
            value,
            json.dumps({"a": value}),
            json.dumps({"a": value}, ensure_ascii=False),
            quote(value, safe=""),
        ):
            assert leaked(Ran(0, told, "", 0.0), value), (value, told)
        assert leaked(Ran(0, "postgres://a.b/c password authentication", "", 0.0), value) == []
