"""Databases and poolers that an operator runs, stated by objects of its own kind.

Each becomes a `Service` without a command, whose `extra` says what it is:

* `operator`: `cloudnative-pg`, `zalando`, `crunchy`, `percona-pg`, `percona-xtradb` or `percona-ps`;
* `runs`: `postgresql`, `mysql` or `pgbouncer`;
* `setting.NAME`: a setting of the server (`setting.max_connections`) or of PgBouncer (`setting.pool_mode`), as the text that
  stands in the file; what is absent has the operator's own default, which is not always the server's;
* `version`: the version of the server, where the object names one;
* `target`: of a pooler, the host of the server it leads to.

`replicas` are the instances, `names` and `ports` what clients connect to, `files` a my.cnf that stands in the object.
Sources: the API references of CloudNativePG, postgres-operator (Zalando), PGO (Crunchy) and Percona's operators.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from connlint.formats.excerpt import excerpt
from connlint.formats.kubernetes.addresses import names_of
from connlint.formats.kubernetes.data import (
    Data,
    Leaf,
    Manifest,
    child,
    doubt,
    number,
    pairs,
    tables,
    text,
    truth,
    value_of,
)  # fmt: skip
from connlint.formats.kubernetes.scaling import count
from connlint.formats.services import Service
from connlint.source import Source
from connlint.value import Origin, Value

_POSTGRESQL: Final = ((5432, 5432),)
_MYSQL: Final = ((3306, 3306),)


def operated(manifest: Manifest) -> Iterator[Service]:
    """The servers and poolers that an operator's object stands for; nothing for other objects."""
    group = (text(manifest.data, "apiVersion") or "").partition("/")[0]
    reader = {
        ("postgresql.cnpg.io", "Cluster"): _cloudnative,
        ("postgresql.cnpg.io", "Pooler"): _cloudnative_pooler,
        ("acid.zalan.do", "postgresql"): _zalando,
        ("postgres-operator.crunchydata.com", "PostgresCluster"): _crunchy,
        ("pgv2.percona.com", "PerconaPGCluster"): _crunchy,
        ("pxc.percona.com", "PerconaXtraDBCluster"): _percona_mysql,
        ("ps.percona.com", "PerconaServerMySQL"): _percona_mysql,
    }.get((group, manifest.kind))
    if reader is not None:
        yield from reader(manifest)


def _server(
    manifest: Manifest,
    operator: str,
    runs: str,
    settings: Data | None,
    *,
    replicas: Value,
    suffixes: Sequence[str] = ("",),
    label: str = "",
    further: dict[str, Value] | None = None,
    image: Data | None = None,
    files: dict[str, Source] | None = None,
) -> Service:
    """One server or pooler. `suffixes`: what its hosts have behind the object's name."""
    place = child(manifest.data, "kind") or manifest.data
    origin = Origin.at(place.span)
    extra = {"operator": Value.exact(operator, origin), "runs": Value.exact(runs, origin)}
    extra |= {f"setting.{key}": value_of(value) for key, value in pairs(settings)}
    for hole in doubt(settings)[:1]:
        extra["setting.*"] = hole  # any setting may be stated there
    name = manifest.exact_name
    hosts = [names_of(name + suffix, manifest.namespace) for suffix in suffixes] if name is not None else []
    return Service(
        name=manifest.label + label,
        span=place.span,
        image=value_of(image) if image is not None else None,
        replicas=replicas,
        names=frozenset().union(*hosts) if hosts else frozenset(),
        ports=_MYSQL if runs == "mysql" else _POSTGRESQL,
        files=files or {},
        extra=extra | (further or {}),
    )


def _versioned(data: Data | None) -> dict[str, Value]:
    return {"version": value_of(data)} if data is not None else {}


def _cloudnative(manifest: Manifest) -> Iterator[Service]:
    spec = child(manifest.data, "spec")
    settings = child(spec, "postgresql", "parameters")
    yield _server(
        manifest, "cloudnative-pg", "postgresql", settings, replicas=count(child(spec, "instances")),
        suffixes=("-rw", "-ro", "-r"), image=child(spec, "imageName"),
    )  # fmt: skip


