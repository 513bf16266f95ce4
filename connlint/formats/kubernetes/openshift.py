"""Templates of OpenShift, whose parameters are put in, and Clowder's ClowdApp, which stands for several workloads.

Sources: the API reference of template.openshift.io (`${NAME}` is put into texts, `${{NAME}}` may be a number) and of
cloud.redhat.com/v1alpha1 (a deployment's `podSpec` is one container; `minReplicas` is the older `replicas`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from connlint.formats.kubernetes.data import Data, Hole, Items, Leaf, Table, child, tables, text
from connlint.formats.words import Text, Word
from connlint.source import Span
from connlint.value import Origin, Value

_PARAMETER: Final = re.compile(r"\$\{(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))\}")
_NOTE: Final = "unless the template is processed with another value"
_INHERITED: Final = ("image", "env", "resources", "volumeMounts")


def processed(template: Table) -> Data | None:
    """The objects of a Template with the defaults of its parameters put in."""
    parameters: dict[str, Value] = {}
    for item in tables(child(template, "parameters")):
        name, value = text(item, "name"), child(item, "value")
        if name is None:
            continue
        if isinstance(value, Leaf) and value.exact is not None:
            parameters[name] = Value.exact(value.exact, Origin.assumed(_NOTE, value.span))
        else:
            parameters[name] = Value.unknown("a parameter of the template has no default", Origin.at(item.span))
    objects = child(template, "objects")
    return _filled(objects, parameters) if objects is not None and parameters else objects


def _filled(data: Data, parameters: Mapping[str, Value]) -> Data:
    if isinstance(data, Leaf):
        return _leaf(data, parameters)
    if isinstance(data, Items):
        return Items(tuple(_filled(item, parameters) for item in data.items), data.span, data.holes)
    if isinstance(data, Hole):
        return data
    pairs = {key: (place, _filled(value, parameters)) for key, (place, value) in data.pairs.items()}
    return Table(pairs, data.span, data.holes)


def _leaf(leaf: Leaf, parameters: Mapping[str, Value]) -> Leaf:
    parts: list[Text | Value] = []
    for part in leaf.word.parts:
        if not isinstance(part, Text) or "${" not in part.text:
            parts.append(part)
            continue
        at = 0
        for match in _PARAMETER.finditer(part.text):
            value = parameters.get(match[1] or match[2])
            if value is None:
                continue
            if match.start() > at:
                parts.append(part.cut(at, match.start()))
            parts.append(value)
            at = match.end()
        if at < len(part.text):
            parts.append(part.cut(at))
    return Leaf(Word(tuple(parts), leaf.word.span), leaf.plain)


def clowder(app: Table) -> Iterator[tuple[str, Table]]:
    """The workloads of a ClowdApp as objects of Kubernetes: the kind of each, and its data."""
    prefix = child(app, "metadata", "name")
    for key in ("deployments", "jobs"):
        for item in tables(child(app, "spec", key)):
            name, pod = child(item, "name"), child(item, "podSpec")
            if not isinstance(name, Leaf) or not isinstance(pod, Table):
                continue
            before = (*prefix.word.parts, Text.placed("-", name.span)) if isinstance(prefix, Leaf) else ()
            full = Leaf(Word((*before, *name.word.parts), name.span), False)
            template = _table(item.span, spec=_pod(name, pod), metadata=_table(item.span))
            metadata = _table(item.span, name=full)
            if key == "deployments":
                replicas = child(item, "replicas") or child(item, "minReplicas")
                spec = _table(item.span, template=template, **({"replicas": replicas} if replicas is not None else {}))
                yield "Deployment", _table(item.span, metadata=metadata, spec=spec)
                continue
            schedule = child(item, "schedule")
            job = _table(item.span, template=template)
            if schedule is None:
                yield "Job", _table(item.span, metadata=metadata, spec=job)
            else:
                inner = _table(item.span, spec=job)
                policy = child(item, "concurrencyPolicy")
                further = {"concurrencyPolicy": policy} if policy is not None else {}
                spec = _table(item.span, schedule=schedule, jobTemplate=inner, **further)
                yield "CronJob", _table(item.span, metadata=metadata, spec=spec)


def _pod(name: Leaf, pod: Table) -> Table:
    """A pod of one container; what runs before it takes its image and variables from it."""
    own = Table({**pod.pairs, "name": (name.span, name)}, pod.span, pod.holes)
    initial = []
    for item in tables(child(pod, "initContainers")):
        inherited = {key: pod.pairs[key] for key in _INHERITED if key in pod.pairs}
        initial.append(Table({"name": (item.span, name), **inherited, **item.pairs}, item.span, item.holes))
    further = {"volumes": volumes} if (volumes := child(pod, "volumes")) is not None else {}
    before = {"initContainers": Items(tuple(initial), pod.span)} if initial else {}
    return _table(pod.span, containers=Items((own,), pod.span), **before, **further)


def _table(span: Span, **pairs: Data) -> Table:
    return Table({key: (value.span, value) for key, value in pairs.items()}, span)
