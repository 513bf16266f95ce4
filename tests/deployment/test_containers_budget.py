"""Whole trees whose database and pooler run in containers, with the exact budget of each hop."""

from __future__ import annotations

from connlint.deployment.budget import limits
from connlint.engine import Options, inspect
from connlint.project.tree import Tree

SETTINGS = """import os
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.%s",
        "NAME": "shop",
        "HOST": os.environ["DB_HOST"],
        "PORT": os.environ.get("DB_PORT", ""),
    }
}
"""
DOCKERFILE = 'FROM python:3.12\nENV DJANGO_SETTINGS_MODULE=shop.settings\nCMD ["gunicorn", "shop.wsgi", "-w", "4", "--threads", "3"]\n'


def budget(compose: str, engine: str = "postgresql", **files: str) -> list[tuple[str, str, str, str, str]]:
    """Each limit: where, of what kind, usable, asked, verdict."""
    tree = {
        "shop/settings.py": SETTINGS % engine,
        "shop/__init__.py": "",
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "Dockerfile": DOCKERFILE,
        "compose.yml": compose,
        **{name.replace("__", "/").replace("_DOT_", "."): text for name, text in files.items()},
    }
    (deployment,) = inspect(Tree(None, tree), Options()).deployments
    return [(at.at, at.kind, str(at.usable), str(at.steady), at.verdict) for at in limits(deployment)]


WEB = "services:\n  web:\n    build: .\n    environment: {DB_HOST: %s}\n"


def test_a_server_with_its_limit_on_the_command_line() -> None:
    compose = WEB % "db" + "  db:\n    image: postgres:16\n    command: postgres -c max_connections=14\n"
    assert budget(compose) == [("db", "server", "11", "12", "exceeds")]


def test_a_server_with_the_default_of_its_version() -> None:
    assert budget(WEB % "db" + "  db:\n    image: postgres:16-alpine\n") == [("db", "server", "97", "12", "fits")]


def test_a_mounted_file_that_the_command_names() -> None:
    compose = WEB % "db" + (
        "  db:\n    image: postgres:16\n    command: -c config_file=/etc/pg.conf\n"
        "    volumes:\n      - ./db/pg.conf:/etc/pg.conf:ro\n"
    )
    conf = "max_connections = 20\nsuperuser_reserved_connections = 5\n"
    assert budget(compose, db__pg_DOT_conf=conf) == [("db", "server", "15", "12", "fits")]


def test_mysql_with_a_mounted_folder() -> None:
    compose = WEB % "db" + "  db:\n    image: mysql:8.0\n    volumes:\n      - ./db:/etc/mysql/conf.d\n"
    found = budget(compose, "mysql", db__my_DOT_cnf="[mysqld]\nmax_connections = 10\n")
    assert found == [("db", "server", "10", "12", "exceeds")]


def test_a_pooler_by_its_variables_and_the_server_behind_it() -> None:
    compose = WEB % "bouncer" + (
        "  bouncer:\n    image: edoburu/pgbouncer:v1.24.1-p1\n"
        "    environment: {DB_HOST: db, MAX_CLIENT_CONN: 10, DEFAULT_POOL_SIZE: 30}\n"
        "  db:\n    image: postgres:16\n    command: postgres -c max_connections=25\n"
    )
    assert budget(compose) == [
        ("bouncer", "pooler-clients", "10", "12", "exceeds"),
        ("bouncer -> db", "pooler-servers", "22", "30", "exceeds"),
        ("db", "server", "22", "12", "fits"),
    ]


def test_an_image_of_their_own_built_on_a_servers() -> None:
    compose = WEB % "db" + "  db:\n    build: ./db\n"
    plain = "FROM postgres:15\nCOPY schema.sql /docker-entrypoint-initdb.d/\n"
    assert budget(compose, db__Dockerfile=plain) == [("db", "server", "97", "12", "fits")]
    edited = "FROM postgres:15\nRUN echo max_connections=9 >> /usr/share/postgresql/postgresql.conf.sample\n"
    assert budget(compose, db__Dockerfile=edited) == [("db", "server", "unknown", "12", "unknown")]
    shell = "FROM postgres:15\nCMD postgres -c max_connections=14\n"
    assert budget(compose, db__Dockerfile=shell) == [("db", "server", "11", "12", "exceeds")]