def _cloudnative_pooler(manifest: Manifest) -> Iterator[Service]:
    spec = child(manifest.data, "spec")
    further: dict[str, Value] = {}
    mode = child(spec, "pgbouncer", "poolMode")
    if mode is not None:
        further["setting.pool_mode"] = value_of(mode)
    cluster = child(spec, "cluster", "name")
    if isinstance(cluster, Leaf) and cluster.exact is not None:
        kind = text(spec, "type") or "rw"
        further["target"] = Value.exact(f"{cluster.exact}-{kind}", Origin.at(cluster.span))
    yield _server(
        manifest, "cloudnative-pg", "pgbouncer", child(spec, "pgbouncer", "parameters"),
        replicas=count(child(spec, "instances")), further=further,
    )  # fmt: skip


def _zalando(manifest: Manifest) -> Iterator[Service]:
    spec = child(manifest.data, "spec")
    version = child(spec, "postgresql", "version")
    yield _server(
        manifest, "zalando", "postgresql", child(spec, "postgresql", "parameters"),
        replicas=count(child(spec, "numberOfInstances")), suffixes=("", "-repl"), further=_versioned(version),
    )  # fmt: skip
    if truth(spec, "enableConnectionPooler") or child(spec, "connectionPooler") is not None:
        yield _zalando_pooler(manifest, child(spec, "connectionPooler"))


def _zalando_pooler(manifest: Manifest, stated: Data | None) -> Service:
    """The pooler's numbers are the operator's own settings where the object does not state them."""
    place = Origin.at((stated or manifest.data).span)
    unset = "the operator's own configuration decides, where the object does not say it"
    further: dict[str, Value] = {}
    for key, setting in (("mode", "pool_mode"), ("maxDBConnections", "max_db_connections")):
        data = child(stated, key)
        further[f"setting.{setting}"] = value_of(data) if data is not None else Value.unknown(unset, place)
    instances = child(stated, "numberOfInstances")
    replicas = count(instances) if instances is not None else Value.unknown(unset, place)
    if manifest.exact_name is not None:
        further["target"] = Value.exact(manifest.exact_name, place)
    return _server(
        manifest,
        "zalando",
        "pgbouncer",
        None,
        replicas=replicas,
        suffixes=("-pooler",),
        label="-pooler",
        further=further,
    )


def _crunchy(manifest: Manifest) -> Iterator[Service]:
    """PGO and, built on it, Percona's operator for PostgreSQL."""
    spec = child(manifest.data, "spec")
    operator = "crunchy" if manifest.kind == "PostgresCluster" else "percona-pg"
    settings = child(spec, "patroni", "dynamicConfiguration", "postgresql", "parameters")
    sets = [count(child(item, "replicas")) for item in tables(child(spec, "instances"))]
    replicas = sets[0] if sets else count(None)
    for further_set in sets[1:]:
        replicas = replicas + further_set
    version = child(spec, "postgresVersion")
    yield _server(
        manifest, operator, "postgresql", settings, replicas=replicas,
        suffixes=("-primary", "-ha", "-replicas"), image=child(spec, "image"), further=_versioned(version),
    )  # fmt: skip
    pooler = child(spec, "proxy", "pgBouncer")
    if pooler is not None:
        target = {}
        if manifest.exact_name is not None:
            target["target"] = Value.exact(f"{manifest.exact_name}-primary", Origin.at(pooler.span))
        yield _server(
            manifest, operator, "pgbouncer", child(pooler, "config", "global"),
            replicas=count(child(pooler, "replicas")), suffixes=("-pgbouncer",), label="-pgbouncer", further=target,
        )  # fmt: skip


def _percona_mysql(manifest: Manifest) -> Iterator[Service]:
    spec = child(manifest.data, "spec")
    xtradb = manifest.kind == "PerconaXtraDBCluster"
    part = child(spec, "pxc" if xtradb else "mysql")
    configuration = child(part, "configuration")
    whole = configuration.word.as_text() if isinstance(configuration, Leaf) else None
    size = child(part, "size")
    replicas = number(size) if size is not None else count(None)
    suffixes = ("-pxc", "-haproxy", "-proxysql") if xtradb else ("-mysql", "-haproxy", "-router")
    yield _server(
        manifest, "percona-xtradb" if xtradb else "percona-ps", "mysql", None, replicas=replicas, suffixes=suffixes,
        image=child(part, "image"), files={"/etc/my.cnf.d/node.cnf": excerpt(whole)} if whole is not None else {},
    )  # fmt: skip
