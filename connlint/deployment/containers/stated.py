"""What the words, files and variables of one container state, before the product's defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connlint.formats.document import Document
from connlint.records import dataclass, field
from connlint.value import Origin, Value


@dataclass(frozen=True, slots=True, eq=False)
class Stated:
    """`settings` typed, in the unit of the facts table; `document`: the file most of them come from.

    `missing`: why what else it states cannot be known: a file that is not in the repository.
    """

    settings: Mapping[str, Value] = field(default_factory=dict)
    document: Document | None = None
    missing: str = ""


def typed(text: Value, parse: Callable[[str], object], refusal: str) -> Value:
    """A text as a value of a setting; unknown for `refusal` where `parse` gives None for one of its readings.

    The text itself is never part of a reason: it comes out of a variable and may be a secret.
    """
    if not text.alternatives:
        return text if text.is_unknown else Value.unknown(refusal, *text.origins)
    values = [parse(str(reading)) for reading in text.alternatives]
    if any(value is None for value in values):
        return Value.unknown(refusal, *text.origins)
    return Value.choice(values, *text.origins)


UNKNOWN_WORD: Final = "a word of its command is not known"


def doubtful(settings: Mapping[str, Value], doubt: Origin | None) -> dict[str, Value]:
    """The settings with a note that something may state them otherwise."""
    return {key: value if doubt is None else value.because(doubt) for key, value in settings.items()}
