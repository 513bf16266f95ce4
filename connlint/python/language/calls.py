"""Calls: what happens when evaluated code calls something."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from connlint.python.language import mappings, sequences
from connlint.python.language.attributes import Made, class_of_error
from connlint.python.language.classes import find_in_class, instantiate
from connlint.python.language.decorators import is_label
from connlint.python.language.domain import (
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
    Native,
    Special,
    Tuple,
    Unknown,
    Wrapped,
    merge_marks,
)
from connlint.python.language.functions import call_function
from connlint.python.language.giving_up import escape
from connlint.python.language.plain import compute, names_of
from connlint.python.language.strings import find_method
from connlint.python.models.external import handler_of, is_harmless, is_outside

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


def call(run: Interpreter, function: Abstract, arguments: Arguments, mark: Mark) -> Abstract:
    """What calling `function` gives."""
    run.fuel.burn()
    return run.each(function, lambda option: _call(run, option, arguments, mark))


def _call(run: Interpreter, function: Abstract, arguments: Arguments, mark: Mark) -> Abstract:
    if isinstance(function, Function):
        return call_function(run, function, arguments, mark)
    if isinstance(function, Bound):
        with_receiver = Arguments((function.receiver, *arguments.positional), arguments.named, arguments.open)
        return call_function(run, function.function, with_receiver, mark)
    if isinstance(function, External):
        return _call_external(run, function, arguments, mark)
    if isinstance(function, Method):
        return call_method(run, function.receiver, function.name, arguments, mark)
    if isinstance(function, Native):
        return function.handler(run, arguments, mark)
    if isinstance(function, Class):
        return instantiate(run, function, arguments, mark)
    if isinstance(function, Special):
        return function.call(run, arguments, mark)
    if isinstance(function, Instance):
        method = find_in_class(function.of, "__call__")
        if isinstance(method, Function):
            return _call(run, Bound(method, function), arguments, mark)
        if method is None and isinstance(function.base, Special):
            return function.base.call(run, arguments, mark)
        return Unknown("what the call gives is not known", (mark,))
    if isinstance(function, Wrapped):
        return _call(run, function.function, arguments, mark)
    if isinstance(function, (Known, Tuple, List, Dict)):
        return run.fail(names_of(TypeError), "what is called is no function", mark)
    escape(run, arguments, "something that is not known", mark)
    run.may_fail((), "the call may fail", mark)
    return run.unknown_of([function], "what is called is not known", mark)


def _call_external(run: Interpreter, function: External, arguments: Arguments, mark: Mark) -> Abstract:
    handler = handler_of(function.name)
    if handler is not None:
        return handler(run, arguments, mark)
    if is_label(function.name):
        return Native("label", lambda run, arguments, mark: arguments.positional[0])
    names = class_of_error(function)
    last = function.name.rpartition(".")[2]
    if names and (len(names) > 3 or last.endswith(("Error", "Exception", "ImproperlyConfigured", "Exit", "Warning"))):
        return Made(run.store.number(), names, mark)
    if is_outside(function.name):
        if not is_harmless(function.name):
            escape(run, arguments, function.name, mark)
        run.may_fail((), f"{function.name}() may fail", mark)
        return Unknown(f"{function.name} is not part of the project", (mark,))
    run.may_fail((), f"{function.name}() may fail", mark)
    return Unknown(f"{function.name}() is not modelled", (mark,))


def call_method(run: Interpreter, receiver: Abstract, name: str, arguments: Arguments, mark: Mark) -> Abstract:
    """A method of a built-in value."""
    if isinstance(receiver, Dict):
        return mappings.dict_method(run, receiver, name, arguments, mark)
    if isinstance(receiver, List):
        return sequences.list_method(run, receiver, name, arguments, mark)
    if arguments.open:
        return Unknown("not all arguments are known", (mark,))
    if isinstance(receiver, Tuple):
        values = (receiver, *arguments.positional)
        return compute(run, name, lambda items, *rest: getattr(items, name)(*rest), values, mark)
    if isinstance(receiver, Known):
        return _plain_method(run, receiver, name, arguments, mark)
    return Unknown(f"the method {name} is not modelled", (mark,))


def _plain_method(run: Interpreter, receiver: Known, name: str, arguments: Arguments, mark: Mark) -> Abstract:
    names = tuple(arguments.named)
    count = len(arguments.positional)

    def apply(held: object, *values: object) -> object:
        method = find_method(held, name)
        if method is None:
            method = getattr(held, name)
            assert not isinstance(held, PurePath)
        return method(*values[:count], **dict(zip(names, values[count:], strict=True)))

    if name == "join" and isinstance(receiver.value, (str, bytes)) and arguments.positional:
        content = sequences.iterate(run, arguments.positional[0], mark)
        result = compute(run, name, lambda held, items: apply(held, items), (receiver, content), mark)
        marks = merge_marks(*(item.where for item in content.items)) if isinstance(content, Tuple) else ()
        return Known(result.value, merge_marks(marks, result.marks)) if isinstance(result, Known) else result
    if name in ("match", "search", "fullmatch", "sub", "findall", "split", "finditer", "subn"):
        from connlint.python.models.patterns import pattern_method

        if not isinstance(receiver.value, (str, bytes)):
            return pattern_method(run, receiver, name, arguments, mark)
    return compute(run, name, apply, (receiver, *arguments.all), mark)
