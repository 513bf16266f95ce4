"""How many pods of a workload run, and how many more while it is rolled out.

Sources: the API reference of apps/v1 (`replicas` defaults to 1; `maxSurge` to 25 %, rounded up; StatefulSets and DaemonSets
replace pods one by one), of autoscaling/v2 (an autoscaler's bounds replace the workload's own number; `minReplicas` defaults
to 1), of KEDA's ScaledObject (0 to 100), Argo Rollouts (`blueGreen` runs both versions in full) and Knative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connlint.formats.kubernetes.data import Data, Leaf, Manifest, child, doubt, number, text
from connlint.formats.kubernetes.quantities import share
from connlint.formats.services import ONE
from connlint.value import Origin, Value

_API: Final = {
    "HorizontalPodAutoscaler": ("minReplicas", 1, "maxReplicas", None),
    "ScaledObject": ("minReplicaCount", 0, "maxReplicaCount", 100),
}
_SURGE: Final = "maxSurge is 25 % in Kubernetes, where nothing says otherwise"
_ZERO_NOTE: Final = "pods are replaced one by one"


def replicas_of(manifest: Manifest, scalers: Sequence[Manifest]) -> Value:
    """How many pods of a Deployment or its like run, its autoscaler's bounds first."""
    for scaler in scalers:
        if _is_for(scaler, manifest):
            return _range(scaler)
    return count(child(manifest.data, "spec", "replicas"))


def count(data: Data | None) -> Value:
    """A number of replicas, one where nothing is stated; unknown where it is negative or no number."""
    if data is None:
        return ONE
    value = number(data)
    if value.ever(lambda each: isinstance(each, int) and each < 0):
        return Value.unknown("a number of replicas cannot be negative", *value.origins)
    return value.named("replicas")


def _is_for(scaler: Manifest, manifest: Manifest) -> bool:
    target = child(scaler.data, "spec", "scaleTargetRef")
    name, kind = text(target, "name"), text(target, "kind") or "Deployment"
    if kind != manifest.kind or manifest.name is None:
        return False
    if name is not None and manifest.exact_name is not None:
        return name == manifest.exact_name
    written = child(target, "name")
    same = isinstance(written, Leaf) and [_shape(p) for p in written.word.parts] == [
        _shape(p) for p in manifest.name.parts
    ]
    return same and name is None


def _shape(part: object) -> str:
    """What two names that are not known must share to be taken for one: text, and why the rest is not known."""
    if isinstance(part, Value):
        return str(part.only) if part.is_exact else f"\0{part.reason}"
    return str(getattr(part, "text", ""))


def _range(scaler: Manifest) -> Value:
    low_key, low_default, high_key, high_default = _API[scaler.kind]
    spec = child(scaler.data, "spec")
    low, high = child(spec, low_key), child(spec, high_key)
    note = f"{low_key} of the {scaler.kind}, where nothing says otherwise"
    least = count(low) if low is not None else Value.exact(low_default, Origin.default(note))
    if high is not None:
        most = count(high)
    elif high_default is not None:
        most = Value.exact(high_default, Origin.default(note.replace(low_key, high_key)))
    else:
        return Value.unknown("the autoscaler names no maxReplicas", Origin.at(scaler.data.span))
    origins = (*most.origins, *least.origins)
    below, above = least.bounds(), most.bounds()
    if below is None or above is None:
        sure = above[1] if above is not None else None
        return Value.unknown(least.reason or most.reason, *origins, least=below[0] if below else None, most=sure)
    return Value.between(below[0], above[1], *origins).named("replicas")


def surge_of(manifest: Manifest, replicas: Value) -> Value:
    """How many pods more run while a Deployment or its like is rolled out."""
    if manifest.kind not in ("Deployment", "Rollout", "DeploymentConfig"):
        return Value.exact(0, Origin.default(f"{_ZERO_NOTE} in a {manifest.kind}"))
    strategy = child(manifest.data, "spec", "strategy")
    for hole in doubt(strategy):
        return Value.unknown(hole.reason, *hole.origins)
    kind = child(strategy, "type")
    if isinstance(kind, Leaf) and kind.exact == "Recreate":
        return Value.exact(0, Origin.at(kind.span))
    if manifest.kind == "Rollout":
        return _rollout_surge(strategy, replicas)
    rolling = child(strategy, "rollingParams" if manifest.kind == "DeploymentConfig" else "rollingUpdate")
    return share(child(rolling, "maxSurge"), replicas, default=25, note=_SURGE, up=True).named("surge")


def _rollout_surge(strategy: Data | None, replicas: Value) -> Value:
    """A canary goes by its maxSurge; with blueGreen the new version runs in full beside the old one."""
    blue_green = child(strategy, "blueGreen")
    if blue_green is None:
        return share(child(strategy, "canary", "maxSurge"), replicas, default=25, note=_SURGE, up=True).named("surge")
    return replicas.because(Origin.at(blue_green.span, "blueGreen runs the new version in full beside the old one"))


def knative_replicas(template: Data | None) -> Value:
    """How many pods of a Knative Service run: its annotations say so, else any number does."""
    annotations = child(template, "metadata", "annotations")
    bounds: list[Value | None] = []
    for name in ("min", "max"):
        found = child(annotations, f"autoscaling.knative.dev/{name}-scale") or child(
            annotations, f"autoscaling.knative.dev/{name}Scale"
        )
        bounds.append(number(found, int_or_none) if found is not None else None)
    low, high = bounds
    if high is None or high.always(lambda each: each == 0):
        where = [Origin.at(template.span)] if template is not None else []
        reason = "Knative sets no upper bound where max-scale is not stated"
        return Value.unknown(reason, *where)
    least = low.bounds() if low is not None else (0, 0)
    most = high.bounds()
    if least is None or most is None:
        return Value.unknown("its scale is not known", *high.origins)
    return Value.between(least[0], most[1], *high.origins, *(low.origins if low else ())).named("replicas")


def int_or_none(word: str) -> int | None:
    """Annotations are texts: `"5"` is five."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None
