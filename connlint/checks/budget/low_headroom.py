"""Almost every connection of a limit is spoken for: nothing is left for a console, a migration or a retry.

lab T19: at the limit an administrator who is no superuser cannot connect either; the share is `headroom`, 80 % unless declared.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._limits import asked, evidence, granted, proof, unknowns
from connlint.deployment.budget import Limit, limits
from connlint.deployment.model import Deployment
from connlint.finding import Amount, Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value, Verdict


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    headroom = deployment.options["headroom"]
    for limit in limits(deployment):
        if limit.kind == "pooler-servers":
            continue  # the same pools count at their server
        fits = limit.steady.compare(limit.usable)
        if fits is Verdict.UNKNOWN:
            yield from unknowns(limit)
        verdict = (limit.steady * Value.exact(100)).compare(headroom * limit.usable)
        if fits is Verdict.HOLDS and verdict in (Verdict.MUST, Verdict.CAN):
            yield _scarce(limit, headroom, verdict)


def _scarce(limit: Limit, headroom: Value, verdict: Verdict) -> Found:
    things = "clients that" if limit.kind == "pooler-clients" else "connections that"
    does = "admits" if limit.kind == "pooler-clients" else "grants"
    share = (Evidence(headroom, "more than this share"),) if headroom.span is not None else ()
    return Found(
        f"under load {asked(limit.steady, verdict)} of the {granted(limit.usable, verdict)} {things} {limit.at} {does} "
        f"are taken, more than {headroom} %: little is left for consoles, migrations and deploys",
        (*evidence(limit), *share),
        subject=f"{limit.at}: headroom",
        help=f"{proof(limit)}; lower processes, threads or replicas, raise {limit.setting}, or set headroom in "
        "[tool.connlint] to the share that may be taken",
        verdict=verdict,
        amount=Amount.of(limit.steady, limit.usable),
    )
