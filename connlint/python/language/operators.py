"""Operators on abstract values: arithmetic, comparison, truth, membership."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import (
    ITEMS,
    MISSING,
    REST,
    Abstract,
    Arguments,
    Bound,
    Class,
    Dict,
    External,
    Function,
    Instance,
    Known,
    List,
    Mark,
    Method,
    Module,
    Native,
    Special,
    Tuple,
    Unknown,
    merge_marks,
)
from connlint.python.language.fuel import LONGEST, MOST_ITEMS, TooLarge, check_power, check_product, check_shift
from connlint.python.language.plain import NotPlain, alternatives, compute, names_of
from connlint.python.language.store import same
from connlint.python.language.strings import check_percent

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


def _add(left: object, right: object) -> object:
    if isinstance(left, (str, bytes)) and isinstance(right, (str, bytes)) and len(left) + len(right) > LONGEST:
        raise TooLarge("a string that is too long")
    return left + right  # type: ignore[operator]  # TypeError is the evaluated code's


def _multiply(left: object, right: object) -> object:
    check_product(left, right)
    return left * right  # type: ignore[operator]  # TypeError is the evaluated code's


def _power(left: object, right: object) -> object:
    check_power(left, right)
    return left**right  # type: ignore[operator]  # TypeError is the evaluated code's


def _shift(left: object, right: object) -> object:
    check_shift(left, right)
    return left << right  # type: ignore[operator]  # TypeError is the evaluated code's


def _modulo(left: object, right: object) -> object:
    if isinstance(left, (str, bytes)):
        check_percent(left, right)
    return left % right  # type: ignore[operator]  # TypeError is the evaluated code's


def _negative(value: object) -> object:
    return -value  # type: ignore[operator]  # TypeError is the evaluated code's


def _positive(value: object) -> object:
    return +value  # type: ignore[operator]  # TypeError is the evaluated code's


def _inverse(value: object) -> object:
    return ~value  # type: ignore[operator]  # TypeError is the evaluated code's


def _ordered(name: str) -> Callable[[object, object], object]:
    function: Callable[[object, object], object] = getattr(operator, name)
    return function


_BINARY: Final[dict[type[ast.operator], tuple[str, Callable[[object, object], object]]]] = {
    ast.Add: ("+", _add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", _multiply),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", _modulo),
    ast.Pow: ("**", _power),
    ast.LShift: ("<<", _shift),
    ast.RShift: (">>", operator.rshift),
    ast.BitOr: ("|", operator.or_),
    ast.BitAnd: ("&", operator.and_),
    ast.BitXor: ("^", operator.xor),
    ast.MatMult: ("@", operator.matmul),
}  # fmt: skip
_UNARY: Final[dict[type[ast.unaryop], tuple[str, Callable[[object], object]]]] = {
    ast.USub: ("-", _negative),
    ast.UAdd: ("+", _positive),
    ast.Invert: ("~", _inverse),
}  # fmt: skip
_ORDER: Final[dict[type[ast.cmpop], tuple[str, Callable[[object, object], object]]]] = {
    ast.Lt: ("<", _ordered("lt")),
    ast.LtE: ("<=", _ordered("le")),
    ast.Gt: (">", _ordered("gt")),
    ast.GtE: (">=", _ordered("ge")),
}  # fmt: skip


def binary(run: Interpreter, op: ast.operator, left: Abstract, right: Abstract, mark: Mark) -> Abstract:
    """`left op right`; containers are joined without knowing all that they hold."""
    sign, function = _BINARY[type(op)]
    if not isinstance(left, Known) or not isinstance(right, Known):
        return run.each(
            left, lambda one: run.each(right, lambda other: _binary(run, op, sign, function, one, other, mark))
        )
    return compute(run, sign, function, (left, right), mark)


def _binary(
    run: Interpreter,
    op: ast.operator,
    sign: str,
    function: Callable[[object, object], object],
    left: Abstract,
    right: Abstract,
    mark: Mark,
) -> Abstract:
    if isinstance(op, ast.Add) and isinstance(left, List) and isinstance(right, List):
        return run.make_list_of(
            run.each(left.content, lambda a: run.each(right.content, lambda b: _chain(a, b, mark))), (mark,)
        )
    if isinstance(op, ast.Add) and isinstance(left, Tuple) and isinstance(right, Tuple):
        return _chain(left, right, mark)
    if isinstance(op, ast.BitOr) and isinstance(left, Dict) and isinstance(right, Dict):
        return merged(run, left, right, mark)
    if isinstance(op, ast.Mult) and isinstance(left, (List, Tuple)) and isinstance(right, Known):
        return _repeated(run, left, right.value, mark)
    if isinstance(op, ast.BitOr) and isinstance(left, (External, Class)):
        return Unknown("it is a type", (mark,))
    if isinstance(left, Special):
        return left.operate(run, sign, right, mark)
    if isinstance(left, Instance) or isinstance(right, Instance):
        return Unknown("operators of project classes are not followed", (mark,))
    return compute(run, sign, function, (left, right), mark)


def _chain(left: Abstract, right: Abstract, mark: Mark) -> Abstract:
    if isinstance(left, Tuple) and isinstance(right, Tuple):
        if len(left.items) + len(right.items) > MOST_ITEMS:
            return Unknown("it has too many items", (mark,))
        return Tuple(left.items + right.items, merge_marks(left.marks, right.marks))
    unknown = left if isinstance(left, Unknown) else right
    return unknown if isinstance(unknown, Unknown) else Unknown("not all of its items are known", (mark,))


def _repeated(run: Interpreter, value: List | Tuple, times: object, mark: Mark) -> Abstract:
    content = value.content if isinstance(value, List) else value
    if not isinstance(content, Tuple) or not isinstance(times, int):
        return Unknown("how often it is repeated is not known", (mark,))
    try:
        check_product(content.items, times)
    except TooLarge as error:
        return Unknown(f"* makes {error}", (mark,))
    run.fuel.burn(max(len(content.items) * times, 0))
    items = content.items * times
    return run.make_list(items, (mark,)) if isinstance(value, List) else Tuple(items, (mark,))


def merged(run: Interpreter, left: Dict, right: Dict, mark: Mark) -> Dict:
    """A new dict with the keys of both, the right one's winning."""
    result = run.make_dict(left.cells, (mark,))
    for key, value in right.cells.items():
        before = result.cells.get(key, MISSING)
        result.cells[key] = value if key is REST else overlaid(before, value)
    if right.rest is not None:
        blur(result, right.rest)
    return result


