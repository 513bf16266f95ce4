"""A line that PgBouncer does not accept: it refuses to start.

https://www.pgbouncer.org/config.html (comments start a line, times are plain seconds); lab T20: inline comments, quotes,
10min and wrong words are all fatal.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule

_CODES = frozenset({"syntax", "inline-comment", "bad-value"})


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for document in deployment.documents:
        for problem in document.problems:
            if document.kind == "pgbouncer" and problem.code in _CODES and problem.fatal:
                yield Found(
                    f"PgBouncer refuses to start: {problem.message}",
                    (Evidence(problem.span, "not accepted"),),
                    subject=f"{document.path}: {problem.code} {problem.span.text[:40]}",
                    help="a comment takes a line of its own, values are bare, times are in seconds without a unit",
                )
