"""django-environ's Path in evaluated code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.bridges.shared import plain_or_raise
from connlint.python.language.domain import Abstract, Arguments, Handler, Known, Mark, Native, Special, Unknown
from connlint.python.language.operators import truth
from connlint.python.libraries import LibraryError, environ

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


class EnvPath(Special):
    """An `environ.Path`."""

    __slots__ = ("root",)

    def __init__(self, serial: int, root: str, mark: Mark) -> None:
        super().__init__(serial, (mark,))
        self.root = root

    def text(self, mark: Mark) -> Abstract:
        return Known(self.root, (mark,))

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name in ("root", "__root__"):
            return Known(self.root, (mark,))
        if name == "path":
            return Native(name, self.path)
        if name == "rfind" or hasattr(str, name):
            return run.attribute(Known(self.root, (mark,)), name, mark)
        return Unknown(f"{name} of environ.Path is not modelled", (mark,))

    def path(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        """`path(*paths, is_file=False)`: a further Path."""
        return make_path(run, Arguments((self, *arguments.positional), arguments.named, arguments.open), mark)

    def call(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        made = make_path(run, Arguments((Known(self.root), *arguments.positional)), mark)
        return Known(made.root, (mark,)) if isinstance(made, EnvPath) else made

    def operate(self, run: Interpreter, sign: str, other: Abstract, mark: Mark) -> Abstract:
        try:
            value = plain_or_raise(other) if not isinstance(other, EnvPath) else other.root
            if sign == "-" and isinstance(value, (int, str)):
                return EnvPath(run.store.number(), environ.path_minus(self.root, value), mark)
            if sign == "+" and isinstance(value, str):
                return EnvPath(run.store.number(), environ.path(self.root, value), mark)
        except LibraryError as error:
            return Unknown(error.reason, (mark,))
        return Unknown(f"{sign} of environ.Path is not modelled", (mark,))


def make_path(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`environ.Path(start, *paths, is_file=False)`."""
    is_file = arguments.named.get("is_file")
    try:
        parts = [
            value.root if isinstance(value, EnvPath) else str(plain_or_raise(value)) for value in arguments.positional
        ]
        start = parts[0] if parts else run.finder.tree.base
        if not start.startswith("/"):
            start = f"{run.finder.tree.base}/{start}"
        root = environ.path(start, *parts[1:], is_file=is_file is not None and truth(run, is_file) is True)
        return EnvPath(run.store.number(), root, mark)
    except LibraryError as error:
        return Unknown(error.reason, (mark,))


HANDLERS: Final[Mapping[str, Handler]] = {"environ.Path": make_path}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
