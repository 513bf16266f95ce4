"""The pooler that a container runs, with the variables and files it is configured by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connlint.deployment.commands.container import Container
from connlint.deployment.containers import operators, others, pgbouncer
from connlint.deployment.containers.recognising import Running, running
from connlint.deployment.model import Engine, Pooler
from connlint.deployment.readers import version_of
from connlint.facts import product
from connlint.facts.images import image
from connlint.formats.services import Service
from connlint.formats.words import Word
from connlint.records import replace
from connlint.value import Value

_BUILDPACK = "heroku/heroku-buildpack-pgbouncer"


def pooler_of(
    service: Service,
    base: Value | None,
    words: Sequence[Word],
    environment: Mapping[str, Value],
    container: Container,
    versions: Mapping[str, Value],
) -> Pooler | None:
    """The pooler that `service` runs; None when it is none. The arguments are those of `servers.server_of`."""
    if operators.runs(service) == "pgbouncer":
        return operators.pooler(service, version_of(versions, "pgbouncer"))
    found = running(service, base, words, environment, container)
    if operators.runs(service) or found is None or found.facts.product not in ("pgbouncer", *others.KINDS):
        return None
    if found.facts.product in others.KINDS:
        return others.pooler(found)
    return _pgbouncer(found, service.name, frozenset(host.lower() for host in service.names | {service.name}), versions)


def buildpack_pooler(
    service: Service,
    environment: Mapping[str, Value],
    container: Container,
    versions: Mapping[str, Value],
) -> Pooler:
    """The PgBouncer that `bin/start-pgbouncer` of Heroku's buildpack runs beside the processes of `service`.

    One for each replica; they reach it at 127.0.0.1, on the port of its own.
    """
    found = Running(service, image(_BUILDPACK), (), environment, container, None)
    return _pgbouncer(found, f"pgbouncer beside {service.name}", frozenset({"127.0.0.1", "localhost"}), versions)


def _pgbouncer(found: Running, name: str, hosts: frozenset[str], versions: Mapping[str, Value]) -> Pooler:
    declared = version_of(versions, "pgbouncer")
    found = replace(found, version=declared if declared is not None else found.version)
    stated, databases, users = pgbouncer.stated(found)
    table = product("pgbouncer")
    settings = dict(stated.settings)
    if stated.document is None and found.unknown:
        for key in (key for key, setting in table.settings.items() if setting.defaults):
            settings.setdefault(key, Value.unknown(f"{key} is not known: {found.unknown}"))
    elif stated.document is None:
        settings = {**found.assumed_defaults(), **settings}
    return Pooler(
        name=name,
        kind="pgbouncer",
        document=stated.document,
        settings=settings,
        databases=databases,
        users=users,
        instances=found.service.replicas,
        serves=Engine.POSTGRESQL,
        hosts=hosts,
        version=found.version,
        span=found.service.span,
        ports=found.service.ports,
        told=True,
    )
