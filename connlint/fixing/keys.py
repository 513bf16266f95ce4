"""Keys of an alias of DATABASES: written, added, moved, by the names that the map has for them."""

from __future__ import annotations

import ast

from connlint.deployment.model import Database, Deployment
from connlint.finding import Fix, Safety
from connlint.fixing.displays import add, entry_in, is_display
from connlint.fixing.entries import Form, add_beside, entry_of, without
from connlint.fixing.literals import replace_literal
from connlint.fixing.units import unit_of
from connlint.python.modules import Unit
from connlint.source import Edit, Span
from connlint.value import Certainty, Value


def set_key(
    deployment: Deployment, database: Database, key: str, text: str, title: str, safety: Safety = Safety.UNSAFE
) -> Fix | None:
    """Give `key` of an alias (`OPTIONS.pool.timeout`: of the dictionaries within) the value `text`.

    None where it is not one literal that states it now, or no one display that could take it.
    """
    stated = database.settings.get(key)
    if stated is not None:
        return replace_literal(stated, text, title, safety)
    found = _display(deployment, database)
    if found is None:
        return None
    edits = _within(database, *found, tuple(key.split(".")), text)
    return None if edits is None else Fix(safety, title, edits)


def set_beside(
    deployment: Deployment, database: Database, beside: str, key: str, text: str, title: str, safety: Safety
) -> Fix | None:
    """The same for a key that belongs beside another one, wherever that is written: in a call, or by an assignment."""
    if database.states(key):
        return replace_literal(database.settings[key], text, title, safety)
    sibling = database.settings.get(beside)
    fix = None if sibling is None else add_beside(sibling, beside.rpartition(".")[2], key.rpartition(".")[2], text)
    if fix is not None:
        return Fix(safety, title, fix.made)
    return set_key(deployment, database, key, text, title, safety)


def move_into_options(database: Database, value: Value, key: str, option: str) -> Fix | None:
    """Move the entry `key` of an alias into its OPTIONS, and call it `option` there."""
    entry = entry_of(value, key)
    if entry is None or entry.form is not Form.DISPLAY or entry.inside is None:
        return None
    unit, quote = unit_of(entry.key.source), entry.key.source.text[entry.key.start - 1]
    title, options = f"move {key} into OPTIONS", entry_in(entry.inside, "OPTIONS")
    if unit is None:
        return None
    if options is None:
        if any(True for _ in database.below("OPTIONS")) or database.states("OPTIONS"):
            return None  # they come from elsewhere
        text = f"{quote}OPTIONS{quote}: {{{quote}{option}{quote}: {entry.value.text}}}"
        return Fix(Safety.UNSAFE, title, (Edit(entry.whole, text),))
    gone = without(entry)
    if gone is None or not is_display(options) or not isinstance(options, (ast.Dict, ast.Call)):
        return None
    if entry_in(options, option) is not None or gone.start <= unit.span(options).end <= gone.end:
        return None
    return Fix(Safety.UNSAFE, title, (*add(unit, options, option, entry.value.text), Edit(gone, "")))


def move_into_alias(deployment: Deployment, database: Database, key: str, value: Value, title: str) -> Fix | None:
    """Take the assignment `key = literal` out of a settings module, and put the key into an alias of the same file."""
    found = _display(deployment, database)
    span = value.span
    if found is None or span is None or span.path != found[0].path or database.states(key):
        return None
    unit, node = found
    line = _assignment(unit, key, span)
    if line is None or not value.is_exact:
        return None
    return Fix(Safety.UNSAFE, title, (*add(unit, node, key, span.text), Edit(line, "")))


def _assignment(unit: Unit, name: str, value: Span) -> Span | None:
    """The line of the one top-level `name = value` of a module, its line end included; None where more stands there."""
    found = [
        each for each in unit.tree.body
        if isinstance(each, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in each.targets)
    ]  # fmt: skip
    if len(found) != 1 or len(found[0].targets) != 1 or not isinstance(found[0].value, (ast.Constant, ast.UnaryOp)):
        return None
    source, place = unit.source, unit.span(found[0])
    whole = source.span(source.offset(place.line, 1), source.offset(place.end_line + 1, 1))
    inside = place.start <= value.start and value.end <= place.end
    return whole if inside and whole.text.strip() == place.text else None


def _display(deployment: Deployment, database: Database) -> tuple[Unit, ast.Dict] | None:
    """The dictionary that is an alias and nothing else, written out in a file; None where it comes about otherwise."""
    span = database.span
    shared = any(d.span == span for d in deployment.databases if d.alias != database.alias)
    unit = unit_of(span.source) if span.path.endswith(".py") and span.text.startswith("{") else None
    if unit is None or shared or any(_branches(span, value) for value in database.settings.values()):
        return None
    for node in ast.walk(unit.tree):
        if isinstance(node, ast.Dict) and node.values and unit.span(node) == span:
            return unit, node
    return None


def _branches(display: Span, value: Value) -> bool:
    """Whether a value is written in this display and in another place as well: then another branch makes the alias, too."""
    places = [o.span for o in value.origins if o.span is not None and o.certainty is Certainty.EXACT]
    inside = [_covers(display, place) for place in places]
    return any(inside) and not all(inside)


def _within(
    database: Database, unit: Unit, node: ast.Dict | ast.Call, path: tuple[str, ...], text: str, prefix: str = ""
) -> tuple[Edit, ...] | None:
    """The edits that put an entry at `path` into a display; None where a part of the way is made elsewhere."""
    name, *rest = path
    if not rest:
        return add(unit, node, name, text)
    held, so_far = entry_in(node, name), f"{prefix}{name}"
    known = [value.span for key, value in database.settings.items() if key == so_far or key.startswith(f"{so_far}.")]
    if held is None:
        if known or not is_display(node):
            return None
        return add(unit, node, name, _nested(unit, node, rest, text))
    place = unit.span(held)
    if not all(span is not None and _covers(place, span) for span in known):
        return None
    if isinstance(held, ast.Constant) and held.value is True:  # `"pool": True`: a dictionary without anything in it
        return (Edit(place, _nested(unit, node, rest, text)),)
    if not is_display(held) or not isinstance(held, (ast.Dict, ast.Call)):
        return None
    return _within(database, unit, held, tuple(rest), text, f"{so_far}.")


def _nested(unit: Unit, node: ast.Dict | ast.Call, path: list[str], text: str) -> str:
    first = next((key for key in node.keys if key is not None), None) if isinstance(node, ast.Dict) else None
    quote = "'" if first is not None and unit.span(first).text.startswith("'") else '"'
    for name in reversed(path):
        text = f"{{{quote}{name}{quote}: {text}}}"
    return text


def _covers(outer: Span, inner: Span) -> bool:
    return outer.path == inner.path and outer.start <= inner.start and inner.end <= outer.end