def overlaid(before: Abstract, value: Abstract) -> Abstract:
    """What a key holds after an update with a value that may be missing in one case."""
    from connlint.python.language.store import join_values

    if MISSING not in value.options:
        return value
    births = getattr(value, "births", (None,) * len(value.options))
    present = [(option, born) for option, born in zip(value.options, births, strict=True) if option is not MISSING]
    return join_values([*present, (before, None)])


def blur(target: Dict, rest: Abstract) -> None:
    """A new dict whose every key may have been replaced by something unknown."""
    reason = rest.reason if isinstance(rest, Unknown) else "its keys are not known"
    for key in list(target.known_keys()):
        target.cells[key] = Unknown(reason, rest.where)
    target.cells[REST] = Unknown(reason, rest.where)


def unary(run: Interpreter, op: ast.unaryop, value: Abstract, mark: Mark) -> Abstract:
    """`-x`, `+x`, `~x` and `not x`."""
    if isinstance(op, ast.Not):
        known = truth(run, value)
        if known is None:
            return run.unknown_of([value], "whether it is true is not known", mark)
        return Known(not known, value.where or (mark,))
    sign, function = _UNARY[type(op)]
    return compute(run, sign, function, (value,), mark)


def truth(run: Interpreter, value: Abstract) -> bool | None:
    """Whether a value counts as true; None when that is not known."""
    found = {_truth(run, option) for option in value.options}
    return found.pop() if len(found) == 1 else None


def _truth(run: Interpreter, value: Abstract) -> bool | None:
    if isinstance(value, Known):
        return bool(value.value)
    if isinstance(value, Tuple):
        return bool(value.items)
    if isinstance(value, List):
        return truth(run, value.cells[ITEMS])
    if isinstance(value, Dict):
        cells = [value.cells[key] for key in value.known_keys()]
        if any(MISSING not in cell.options for cell in cells):
            return True
        return None if cells or value.rest is not None else False
    if isinstance(value, (Function, Class, Module, Bound, Method, Native)):
        return True
    if isinstance(value, Instance):
        return _instance_truth(run, value)
    if isinstance(value, Unknown):
        return value.truth
    return True if isinstance(value, Special) else None


def _instance_truth(run: Interpreter, value: Instance) -> bool | None:
    from connlint.python.language.classes import find_in_class

    for name in ("__bool__", "__len__"):
        function = find_in_class(value.of, name)
        if isinstance(function, Function):
            return truth(run, run.call(Bound(function, value), Arguments(), value.marks[0]))  # type: ignore[arg-type]  # the first mark of an instance is where it was made
        if function is not None:
            return None
    return True if value.base is None else _truth(run, value.base)


