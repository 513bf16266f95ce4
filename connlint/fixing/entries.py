"""Where a setting's entry stands in Python source, key and value, and the edits that rename, add, wrap or move it.

An entry is `"KEY": value` in a dict display, `KEY=value` in a call, or `x["KEY"] = value`. Values that come from
anywhere else (a URL, a loop over keys) have no entry, and no edit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from connlint.finding import Fix, Safety
from connlint.fixing.displays import line_end
from connlint.fixing.units import unit_of
from connlint.python.modules import Unit
from connlint.records import dataclass
from connlint.source import Edit, Source, Span
from connlint.value import Value


class Form(Enum):
    """How an entry is written."""

    DISPLAY = "display"
    KEYWORD = "keyword"
    SUBSCRIPT = "subscript"


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` is the name itself, without quotes; `whole` all of the entry, of a subscript the statement."""

    form: Form
    key: Span
    value: Span
    whole: Span
    inside: ast.Dict | None = None


def entry_of(value: Value, name: str) -> Entry | None:
    """The entry `name` that gives `value`; None where no file holds one."""
    for origin in reversed(value.origins):
        span = origin.span
        if span is not None and span.path.endswith(".py"):
            for entry in _entries(span.source, name):
                if (entry.value.start, entry.value.end) == (span.start, span.end):
                    return entry
    return None


def key_or_value(value: Value, name: str) -> Span | None:
    """Where a person looks for the entry: its key, else the first place of the value."""
    entry = entry_of(value, name)
    return entry.key if entry is not None else value.span


def rename(value: Value, name: str, other: str) -> Fix | None:
    """Write `other` for the key `name`."""
    entry = entry_of(value, name)
    return None if entry is None else Fix(Safety.SAFE, f"rename {name} to {other}", (Edit(entry.key, other),))


def add_beside(value: Value, name: str, other: str, text: str) -> Fix | None:
    """Give the dict that holds the entry `name` the entry `other` as well, with the value `text`, right before it."""
    entry = entry_of(value, name)
    if entry is None:
        return None
    return Fix(Safety.SAFE, f"add {other} = {text}", (_before(entry, other, text),))


def wrap(value: Value, name: str, function: str) -> Fix | None:
    """Put the value of the entry `name` through `function`, as in `int(...)`."""
    entry = entry_of(value, name)
    if entry is None:
        return None
    edit = Edit(entry.value, f"{function}({entry.value.text})")
    return Fix(Safety.SAFE, f"convert {name} with {function}()", (edit,))


def hoist(value: Value, name: str, to: str, out_of: str) -> Fix | None:
    """Move the entry `name` out of the dict display under the key `out_of`, and call it `to` there."""
    entry = entry_of(value, name)
    if entry is None or entry.inside is None:
        return None
    outer = next((e for e in _entries(entry.key.source, out_of) if _holds(e, entry)), None)
    if outer is None:
        return None
    gone = without(entry)
    if gone is None:
        return None
    edits = (_before(outer, to, entry.value.text), Edit(gone, ""))
    return Fix(Safety.SAFE, f"move {name} out of {out_of}", edits)


def _before(entry: Entry, other: str, text: str) -> Edit:
    """The edit that puts the entry `other` in front of `entry`, written in the same form."""
    source, start = entry.whole.source, entry.whole.start
    head = source.text[source.offset(entry.whole.line, 1) : start]
    between = line_end(source, start) + head if not head.strip() else " "
    if entry.form is Form.DISPLAY:
        quote = source.text[entry.key.start - 1]
        written = f"{quote}{other}{quote}: {text},{between}"
    elif entry.form is Form.KEYWORD:
        written = f"{other}={text},{between}"
    else:
        up_to, behind = source.text[start : entry.key.start], source.text[entry.key.end : entry.value.start]
        written = f"{up_to}{other}{behind}{text}{between if not head.strip() else '; '}"
    return Edit(source.span(start, start), written)


def without(entry: Entry) -> Span | None:
    """The entry with the comma that parts it from a neighbour; None where anything else, a comment, stands there too."""
    assert entry.inside is not None
    source = entry.whole.source
    unit = Unit("", source, ast.Module([], []))
    pairs = [(unit.span(key or value), unit.span(value)) for key, value in _pairs(entry.inside)]
    at = next(i for i, (_, value) in enumerate(pairs) if value.start == entry.value.start)
    end = entry.whole.end
    if at + 1 < len(pairs):
        behind = pairs[at + 1][0].start
        return source.span(entry.whole.start, behind) if source.text[end:behind].strip() == "," else None
    start = pairs[at - 1][1].end if at else entry.whole.start
    if at and source.text[start : entry.whole.start].strip() != ",":
        return None
    rest = source.text[end : unit.span(entry.inside).end - 1]
    if rest.strip() not in ("", ","):
        return None
    return source.span(start, end if at or "," not in rest else end + rest.index(",") + 1)


def _pairs(display: ast.Dict) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    return zip(display.keys, display.values, strict=True)


def _holds(outer: Entry, inner: Entry) -> bool:
    """Whether the value of `outer` is the very dict display that holds `inner`."""
    if inner.inside is None:
        return False
    display = Unit("", inner.key.source, ast.Module([], [])).span(inner.inside)
    return (outer.value.start, outer.value.end) == (display.start, display.end)


@lru_cache(maxsize=64)
def _entries(source: Source, name: str) -> tuple[Entry, ...]:
    """Every entry of this name in a file, in no particular order; none in what does not parse."""
    unit = unit_of(source)
    return () if unit is None else tuple(_found(unit, name))


def _found(unit: Unit, name: str) -> Iterator[Entry]:
    for node in ast.walk(unit.tree):
        if isinstance(node, ast.Dict):
            for key, value in _pairs(node):
                if key is not None and _is(key, name) and _plain(unit, key, value):
                    yield _entry(unit, Form.DISPLAY, key, value, node)
        elif isinstance(node, ast.keyword) and node.arg == name:
            whole = unit.span(node)
            key_span = unit.source.span(whole.start, whole.start + len(name))
            yield Entry(Form.KEYWORD, key_span, unit.span(node.value), whole)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Subscript) and _is(target.slice, name) and _assigns(unit, target, node.value):
                found = _entry(unit, Form.SUBSCRIPT, target.slice, node.value, None)
                yield Entry(found.form, found.key, found.value, unit.span(node))


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == name


def _plain(unit: Unit, key: ast.expr, value: ast.expr) -> bool:
    """Whether nothing but a colon stands between the two: no parenthesis, whose end the value's span leaves out."""
    return unit.source.text[unit.span(key).end : unit.span(value).start].strip() == ":"


def _assigns(unit: Unit, target: ast.expr, value: ast.expr) -> bool:
    """Likewise, of an assignment."""
    return unit.source.text[unit.span(target).end : unit.span(value).start].strip() == "="


def _entry(unit: Unit, form: Form, key: ast.expr, value: ast.expr, inside: ast.Dict | None) -> Entry:
    quoted, held = unit.span(key), unit.span(value)
    width = 3 if quoted.text[-3:] in ('"""', "'''") and len(quoted.text) > 5 else 1
    prefix = len(quoted.text) - len(quoted.text.lstrip("rRuU"))
    inner = unit.source.span(quoted.start + prefix + width, quoted.end - width)
    return Entry(form, inner, held, unit.source.span(quoted.start, held.end), inside)
