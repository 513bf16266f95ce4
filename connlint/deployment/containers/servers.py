"""The database server that a container runs: its settings by command line, file and variables, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from connlint.deployment.commands.container import Container
from connlint.deployment.containers import mysql, operators, patroni, postgresql
from connlint.deployment.containers.recognising import running
from connlint.deployment.model import Engine, Server
from connlint.deployment.readers import version_of
from connlint.formats.services import Service
from connlint.formats.words import Word
from connlint.records import replace
from connlint.source import Source
from connlint.value import Value

_UNDER: Final = {"patroni": "postgresql"}  # what runs a server, and the server
_ENGINES: Final = {"postgresql": Engine.POSTGRESQL, "mysql": Engine.MYSQL, "mariadb": Engine.MYSQL}


def server_of(
    service: Service,
    base: Value | None,
    words: Sequence[Word],
    environment: Mapping[str, Value],
    container: Container,
    versions: Mapping[str, Value],
    dockerfile: Source | None = None,
) -> Server | None:
    """The server that `service` runs; None when it is none, or one that is not known here.

    `base`: the image (its own Dockerfile's base); `words`: entrypoint and command; `environment`: the image's variables
    with the service's over them, as text; `versions`: what is declared of products, which wins over the image's tag;
    `dockerfile`: what the image is built with, where that is in the repository.
    """
    operated = operators.runs(service)
    if operated:
        return (
            operators.server(service, container.tree, version_of(versions, operated)) if operated in _ENGINES else None
        )
    found = running(service, base, words, environment, container)
    name = "" if found is None else _UNDER.get(found.facts.product, found.facts.product)
    if found is None or name not in _ENGINES:
        return None
    declared = version_of(versions, name)
    recipe = () if dockerfile is None else (dockerfile,)
    found = replace(found, version=declared if declared is not None else found.version, recipe=recipe)
    read = (
        patroni.stated
        if found.facts.product == "patroni"
        else mysql.stated
        if name != "postgresql"
        else postgresql.stated
    )
    stated = read(found)
    unknown = stated.missing or found.unknown
    return Server(
        name=service.name,
        engine=_ENGINES[name],
        document=stated.document,
        settings={**(found.assumed_defaults() if not unknown else {}), **stated.settings},
        declared={},
        product=name,
        version=found.version,
        span=service.span,
        lost=Value.unknown(unknown) if unknown else None,
        hosts=frozenset(host.lower() for host in service.names | {service.name}),
        ports=service.ports,
        told=True,
    )
