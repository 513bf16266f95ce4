"""Which edits of a fix may be shown: those that hold no secret, for a masked edit would be a wrong one."""

from __future__ import annotations

from connlint.finding import Fix
from connlint.report.masks import masked
from connlint.report.redact import Redactor
from connlint.source import Edit, Source


def shown_edits(fix: Fix, clean: Redactor) -> tuple[Edit, ...]:
    """All edits of a fix, or none."""
    harmless = all("".join(masked(Source(edit.span.path, edit.text), clean)) == edit.text for edit in fix.edits)
    return fix.edits if harmless else ()
