"""Poolers in containers: each image by its own variables and defaults, or by the pgbouncer.ini that is mounted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.deployment.containers.poolers import buildpack_pooler
from connlint.deployment.model import Engine, Pooler
from connlint.value import Certainty, Value
from tests.deployment.containing import COMPOSE, environment, pooler

INI = "[databases]\nshop = host=db port=5432\n[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 33\n"


def get(found: Pooler | None, key: str) -> object:
    assert found is not None
    return found.get(key).only


def entry(found: Pooler | None, name: str = "*") -> dict[str, object]:
    assert found is not None
    return {key: value.only for key, value in found.databases[name].items()}


def test_edoburu_takes_the_names_of_pgbouncers_settings() -> None:
    found = pooler(
        "edoburu/pgbouncer:v1.23.1-p2",
        variables={
            "DB_HOST": "db", "DB_USER": "shop", "DB_PASSWORD": "hunter2", "POOL_MODE": "transaction",
            "MAX_CLIENT_CONN": 500, "DEFAULT_POOL_SIZE": "40", "ADMIN_USERS": "root",
        },
    )  # fmt: skip
    assert found is not None
    assert str(found.version) == "1.23.1"
    assert (get(found, "pool_mode"), get(found, "max_client_conn"), get(found, "default_pool_size")) == (
        "transaction",
        500,
        40,
    )
    assert get(found, "listen_port") == 5432
    assert entry(found) == {"host": "db", "port": 5432}
    assert found.get("default_pool_size").place == "compose.yml:1"
    assert "hunter2" not in repr(found)


def test_edoburu_keeps_pgbouncers_defaults() -> None:
    found = pooler("edoburu/pgbouncer", variables={"DB_HOST": "db", "DB_NAME": "shop"})
    assert (get(found, "pool_mode"), get(found, "max_client_conn"), get(found, "default_pool_size")) == (
        "session",
        100,
        20,
    )
    assert entry(found, "shop") == {"host": "db", "port": 5432}
    assert get(found, "ignore_startup_parameters") == ["extra_float_digits"]


def test_edoburu_takes_urls_apart_and_keeps_no_secret_of_them() -> None:
    found = pooler("edoburu/pgbouncer", variables={"DATABASE_URL": "postgres://bob:hunter2@db.internal:5433/shop"})
    assert found is not None
    assert entry(found) == {"host": "db.internal", "port": 5433}
    assert "shop" not in repr(found.databases)
    assert "hunter2" not in repr(found.databases)
    assert "bob" not in repr(found.databases)
    comma = pooler("edoburu/pgbouncer", variables={"DATABASE_URL": "postgres://bob:hunt,er2@db.internal/shop"})
    assert entry(comma) == {"host": "db.internal", "port": 5432}
    several = pooler("edoburu/pgbouncer", variables={"DATABASE_URLS": "postgres://u:p@a/one,postgres://u:p@b:5433/two"})
    assert entry(several, "one") == {"host": "a", "port": 5432}
    assert entry(several, "two") == {"host": "b", "port": 5433}


def test_an_url_that_nobody_knows_leads_somewhere() -> None:
    found = pooler("edoburu/pgbouncer", variables={"DATABASE_URL": Value.unknown("DATABASE_URL is a secret")})
    assert found is not None
    assert found.databases["*"]["host"].reason == "DATABASE_URL is a secret"
    odd = pooler("edoburu/pgbouncer", variables={"DATABASE_URL": "postgres://u:[hunter2@/x"})
    assert odd is not None
    assert "hunter2" not in repr(odd.databases)


def test_the_image_of_that_name_has_prefixes() -> None:
    variables = {
        "DATABASES_HOST": "db",
        "DATABASES_DBNAME": "shop",
        "PGBOUNCER_POOL_MODE": "transaction",
        "POOL_MODE": "statement",
    }
    found = pooler("pgbouncer/pgbouncer:1.15.0", variables=variables)
    assert (get(found, "pool_mode"), get(found, "listen_port")) == ("transaction", 6432)
    assert entry(found) == {"host": "db", "port": 5432, "dbname": "shop"}


def test_brainsam_forces_its_user() -> None:
    found = pooler("brainsam/pgbouncer", variables={"DB_HOST": "db", "DB_USER": "secretly"})
    assert found is not None
    assert entry(found) == {"host": "db", "port": 5432, "user": "<forced>"}
    assert "secretly" not in repr(found)


def test_bitnami_has_a_server_by_default() -> None:
    found = pooler(
        "bitnami/pgbouncer:1.24.1-debian-12-r0",
        variables={"PGBOUNCER_POOL_MODE": "transaction", "PGBOUNCER_PORT": "7000"},
    )
    assert (get(found, "pool_mode"), get(found, "listen_port"), get(found, "default_pool_size")) == (
        "transaction",
        7000,
        20,
    )
    assert entry(found, "postgres") == {"host": "postgresql", "port": 5432}
    further = {
        "PGBOUNCER_DATABASE": "*", "POSTGRESQL_HOST": "db", "PGBOUNCER_SET_DATABASE_USER": "yes",
        "PGBOUNCER_DSN_0": "stats=host=other port=5433 dbname=stats user=bob password=hunter2",
    }  # fmt: skip
    found = pooler("bitnami/pgbouncer", variables=further)
    assert found is not None
    assert entry(found) == {"host": "db", "port": 5432, "dbname": "*", "user": "<forced>"}
    assert entry(found, "stats") == {"host": "other", "port": 5433, "dbname": "stats", "user": "<forced>"}
    assert "hunter2" not in repr(found.databases)


@pytest.mark.parametrize(
    ("image", "target"),
    [
        ("edoburu/pgbouncer", "/etc/pgbouncer/pgbouncer.ini"),
        ("bitnami/pgbouncer", "/bitnami/pgbouncer/conf/pgbouncer.ini"),
        ("ghcr.io/acme/pgbouncer", "/etc/pgbouncer/pgbouncer.ini"),
    ],
)
def test_a_mounted_file_stands_for_all_variables(image: str, target: str) -> None:
    found = pooler(
        image,
        variables={"POOL_MODE": "session"},
        mounts={target: "ops/pgbouncer.ini"},
        files={"ops/pgbouncer.ini": INI},
    )
    assert found is not None
    assert (get(found, "pool_mode"), get(found, "default_pool_size")) == ("transaction", 33)
    assert entry(found, "shop") == {"host": "db", "port": 5432}
    assert found.get("pool_mode").place == "ops/pgbouncer.ini:4"


def test_a_file_that_the_command_names_is_read_from_any_image() -> None:
    found = pooler("alpine:3", "pgbouncer -q /conf/p.ini", mounts={"/conf": "ops"}, files={"ops/p.ini": INI})
    assert get(found, "pool_mode") == "transaction"


def test_an_image_that_is_only_called_so_may_state_anything() -> None:
    found = pooler("ghcr.io/acme/pgbouncer", variables={"POOL_MODE": "transaction"})
    assert found is not None
    assert found.get("pool_mode").is_unknown


def test_a_copy_in_a_private_registry_is_assumed_to_be_the_same() -> None:
    found = pooler("registry.example.com/proxy/edoburu/pgbouncer", variables={"DB_HOST": "db"})
    assert found is not None
    assert (found.get("max_client_conn").only, found.get("max_client_conn").certainty) == (100, Certainty.ASSUMED)


def test_a_value_that_pgbouncer_refuses_is_unknown_and_not_shown() -> None:
    found = pooler("edoburu/pgbouncer", variables={"DB_HOST": "db", "MAX_CLIENT_CONN": "hunter2"})
    assert found is not None
    assert found.get("max_client_conn").reason == "PgBouncer refuses the value of max_client_conn"


@pytest.mark.parametrize(
    "image", ["bitnami/pgbouncer-exporter", "prometheuscommunity/pgbouncer-exporter", "postgres:16", ""]
)
def test_other_images_are_no_poolers(image: str) -> None:
    assert pooler(image) is None


def test_herokus_buildpack_keeps_one_connection_for_each_dyno() -> None:
    service = COMPOSE.span(0, 2)
    from connlint.deployment.commands.container import Container
    from connlint.formats.services import Service
    from connlint.project.tree import Tree

    web = Service("web", service, replicas=Value.exact(3))
    found = buildpack_pooler(web, environment({"PGBOUNCER_MAX_CLIENT_CONN": "50"}), Container(Tree(None, {})), {})
    assert (get(found, "pool_mode"), get(found, "default_pool_size"), get(found, "reserve_pool_size")) == (
        "transaction",
        1,
        1,
    )
    assert (get(found, "listen_port"), get(found, "max_client_conn"), found.instances.only) == (6000, 50, 3)


def test_a_script_of_the_project_may_heed_other_variables() -> None:
    found = pooler(
        "edoburu/pgbouncer",
        "/start.sh",
        variables={"DB_HOST": "db", "POOL_MODE": "transaction"},
        mounts={"/start.sh": "ops/start.sh"},
        files={"ops/start.sh": "exec pgbouncer /tmp/made.ini\n"},
    )
    assert found is not None
    assert found.get("pool_mode").reason == "pool_mode is not known: what start.sh starts is not known"
    assert not found.databases


def test_pgcat_is_read_from_its_place_and_from_the_one_its_command_names() -> None:
    toml = '[pools.shop]\npool_mode = "session"\n[pools.shop.shards.0]\nservers = [["db", 5432, "primary"]]\n'
    for command, target in (("", "/etc/pgcat/pgcat.toml"), ("pgcat /conf/p.toml", "/conf/p.toml")):
        found = pooler(
            "ghcr.io/postgresml/pgcat:latest", command, mounts={target: "pgcat.toml"}, files={"pgcat.toml": toml}
        )
        assert found is not None
        assert (found.kind, entry(found, "shop")["host"], get(found, "listen_port")) == ("pgcat", "db", 6432)


def test_a_pooler_whose_file_is_not_here_may_do_anything() -> None:
    found = pooler("ghcr.io/postgresml/pgcat:latest")
    assert found is not None
    assert found.get("pool_mode").reason == "pool_mode of db is not known: its file is not in the repository"


def test_bitnamis_pgpool_takes_variables() -> None:
    found = pooler(
        "bitnami/pgpool:4",
        variables={"PGPOOL_BACKEND_NODES": "0:pg-0:5432,1:pg-1:5432", "PGPOOL_NUM_INIT_CHILDREN": "10"},
    )
    assert (get(found, "max_client_conn"), get(found, "default_pool_size"), get(found, "listen_port")) == (10, 10, 5432)
    assert (get(found, "pool_mode"), entry(found)) == ("session", {"host": "pg-0", "port": 5432})


def test_proxysql_speaks_mysql() -> None:
    cnf = 'mysql_servers = ( { address="db", port=3306, max_connections=50 } )\n'
    found = pooler("proxysql/proxysql:2.5", mounts={"/etc/proxysql.cnf": "p.cnf"}, files={"p.cnf": cnf})
    assert found is not None
    assert (found.serves, get(found, "max_client_conn"), entry(found)["host"]) == (Engine.MYSQL, 2048, "db")


@given(
    st.sampled_from(["edoburu/pgbouncer", "bitnami/pgbouncer", "pgbouncer/pgbouncer", "brainsam/pgbouncer", "bitnami/pgpool"]),
    st.dictionaries(
        st.sampled_from(
            ["DATABASE_URL", "DATABASE_URLS", "DB_HOST", "DB_PORT", "POOL_MODE", "PGBOUNCER_DSN_0", "DATABASES_HOST",
             "DATABASES_POOL_SIZE", "PGBOUNCER_PORT", "PGPOOL_BACKEND_NODES", "MAX_CLIENT_CONN", "DB_NAME"]
        ),
        st.text(alphabet="postgres://@:,=[]5 %*'x", max_size=40),
    ),
)  # fmt: skip
def test_no_variable_is_too_strange(image: str, variables: dict[str, object]) -> None:
    assert pooler(image, variables=variables) is not None


@given(st.text(max_size=40))
def test_no_image_is_too_strange(image: str) -> None:
    pooler(image)
