"""The way to a container: by its names, by published ports, and by what is the only one of its kind."""

from __future__ import annotations

import pytest

from connlint.deployment.model import Database, Engine, Pooler, Route, Server
from connlint.deployment.routes import routes
from connlint.deployment.servers import Servers
from connlint.facts import Version
from connlint.formats.document import Document
from connlint.project.configuration import DeclaredServer
from connlint.source import Source
from connlint.value import Certainty, Origin, Value
from tests.deployment.building import NOWHERE, group

AT = Source("shop/settings.py", "'db'").span(0, 4)


def stated(value: object) -> Value:
    return value if isinstance(value, Value) else Value.exact(value, Origin.at(AT))


def alias(host: object, port: object = None) -> Database:
    settings = {"ENGINE": Value.exact("django.db.backends.postgresql"), "HOST": stated(host), "NAME": stated("shop")}
    if port is not None:
        settings["PORT"] = stated(port)
    return Database("default", settings, NOWHERE, "shop.settings", Version.parse("5.2"))


def server(name: str = "db", *names: str, ports: tuple[tuple[int, int], ...] = (), port: int = 5432) -> Server:
    settings = {"max_connections": Value.exact(40), "port": Value.exact(port)}
    return Server(
        name,
        Engine.POSTGRESQL,
        None,
        settings,
        {},
        "postgresql",
        hosts=frozenset({name, *names}),
        ports=ports,
        told=True,
    )


def pooler(name: str, *names: str, leads_to: object = "db", port: int = 6432, published: int | None = None) -> Pooler:
    return Pooler(
        name, "pgbouncer", None, {"listen_port": Value.exact(port)}, {"*": {"host": stated(leads_to)}}, {}, Value.exact(1),
        hosts=frozenset({name, *names}), ports=((published, port),) if published else (), told=True,
    )  # fmt: skip


def way(
    database: Database,
    servers: tuple[Server, ...] = (),
    poolers: tuple[Pooler, ...] = (),
    declared: dict[str, DeclaredServer] | None = None,
    documents: tuple[Document, ...] = (),
) -> Route:
    known = Servers(documents, declared or {}, {}, ((Engine.POSTGRESQL, "db"),), servers)
    found = [route for route in routes([group(databases=[database])], poolers, known, {}) if isinstance(route, Route)]
    return found[0]


def most(route: Route) -> Value:
    assert route.server is not None
    return route.server.get("max_connections")


@pytest.mark.parametrize("host", ["db", "DB", "db.", "db.shop.svc.cluster.local", "shop-db-1"])
def test_a_host_that_is_a_containers_name_leads_to_it(host: str) -> None:
    value = most(way(alias(host), (server("db", "shop-db-1"), server("other"))))
    assert (value.only, value.origins) == (40, ())


@pytest.mark.parametrize("host", ["db.internal", "10.0.0.3", "database", ""])
def test_any_other_host_is_another_server(host: str) -> None:
    assert most(way(alias(host), (server(),))).only == 100


def test_a_published_port_of_the_machine_leads_to_its_container() -> None:
    here = server(ports=((54320, 5432),))
    for host in ("localhost", "127.0.0.1", "host.docker.internal"):
        value = most(way(alias(host, "54320"), (here,)))
        assert (value.only, value.certainty) == (40, Certainty.ASSUMED)
        assert value.origins[0].note == "assumed: port 54320 of the machine is the one db publishes"
    assert most(way(alias("localhost", "5432"), (here,))).only == 100


def test_a_host_nobody_knows_is_taken_for_the_only_server() -> None:
    unknown = Value.unknown("variable DB_HOST is not set")
    assert most(way(alias(unknown), (server(),))).certainty is Certainty.ASSUMED
    assert most(way(alias(unknown), (server(), server("other")))).only == 100


@pytest.mark.parametrize("default", [None, "", "localhost"])
def test_a_default_for_want_of_a_variable_does_not_lead_out_of_the_deployment(default: object) -> None:
    left = Value.exact(default, Origin.assumed("used while DB_HOST is unset", AT))
    assert most(way(alias(left), (server(),))).only == 40
    assert most(way(alias(left), (server(),))).certainty is Certainty.ASSUMED
    assert most(way(alias(left), (server(), server("other")))).only == 100
    assert most(way(alias(default), (server(),))).only == 100


def test_no_host_at_all_is_the_machine_itself() -> None:
    found = way(alias(None)).server
    assert found is not None
    assert found.name == "localhost"


def test_a_declaration_of_that_name_speaks_of_the_container() -> None:
    declared = {"db": DeclaredServer(max_connections=Value.exact(500))}
    found = way(alias("db"), (server(),), declared=declared).server
    assert found is not None
    assert found.declared["max-connections"].only == 500
    assert found.get("max_connections").only == 40


def test_a_file_that_a_container_uses_is_no_other_servers() -> None:
    source = Source("db/postgresql.conf", "max_connections = 7\n")
    document = Document("postgresql", source, settings={"max_connections": Value.exact(7)})
    own = Server(
        "db", Engine.POSTGRESQL, document, document.settings, {}, "postgresql", hosts=frozenset({"db"}), told=True
    )
    assert most(way(alias("elsewhere"), (own,), documents=(document,))).only == 100
    assert most(way(alias("elsewhere"), (), documents=(document,))).only == 7


def test_a_pooler_is_found_by_name_and_leads_on_to_its_server() -> None:
    route = way(alias("bouncer", "6432"), (server(),), (pooler("bouncer"),))
    assert route.pooler is not None
    assert (route.pooler.name, most(route).only, most(route).certainty) == ("bouncer", 40, Certainty.EXACT)


def test_a_pooler_is_found_by_name_though_the_port_is_wrong() -> None:
    assert way(alias("bouncer", "6432"), (server(),), (pooler("bouncer", port=5432),)).pooler is not None


def test_a_host_that_is_the_servers_name_goes_round_the_pooler() -> None:
    route = way(alias("db", Value.unknown("variable DB_PORT is not set")), (server(),), (pooler("bouncer"),))
    assert (route.pooler, most(route).only) == (None, 40)


def test_two_in_one_pod_are_told_apart_by_their_ports() -> None:
    parts = (server("postgres", "shop-db"),), (pooler("bouncer", "shop-db", leads_to="127.0.0.1"),)
    assert way(alias("shop-db", "6432"), *parts).pooler is not None
    assert way(alias("shop-db", "5432"), *parts).pooler is None
    assert most(way(alias("shop-db", "5432"), *parts)).only == 40


def test_a_poolers_published_port_leads_to_it() -> None:
    route = way(alias("localhost", "16432"), (server(),), (pooler("bouncer", published=16432),))
    assert route.pooler is not None
    assert route.mode is not None
    assert route.mode.certainty is Certainty.ASSUMED
