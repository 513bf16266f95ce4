"""uWSGI's JSON reader: the members of one object of the root; lists repeat an option.

Source: core/json.c. With jansson, the usual library, a member given twice has its last value at its first place, true
is 1, false and null are 0, and a number with a fraction is skipped; with yajl that number is an option as well.
Objects inside the section are skipped by both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from connlint.formats.uwsgi.row import MOST_ROWS, Row, Trouble, row_at
from connlint.formats.uwsgi.text import Expanded
from connlint.formats.uwsgi.worlds import Guard
from connlint.records import replace

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_ZERO = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_WORDS: Final = {"true": "1", "false": "0", "null": "0"}
_WHOLE = re.compile(r"-?[0-9]+")


def json_rows(expanded: Expanded, section: str, only_yajl: Guard) -> tuple[list[Row], Trouble | None]:
    """The options of the object `section`. `only_yajl` guards those that jansson skips."""
    text = expanded.text.partition("\0")[0]
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return [], Trouble("syntax", f"this is no JSON: {error.msg.lower()}", error.pos, fatal=True)
    except (RecursionError, ValueError):  # ValueError: Python converts no number of thousands of digits
        return [], Trouble("too-large", "values are nested too deep or numbers are too long", 0)
    zero = _ZERO.search(text)
    if zero is not None:
        return [], Trouble(
            "syntax", "a text here holds a NUL, which no reader of uWSGI accepts", zero.end() - 6, fatal=True
        )
    members = _members(text, section)
    if members is None:
        return [], Trouble("missing-section", f"there is no object {section}", 0, fatal=True)
    found = (_row(expanded, section, key, value, only_yajl) for key, values in members.values() for value in values)
    return list(islice(found, MOST_ROWS + 1)), None


_Place = tuple[int, int]


def _members(text: str, section: str) -> dict[str, tuple[_Place, list[_Place]]] | None:
    """For each key of the object `section` of a valid JSON text: its first place, and those of its values."""
    found: dict[str, tuple[_Place, list[_Place]]] | None = None
    path: list[str] = []  # the kind of each bracket that is open
    keys: list[str] = [""] * 3  # the last key at each depth
    expects_key = False
    for start, end in _tokens(text):
        token = text[start:end]
        depth = len(path)
        if token in "{[":
            if path == ["{"] and keys[1] == section:
                found = {} if token == "{" else None
            path.append(token)
            expects_key = token == "{"
        elif token in "}]":
            path.pop()
        elif token == ",":
            expects_key = path[-1] == "{"
        elif token == ":":
            expects_key = False
        elif expects_key:
            if depth <= 2:
                keys[depth] = json.loads(token)
            if found is not None and keys[1] == section and path == ["{", "{"]:
                first = found[keys[2]][0] if keys[2] in found else (start, end)
                found[keys[2]] = (first, [])
        elif keys[1] == section and path == ["{"]:
            found = None
        elif found is not None and keys[1] == section and path in (["{", "{"], ["{", "{", "["]):
            found[keys[2]][1].append((start, end))
    return found


def _tokens(text: str) -> Iterator[_Place]:
    return (match.span() for match in _TOKEN.finditer(text))


def _row(expanded: Expanded, section: str, key: _Place, value: _Place, only_yajl: Guard) -> Row:
    token = expanded.text[slice(*value)]
    name = json.loads(expanded.text[slice(*key)])
    text = json.loads(token) if token.startswith('"') else _WORDS.get(token, token)
    row = row_at(expanded, section, key, value, _c_string(text))
    guard = row.guard if token.startswith('"') or token in _WORDS or _WHOLE.fullmatch(token) else only_yajl
    entry = replace(row.entry, key=_c_string(name))
    return Row(_c_string(name), row.text, entry, row.magic, row.key_doubt, guard)


def _c_string(text: str) -> str:
    """Up to a NUL; half of a surrogate pair, which no library accepts, is replaced."""
    return text.partition("\0")[0].encode("utf-8", "replace").decode("utf-8")
