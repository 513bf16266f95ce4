"""Workloads as services: each container of each pod template, in all its replicas.

Sources: the API reference of Kubernetes (apps/v1, batch/v1, core/v1), the kubelet (a container's `command` stands for the
image's ENTRYPOINT and, with it, for its CMD; `args` for CMD), and the hooks of Helm and Argo CD.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.kubernetes.addresses import Endpoint, ports_and_names
from connlint.formats.kubernetes.data import (
    Data,
    Leaf,
    Manifest,
    Table,
    child,
    key_span,
    tables,
    text,
    truth,
    value_of,
)  # fmt: skip
from connlint.formats.kubernetes.environment import Environment, environment_of, words_of
from connlint.formats.kubernetes.quantities import cores
from connlint.formats.kubernetes.scaling import count, knative_replicas, replicas_of, surge_of
from connlint.formats.kubernetes.volumes import files_of
from connlint.formats.services import ONE, Role, Service
from connlint.formats.words import Command
from connlint.records import dataclass
from connlint.source import Span
from connlint.value import Origin, Value

SCALERS: Final = ("HorizontalPodAutoscaler", "ScaledObject")
_LASTING: Final = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout", "DeploymentConfig")
_HOOKS: Final = ("helm.sh/hook", "argocd.argoproj.io/hook")
_RELEASE_HOOKS: Final = frozenset(
    {"pre-install", "post-install", "pre-upgrade", "post-upgrade", "PreSync", "Sync", "PostSync"}
)


@dataclass(frozen=True, slots=True, eq=False)
class _Pods:
    """The pods of one workload: their template, how many run, and when."""

    template: Data
    replicas: Value
    surge: Value | None
    role: Role
    extra: Mapping[str, Value]


def services_of(
    manifest: Manifest, maps: Mapping[str, Manifest], scalers: Sequence[Manifest], endpoints: Sequence[Endpoint]
) -> Iterator[Service]:
    """The services of a workload. `maps`: ConfigMaps by name, `endpoints`: the Service objects of its stack."""
    pods = _pods_of(manifest, scalers)
    if pods is None:
        return
    spec = child(pods.template, "spec")
    every = [
        (container, initial)
        for key, initial in (("initContainers", True), ("containers", False))
        for container in tables(child(spec, key))
    ]
    main = sum(not initial for _, initial in every)
    for container, initial in every:
        yield _service(manifest, pods, container, maps, endpoints, initial=initial, alone=main == 1 and not initial)


def _pods_of(manifest: Manifest, scalers: Sequence[Manifest]) -> _Pods | None:
    spec = child(manifest.data, "spec")
    template = child(spec, "template")
    role = _hook_role(manifest)
    if manifest.kind == "Service":  # of Knative: the core one has no template
        if not (text(manifest.data, "apiVersion") or "").startswith("serving.knative.dev/") or template is None:
            return None
        return _Pods(template, knative_replicas(template), None, Role.SERVICE, {})
    if manifest.kind == "Pod":
        return _Pods(manifest.data, ONE, None, role or Role.SERVICE, {})
    if manifest.kind == "CronJob":
        return _scheduled(manifest)
    if template is None:
        return None
    if manifest.kind == "Job":
        return _Pods(template, count(child(spec, "parallelism")), None, role or Role.RELEASE, {})
    if manifest.kind == "DaemonSet":
        replicas = Value.unknown("a DaemonSet runs one pod on each node", Origin.at(_kind_span(manifest)))
        return _Pods(template, replicas, surge_of(manifest, replicas), Role.SERVICE, {})
    if manifest.kind in _LASTING:
        replicas = replicas_of(manifest, scalers)
        return _Pods(template, replicas, surge_of(manifest, replicas), role or Role.SERVICE, {})
    return None


def _scheduled(manifest: Manifest) -> _Pods | None:
    """A CronJob. Its concurrencyPolicy is told in `extra`: `Allow`, the default, lets runs pile up."""
    spec = child(manifest.data, "spec")
    job = child(spec, "jobTemplate", "spec")
    template = child(job, "template")
    if template is None:
        return None
    policy = child(spec, "concurrencyPolicy")
    default = Value.exact("Allow", Origin.default("concurrencyPolicy is Allow, where nothing says otherwise"))
    extra = {"concurrency-policy": value_of(policy) if policy is not None else default}
    schedule = child(spec, "schedule")
    if schedule is not None:
        extra["schedule"] = value_of(schedule)
    role = Role.ONCE if truth(spec, "suspend") else Role.SCHEDULED
    return _Pods(template, count(child(job, "parallelism")), None, role, extra)


def _hook_role(manifest: Manifest) -> Role | None:
    """When a hook of Helm or Argo CD runs; None for what is no hook."""
    annotations = child(manifest.data, "metadata", "annotations")
    for name in _HOOKS:
        stated = text(annotations, name)
        if stated:
            events = {event.strip() for event in stated.split(",")}
            return Role.RELEASE if events & _RELEASE_HOOKS else Role.ONCE
    return None


def _kind_span(manifest: Manifest) -> Span:
    return (child(manifest.data, "kind") or manifest.data).span


def _service(
    manifest: Manifest,
    pods: _Pods,
    container: Table,
    maps: Mapping[str, Manifest],
    endpoints: Sequence[Endpoint],
    *,
    initial: bool,
    alone: bool,
) -> Service:
    environment = environment_of(container, maps)
    entrypoint = _command(child(container, "command"), environment)
    command = _command(child(container, "args"), environment)
    if entrypoint is not None and command is None:
        command = Command(entrypoint.span)  # the image's CMD does not count
    once = initial and text(container, "restartPolicy") != "Always"
    files = files_of(container, child(pods.template, "spec"), maps)
    ports, names = ports_and_names(manifest, pods.template, container, endpoints)
    image = child(container, "image")
    own = text(container, "name") or ""
    return Service(
        name=_label(manifest, own, alone),
        span=_place(manifest, container),
        command=command,
        entrypoint=entrypoint,
        environment=environment.values,
        elsewhere=tuple(environment.elsewhere),
        image=value_of(image) if image is not None else None,
        replicas=_at_once(pods.replicas) if once else pods.replicas,
        surge=None if once else pods.surge,
        role=_initial_role(pods.role) if once else pods.role,
        names=names if not once else frozenset(),
        ports=ports if not once else (),
        files=files.texts,
        hidden=tuple(files.hidden),
        directory=text(container, "workingDir"),
        extra=_extra(manifest, pods, container),
    )


def _place(manifest: Manifest, container: Table) -> Span:
    """Where the container is named in its own file."""
    name = child(container, "name")
    if isinstance(name, Leaf) and name.span.source is manifest.source:
        return name.span
    return key_span(container, "name") or container.span


def _label(manifest: Manifest, own: str, alone: bool) -> str:
    workload = manifest.label
    if alone or not own or own == workload:
        return workload or own or manifest.kind.lower()
    return f"{workload}-{own}" if workload else own


def _initial_role(role: Role) -> Role:
    return Role.RELEASE if role is Role.SERVICE else role


def _at_once(replicas: Value) -> Value:
    """How many pods are in their init containers at once during a deploy: one, or up to all of them."""
    bounds = replicas.bounds()
    if bounds is None or bounds[0] <= 1 == bounds[1]:
        return replicas
    return Value.between(min(1, bounds[0]), bounds[1], *replicas.origins)


def _command(data: Data | None, environment: Environment) -> Command | None:
    """`command` or `args` as it is stated; None where it is not (an empty list counts as not stated)."""
    if data is None:
        return None
    words = words_of(data, environment.words)
    if isinstance(data, Leaf) and not words:
        words = (data.word,)  # a text where a list must be: Kubernetes refuses it
    return Command(data.span, words) if words else None


def _extra(manifest: Manifest, pods: _Pods, container: Table) -> dict[str, Value]:
    extra = dict(pods.extra)
    name = manifest.exact_name or manifest.data.span.place
    extra["pod"] = Value.exact(f"{manifest.kind}/{name}", Origin.at(manifest.data.span))
    limits = child(container, "resources", "limits")
    for key, limit in (("cpus", child(limits, "cpu")),):
        if limit is not None:
            extra[key] = cores(limit)
    return extra
