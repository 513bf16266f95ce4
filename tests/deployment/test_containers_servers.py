"""Database servers in containers: by image, command line, files and variables, in the servers' own precedence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.deployment.containers.postgresql import arguments
from connlint.deployment.containers.recognising import server_words
from connlint.deployment.model import Engine
from connlint.formats.words import Command, Invocation, Text
from connlint.source import Source
from connlint.value import Certainty, Value
from tests.deployment.containing import server, words

AT = Source("Dockerfile", "./start.sh").span(0, 10)
CONF = "max_connections = 300\nsuperuser_reserved_connections = 5\n"


def most(image: str, command: str = "", **how: object) -> Value:
    found = server(image, command, **how)  # type: ignore[arg-type] # passed on as given
    assert found is not None
    return found.get("max_connections")


@pytest.mark.parametrize(
    ("image", "product", "version"),
    [
        ("postgres", "postgresql", None),
        ("postgres:latest", "postgresql", None),
        ("postgres:16-alpine", "postgresql", "16"),
        ("postgres:16.2-bookworm@sha256:" + "0" * 64, "postgresql", "16.2"),
        ("docker.io/library/postgres:15", "postgresql", "15"),
        ("registry.example.com:5000/mirror/postgres:14", "postgresql", "14"),
        ("public.ecr.aws/docker/library/postgres:13", "postgresql", "13"),
        ("postgis/postgis:15-3.4", "postgresql", "15"),
        ("pgvector/pgvector:pg16", "postgresql", "16"),
        ("pgvector/pgvector:0.7.0-pg17", "postgresql", "17"),
        ("timescale/timescaledb:2.14.2-pg15", "postgresql", "15"),
        ("timescale/timescaledb:latest-pg16", "postgresql", "16"),
        ("bitnami/postgresql:16.2.0-debian-12-r8", "postgresql", "16.2"),
        ("mysql:8.0", "mysql", "8.0"),
        ("mysql:8", "mysql", None),
        ("mariadb:10.11", "mariadb", "10.11"),
        ("percona/percona-server:8.0", "mysql", "8.0"),
    ],
)
def test_images_are_told_by_their_names(image: str, product: str, version: str | None) -> None:
    found = server(image)
    assert found is not None
    assert (found.product, str(found.version) if found.version else None) == (product, version)


@pytest.mark.parametrize(
    "image",
    ["redis:7", "acme/web:1", "postgrest/postgrest", "prom/mysqld-exporter", "bitnami/pgbouncer", "", "dpage/pgadmin4"],
)
def test_other_images_are_no_servers(image: str) -> None:
    assert server(image) is None


def test_an_image_used_for_a_client_is_no_server() -> None:
    assert server("postgres:16", "pg_dump -h db shop") is None
    assert server("postgres:16", "psql -h db") is None


def test_a_public_image_has_the_products_default() -> None:
    value = most("postgres:16")
    assert (value.only, value.certainty) == (100, Certainty.DEFAULT)


def test_a_copy_of_it_in_a_private_registry_is_assumed_to_be_the_same() -> None:
    value = most("registry.example.com/postgres:16")
    assert (value.only, value.certainty) == (100, Certainty.ASSUMED)


def test_an_image_that_is_only_called_so_may_state_anything() -> None:
    value = most("ghcr.io/acme/postgres:16")
    assert value.reason == "acme/postgres is an image of its own"
    assert most("ghcr.io/acme/postgres:16", "-c max_connections=50").only == 50


@pytest.mark.parametrize(
    "command",
    [
        "postgres -c max_connections=200",
        "postgres -cmax_connections=200",
        "-c max_connections=200",
        "docker-entrypoint.sh postgres -c shared_buffers=1GB -c max_connections=200",
        "postgres -N 200",
        "postgres -iN200",
        "postgres --max_connections=200",
        "postgres --max-connections=200",
        "postgres -c MAX_CONNECTIONS=200",
        "postgres -c max_connections=50 -N 200",
        "/usr/lib/postgresql/16/bin/postgres -D /data -c max_connections=200",
    ],
)
def test_postgres_takes_settings_from_its_command_line(command: str) -> None:
    value = most("postgres:16", command)
    assert value.only == 200
    assert value.span is not None
    assert "200" in value.span.text


def test_the_span_is_that_of_the_number() -> None:
    value = most("postgres:16", "postgres -c max_connections=200")
    assert value.span is not None
    assert value.span.text == "200"


def test_a_number_postgres_refuses_is_not_taken() -> None:
    assert most("postgres:16", "-c max_connections=many").reason == "PostgreSQL refuses the value of max_connections"


def test_a_number_that_nobody_knows_stays_so() -> None:
    assert most("postgres:16", "postgres -c max_connections=$PG_MAX").reason == "PG_MAX is set in no file"


def test_a_word_that_nobody_knows_may_say_otherwise() -> None:
    value = most("postgres:16", "postgres -c max_connections=200 $PG_ARGS")
    assert (value.only, value.certainty) == (200, Certainty.ASSUMED)
    assert most("postgres:16", "postgres -c shared_buffers=1GB $PG_ARGS").reason == "a word of its command is not known"
    assert most("mysql:8.0", "mysqld --skip-name-resolve $ARGS").reason == "a word of its command is not known"


def test_a_mounted_file_counts_when_it_is_named() -> None:
    found = server(
        "postgres:16",
        "postgres -c config_file=/etc/postgresql.conf",
        mounts={"/etc/postgresql.conf": "db/postgresql.conf"},
        files={"db/postgresql.conf": CONF},
    )
    assert found is not None
    assert found.get("max_connections").place == "db/postgresql.conf:1"
    assert found.get("superuser_reserved_connections").only == 5
    assert found.document is not None


def test_a_mounted_file_that_nothing_names_is_not_read() -> None:
    mounts, files = {"/etc/postgresql.conf": "db/postgresql.conf"}, {"db/postgresql.conf": CONF}
    assert most("postgres:16", mounts=mounts, files=files).only == 100


def test_a_file_in_the_data_directory_is_read_without_being_named() -> None:
    mounts, files = {"/var/lib/postgresql/data/postgresql.conf": "pg.conf"}, {"pg.conf": CONF}
    assert most("postgres:16", mounts=mounts, files=files).only == 300
    elsewhere = {"/data/postgresql.conf": "pg.conf"}
    assert most("postgres:16", variables={"PGDATA": "/data"}, mounts=elsewhere, files=files).only == 300
    assert most("postgres:16", "postgres -D /data", mounts=elsewhere, files=files).only == 300


def test_the_command_line_wins_over_the_file() -> None:
    mounts, files = {"/etc/pg.conf": "pg.conf"}, {"pg.conf": CONF}
    command = "postgres -c config_file=/etc/pg.conf -c max_connections=40"
    found = server("postgres:16", command, mounts=mounts, files=files)
    assert found is not None
    assert (found.get("max_connections").only, found.get("superuser_reserved_connections").only) == (40, 5)


def test_a_file_that_is_not_in_the_repository_may_state_anything_but_what_the_command_line_does() -> None:
    assert most("postgres:16", "-c config_file=/etc/pg.conf").reason == (
        "pg.conf, which it is started with, is not in the repository"
    )
    assert most("postgres:16", "-c config_file=/etc/pg.conf -N 30").only == 30


def test_what_initdb_is_told_counts_as_long_as_nothing_else_says_otherwise() -> None:
    variables = {"POSTGRES_INITDB_ARGS": "--data-checksums -c max_connections=250"}
    value = most("postgres:16", variables=variables)
    assert (value.only, value.certainty) == (250, Certainty.ASSUMED)
    assert most("postgres:16", "-N 20", variables=variables).only == 20


def test_scripts_for_a_new_data_directory_may_alter_the_system() -> None:
    mounts, files = (
        {"/docker-entrypoint-initdb.d": "db/init"},
        {"db/init/01.sql": "CREATE ROLE x PASSWORD 'y';\nALTER SYSTEM SET max_connections = '400';\n"},
    )
    value = most("postgres:16", mounts=mounts, files=files)
    assert (value.only, value.certainty, value.place) == (400, Certainty.ASSUMED, "db/init/01.sql:2")


def test_bitnami_takes_variables_unless_a_file_is_mounted() -> None:
    variables = {"POSTGRESQL_MAX_CONNECTIONS": "70"}
    assert most("bitnami/postgresql:16", variables=variables).place == "compose.yml:1"
    assert most("bitnami/postgresql:16", variables=variables).only == 70
    assert most("bitnami/postgresql:16", variables={"POSTGRESQL_EXTRA_FLAGS": "-c max_connections=80"}).only == 80
    mounts, files = {"/bitnami/postgresql/conf/postgresql.conf": "pg.conf"}, {"pg.conf": CONF}
    assert most("bitnami/postgresql:16", variables=variables, mounts=mounts, files=files).only == 300
    drop_in = {"/bitnami/postgresql/conf/conf.d": "db/conf.d"}
    assert (
        most("bitnami/postgresql:16", variables=variables, mounts=drop_in, files={"db/conf.d/x.conf": CONF}).only == 300
    )


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert most("bitnami/postgresql:16", variables={"POSTGRESQL_MAX_CONNECTIONS": ""}).only == 100


def test_a_variable_that_is_a_secret_is_never_shown() -> None:
    value = most("bitnami/postgresql:16", variables={"POSTGRESQL_MAX_CONNECTIONS": "hunter2"})
    assert value.is_unknown
    assert "hunter2" not in repr(value.reason)


def test_timescale_tunes_itself() -> None:
    assert most("timescale/timescaledb:latest-pg16").is_unknown
    assert most("timescale/timescaledb:latest-pg16", "postgres -c max_connections=60").only == 60


@pytest.mark.parametrize(
    "command",
    [
        "mysqld --max-connections=300",
        "mysqld --max_connections=300",
        "--max-connections=300",
        "mysqld --max-connections 300",
        "mysqld --max_connections=10 --max-connections=300",
        "mysqld --default-authentication-plugin=mysql_native_password --max-connections=300",
    ],
)
def test_mysql_takes_settings_from_its_command_line(command: str) -> None:
    value = most("mysql:8.0", command)
    assert value.only == 300
    assert value.span is not None
    assert value.span.text == "300"


def test_mysql_reads_mounted_folders() -> None:
    files = {
        "db/a.cnf": "[mysqld]\nmax_connections = 500\nwait_timeout = 60\n",
        "db/b.cnf": "[mysqld]\nmax_connections=250\n",
    }
    found = server("mysql:8.0", mounts={"/etc/mysql/conf.d": "db"}, files=files)
    assert found is not None
    assert (found.get("max_connections").only, found.get("wait_timeout").only) == (250, 60)
    assert most("mysql:8.0", "--max-connections=9", mounts={"/etc/mysql/conf.d": "db"}, files=files).only == 9
    single = {"/etc/mysql/conf.d/x.cnf": "db/a.cnf"}
    assert most("mariadb:10.11", mounts=single, files=files).only == 500


def test_a_defaults_file_stands_for_all_others() -> None:
    files = {"a.cnf": "[mysqld]\nmax_connections = 500\n", "b.cnf": "[mysqld]\nmax_connections = 600\n"}
    mounts = {"/etc/mysql/conf.d/a.cnf": "a.cnf", "/b.cnf": "b.cnf"}
    assert most("mysql:8.0", "mysqld --defaults-file=/b.cnf", mounts=mounts, files=files).only == 600
    assert most("mysql:8.0", "mysqld --defaults-extra-file=/b.cnf", mounts=mounts, files=files).only == 600
    assert most("mysql:8.0", "mysqld --no-defaults", mounts=mounts, files=files).only == 151
    assert most("mysql:8.0", "mysqld --defaults-file=/c.cnf", mounts=mounts, files=files).is_unknown


def test_a_version_that_is_declared_wins_over_the_tag() -> None:
    found = server("postgres:16", versions={"postgresql": Value.exact("14")})
    assert found is not None
    assert str(found.version) == "14"


def test_a_server_is_reached_by_its_names_and_published_ports() -> None:
    found = server("postgres:16", "-p 5433")
    assert found is not None
    assert found.engine is Engine.POSTGRESQL
    assert found.hosts == {"db", "shop-db-1"}
    assert found.ports == ((54320, 5432),)
    assert found.get("port").only == 5433


@given(st.lists(st.text(alphabet="-cN=pD $ax9_", max_size=12), max_size=8))
def test_no_command_line_is_too_strange(line: list[str]) -> None:
    text = " ".join(line)
    arguments(words(text))
    server("postgres:16", text)
    server("mysql:8", text)


def test_the_words_are_those_that_were_followed_to_a_server() -> None:
    script = Command(AT, script=Text.of(AT))
    followed = Invocation(words("postgres -c max_connections=9"), {})
    texts = [word.exact for word in server_words((script, None), (Invocation(words("wait-for-it db"), {}), followed))]
    assert texts == ["postgres", "-c", "max_connections=9"]


def test_a_script_that_leads_to_nothing_known_may_state_anything() -> None:
    (word,) = server_words((None, Command(AT, script=Text.of(AT))), ())
    assert word.loose
    assert word.exact is None
    assert server_words((None, Command(AT, words("-N 5"))), ()) == words("-N 5")


def test_a_server_started_on_some_ways_only_may_be_started_otherwise() -> None:
    followed = Invocation(words("postgres -N 9"), {}, sure=False)
    assert server_words((), (followed,))[-1].loose


SED = "sed -i 's/max_connections = 100/max_connections = 1000/' $PGDATA/postgresql.conf\n"


def test_a_script_that_edits_the_file_may_make_anything_of_it() -> None:
    mounts, files = {"/docker-entrypoint-initdb.d/a.sh": "a.sh"}, {"a.sh": SED}
    value = most("postgres:16", mounts=mounts, files=files)
    assert (value.reason, value.place) == ("a.sh may change it", "a.sh:1")
    assert most("postgres:16", "-N 7", mounts=mounts, files=files).only == 7
    assert most("postgres:16", mounts=mounts, files={"a.sh": "psql -c 'SELECT 1'\n"}).only == 100
    named = {**mounts, "/pg.conf": "pg.conf"}
    assert most("postgres:16", "-c config_file=/pg.conf", mounts=named, files={**files, "pg.conf": CONF}).only == 300


def test_a_dockerfile_that_speaks_of_a_setting_may_change_it() -> None:
    assert most("postgres:16", dockerfile=f"FROM postgres:16\nRUN {SED}").reason == "Dockerfile may change it"
    assert most("postgres:16", dockerfile="FROM postgres:16\nCOPY x /x\n").only == 100
    command = "postgres -c max_connections=9"
    assert most("postgres:16", command, dockerfile=f"FROM postgres:16\nCMD {command}\n").only == 9


def test_names_that_have_the_version_in_them() -> None:
    found = server("quay.io/sclorg/postgresql-15-c9s:latest", variables={"POSTGRESQL_MAX_CONNECTIONS": "30"})
    assert found is not None
    assert (str(found.version), found.get("max_connections").only) == ("15", 30)


PATRONI = """scope: shop
bootstrap:
  dcs:
    postgresql:
      parameters:
        max_connections: 150
        password_encryption: x
postgresql:
  authentication: {superuser: {password: hunter2}}
"""


def test_patroni_states_what_the_cluster_is_made_with() -> None:
    files = {"patroni.yml": PATRONI}
    value = most("acme/db", "patroni /etc/p.yml", mounts={"/etc/p.yml": "patroni.yml"}, files=files)
    assert (value.only, value.certainty, value.place) == (150, Certainty.ASSUMED, "patroni.yml:6")
    assert most("acme/db", "patroni /etc/p.yml").reason == "Patroni's configuration is not in the repository"
    odd = most("acme/db", "patroni /etc/p.yml", mounts={"/etc/p.yml": "patroni.yml"}, files={"patroni.yml": "- ["})
    assert odd.is_unknown
