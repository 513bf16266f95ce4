"""Models of Python's built-in functions and types, as far as settings use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.language import mappings, sequences
from connlint.python.language.domain import (
    Abstract,
    Arguments,
    Dict,
    Handler,
    Instance,
    Known,
    List,
    Mark,
    Special,
    Tuple,
    Unknown,
)
from connlint.python.language.fuel import MOST_ITEMS, TooLarge
from connlint.python.language.operators import binary, truth
from connlint.python.language.plain import compute, names_of, pure
from connlint.python.language.strings import format_value
from connlint.records import replace

if TYPE_CHECKING:
    import ast

    from connlint.python.language.interpreter import Interpreter


def _content(run: Interpreter, value: Abstract | None, mark: Mark) -> Abstract:
    return Tuple((), (mark,)) if value is None else sequences.iterate(run, value, mark)


def _make_list(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    first = arguments.get(0, "iterable")
    return run.make_list_of(_content(run, first, mark), (first.where if first else ()) or (mark,))


def _make_tuple(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return _content(run, arguments.get(0, "iterable"), mark)


def _make_set(kind: str) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        content = _content(run, arguments.get(0, "iterable"), mark)
        unique = run.each(content, lambda c: sequences.unique(c.items) if isinstance(c, Tuple) else c)
        return run.make_list_of(unique, (mark,), kind)

    return handler


def _bool(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    if not arguments.positional:
        return Known(False, (mark,))
    value = arguments.positional[0]

    def one(option: Abstract) -> Abstract:
        known = truth(run, option)
        if known is None:
            return run.unknown_of([option], "whether it is true is not known", mark)
        return Known(known, option.where or (mark,))

    return run.each(value, one)


def _str(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    value = arguments.get(0, "object")
    if isinstance(value, Instance):
        from connlint.python.language.classes import find_in_class

        for name in ("__str__", "__repr__"):
            method = find_in_class(value.of, name)
            if method is not None:
                return run.call(run.attribute(value, name, mark), Arguments(), mark)
        return Unknown("the text of an object is not known", (mark,))
    if isinstance(value, Special):
        return value.text(mark)
    return pure("str", str)(run, arguments, mark)


def _len(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    value = arguments.get(0, "")
    if value is None:
        return run.fail(names_of(TypeError), "len() lacks its argument", mark)
    if isinstance(value, Known):
        return compute(run, "len", len, (value,), mark)

    def one(option: Abstract) -> Abstract:
        if isinstance(option, Tuple):
            return Known(len(option.items), option.marks or (mark,))
        return run.unknown_of([option], "how many items it has is not known", mark)

    return run.each(sequences.iterate(run, value, mark), one)


def _sorted(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    content = _content(run, arguments.get(0, ""), mark)
    return run.make_list_of(run.each(content, lambda c: sequences.sort(run, c, arguments, mark)), (mark,))


def _reversed(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    content = _content(run, arguments.get(0, ""), mark)

    def turn(option: Abstract) -> Abstract:
        return Tuple(option.items[::-1], option.marks) if isinstance(option, Tuple) else option

    return run.make_list_of(run.each(content, turn), (mark,), "iterator")


def _enumerate(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    start = arguments.get(1, "start")
    first = start.value if isinstance(start, Known) and isinstance(start.value, int) else 0

    def count(option: Abstract) -> Abstract:
        if not isinstance(option, Tuple) or (start is not None and not isinstance(start, Known)):
            return run.unknown_of([option], "its items are not known", mark)
        return Tuple(tuple(Tuple((Known(i), item)) for i, item in enumerate(option.items, first)))

    return run.make_list_of(run.each(_content(run, arguments.get(0, ""), mark), count), (mark,), "iterator")


def _zip(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    columns = [sequences.items_or_unknown(run, value, mark) for value in arguments.positional]
    known = [column for column in columns if not isinstance(column, Unknown)]
    if len(known) != len(columns):
        return run.make_list_of(
            run.unknown_of([c for c in columns if isinstance(c, Unknown)], "", mark), (mark,), "iterator"
        )
    return run.make_list([Tuple(row) for row in zip(*known, strict=False)], (mark,), "iterator")


def _map(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    columns = [sequences.items_or_unknown(run, value, mark) for value in arguments.positional[1:]]
    known = [column for column in columns if not isinstance(column, Unknown)]
    if len(known) != len(columns) or not columns:
        return run.make_list_of(
            run.unknown_of([c for c in columns if isinstance(c, Unknown)], "", mark), (mark,), "iterator"
        )
    function = arguments.positional[0]
    rows = zip(*known, strict=False)
    return run.make_list([run.call(function, Arguments(row), mark) for row in rows], (mark,), "iterator")


def _filter(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    if len(arguments.positional) != 2:
        return Unknown("the arguments of filter() are not known", (mark,))
    function, source = arguments.positional
    items = sequences.items_or_unknown(run, source, mark)
    if isinstance(items, Unknown):
        return run.make_list_of(items, (mark,), "iterator")
    kept: list[Abstract] = []
    for item in items:
        test = item if isinstance(function, Known) else run.call(function, Arguments((item,)), mark)
        known = truth(run, test)
        if known is None:
            return run.make_list_of(
                run.unknown_of([test], "what passes the filter is not known", mark), (mark,), "iterator"
            )
        if known:
            kept.append(item)
    return run.make_list(kept, (mark,), "iterator")


def _quantifier(stops_at: bool) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        items = sequences.items_or_unknown(run, arguments.positional[0], mark) if arguments.positional else ()
        if isinstance(items, Unknown):
            return items
        verdicts = [truth(run, item) for item in items]
        if stops_at in verdicts:
            return Known(stops_at, (mark,))
        if None in verdicts:
            return run.unknown_of(items, "whether its items are true is not known", mark)
        return Known(not stops_at, (mark,))

    return handler


def _next(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    source = arguments.get(0, "")
    if isinstance(source, List) and isinstance(source.content, Tuple):
        if source.content.items:
            return sequences.list_method(run, source, "pop", Arguments((Known(0),)), mark)
        default = arguments.get(1, "default")
        return default if default is not None else run.fail(names_of(StopIteration), "there is no next item", mark)
    return run.unknown_of([source] if source else [], "the next item is not known", mark)


def _iter(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return run.make_list_of(_content(run, arguments.get(0, ""), mark), (mark,), "iterator")


def _extreme(name: str, function: Callable[..., object]) -> Handler:
    """min and max; of unknowns the result is not known, but the least of several is no more than those that are."""

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        key, default = arguments.named.get("key"), arguments.named.get("default")
        items = arguments.positional
        if len(items) == 1:
            found = sequences.items_or_unknown(run, items[0], mark)
            if isinstance(found, Unknown):
                return found
            items = found
        if not items:
            return default if default is not None else run.fail(names_of(ValueError), f"{name}() of nothing", mark)
        if key is None or (isinstance(key, Known) and key.value is None):
            result = compute(run, name, lambda *values: function(values), items, mark)
            if name == "min" and isinstance(result, Unknown):
                numbers = [each.value for each in items if isinstance(each, Known) and isinstance(each.value, int)]
                return replace(result, most=min(numbers, default=None))
            return result
        keys = [run.call(key, Arguments((item,)), mark) for item in items]
        best = compute(run, name, lambda *values: values.index(function(values)), keys, mark)
        if isinstance(best, Known) and isinstance(best.value, int):
            return items[best.value]
        return run.unknown_of([best], f"which is the {name} is not known", mark)

    return handler


def _sum(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    import ast as syntax

    items = sequences.items_or_unknown(run, arguments.positional[0], mark) if arguments.positional else ()
    if isinstance(items, Unknown):
        return items
    total = arguments.get(1, "start") or Known(0)
    plus: ast.operator = syntax.Add()
    for item in items:
        run.fuel.burn()
        total = binary(run, plus, total, item, mark)
    return total


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > MOST_ITEMS:
        raise TooLarge("a range that is too long")
    return made


def _print(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return Known(None, (mark,))


def _object(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return Special(run.store.number(), (mark,))


def _int(*values: object, **named: object) -> int:
    first = values[0] if values else 0
    if isinstance(first, (str, bytes)) and len(first) > 1_000:
        raise TooLarge("a number with too many digits")
    return int(*values, **named)  # type: ignore[call-overload,no-any-return]  # TypeError is the evaluated code's


def _text_of(value: object, spec: str = "") -> str:
    return format_value(value, spec)


def _power(base: object, exponent: object, modulus: object = None) -> object:
    from connlint.python.language.fuel import check_power

    check_power(base, exponent)
    return pow(base, exponent, modulus)  # type: ignore[call-overload]  # TypeError is the evaluated code's


def _dict(run: Interpreter, arguments: Arguments, mark: Mark) -> Dict:
    return mappings.make(run, arguments, mark)


_PURE: Final[Mapping[str, Callable[..., object]]] = {
    "int": _int, "float": float, "complex": complex, "abs": abs, "round": round, "divmod": divmod, "pow": _power,
    "repr": repr, "ascii": ascii, "ord": ord, "chr": chr, "hex": hex, "oct": oct, "bin": bin, "format": _text_of,
    "bytes": lambda *a: bytes(*a) if a and not isinstance(a[0], int) else b"", "range": _range, "slice": slice,
}  # fmt: skip

HANDLERS: Final[Mapping[str, Handler]] = {
    **{f"builtins.{name}": pure(name, function) for name, function in _PURE.items()},
    "builtins.str.lower": pure("lower", str.lower),
    "builtins.str.upper": pure("upper", str.upper),
    "builtins.str.strip": pure("strip", str.strip),
    "builtins.str.split": pure("split", str.split),
    "builtins.str.isdigit": pure("isdigit", str.isdigit),
    "builtins.dict.fromkeys": pure("fromkeys", lambda keys, value=None: dict.fromkeys(keys, value)),
    "builtins.list": _make_list,
    "builtins.tuple": _make_tuple,
    "builtins.set": _make_set("set"),
    "builtins.frozenset": _make_set("frozenset"),
    "builtins.dict": _dict,
    "pydantic_settings.SettingsConfigDict": _dict,
    "pydantic.ConfigDict": _dict,
    "builtins.bool": _bool,
    "builtins.str": _str,
    "builtins.len": _len,
    "builtins.sorted": _sorted,
    "builtins.reversed": _reversed,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.any": _quantifier(True),
    "builtins.all": _quantifier(False),
    "builtins.next": _next,
    "builtins.iter": _iter,
    "builtins.min": _extreme("min", min),
    "builtins.max": _extreme("max", max),
    "builtins.sum": _sum,
    "builtins.print": _print,
    "builtins.object": _object,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
