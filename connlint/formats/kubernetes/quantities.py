"""Quantities of Kubernetes: `500m` of a core, `25%` of the replicas."""

from __future__ import annotations

import math
import re
from typing import Final

from connlint.formats.kubernetes.data import Data, Leaf, integer, number, percentage, value_of
from connlint.value import Number, Origin, Value

_CORES: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(m?)\Z")


def cores(data: Data) -> Value:
    """A limit of CPU in cores: `500m` is 0.5."""
    value = value_of(data)
    if value.is_unknown:
        return value
    found = [_cores(str(each)) for each in value.alternatives]
    if None in found:
        return Value.unknown("it is no quantity of CPU", *value.origins)
    return Value.choice(found, *value.origins)


def _cores(word: str) -> int | float | None:
    match = _CORES.match(word)
    if match is None:
        return None
    amount = float(match[1]) / (1000 if match[2] else 1)
    return int(amount) if amount == int(amount) else amount


def share(data: Data | None, replicas: Value, *, default: int, note: str, up: bool) -> Value:
    """A number or a percentage of `replicas`, as `maxSurge` is: rounded up, or down.

    `default`: the percentage that holds where nothing is stated; `note`: who says so.
    """
    if data is None:
        return _portion(replicas, default, up, (Origin.default(note),))
    if isinstance(data, Leaf) and data.exact is not None:
        percent = percentage(data.exact)
        if percent is not None:
            return _portion(replicas, percent, up, (Origin.at(data.span),))
        return number(data, integer)
    value = value_of(data)
    return value if value.is_unknown else Value.unknown("it is neither a number nor a percentage", *value.origins)


def _portion(replicas: Value, percent: int, up: bool, origins: tuple[Origin, ...]) -> Value:
    def part(count: Number) -> int:
        exact = int(count) * percent
        return -(-exact // 100) if up else exact // 100

    bounds = replicas.bounds()
    joined = (*origins, *replicas.origins)
    if bounds is None or not all(bound is None or math.isfinite(bound) for bound in bounds):
        return Value.unknown(replicas.reason or "how many replicas run is not known", *joined)
    least, most = bounds
    if replicas.alternatives:
        return Value.choice([part(each) for each in replicas.alternatives if isinstance(each, (int, float))], *joined)
    return Value.between(part(least), None if most is None else part(most), *joined)
