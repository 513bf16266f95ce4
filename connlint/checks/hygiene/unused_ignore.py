"""An ignore comment silences nothing: it would silence a later finding unseen.

docs/adr: an ignore that outlives its finding hides the next one (ruff RUF100 and its kin are the precedent).
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.finding import Fix, Safety, Severity
from connlint.ignores import Aftermath, removal
from connlint.rulebook import Evidence, Found, rule


@rule(severity=Severity.WARNING, since="0.1", fixes=("safe",), after=True)
def check(aftermath: Aftermath) -> Iterator[Found]:
    for ignore, rules in aftermath.idle():
        names = ", ".join(rules)
        title = "remove the ignore comment" if rules == ignore.rules else f"remove {names}"
        yield Found(
            f"nothing {'here' if ignore.lines else 'in this file'} is silenced by ignore[{names}]",
            (Evidence(ignore.span),),
            subject=f"{ignore.span.path}:{names}",
            help="remove it, so that a later finding is not silenced unseen",
            fix=Fix(Safety.SAFE, title, (removal(ignore, rules),)),
        )
