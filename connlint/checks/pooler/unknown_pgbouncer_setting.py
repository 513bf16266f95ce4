"""A key that PgBouncer does not know: it refuses to start.

https://www.pgbouncer.org/config.html; lab T20: "unknown parameter: pgbouncer/pool_moed". The `*` entry of [databases] is read only
when a client asks for a database without an entry of its own, and that client is refused (PgBouncer's src/loader.c).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._slips import is_slip
from connlint.deployment.model import Deployment
from connlint.deployment.refusals import Refusal, refusals
from connlint.finding import Fix, Safety, Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.source import Edit


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for refusal in refusals(deployment, frozenset({"unknown-key"})):
        problem, entry = refusal.problem, refusal.entry
        fallback = entry is not None and entry.section == "databases" and entry.key == "*"
        if not problem.fatal and not fallback:
            continue  # a release newer than the tables may know it
        consequence = "PgBouncer refuses every client of the entry *" if fallback else "PgBouncer refuses to start"
        yield Found(
            f"{consequence}: {problem.message}",
            (Evidence(refusal.place, "not known"),),
            subject=refusal.subject,
            help="correct or remove it; if another release runs, state it: [tool.connlint.versions] pgbouncer",
            fix=_fix(refusal),
        )


def _fix(refusal: Refusal) -> Fix | None:
    """Safe: as it stands PgBouncer does not start."""
    meant = refusal.meant
    if meant is None or not is_slip(refusal.problem.span.text, meant):
        return None
    return Fix(Safety.SAFE, f"write {meant}", (Edit(refusal.problem.span, meant),))
