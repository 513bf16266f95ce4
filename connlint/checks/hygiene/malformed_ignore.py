"""An ignore comment cannot be read, or names no rule there is: it silences nothing.

The form is `connlint: ignore[rule-name] -- reason`, see connlint.ignores.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.finding import Severity
from connlint.ignores import Aftermath
from connlint.rulebook import Evidence, Found, rule


@rule(severity=Severity.WARNING, since="0.1", after=True)
def check(aftermath: Aftermath) -> Iterator[Found]:
    for ignore, fault, remedy in aftermath.broken():
        yield Found(
            f"this ignore comment has no effect: {fault}",
            (Evidence(ignore.span),),
            subject=f"{ignore.span.path}:{ignore.span.text}:{fault}",
            help=remedy,
        )
