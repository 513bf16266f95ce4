"""uWSGI's two YAML readers, and the options they find: the built-in one of the default build, and libyaml's.

The built-in reader (core/yaml.c without UWSGI_LIBYAML) goes by lines: `#` starts a comment anywhere, quotes are part
of the value, and a list or a key without a value ends the section. The other one, of Debian's packages, walks over
libyaml's tokens. Where they find different options nobody can tell from the file which ones count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from connlint.formats.uwsgi.row import MOST_ROWS, Row, Trouble, row_at
from connlint.formats.uwsgi.text import Expanded
from connlint.formats.yaml_nodes import yaml_loader, yaml_trouble

if TYPE_CHECKING:
    import yaml

MOST_NESTING: Final = 200
_MOST_TOKENS: Final = 10 * MOST_ROWS
_BRACKET = re.compile(r"[\[\]{}]")
_STARTS: Final = ("FlowSequenceStartToken", "BlockSequenceStartToken")
_ENTRIES: Final = ("FlowEntryToken", "BlockEntryToken")
_ENDS: Final = ("BlockEndToken", "FlowSequenceEndToken")


def lines_rows(expanded: Expanded, section: str) -> Iterator[Row]:
    """The options that the built-in reader finds in `section`."""
    text = expanded.text
    inside, current, at = False, 0, 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        start, stop = at, min(x for x in (text.find("#", at, end), text.find("\0", at, end), end) if x >= 0)
        at = end + 1
        if start == stop:
            continue
        first, depth = _indented(text, start, stop)
        if depth <= current:
            current = depth
            if inside:
                return
        elif not inside:
            continue
        if first == stop:
            continue
        if text[first] in "-[{":
            if inside:
                return
            continue
        if not inside:
            colon = text.find(":", first, stop)
            inside = colon >= 0 and text[first:colon] == section
            continue
        row = _line_row(expanded, section, first, stop)
        if row is None:
            return
        yield row


def _indented(text: str, start: int, stop: int) -> tuple[int, int]:
    """Where the text of a line begins, and how deep: a tab counts as eight spaces."""
    at, depth = start, 0
    while at < stop and text[at] in " \t\r":
        depth += 1 if text[at] == " " else 8
        at += 1
    return at, depth


def _line_row(expanded: Expanded, section: str, first: int, stop: int) -> Row | None:
    text = expanded.text
    colon = text.find(": ", first, stop)
    if colon < 0:
        colon = text.find(":\t", first, stop)
    if colon < 0:
        return None
    start, end, key_end = colon + 2, stop, colon
    while start < end and text[start] in " \t\r":
        start += 1
    while end > start and text[end - 1] in " \t":
        end -= 1
    while key_end > first and text[key_end - 1] in " \t":
        key_end -= 1
    return row_at(expanded, section, (first, key_end), (start, end))


def token_rows(expanded: Expanded, section: str) -> tuple[list[Row], Trouble | None]:
    """The options that the libyaml reader finds in `section`, and what stopped it before the end."""
    deep = _too_deep(expanded.text)
    if deep is not None:
        return [], Trouble("too-large", f"brackets are nested more than {MOST_NESTING} deep", deep)
    import yaml

    rows: list[Row] = []
    try:
        for row in _walk(expanded, section, yaml.scan(expanded.text, Loader=yaml_loader())):
            rows.append(row)
            if len(rows) > MOST_ROWS:
                return rows, Trouble("too-large", f"there are more than {MOST_ROWS} options", 0)
    except (yaml.YAMLError, UnicodeError) as error:
        return rows, Trouble("syntax", *yaml_trouble(error, expanded.text))
    return rows, None


def _walk(expanded: Expanded, section: str, tokens: Iterator[yaml.Token]) -> Iterator[Row]:
    """What core/yaml.c makes of libyaml's tokens: `status` is 1 before a key, 2 before a value, 3 in a list."""
    status, inside = 0, 0
    key: yaml.Token | None = None
    for count, token in enumerate(tokens):
        name = type(token).__name__
        if count > _MOST_TOKENS:
            return
        if name == "KeyToken":
            status = 1
        elif name == "ValueToken":
            status = 2
        elif name in _STARTS or name in _ENTRIES:
            inside += 1 if inside and name in _STARTS else 0
            status = 3
        elif name == "BlockMappingStartToken":
            if inside:
                inside += 1
            elif key is not None and _text(key) == section:
                inside = 1
        elif name in _ENDS:
            if inside:
                inside -= 1
                if not inside:
                    return
            key, status = None, 0
        elif name == "ScalarToken":
            if status == 1:
                key = token
            elif status in (2, 3):
                if key is not None and inside:
                    yield _token_row(expanded, section, key, token)
                if status == 2:
                    key, status = None, 0
            else:
                return
        else:
            status = 0


def _text(token: Any) -> str:
    return str(token.value).partition("\0")[0]


def _token_row(expanded: Expanded, section: str, key: Any, value: Any) -> Row:
    row = row_at(expanded, section, _place(key), _place(value), _text(value))
    return Row(_text(key), row.text, row.entry, row.magic, row.key_doubt)


def _place(token: Any) -> tuple[int, int]:
    return token.start_mark.index, token.end_mark.index


def _too_deep(text: str) -> int | None:
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += 1 if match[0] in "[{" else -1
        if depth > MOST_NESTING:
            return match.start()
        depth = max(depth, 0)
    return None
