"""Patches of kustomize: strategic merges and JSON 6902, on data that keeps its places.

Sources: the API of Kubernetes (`patchMergeKey` of the lists of a pod), sigs.k8s.io/kustomize/kyaml merge2 (of a
list of named items those that the patch names come first; null and `$patch: delete` take away), RFC 6902.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from connlint.formats.kubernetes.data import Data, Items, Leaf, Table, child, is_null, text
from connlint.formats.kustomize.resources import Resource

_KEYS: Final = {
    "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "volumes": "name", "env": "name",
    "volumeMounts": "mountPath", "imagePullSecrets": "name",
}  # fmt: skip
_PORTS: Final = {"Service": "port"}  # of a container: containerPort
_MANAGED: Final = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job", "CronJob", "Service", "ConfigMap",
     "HorizontalPodAutoscaler", "ReplicationController"}
)  # fmt: skip
_DEEPEST: Final = 60


def merge(base: Data, patch: Data, kind: str, depth: int = 0) -> Data | None:
    """`base` with a strategic merge patch on it; None where the patch takes it away. `kind`: of the whole object."""
    if not isinstance(base, Table) or not isinstance(patch, Table) or depth > _DEEPEST:
        return patch
    directive = text(patch, "$patch")
    if directive == "delete":
        return None
    stated = {key: pair for key, pair in patch.pairs.items() if key != "$patch"}
    if directive == "replace":
        return Table(stated, patch.span)
    pairs = dict(base.pairs)
    for key, (place, value) in stated.items():
        if is_null(value):
            pairs.pop(key, None)
            continue
        below = pairs[key][1] if key in pairs else _empty(value)
        if isinstance(below, Items) and isinstance(value, Items):
            name = _merge_key(kind, key, value)
            pairs[key] = (place, _merged_items(below, value, name, kind, depth) if name else value)
        else:
            merged = merge(below, value, kind, depth + 1)
            if merged is None:
                pairs.pop(key, None)
            else:
                pairs[key] = (place, merged)
    return Table(pairs, base.span, base.holes)


def _empty(value: Data) -> Data:
    """What a patch is laid on where there is nothing: what it only takes away must not be put there."""
    return Items((), value.span) if isinstance(value, Items) else Table({}, value.span)


def _merge_key(kind: str, key: str, value: Items) -> str | None:
    """The key that tells the items of a list apart; None where a patch replaces the list."""
    if kind not in _MANAGED:
        return None
    if key == "ports":
        return _PORTS.get(kind, "containerPort")
    name = _KEYS.get(key)
    return name if name is not None and all(text(item, name) is not None for item in value.items) else None


def _merged_items(base: Items, patch: Items, key: str, kind: str, depth: int) -> Items:
    """What the patch names comes first, in its order; then what it does not name."""
    left = {text(item, key): item for item in base.items}
    found: list[Data] = []
    for item in patch.items:
        below = left.pop(text(item, key), None)
        merged = merge(below if below is not None else Table({}, item.span), item, kind, depth + 1)
        if merged is not None:
            found.append(merged)
    return Items((*found, *left.values()), base.span, base.holes)


def apply_operations(data: Table, operations: Sequence[Data]) -> Table | None:
    """The object with a JSON 6902 patch on it; None where an operation cannot be followed."""
    whole: Data = data
    for operation in operations:
        verb, path = text(operation, "op"), text(operation, "path")
        value = child(operation, "value")
        if verb == "test":
            continue
        if path is None or verb not in ("add", "replace", "remove") or (verb != "remove" and value is None):
            return None
        keys = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
        if not keys or len(keys) > _DEEPEST:
            return None
        changed = _changed(whole, keys, verb, value)
        if changed is None:
            return None
        whole = changed
    return whole if isinstance(whole, Table) else None


def _changed(data: Data, keys: Sequence[str], verb: str, value: Data | None) -> Data | None:
    key, *rest = keys
    if isinstance(data, Table):
        return _changed_table(data, key, rest, verb, value)
    if isinstance(data, Items):
        return _changed_items(data, key, rest, verb, value)
    return None


def _changed_table(data: Table, key: str, rest: Sequence[str], verb: str, value: Data | None) -> Data | None:
    pairs = dict(data.pairs)
    if rest:
        if key not in pairs:
            return None
        below = _changed(pairs[key][1], rest, verb, value)
        if below is None:
            return None
        pairs[key] = (pairs[key][0], below)
    elif verb == "remove":
        if pairs.pop(key, None) is None:
            return None
    elif value is not None:
        if verb == "replace" and key not in pairs:
            return None
        pairs[key] = (value.span, value)
    return Table(pairs, data.span, data.holes)


def _changed_items(data: Items, key: str, rest: Sequence[str], verb: str, value: Data | None) -> Data | None:
    items = list(data.items)
    if key == "-" and verb == "add" and not rest and value is not None:
        return Items((*items, value), data.span, data.holes)
    index = int(key) if key.isascii() and key.isdigit() and len(key) < 6 else len(items) + 1
    if index > len(items) or (index == len(items) and (verb != "add" or rest)):
        return None
    if rest:
        below = _changed(items[index], rest, verb, value)
        if below is None:
            return None
        items[index] = below
    elif verb == "remove":
        del items[index]
    elif value is not None:
        items[index : index + (verb == "replace")] = [value]
    return Items(tuple(items), data.span, data.holes)


def selects(target: Data | None, resource: Resource) -> bool:
    """Whether a patch's target names an object: each part it states is a pattern for the whole of it."""
    group, _, version = (text(resource.data, "apiVersion") or "").rpartition("/")
    for key, candidates in (
        ("kind", (resource.kind,)),
        ("name", resource.names),
        ("namespace", (text(resource.data, "metadata", "namespace") or "",)),
        ("group", (group,)),
        ("version", (version,)),
    ):
        stated = text(target, key)
        if stated and not any(_matches(stated, candidate) for candidate in candidates):
            return False
    selector = text(target, "labelSelector")
    if selector:
        labels = child(resource.data, "metadata", "labels")
        for part in selector.split(","):
            name, _, wanted = part.partition("=")
            if text(labels, name.strip()) != wanted.lstrip("=").strip():
                return False
    return True


def _matches(pattern: str, candidate: str) -> bool:
    """A simple pattern; one that might take long, or that is none, selects only its own text."""
    if not re.fullmatch(r"[\w.*+?|()-]{1,200}", pattern, re.ASCII) or re.search(r"[*+?)][*+?]|\)[*+]", pattern):
        return pattern == candidate
    try:
        return re.fullmatch(pattern, candidate) is not None
    except re.error:
        return pattern == candidate


def is_operations(data: Data) -> bool:
    """Whether a patch is a list of operations."""
    return isinstance(data, Items) and all(isinstance(child(item, "op"), Leaf) for item in data.items)