def compare(run: Interpreter, op: ast.cmpop, left: Abstract, right: Abstract, mark: Mark) -> Abstract:
    """One comparison, as a known True or False where it can be told."""
    marks = merge_marks(left.where, right.where) or (mark,)
    if type(op) in _ORDER:
        sign, function = _ORDER[type(op)]
        return compute(run, sign, function, (left, right), mark)
    if isinstance(op, (ast.Eq, ast.NotEq)):
        known = equal(left, right)
    elif isinstance(op, (ast.Is, ast.IsNot)):
        known = identical(left, right)
    else:
        known = contains(run, right, left, mark)
    if known is None:
        run.may_fail(names_of(TypeError), "the comparison may fail", mark)
        return run.unknown_of([left, right], "the comparison cannot be decided", mark)
    negated = isinstance(op, (ast.NotEq, ast.IsNot, ast.NotIn))
    return Known(known is not negated, marks)


def equal(left: Abstract, right: Abstract) -> bool | None:
    """Whether two values are equal; None when that is not known."""
    if left is right and not isinstance(left, Unknown) and len(left.options) == 1:
        return True
    plain_types = (Known, Tuple, List, Dict)
    if isinstance(left, plain_types) and isinstance(right, plain_types) and type(left) is not type(right):
        return False
    try:
        ours, theirs = alternatives(left), alternatives(right)
    except NotPlain:
        return _opaque_equal(left, right)
    found = {bool(a == b) for a in ours for b in theirs}
    return found.pop() if len(found) == 1 else None


_OPAQUE: Final = (Function, Class, Module, Native, Special)


def _opaque_equal(left: Abstract, right: Abstract) -> bool | None:
    if isinstance(left, Special):
        return left.equals(right)
    if isinstance(right, Special):
        return right.equals(left)
    if isinstance(left, External) and isinstance(right, External):
        return True if left.name == right.name else None
    if isinstance(left, _OPAQUE) and isinstance(right, (*_OPAQUE, Known, Tuple, List, Dict)):
        return left is right
    if isinstance(right, _OPAQUE) and isinstance(left, (Known, Tuple, List, Dict)):
        return False
    return None


def identical(left: Abstract, right: Abstract) -> bool | None:
    """Whether two values are one object, for the comparisons people write: with None, True, types."""
    found: set[bool | None] = set()
    for one in left.options:
        for other in right.options:
            if isinstance(one, Unknown) or isinstance(other, Unknown):
                found.add(None)
            elif isinstance(one, Known) and isinstance(other, Known):
                found.add(type(one.value) is type(other.value) and bool(one.value == other.value))
            elif isinstance(one, External) and isinstance(other, External):
                found.add(True if one.name == other.name else None)
            elif isinstance(one, External) or isinstance(other, External):
                known = one if isinstance(one, Known) else other
                found.add(False if isinstance(known, Known) and known.value is None and _is_type(one, other) else None)
            else:
                found.add(same(one, other))
    return found.pop() if len(found) == 1 else None


def _is_type(one: Abstract, other: Abstract) -> bool:
    """Whether one of the two is a class or module by its name, which is never None."""
    names = [value.name for value in (one, other) if isinstance(value, External)]
    return any(name.startswith("builtins.") for name in names)


def contains(run: Interpreter, container: Abstract, item: Abstract, mark: Mark) -> bool | None:
    """`item in container`; None when that is not known."""
    found = {_contains(run, option, item, mark) for option in container.options}
    return found.pop() if len(found) == 1 else None


def _contains(run: Interpreter, container: Abstract, item: Abstract, mark: Mark) -> bool | None:
    if isinstance(container, Special):
        return container.contains(run, item)
    if isinstance(container, Instance) and container.base is not None and "__contains__" not in container.of.cells:
        return _contains(run, container.base, item, mark)
    if isinstance(container, List):
        return contains(run, container.content, item, mark)
    if isinstance(container, Dict):
        return has_key(container, item)
    if isinstance(container, Tuple):
        run.fuel.burn(len(container.items) // 8)
        verdicts = [equal(element, item) for element in container.items]
        return True if True in verdicts else None if None in verdicts else False
    if isinstance(container, Known):
        result = compute(run, "in", lambda a, b: a in b, (item, container), mark)
        return truth(run, result)
    return None


def has_key(container: Dict, item: Abstract) -> bool | None:
    """`item in container` of a dict; None when that is not known."""
    try:
        keys = alternatives(item)
    except NotPlain:
        return None if container.cells else False
    found: set[bool | None] = set()
    for key in keys:
        try:
            cell = container.cells.get(key)
        except TypeError:
            return None
        if cell is None:
            found.add(None if container.rest is not None else False)
        else:
            found.add(None if MISSING in cell.options else True)
    return found.pop() if len(found) == 1 else None
