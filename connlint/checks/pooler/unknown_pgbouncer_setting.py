"""A key that PgBouncer does not know: it refuses to start.

https://www.pgbouncer.org/config.html; lab T20: "unknown parameter: pgbouncer/pool_moed".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for document in deployment.documents:
        for problem in document.problems:
            if document.kind == "pgbouncer" and problem.code == "unknown-key":
                yield Found(
                    f"PgBouncer refuses to start: {problem.message}",
                    (Evidence(problem.span, "not known"),),
                    subject=f"{document.path}: {problem.span.text}",
                    help="correct the name, or declare the PgBouncer that runs in [tool.connlint.versions]",
                )
