"""Models of isinstance() and issubclass()."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import (
    Abstract,
    Arguments,
    Class,
    Dict,
    External,
    Handler,
    Instance,
    Known,
    List,
    Mark,
    Special,
    Tuple,
    Unknown,
    Wrapped,
)

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_PLAIN_TYPES: Final[Mapping[str, type]] = {
    f"builtins.{kind.__name__}": kind for kind in (str, bytes, int, float, bool, complex)
}


def _isinstance(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    value, wanted = arguments.get(0, ""), arguments.get(1, "")
    if value is None or wanted is None:
        return Unknown("the arguments of isinstance() are not known", (mark,))
    classes = wanted.items if isinstance(wanted, Tuple) else (wanted,)

    def one(option: Abstract) -> Abstract:
        verdicts = [_is_a(option, cls) for cls in classes]
        if True in verdicts:
            return Known(True, (mark,))
        if None in verdicts:
            return run.unknown_of([option], "what type it is is not known", mark)
        return Known(False, (mark,))

    return run.each(value, one)


def _is_a(value: Abstract, cls: Abstract) -> bool | None:
    if isinstance(value, (Unknown, External, Special)):
        return None
    if isinstance(cls, Class):
        return isinstance(value, Instance) and any(base is cls for base in value.of.order)
    if not isinstance(cls, External):
        return None
    name = cls.name
    if isinstance(value, Known):
        if name in _PLAIN_TYPES:
            return isinstance(value.value, _PLAIN_TYPES[name])
        return _is_kind(f"{type(value.value).__module__}.{type(value.value).__name__}", name)
    if isinstance(value, List):
        return _is_kind(f"builtins.{value.kind}", name)
    if isinstance(value, Dict):
        return _is_kind("builtins.dict", name)
    if isinstance(value, Tuple):
        return _is_kind("builtins.tuple", name)
    if isinstance(value, Wrapped):
        return name == f"builtins.{value.kind}"
    if isinstance(value, Instance):
        names = [base.name for base in value.of.order if isinstance(base, External)]
        return True if name in names or name == "builtins.object" else None if names else False
    return None


_KINDS: Final = {
    "builtins.list": {"list"}, "builtins.dict": {"dict"}, "builtins.tuple": {"tuple"}, "builtins.set": {"set"},
    "builtins.frozenset": {"frozenset"},
    **{f"{m}.{n}": {"list", "tuple", "str", "bytes"} for m in ("collections.abc", "typing") for n in ("Sequence",)},
    **{f"{m}.{n}": {"dict"} for m in ("collections.abc", "typing") for n in ("Mapping", "MutableMapping", "Dict")},
    **{f"{m}.Iterable": {"list", "tuple", "str", "dict", "set", "frozenset", "bytes"} for m in ("collections.abc", "typing")},
}  # fmt: skip


def _is_kind(actual: str, wanted: str) -> bool | None:
    kinds = _KINDS.get(wanted)
    if kinds is not None:
        return actual.rpartition(".")[2] in kinds
    return False if wanted in _PLAIN_TYPES or wanted == "builtins.property" else True if actual == wanted else None


def _issubclass(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    cls, base = arguments.get(0, ""), arguments.get(1, "")
    if isinstance(cls, Class) and isinstance(base, Class):
        return Known(any(item is base for item in cls.order), (mark,))
    return run.unknown_of([v for v in (cls, base) if v], "whether it is a subclass is not known", mark)


HANDLERS: Final[Mapping[str, Handler]] = {
    "builtins.isinstance": _isinstance,
    "builtins.issubclass": _issubclass,
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
