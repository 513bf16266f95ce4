"""An ignore comment silences nothing. The engine builds these findings: only it sees what every rule found.

See `connlint.ignores.hygiene`.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1", fixes=("safe",))
def check(_: Deployment) -> Iterator[Found | Missing]:
    yield from ()
