"""The edits rules offer: replace a literal where it stands, and nothing that is computed."""

from __future__ import annotations

from connlint.finding import Fix, Safety
from connlint.source import Edit
from connlint.value import Certainty, Value


def replace_literal(value: Value, text: str, title: str, safety: Safety) -> Fix | None:
    """The fix that writes `text` in place of `value`; None unless one literal in a file is all there is to it."""
    if not value.is_exact or len(value.origins) != 1:
        return None
    origin = value.origins[0]
    if origin.certainty is not Certainty.EXACT or origin.span is None:
        return None
    if origin.span.text not in (repr(value.only), str(value.only)):
        return None
    return Fix(safety, title, (Edit(origin.span, text),))
