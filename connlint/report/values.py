"""Values with their pedigree, as JSON and as words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from connlint.report.redact import looks_secret
from connlint.value import ABSENT, Kind, Number, Origin, Value

Clean: TypeAlias = Callable[[str], str]

_LARGEST: Final = 10**18  # a larger number is no setting, and writing it out may take for ever
_LONGEST: Final = 500  # characters of a text
_DEEPEST: Final = 8
_ORIGINS: Final = 20


class _Unprintable(Exception):
    """A value that has no place in a report; `str()` says why."""


def as_json(value: Value, clean: Clean) -> dict[str, Any]:
    """The JSON of a value: kind, content, certainty and origins. An absent alternative is left out."""
    result: dict[str, Any] = {"kind": value.kind.value}
    if value.is_unknown:
        result["reason"] = clean(value.reason)
    elif value.alternatives:
        try:
            plain = [_plain(v, clean, _DEEPEST) for v in value.alternatives if v is not ABSENT]
        except _Unprintable as why:
            plain, result = [], {"kind": Kind.UNKNOWN.value, "reason": str(why)}
        if len(plain) == 1:
            result = {"kind": Kind.EXACT.value, "value": plain[0]}
        elif plain:
            result["values"] = plain
        elif "reason" not in result:
            result = {"kind": Kind.UNKNOWN.value, "reason": "it is not set"}
    else:
        result["least"] = _number(value.least if value.least is not None else 0)
        result["most"] = None if value.most is None else _number(value.most)
    unknown = result["kind"] == Kind.UNKNOWN.value
    if unknown and value.is_unknown:  # an unknown may know that it is no number below or above
        result.update({k: _number(v) for k, v in (("least", value.least), ("most", value.most)) if v is not None})
    result["certainty"] = "unknown" if unknown else value.certainty.name.lower()
    result["origins"] = [_origin(origin, clean) for origin in value.origins[:_ORIGINS]]
    return result


def in_words(value: Value, clean: Clean) -> str:
    """What is known, in a few words: `60`, `0 or 60`, `4..16`, `unknown: reason`."""
    known = as_json(value, clean)
    kind = known["kind"]
    if kind == "unknown":
        least = f" (at least {known['least']})" if known.get("least") else ""
        return f"unknown{least}: {known['reason']}"
    if kind == "range":
        return f"{known['least']} or more" if known["most"] is None else f"{known['least']}..{known['most']}"
    values = [known["value"]] if kind == "exact" else known["values"]
    return " or ".join(word(v) for v in values)


def amount(value: Value) -> str:
    """A number of connections in a few characters: `12`, `4..16`, `4 or more`, `unknown`,
    `at least 4`."""
    bounds = value.bounds()
    if bounds is None:
        if value.least:
            return f"at least {_number(value.least)}"
        return "unknown" if value.most is None else f"at most {_number(value.most)}"
    if bounds[1] is None:
        return f"{_number(bounds[0])} or more"
    return str(_number(bounds[0])) if bounds[0] == bounds[1] else f"{_number(bounds[0])}..{_number(bounds[1])}"


def word(plain: object) -> str:
    """A JSON value as settings files would write it."""
    return repr(plain) if isinstance(plain, str) and (not plain or plain != plain.strip()) else str(plain)


def where(value: Value, clean: Clean) -> str:
    """The places that a value comes from, in short."""
    places = dict.fromkeys(o.place if o.span else clean(o.place) for o in value.origins if o.place)
    shown = list(places)[:3]
    return ", ".join(shown) + (f" and {len(places) - 3} more" if len(places) > 3 else "")


def _origin(origin: Origin, clean: Clean) -> dict[str, Any]:
    if origin.span is not None:
        return {"path": origin.span.path, "line": origin.span.line}
    return {"note": clean(origin.note)}


def _plain(value: object, clean: Clean, depth: int) -> Any:
    """A value as JSON knows it; raises `_Unprintable` for what has no such form."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        cleaned = clean(value)
        return cleaned if len(cleaned) <= _LONGEST else cleaned[:_LONGEST] + "..."
    if isinstance(value, (list, tuple)) and depth:
        return [_plain(each, clean, depth - 1) for each in value[:_LONGEST]]
    if isinstance(value, Mapping) and depth:
        return {
            clean(str(key)): _plain(each, clean, depth - 1)
            for key, each in list(value.items())[:_LONGEST]
            if not looks_secret(str(key))
        }
    if isinstance(value, Value):
        return in_words(value, clean) if depth else "..."
    raise _Unprintable(f"a value of type {type(value).__name__} is not printed")


def _number(value: Number) -> Number | str:
    if isinstance(value, float) and not math.isfinite(value):
        return "unbounded" if value > 0 else "not a number"
    return value if abs(value) < _LARGEST else "more than 10**18"
