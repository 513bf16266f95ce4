"""The variables that platforms set for the processes they run: WEB_CONCURRENCY, which gunicorn and uvicorn heed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from connlint.facts.tables import read_table
from connlint.formats.services import Service
from connlint.records import dataclass
from connlint.value import Origin, Value

VARIABLE: Final = "WEB_CONCURRENCY"
_PLATFORM, _PLAN = "platform", "plan"


@dataclass(frozen=True, slots=True)
class Platform:
    """What one platform sets it to: `plans` by the size of the machine, `least` and `most` over all of them."""

    title: str
    least: int
    most: int
    plans: Mapping[str, int]

    @property
    def note(self) -> str:
        return f"{self.title} sets it by the size of the machine"

    def value(self, plan: str) -> Value:
        """The number as text in the variable, by the plan where it is known."""
        known = self.plans.get(plan.lower())
        origin = Origin.default(self.note)
        return Value.exact(str(known), origin) if known is not None else Value.between(self.least, self.most, origin)


def injected(service: Service) -> Mapping[str, Value]:
    """What the platform of a service adds to its environment, below everything that is set.

    A buildpack does it, so that a container's own image runs without.
    """
    platform = service.extra.get(_PLATFORM) if service.build is None and service.image is None else None
    found = _platforms().get(str(platform.only)) if platform is not None and platform.is_exact else None
    if found is None:
        return {}
    plan = service.extra.get(_PLAN)
    return {VARIABLE: found.value(str(plan.only) if plan is not None and plan.is_exact else "")}


def injected_into(value: Value) -> Platform | None:
    """The platform that a number comes from; None where it comes from anything else."""
    notes = {origin.note for origin in value.origins if origin.note}
    return next((platform for platform in _platforms().values() if platform.note in notes), None) if notes else None


@cache
def _platforms() -> Mapping[str, Platform]:
    return {name: Platform(e["title"], e["least"], e["most"], e["plans"]) for name, e in read_table("injected").items()}
