"""One deployment's map, once its process groups are known: its poolers, its servers, and the ways between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from connlint.deployment.assembly.material import Material
from connlint.deployment.model import Deployment, Pooler, ProcessGroup, Route, Server, SettingsModule
from connlint.deployment.poolers import poolers
from connlint.deployment.routes import NETWORKED, routes
from connlint.deployment.servers import Servers, address_of
from connlint.formats.document import Document
from connlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Containers:
    """The database servers and poolers that a deployment runs itself."""

    servers: tuple[Server, ...] = ()
    poolers: tuple[Pooler, ...] = ()


NONE: Final = Containers()


def assemble(
    name: str,
    material: Material,
    groups: Sequence[ProcessGroup],
    modules: Sequence[SettingsModule],
    documents: Sequence[Document],
    *,
    containers: Containers = NONE,
    lacks: Iterable[tuple[str, str]] = (),
    development: bool = False,
) -> Deployment:
    """The deployment called `name`. `modules`: what its groups run with, and what else is to be judged with it."""
    every = tuple(dict.fromkeys((*(g.module for g in groups if g.module is not None), *modules)))
    configuration = material.configuration
    databases = [d for g in groups for d in g.databases.values()]
    aliases = databases or [d for m in every for d in m.databases.values()]
    known = poolers(documents, configuration, material.versions, aliases, containers.poolers)
    addresses = {(d.engine, address_of(d)) for d in databases if d.engine is not None and d.engine in NETWORKED}
    servers = Servers(documents, configuration.servers, material.versions, tuple(addresses), containers.servers)
    ways: list[Route] = []
    missing: list[tuple[str, str]] = list(lacks)
    for way in routes(groups, known, servers, configuration.middleboxes):
        if isinstance(way, Route):
            ways.append(way)
        else:
            missing.append(way)
    return Deployment(
        name=name,
        modules=every,
        groups=tuple(groups),
        poolers=known,
        servers=servers.all,
        routes=tuple(ways),
        documents=tuple(documents),
        versions=material.versions,
        options={"cpus": configuration.cpus, "headroom": configuration.headroom},
        lacks=tuple(dict.fromkeys(missing)),
        packages=material.packages,
        read_code=material.read_code,
        development=development,
    )
