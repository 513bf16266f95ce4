"""A line that PgBouncer does not accept, or does not take as it is meant.

https://www.pgbouncer.org/config.html (comments start a line, times are plain seconds); lab T20: inline comments, quotes,
10min and wrong words are all fatal. Opening [pgbouncer] again resets what stands above (fill_defaults in libusual's cfparser.c).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.deployment.refusals import Refusal, refusals
from connlint.finding import Fix, Safety, Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.source import Edit

_CODES = frozenset({"syntax", "inline-comment", "bad-value", "unknown-section", "cycle", "reset"})
_REFUSES = "PgBouncer refuses to start: "


@rule(severity=Severity.ERROR, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for refusal in refusals(deployment, _CODES):
        problem = refusal.problem
        told = "does not start" in problem.message
        yield Found(
            problem.message if told or not problem.fatal else f"{_REFUSES}{problem.message}",
            (Evidence(refusal.place, "not accepted" if problem.fatal else _MISREAD[problem.code]),),
            subject=refusal.subject,
            help=_HELP.get(problem.code, "correct or remove it"),
            severity=Severity.ERROR if problem.fatal else Severity.WARNING,
            fix=_fix(refusal),
        )


_MISREAD = {
    "syntax": "read no further",
    "inline-comment": "part of the value",
    "bad-value": "not taken as written",
    "cycle": "not read",
    "reset": "opened again here",
}
_HELP = {
    "syntax": "each line is [section], name = value, %include FILE, or a comment",
    "inline-comment": "give the comment a line of its own, beginning with ;",
    "bad-value": "values are bare: no quotes, no units, times in seconds",
    "unknown-section": "the sections are [databases], [users], [pgbouncer] and, from 1.19 on, [peers]",
    "reset": "keep one [pgbouncer] section, or put what shall hold into the last one",
}


def _fix(refusal: Refusal) -> Fix | None:
    """Safe: as it stands PgBouncer does not start, and what is meant is plain."""
    place = refusal.problem.span
    right = refusal.correction
    if refusal.problem.code == "bad-value" and refusal.problem.fatal and right is not None:
        return Fix(Safety.SAFE, f"write {right}", (Edit(place, right),))
    if refusal.comment is not None:
        start = place.source.offset(place.line, 1)
        end = "\r\n" if "\r\n" in place.source.text else "\n"
        moved = Edit(place.source.span(start, start), f"{refusal.comment}{end}")
        bare = start + len(place.source.text[start : place.start].rstrip(" \t"))
        removed = Edit(place.source.span(bare, place.end), "")
        return Fix(Safety.SAFE, "give the comment a line of its own", (moved, removed))
    return None
