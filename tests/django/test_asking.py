"""`manage.py connlint --database` asks real servers on loopback, and shows what they say beside the files."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("django.core", reason="needs Django")

from django_projects import manage, project

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("servers")


def _lab() -> Any:
    spec = importlib.util.spec_from_file_location("lab_servers", ROOT / "lab" / "servers.py")
    if spec is None or spec.loader is None or not (ROOT / "lab").is_dir():
        pytest.skip("the lab is not here: a distribution has none")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _needs(*programs: str) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    for name in programs:
        if shutil.which(name, path=path) is None:
            pytest.skip(f"{name} is not installed")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[int]:
    _needs("postgres")
    pytest.importorskip("psycopg", reason="needs a driver")
    lab = _lab()
    with lab.workspace() as folder, lab.postgresql(folder, "max_connections=40", "idle_session_timeout=90s") as port:
        yield port


@pytest.fixture(scope="module")
def pgbouncer(postgresql: int) -> Iterator[int]:
    _needs("pgbouncer")
    lab = _lab()
    settings = ("pool_mode = transaction", "default_pool_size = 7", "ignore_startup_parameters = extra_float_digits")
    with lab.workspace() as folder, lab.pgbouncer(folder, postgresql, *settings) as port:
        yield port


@pytest.fixture(scope="module")
def mariadb() -> Iterator[int]:
    _needs("mariadbd")
    pytest.importorskip("pymysql", reason="needs a driver")
    lab = _lab()
    with lab.workspace() as folder, lab.mariadb(folder, "max_connections=33", "wait_timeout=77") as port:
        yield port


def of_postgresql(port: int, **more: object) -> str:
    alias = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": "127.0.0.1", "PORT": port, **more}  # fmt: skip
    return f"DATABASES = {{'default': {alias!r}}}"


def asked(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, err = manage(folder, "connlint", "--database", *arguments, "--output-format", "json")
    assert err == ""
    return code, json.loads(out)


def test_a_server_says_what_it_grants_and_who_holds_it(postgresql: int, tmp_path: Path) -> None:
    code, out, err = manage(project(tmp_path, of_postgresql(postgresql)), "connlint", "--database")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0].startswith("alias default: PostgreSQL ")
    assert "max_connections 40" in lines
    assert "superuser_reserved_connections 3" in lines
    assert "idle_session_timeout 90000 ms" in lines
    assert lines[-1] == "who holds connections: none but this one"


def test_connections_are_counted_by_application_user_and_state(postgresql: int, tmp_path: Path) -> None:
    import psycopg

    folder = project(tmp_path, of_postgresql(postgresql))
    with psycopg.connect(f"host=127.0.0.1 port={postgresql} user=postgres application_name=reports") as held:
        held.execute("SELECT 1")
        code, out, _ = manage(folder, "connlint", "--database", "default")
    assert code == 0
    (row,) = [line.split() for line in out.splitlines() if "reports" in line]
    assert row[:-1] == ["reports", "this", "user", "127.0.0.1", "idle", "in", "transaction", "1"]


def test_a_file_that_says_something_else_is_shown_and_fails(postgresql: int, tmp_path: Path) -> None:
    folder = project(tmp_path, of_postgresql(postgresql), {"deploy/postgresql.conf": "max_connections = 100\n"})
    code, out, _ = manage(folder, "connlint", "--database")
    assert code == 1
    (line,) = [" ".join(line.split()) for line in out.splitlines() if " max_connections" in line]
    assert line == "max_connections 40 100 (deploy/postgresql.conf:1): differs"


def test_the_budget_counts_by_what_the_server_said(postgresql: int, tmp_path: Path) -> None:
    files = {
        "deploy/postgresql.conf": "max_connections = 100\n",
        "gunicorn.conf.py": "workers = 20\nthreads = 2\nworker_class = 'gthread'\n",
        "shop/wsgi.py": "import django\n",
    }
    folder = project(tmp_path, of_postgresql(postgresql, CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True), files)
    assert manage(folder, "connlint", "budget")[1].count("exceeds") == 0
    code, out, _ = manage(folder, "connlint", "budget", "--database")
    assert code == 1, out
    assert "asked the server at " in out
    assert "exceeds" in out


def test_pgbouncer_is_asked_on_its_console(pgbouncer: int, tmp_path: Path) -> None:
    ini = f"[databases]\npostgres = host=127.0.0.1\n[pgbouncer]\nlisten_port = {pgbouncer}\npool_mode = session\ndefault_pool_size = 7\n"
    alias = of_postgresql(pgbouncer, DISABLE_SERVER_SIDE_CURSORS=True)
    code, found = asked(project(tmp_path, alias, {"pgbouncer.ini": ini}))
    assert code == 1
    server, pooler = found["databases"]
    assert (server["product"], server["settings"]["max_connections"]["now"]) == ("postgresql", 40)
    assert pooler["product"] == "pgbouncer"
    assert pooler["settings"]["default_pool_size"]["differs"] is False
    assert (pooler["settings"]["pool_mode"]["now"], pooler["settings"]["pool_mode"]["differs"]) == ("transaction", True)
    assert [row["database"] for row in pooler["pools"]] == ["postgres"]


def test_a_pooler_that_no_file_speaks_of_is_learned(pgbouncer: int, tmp_path: Path) -> None:
    """Transaction pooling breaks what the settings allow, and only the running PgBouncer tells."""
    folder = project(tmp_path, of_postgresql(pgbouncer))
    rule = ("--select", "server-side-cursors-with-transaction-pooling")
    assert manage(folder, "connlint", "check", *rule)[0] == 0
    code, out, _ = manage(folder, "connlint", "check", *rule, "--database")
    assert code == 1
    assert "error[server-side-cursors-with-transaction-pooling]" in out


def test_the_limits_of_the_own_role_count(postgresql: int, tmp_path: Path) -> None:
    """A role may have fewer connections than the server, and sees of other users' sessions neither state nor address."""
    import psycopg

    with psycopg.connect(
        f"host=127.0.0.1 port={postgresql} user=postgres application_name=held", autocommit=True
    ) as held:
        held.execute("DROP ROLE IF EXISTS limited_shop")
        held.execute("CREATE ROLE limited_shop LOGIN CONNECTION LIMIT 5")
        held.execute("ALTER ROLE limited_shop SET statement_timeout = '7s'")
        files = {
            "gunicorn.conf.py": "workers = 3\nthreads = 2\nworker_class = 'gthread'\n",
            "shop/wsgi.py": "import django\n",
        }
        folder = project(tmp_path, of_postgresql(postgresql, USER="limited_shop", CONN_MAX_AGE=60), files)
        code, found = asked(folder)
        budget = manage(folder, "connlint", "budget", "--database")[1]
    assert code == 0
    settings = {name: each["now"] for name, each in found["databases"][0]["settings"].items()}
    assert settings["connection limit of the role"] == 5
    assert settings["statement_timeout"] == 7000
    (row,) = [row for row in found["databases"][0]["who holds connections"] if row["application"] == "held"]
    assert (row["user"], row["state"], row["from"], row["connections"]) == ("postgres", "", "", 1)
    assert "limited_shop" not in json.dumps(found)
    assert "exceeds by 1" in budget


