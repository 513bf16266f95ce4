"""The functions of Helm's templates that keep places: on texts, lists and maps as templates have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from connlint.formats.helm.emitting import quoted, to_yaml
from connlint.formats.helm.functions import integer
from connlint.formats.helm.marked import (
    NIL,
    Atom,
    Datum,
    Marked,
    Piece,
    Unknown,
    inside,
    joined,
    shown,
    span_of,
    truth,
)
from connlint.source import Span

_BLANKS: Final = " \t\n\v\f\r\x85\xa0"
_MOST_INDENT: Final = 200
_MOST_VALUES: Final = 5_000  # in one list or map that is copied or printed, everything below it counted


def raw(datum: Datum) -> object:
    """The plain value; raises `TypeError` where a part is not known."""
    if isinstance(datum, Unknown) or (isinstance(datum, Marked) and datum.reason):
        raise TypeError("not known")
    if isinstance(datum, Atom):
        return datum.value
    if isinstance(datum, Marked):
        return datum.text
    if isinstance(datum, dict):
        return {key: raw(value) for key, value in datum.items()}
    return [raw(value) for value in datum]


def wrapped(value: object, place: Span | None) -> Datum:
    """A plain value as a datum that stands for `place`."""
    if isinstance(value, str):
        return Marked.of(value, place)
    if isinstance(value, dict):
        return {str(key): wrapped(part, place) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [wrapped(part, place) for part in value]
    return Atom(value if isinstance(value, (bool, int, float)) else None, place)


def doubt(datums: Sequence[Datum]) -> Unknown | None:
    """The first of them that is not known at all."""
    return next((datum for datum in datums if isinstance(datum, Unknown)), None)


def _default(given: Datum, value: Datum = NIL) -> Datum:
    holds = truth(value)
    return holds if isinstance(holds, Unknown) else value if holds else given


def _coalesce(*values: Datum) -> Datum:
    for value in values:
        holds = truth(value)
        if isinstance(holds, Unknown):
            return holds
        if holds:
            return value
    return NIL


def _empty(value: Datum = NIL) -> Datum:
    holds = truth(value)
    return holds if isinstance(holds, Unknown) else Atom(not holds, span_of(value))


def _ternary(yes: Datum, no: Datum, test: Datum) -> Datum:
    holds = truth(test)
    return holds if isinstance(holds, Unknown) else yes if holds else no


def _quote(*values: Datum) -> Datum:
    return joined((quoted(shown(value)) for value in values if value != NIL and not _is_nil(value)), " ")


def _is_nil(value: Datum) -> bool:
    return isinstance(value, Atom) and value.value is None


def _squote(*values: Datum) -> Datum:
    mark = Marked.of("'")
    return joined((mark + shown(value) + mark for value in values if not _is_nil(value)), " ")


def _indent(width: Datum, value: Datum) -> Datum:
    count = integer(raw(width))
    if not 0 <= count <= _MOST_INDENT:
        raise ValueError("indentation")
    pad = Marked.of(" " * count)
    return joined((pad + line for line in shown(value).lines()), "\n")


def _nindent(width: Datum, value: Datum) -> Datum:
    return Marked.of("\n") + shown(_indent(width, value))


def _trim_prefix(part: Datum, value: Datum) -> Datum:
    word, whole = str(raw(part)), shown(value)
    return whole.cut(len(word)) if word and whole.text.startswith(word) else whole


def _trim_suffix(part: Datum, value: Datum) -> Datum:
    word, whole = str(raw(part)), shown(value)
    return whole.cut(0, len(whole.text) - len(word)) if word and whole.text.endswith(word) else whole


def _trim_all(characters: Datum, value: Datum) -> Datum:
    word = str(raw(characters))
    return shown(value).stripped(word, word)


def _trunc(width: Datum, value: Datum) -> Datum:
    whole, count = shown(value), integer(raw(width))
    if whole.reason:
        return Unknown(whole.reason, whole.span)
    return whole.cut(0, count) if count >= 0 else whole.cut(max(len(whole.text) + count, 0))


def _as_dict(value: Datum) -> dict[str, Datum]:
    if not isinstance(value, dict):
        raise TypeError("a map is expected")
    return value


def _as_list(value: Datum) -> list[Datum]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return value


def _dict(*parts: Datum) -> Datum:
    return {str(raw(parts[n])): parts[n + 1] if n + 1 < len(parts) else Marked.of("") for n in range(0, len(parts), 2)}


def _get(container: Datum, key: Datum) -> Datum:
    return _as_dict(container).get(str(raw(key)), Marked.of(""))


def merged(base: dict[str, Datum], over: Mapping[str, Datum], depth: int = 0) -> dict[str, Datum]:
    """`base` with `over` laid over it, maps key by key."""
    found = dict(base)
    for key, value in over.items():
        below = found.get(key)
        if isinstance(below, dict) and isinstance(value, dict) and depth < 50:
            found[key] = merged(below, value, depth + 1)
        else:
            found[key] = value
    return found


def _merge_overwrite(target: Datum, *maps: Datum) -> Datum:
    """Changes the first map, as sprig does."""
    found = _as_dict(target)
    for each in maps:
        found.update(merged(found, _as_dict(copied(each))))
    return found


def _merge(target: Datum, *maps: Datum) -> Datum:
    """Changes the first map; what is to the left wins, but where its value is empty."""
    found = _as_dict(target)
    for each in maps:
        found.update(_filled(found, _as_dict(copied(each)), 0))
    return found


def _filled(found: dict[str, Datum], further: Mapping[str, Datum], depth: int) -> dict[str, Datum]:
    result = dict(found)
    for key, value in further.items():
        below = result.get(key, NIL)
        if isinstance(below, dict) and isinstance(value, dict) and depth < 50:
            result[key] = _filled(below, value, depth + 1)
        elif truth(below) is False:
            result[key] = value
    return result


def _dig(*parts: Datum) -> Datum:
    *keys, default, container = parts
    for key in keys:
        if isinstance(container, Unknown):
            return container
        container = _as_dict(container).get(str(raw(key)), default) if container is not default else default
        if container is default:
            return default
    return container


def _pick(container: Datum, *keys: Datum) -> Datum:
    wanted = {str(raw(key)) for key in keys}
    return {key: value for key, value in _as_dict(container).items() if key in wanted}


def _omit(container: Datum, *keys: Datum) -> Datum:
    unwanted = {str(raw(key)) for key in keys}
    return {key: value for key, value in _as_dict(container).items() if key not in unwanted}


def _pluck(key: Datum, *containers: Datum) -> Datum:
    name = str(raw(key))
    return [_as_dict(each)[name] for each in containers if name in _as_dict(each)]


def _uniq(values: Datum) -> Datum:
    found: list[Datum] = []
    seen: list[object] = []
    for value in _as_list(values):
        if raw(value) not in seen:
            seen.append(raw(value))
            found.append(value)
    return found


def _without(values: Datum, *unwanted: Datum) -> Datum:
    out = [raw(each) for each in unwanted]
    return [value for value in _as_list(values) if raw(value) not in out]


def _set(container: Datum, key: Datum, value: Datum) -> Datum:
    """Changes the map itself, as in Go. What is put in is a copy: no map can come to hold itself."""
    target = _as_dict(container)
    target[str(raw(key))] = copied(value)
    return target


def _unset(container: Datum, key: Datum) -> Datum:
    target = _as_dict(container)
    target.pop(str(raw(key)), None)
    return target


def copied(datum: Datum, most: int = _MOST_VALUES) -> Datum:
    """A copy of its maps and lists; raises `ValueError` where there are more than `most` values in them."""
    return _copied(datum, [most])


def weight(datum: Datum, most: int) -> int:
    """How many values there are in it, counted up to `most`."""
    open_, count = [datum], 0
    while open_ and count < most:
        each = open_.pop()
        count += 1
        if isinstance(each, dict):
            open_.extend(each.values())
        elif isinstance(each, list):
            open_.extend(each)
        elif isinstance(each, Marked):
            count += len(each.pieces)
    return count


def _copied(datum: Datum, left: list[int]) -> Datum:
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("too many values")
    if isinstance(datum, dict):
        return {key: _copied(value, left) for key, value in datum.items()}
    return [_copied(value, left) for value in datum] if isinstance(datum, list) else datum


def _concat(*lists: Datum) -> Datum:
    return [value for each in lists for value in _as_list(each)]


def _print(*values: Datum) -> Datum:
    """Go puts a space between operands when neither is a text."""
    found: list[Piece] = []
    for index, value in enumerate(values):
        if index and not isinstance(value, Marked) and not isinstance(values[index - 1], Marked):
            found.append(Piece(" "))
        found.extend(inside(value).pieces)
    return Marked(tuple(found))


# Functions that take what is not known for what it is; all others are unknown as soon as an argument is.
LENIENT: Final[Mapping[str, Callable[..., Datum]]] = {
    "default": _default,
    "coalesce": _coalesce,
    "empty": _empty,
    "ternary": _ternary,
    "quote": _quote,
    "squote": _squote,
    "toString": lambda value: shown(copied(value)),
    "indent": _indent,
    "nindent": _nindent,
    "list": lambda *values: list(values),
    "tuple": lambda *values: list(values),
    "dict": _dict,
    "print": _print,
    "toYaml": lambda value: to_yaml(copied(value)),
    "trim": lambda value: shown(value).stripped(_BLANKS, _BLANKS),
    "append": lambda values, value: [*_as_list(values), value],
    "push": lambda values, value: [*_as_list(values), value],
    "prepend": lambda values, value: [value, *_as_list(values)],
    "set": _set,
}
STRICT: Final[Mapping[str, Callable[..., Datum]]] = {
    "trimAll": _trim_all,
    "trimPrefix": _trim_prefix,
    "trimSuffix": _trim_suffix,
    "trunc": _trunc,
    "get": _get,
    "dig": _dig,
    "merge": _merge,
    "mergeOverwrite": _merge_overwrite,
    "mustMerge": _merge,
    "mustMergeOverwrite": _merge_overwrite,
    "deepCopy": copied,
    "mustDeepCopy": copied,
    "unset": _unset,
    "pick": _pick,
    "omit": _omit,
    "pluck": _pluck,
    "values": lambda container: [_as_dict(container)[key] for key in sorted(_as_dict(container))],
    "first": lambda values: _as_list(values)[0] if _as_list(values) else NIL,
    "last": lambda values: _as_list(values)[-1] if _as_list(values) else NIL,
    "rest": lambda values: _as_list(values)[1:],
    "initial": lambda values: _as_list(values)[:-1],
    "reverse": lambda values: _as_list(values)[::-1],
    "compact": lambda values: [value for value in _as_list(values) if truth(value) is not False],
    "concat": _concat,
    "uniq": _uniq,
    "without": _without,
}
