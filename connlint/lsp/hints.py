"""The budget where its numbers are written: `432 of 97` behind each line that has a part in a limit."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.budget import Limit, limits
from connlint.deployment.model import Deployment
from connlint.lsp.looking import Seen
from connlint.records import dataclass
from connlint.report.cells import printable
from connlint.report.values import amount
from connlint.source import Span
from connlint.value import Verdict


@dataclass(frozen=True, slots=True)
class Hint:
    """A few words behind a line, and the sum behind them; `exceeded`: more may be asked for than is granted."""

    line: int
    words: str
    proof: str
    exceeded: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A limit and every place that has a part in it."""

    limit: Limit
    spans: tuple[Span, ...]


def counted(deployments: tuple[Deployment, ...]) -> tuple[Counted, ...]:
    """The limits of what is deployed, with the places of their numbers; those that nothing is known of left out."""
    found = []
    for deployment in deployments:
        for limit in () if deployment.development else limits(deployment):
            if limit.usable.bounds() is not None and limit.deploy.bounds() is not None:
                found.append(Counted(limit, tuple(dict.fromkeys(_spans(deployment, limit)))))
    return tuple(found)


def hints(seen: Seen, known: tuple[Counted, ...], path: str, first: int, last: int) -> tuple[Hint, ...]:
    """One hint for each line from `first` to `last` of a file at which a number of some limit stands."""
    by_line: dict[int, dict[str, Counted]] = {}
    for each in known:
        for span in each.spans:
            if span.path == path and first <= span.line <= last:
                by_line.setdefault(span.line, {}).setdefault(_words(each.limit), each)
    return tuple(_hint(seen, line, by_line[line]) for line in sorted(by_line))


def _hint(seen: Seen, line: int, found: dict[str, Counted]) -> Hint:
    several = len(found) > 1
    words, proofs = [], []
    for said, each in found.items():
        limit, at = each.limit, printable(seen.clean(each.limit.at))
        words.append(f"{said} at {at}" if several else said)
        proofs.append(f"{at}: {limit.deploy.proof}; usable: {limit.usable.proof}")
    exceeded = any(each.limit.deploy.compare(each.limit.usable) is not Verdict.HOLDS for each in found.values())
    return Hint(line, ", ".join(words), printable(seen.clean("\n".join(proofs))), exceeded)


def _words(limit: Limit) -> str:
    return f"{amount(limit.deploy)} of {amount(limit.usable)}"


def _spans(deployment: Deployment, limit: Limit) -> Iterator[Span]:
    for value in (limit.steady, limit.deploy, limit.usable):
        yield from (origin.span for origin in value.origins if origin.span is not None)
    for route in deployment.routes:
        at = (route.pooler, route.server) if limit.kind != "server" else (route.server,)
        if any(each is not None and each.name in (limit.at, limit.server) for each in at):
            age = route.database.settings.get("CONN_MAX_AGE")
            yield from (origin.span for origin in (age.origins if age else ()) if origin.span is not None)