def test_nothing_can_be_written_while_asking(postgresql: int, tmp_path: Path) -> None:
    folder = project(tmp_path, of_postgresql(postgresql))
    code = (
        "import django; django.setup()\n"
        "from connlint.django.asking import connecting, postgresql\n"
        "from connlint.django.asking.answers import NoAnswer\n"
        "try:\n"
        "    with connecting.read_only(connecting.wrapper('default'), postgresql._BEGIN) as cursor:\n"
        "        cursor.execute('CREATE TABLE written (id int)')\n"
        "except NoAnswer as error:\n    print(error)\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"}
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert run.stdout == "InternalError: cannot execute CREATE TABLE in a read-only transaction\n", run.stderr


def test_a_pool_of_the_settings_is_not_filled(postgresql: int, tmp_path: Path) -> None:
    """A pool opens 4 connections at once by default; the look opens one after the other, and none stays."""
    import psycopg

    folder = project(tmp_path, of_postgresql(postgresql, OPTIONS={"pool": True}))
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'connlint'"
    with psycopg.connect(f"host=127.0.0.1 port={postgresql} user=postgres", autocommit=True) as held:
        before = held.execute(query).fetchone()  # those that a pooler keeps
        code, found = asked(folder)
        assert held.execute(query).fetchone() == before
    rows = [
        row["connections"] for row in found["databases"][0]["who holds connections"] if row["application"] == "connlint"
    ]
    assert (code, (sum(rows),)) == (0, before)


def test_a_name_that_the_server_repeats_is_masked(postgresql: int, tmp_path: Path) -> None:
    code, out, err = manage(project(tmp_path, of_postgresql(postgresql, USER="nobody_knows")), "connlint", "--database")
    assert code == 2
    assert "does not exist" in out
    assert "nobody_knows" not in out + err


MYSQL = """
import pymysql
pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()
"""


def test_mariadb_says_what_it_grants(mariadb: int, tmp_path: Path) -> None:
    alias = {"ENGINE": "django.db.backends.mysql", "NAME": "lab", "USER": "lab", "PASSWORD": "lab", "HOST": "127.0.0.1", "PORT": mariadb}  # fmt: skip
    files = {"my.cnf": "[mysqld]\nmax_connections = 33\nwait_timeout = 60\n"}
    code, found = asked(project(tmp_path, f"{MYSQL}DATABASES = {{'default': {alias!r}}}", files))
    assert code == 1
    (server,) = found["databases"]
    assert server["product"] == "mariadb"
    settings = {name: (each["now"], each["differs"]) for name, each in server["settings"].items()}
    assert settings["max_connections"] == (33, False)
    assert settings["wait_timeout"] == (77, True)
    assert server["who holds connections"] == []


def test_a_server_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="needs a driver")
    code, out, err = manage(
        project(tmp_path, of_postgresql(1, PASSWORD="correct-horse-battery")), "connlint", "--database"
    )
    assert code == 2
    assert out.startswith("error: alias default: OperationalError: ")
    assert (out.count("\n"), err) == (1, "")


def test_settings_that_django_refuses_are_one_line_too(tmp_path: Path) -> None:
    folder = project(tmp_path, "DATABASES = {'other': {'ENGINE': 'no.such.backend'}}")
    code, out, _ = manage(folder, "connlint", "--database")
    assert code == 2
    assert out.startswith("error: alias other: ImproperlyConfigured: ")
    assert out.count("\n") == 1


def test_an_alias_that_is_not_there_and_one_without_a_server(tmp_path: Path) -> None:
    folder = project(tmp_path, "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}")
    assert manage(folder, "connlint", "--database=replica")[:2] == (2, 'error: alias replica: DATABASES has no alias "replica"\n')  # fmt: skip
    assert manage(folder, "connlint", "--database")[:2] == (2, "error: alias default: SQLite has no server that connlint could ask\n")  # fmt: skip
