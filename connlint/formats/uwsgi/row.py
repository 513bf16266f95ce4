"""What a dialect's reader finds in a file: options one after the other, before uWSGI's own logic looks at them."""

from __future__ import annotations

from typing import Final

from connlint.formats.document import Entry
from connlint.formats.uwsgi.text import Expanded, Magic
from connlint.formats.uwsgi.worlds import ALWAYS, Case, Guard
from connlint.records import dataclass

MOST_ROWS: Final = 10_000  # options read from one file


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file is not read, or not to its end: `code` and `message` of a problem at an offset of its text.

    `lost` says that uWSGI may read options there that this reader does not.
    """

    code: str
    message: str
    offset: int
    fatal: bool = False
    lost: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """`key` and `text` are what uWSGI sees; `entry` is what stands in the file.

    `guard` differs from ALWAYS when only some builds of uWSGI find the option: there are two YAML readers
    and two XML readers, and they do not agree on everything. `key_doubt` says why the key is unknown.
    """

    key: str
    text: str | None
    entry: Entry
    magic: tuple[Magic, ...] = ()
    key_doubt: str = ""
    guard: Guard = ALWAYS

    def case(self) -> Case:
        """The value as it stands, wherever this row holds."""
        doubt = next((magic.doubt for magic in self.magic if magic.doubt), "")
        origins = tuple(dict.fromkeys(origin for magic in self.magic for origin in magic.origins))
        whole = self.magic[0].value if len(self.magic) == 1 and self.text == "%k" else None
        return Case(self.guard, self.text, doubt, origins, whole)


def row_at(
    expanded: Expanded, section: str, key: tuple[int, int], value: tuple[int, int] | None, text: str | None = None
) -> Row:
    """The row whose key and value stand at these places of the expanded text.

    `text` is the value after the dialect's unquoting, where that changes it; a key without a value is "".
    """
    name = expanded.text[slice(*key)]
    key_span = expanded.span(*key)
    doubt = next((magic.doubt for magic in expanded.magic(*key) if magic.doubt), "")
    if value is None:
        return Row(name, text, Entry(section, key_span.text, None, key_span, key_span), (), doubt)
    span = expanded.span(*value) if value[0] < value[1] else key_span
    seen = expanded.text[slice(*value)] if text is None else text
    magic = expanded.magic(*value)
    raw = seen if text is not None and not magic else span.text if value[0] < value[1] else ""
    entry = Entry(section, key_span.text, raw, key_span, span)
    return Row(name, seen, entry, magic, doubt)
