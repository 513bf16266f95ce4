"""The functions of Helm's templates that work on plain values: Go's own and those of sprig that charts use.

Each takes and returns Python values (Go's numbers, texts, lists and maps); one that is given something unknown is not
called at all, and its result is unknown. What it cannot do raises one of `FAULTS`, as Helm would refuse the chart.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from connlint.formats.helm.marked import plain

FAULTS: Final = (TypeError, ValueError, IndexError, KeyError, ZeroDivisionError, OverflowError, AttributeError)
_LONGEST: Final = 200_000


def text(value: Any) -> str:
    """How Go prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(text, value)) + "]"
    return plain(value)


def integer(value: Any) -> int:
    """sprig's cast to int64: 0 for what is no number."""
    if isinstance(value, str):
        try:
            return int(value, 0) if not value.startswith("0") or value[1:2] in "xXob" else int(value, 8)
        except ValueError:
            return 0
    return int(value) if isinstance(value, (int, float)) else 0


def number(value: Any) -> float:
    """sprig's cast to float64."""
    try:
        return float(value) if value is not None else 0.0
    except ValueError:
        return 0.0


def same(a: Any, b: Any) -> bool:
    """Go's `eq` of basic kinds; kinds that cannot be compared are an error."""
    kinds = [bool if isinstance(x, bool) else float if isinstance(x, float) else type(x) for x in (a, b)]
    if None in (a, b):
        return a is None and b is None
    if kinds[0] is not kinds[1] or kinds[0] in (list, dict):
        raise TypeError("kinds that cannot be compared")
    return bool(a == b)


def _less(a: Any, b: Any) -> bool:
    if type(a) is not type(b) or isinstance(a, (bool, list, dict)):
        raise TypeError("kinds that cannot be compared")
    return bool(a < b)


def formatted(pattern: str, values: list[Any]) -> str:
    """Go's Sprintf for the verbs that charts use."""
    left = list(values)

    def put(match: re.Match[str]) -> str:
        flags, verb = match[1], match[2]
        if verb == "%":
            return "%"
        if not left:
            return f"%!{verb}(MISSING)"
        value = left.pop(0)
        if verb == "d":
            if not isinstance(value, int) or isinstance(value, bool):
                return f"%!d({'float64' if isinstance(value, float) else 'string'}={text(value)})"
            return str(f"%{flags}d" % value)
        if verb == "q":
            return json.dumps(text(value), ensure_ascii=False)
        if verb in "fge":
            return f"%{flags}{verb}" % float(value)
        if verb in "xXoc":
            return str(f"%{flags}{verb}" % value)
        return f"%{flags}s" % text(value) if len(flags) < 5 else text(value)

    return re.sub(r"%([-+ 0#]*[0-9]*(?:\.[0-9]+)?)([a-zA-Z%])", put, pattern)


def kind_of(value: Any) -> str:
    """Go's kind of a value of a chart."""
    names = {bool: "bool", int: "int", float: "float64", str: "string", list: "slice", dict: "map"}
    return "invalid" if value is None else names[type(value)]


