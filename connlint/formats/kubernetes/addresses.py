"""Under which hosts and ports containers are reached: the Service objects that select their pods.

Source: the documentation of Kubernetes on DNS for Services and Pods, and of Services on `targetPort`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.kubernetes.data import Data, Manifest, Table, child, number, pairs, tables, text
from connlint.records import dataclass

_MOST_PODS: Final = 5  # of a StatefulSet, named one by one


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """A Service object: its names, the labels it selects, its ports as (port, target by number or name)."""

    name: str
    names: frozenset[str]
    selector: Mapping[str, str]
    ports: tuple[tuple[int, int | str], ...]
    headless: bool


def endpoints_of(manifests: Sequence[Manifest]) -> tuple[Endpoint, ...]:
    """The Service objects with a selector and a name that are known."""
    return tuple(point for manifest in manifests if (point := _endpoint(manifest)) is not None)


def _endpoint(manifest: Manifest) -> Endpoint | None:
    name = manifest.exact_name
    selector = child(manifest.data, "spec", "selector")
    if manifest.kind != "Service" or name is None or not isinstance(selector, Table):
        return None
    labels = {key: text(selector, key) for key, _ in pairs(selector)}
    known = {key: value for key, value in labels.items() if value is not None}
    if not known or len(known) != len(labels):
        return None
    ports = tuple(_ports(child(manifest.data, "spec", "ports")))
    headless = text(manifest.data, "spec", "clusterIP") == "None"
    return Endpoint(name, names_of(name, manifest.namespace), known, ports, headless)


def names_of(name: str, namespace: str) -> frozenset[str]:
    """The hosts of a Service: its name, with its namespace and the cluster's domain where that is known."""
    if not namespace:
        return frozenset({name})
    full = f"{name}.{namespace}"
    return frozenset({name, full, f"{full}.svc", f"{full}.svc.cluster.local"})


def _ports(data: Data | None) -> Iterator[tuple[int, int | str]]:
    for item in tables(data):
        port = _number(child(item, "port"))
        if port is None:
            continue
        target = child(item, "targetPort")
        found = _number(target)
        yield port, port if target is None else found if found is not None else text(item, "targetPort") or port


def _number(data: Data | None) -> int | None:
    if data is None:
        return None
    value = number(data, lambda word: int(word) if word.isascii() and word.isdigit() and len(word) < 6 else None)
    return int(str(value.only)) if value.is_exact else None


def ports_and_names(
    manifest: Manifest, template: Data, container: Table, endpoints: Sequence[Endpoint]
) -> tuple[tuple[tuple[int, int], ...], frozenset[str]]:
    """The (service port, own port) pairs of a container, and the hosts under which others reach it."""
    labels = child(template, "metadata", "labels")
    own = dict(_own_ports(container))
    alone = list(tables(child(template, "spec", "containers"))) == [container]
    ports: list[tuple[int, int]] = []
    names: set[str] = set()
    for point in endpoints:
        if not all(text(labels, key) == value for key, value in point.selector.items()):
            continue
        reached = list(_reached(point, own, alone))
        if reached or (not point.ports and alone):
            ports.extend(reached)
            names |= {*point.names, *_pod_names(manifest, point)}
    return tuple(dict.fromkeys(ports)), frozenset(names)


def _reached(point: Endpoint, own: Mapping[str, int], alone: bool) -> Iterator[tuple[int, int]]:
    """The ports of a Service that lead to a container: those it declares; all of them where there is no other."""
    for port, target in point.ports:
        if isinstance(target, str):
            if target in own or alone:
                yield port, own.get(target, port)
        elif target in own.values() or alone:
            yield port, target


def _own_ports(container: Table) -> Iterator[tuple[str, int]]:
    for index, item in enumerate(tables(child(container, "ports"))):
        port = _number(child(item, "containerPort"))
        if port is not None:
            yield text(item, "name") or f"\0{index}", port


def _pod_names(manifest: Manifest, point: Endpoint) -> Iterator[str]:
    """`db-0.db` and so on: the pods of a StatefulSet that names this headless Service."""
    if manifest.kind == "StatefulSet" and text(manifest.data, "spec", "serviceName") == point.name:
        name = manifest.exact_name
        if name is not None:
            yield from (f"{name}-{index}.{host}" for index in range(_MOST_PODS) for host in sorted(point.names))
