"""An ignore comment cannot be read, or names no rule there is. The engine builds these findings.

See `connlint.ignores.hygiene`.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1")
def check(_: Deployment) -> Iterator[Found | Missing]:
    yield from ()