def _length(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else len(value)


def _repeat(count: Any, value: str) -> str:
    times = integer(count)
    if times * len(value) > _LONGEST:
        raise ValueError("too long")
    return value * times


def _until(start: int, stop: int, step: int) -> list[int]:
    if step == 0 or abs((stop - start) // step) > 1000:
        raise ValueError("too many")
    return list(range(start, stop, step))


def _round(value: Any, places: Any) -> float:
    factor = 10.0 ** integer(places)
    return math.floor(number(value) * factor + 0.5) / factor


def _words(value: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", value)]


def _index(container: Any, *keys: Any) -> Any:
    for key in keys:
        container = container.get(key) if isinstance(container, dict) else container[integer(key)]
    return container


def _joined(between: str, parts: Any) -> str:
    return between.join(text(part) for part in (parts if isinstance(parts, list) else [parts]))


def _trunc(size: Any, value: str) -> str:
    count = integer(size)
    if count < 0:
        return value[count:] if len(value) + count > 0 else value
    return value[:count]


def _abbreviation(value: str) -> str:
    return value[:1].upper() + value[1:]


PLAIN: Final[Mapping[str, Callable[..., Any]]] = {
    "eq": lambda a, *others: any(same(a, other) for other in others),
    "ne": lambda a, b: not same(a, b),
    "lt": _less,
    "gt": lambda a, b: _less(b, a),
    "le": lambda a, b: _less(a, b) or same(a, b),
    "ge": lambda a, b: _less(b, a) or same(a, b),
    "len": _length,
    "index": _index,
    "add": lambda *xs: sum(map(integer, xs)),
    "add1": lambda x: integer(x) + 1,
    "sub": lambda a, b: integer(a) - integer(b),
    "mul": lambda *xs: math.prod(map(integer, xs)),
    "div": lambda a, b: int(integer(a) / integer(b)),
    "mod": lambda a, b: int(math.fmod(integer(a), integer(b))),
    "max": lambda *xs: max(map(integer, xs)),
    "min": lambda *xs: min(map(integer, xs)),
    "addf": lambda *xs: sum(map(number, xs)),
    "subf": lambda a, b: number(a) - number(b),
    "mulf": lambda *xs: math.prod(map(number, xs)),
    "divf": lambda a, b: number(a) / number(b),
    "floor": lambda x: float(math.floor(number(x))),
    "ceil": lambda x: float(math.ceil(number(x))),
    "round": _round,
    "int": integer,
    "int64": integer,
    "float64": number,
    "atoi": integer,
    "upper": lambda s: text(s).upper(),
    "lower": lambda s: text(s).lower(),
    "title": lambda s: text(s).title(),
    "untitle": lambda s: s[:1].lower() + s[1:],
    "camelcase": lambda s: "".join(map(_abbreviation, _words(s))),
    "snakecase": lambda s: "_".join(_words(s)),
    "kebabcase": lambda s: "-".join(_words(s)),
    "nospace": lambda s: re.sub(r"\s", "", s),
    "replace": lambda old, new, s: s.replace(old, new),
    "contains": lambda part, s: part in s,
    "hasPrefix": lambda part, s: s.startswith(part),
    "hasSuffix": lambda part, s: s.endswith(part),
    "repeat": _repeat,
    "join": _joined,
    "split": lambda by, s: {f"_{n}": part for n, part in enumerate(s.split(by))},
    "splitList": lambda by, s: s.split(by),
    "splitn": lambda by, n, s: {f"_{i}": part for i, part in enumerate(s.split(by, integer(n) - 1))},
    "sortAlpha": lambda xs: sorted(map(text, xs)),
    "toStrings": lambda xs: [text(x) for x in xs],
    "until": lambda n: _until(0, integer(n), 1),
    "untilStep": lambda a, b, step: _until(integer(a), integer(b), integer(step)),
    "seq": lambda *xs: " ".join(map(str, _until(1, integer(xs[0]) + 1, 1))) if len(xs) == 1 else _fail(),
    "kindIs": lambda kind, x: kind_of(x) == kind,
    "kindOf": kind_of,
    "typeIs": lambda kind, x: _type_of(x) == kind,
    "typeOf": lambda x: _type_of(x),
    "cat": lambda *xs: " ".join(text(x) for x in xs if x is not None),
    "trunc": _trunc,
    "abbrev": lambda n, s: s if len(s) <= n else s[: n - 3] + "...",
    "substr": lambda a, b, s: s[max(a, 0) : b if b >= 0 else None],
    "toJson": lambda x: json.dumps(_whole(x), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    "toRawJson": lambda x: json.dumps(_whole(x), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    "toPrettyJson": lambda x: json.dumps(_whole(x), sort_keys=True, indent=2, ensure_ascii=False),
    "hasKey": lambda d, key: key in d,
    "keys": lambda *ds: sorted({key for d in ds for key in d}),
    "has": lambda x, xs: any(type(x) is type(y) and x == y for y in xs or ()),
    "all": lambda *xs: all(xs),
    "any": lambda *xs: any(xs),
    "regexMatch": lambda pattern, s: _searched(pattern, s),
}


def _fail() -> Any:
    raise ValueError("not followed")


def _searched(pattern: str, s: str) -> bool:
    """Only patterns that Python and Go read alike, and that cannot take long: literals, classes, anchors."""
    if len(s) > 1000 or not re.fullmatch(r"[\w\s./:@=,^$\[\]\\-]*", pattern, re.ASCII) or "\\p" in pattern:
        raise ValueError("not followed")
    return re.search(pattern, s) is not None


def _type_of(value: Any) -> str:
    return {"slice": "[]interface {}", "map": "map[string]interface {}"}.get(kind_of(value), kind_of(value))


def _whole(value: Any) -> Any:
    """JSON of Go: 3.0 is 3."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(part) for key, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value
