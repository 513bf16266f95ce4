"""A settings or config file could not be read; what depends on it is not judged, and nothing is guessed.

The reasons are connlint's own limits (size, encoding, the project's borders) or the syntax the real server expects.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule

_CODES = frozenset({"unreadable", "outside-project", "too-large", "not-utf8", "cycle", "missing"})


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for document in deployment.documents:
        for problem in document.problems:
            syntax = problem.code == "syntax" and document.kind != "pgbouncer"
            if syntax or problem.code in _CODES:
                yield Found(
                    f"{document.path} is not read as its server reads it: {problem.message}",
                    (Evidence(problem.span, problem.message),),
                    subject=f"{document.path}: {problem.code}",
                    help="what depends on it is not checked",
                )
