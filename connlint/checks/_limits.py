"""What the rules about limits say alike: the evidence of a demand and of a supply, and the facts they lack."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.budget import Limit
from connlint.finding import Amount, Fix, Severity
from connlint.rulebook import Evidence, Found, Missing
from connlint.value import Value, Verdict


def exceeded(
    limit: Limit, message: str, *, help: str, subject: str, fix: Fix | None = None
) -> Iterator[Found | Missing]:
    """The finding when the steady demand of `limit` must or can exceed it; what is missing when nobody can tell.

    `message` has the fields `asked` and `usable`. A demand without any bound is the subject of another rule, and says
    nothing about this limit.
    """
    verdict = limit.steady.compare(limit.usable)
    if verdict is Verdict.UNKNOWN:
        yield from unknowns(limit)
        return
    if verdict is Verdict.HOLDS or (verdict is Verdict.CAN and unbounded(limit.steady)):
        return
    yield Found(
        message.format(asked=asked(limit.steady, verdict), usable=granted(limit.usable, verdict)),
        evidence(limit),
        subject=subject,
        help=f"{proof(limit)}; {help}",
        severity=Severity.ERROR if verdict is Verdict.MUST else Severity.WARNING,
        verdict=verdict,
        fix=fix,
        amount=Amount.of(limit.steady, limit.usable),
    )


def asked(demand: Value, verdict: Verdict) -> str:
    """The demand in words that are true in every case: `108`, `at least 108`, `up to 120`."""
    if demand.is_exact:
        return str(demand)
    low, high = demand.bounds() or (demand.least, demand.most)
    return f"at least {low}" if verdict is Verdict.MUST else f"up to {high}"


def granted(supply: Value, verdict: Verdict) -> str:
    """The supply likewise: `97`, `at most 197`, `perhaps only 97`."""
    if supply.is_exact:
        return str(supply)
    low, high = supply.bounds() or (supply.least, supply.most)
    return f"at most {high}" if verdict is Verdict.MUST else f"perhaps only {low}"


def unbounded(value: Value) -> bool:
    """Whether no upper bound exists, as opposed to one that is not known."""
    bounds = value.bounds()
    return bounds is not None and bounds[1] is None


def evidence(limit: Limit) -> tuple[Evidence, ...]:
    """Labels on every operand of the demand, then on the limit; on the settings, where all of that is in no file."""
    allowed = f"{limit.usable} {'clients' if limit.kind == 'pooler-clients' else 'connections'} at the most"
    terms = tuple(Evidence(term.connections, f"{term.connections} for {term.process}") for term in limit.terms)
    silent = limit.usable.span is None and limit.place is not None
    default = (Evidence(limit.place, f"{limit.setting} is not set: {allowed}"),) if silent and limit.place else ()
    every = (*terms, Evidence(limit.usable, allowed), *default)
    if any(label for each in every for label in each.labels()):
        return every
    return (*(Evidence(t.place, f"{t.connections} for {t.process}") for t in limit.terms if t.place), *every)


def proof(limit: Limit) -> str:
    """Both sums, each with the places of its operands."""
    return f"{limit.steady.proof} against {limit.usable.proof}"


def unknowns(limit: Limit) -> Iterator[Missing]:
    """What nobody states: the limit itself, or a part of the demand."""
    if limit.usable.is_unknown:
        yield Missing(f"{limit.setting} of {limit.server or limit.at}", limit.declare)
    for term in limit.terms:
        if term.connections.is_unknown:
            yield Missing(term.fact, term.declare)
