"""Models of the running process: sys.modules, sys.argv, loggers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.bridges.shared import text_of
from connlint.python.language import loader
from connlint.python.language.domain import (
    Abstract,
    Arguments,
    Handler,
    Known,
    List,
    Mark,
    Native,
    Special,
    Tuple,
    Unknown,
)

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


class SysModules(Special):
    """sys.modules."""

    __slots__ = ()

    def item(self, run: Interpreter, key: Abstract, mark: Mark) -> Abstract:
        name = text_of(key)
        if name is None:
            return run.unknown_of([key], "which module it is is not known", mark)
        if name in run.modules:
            return run.modules[name]
        return loader.find_module(run, name, mark)

    def contains(self, run: Interpreter, key: Abstract) -> bool | None:
        name = text_of(key)
        return True if name in run.modules else False if name in _NOT_SERVING else None

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "get":
            return Native("get", lambda run, a, mark: self.item(run, a.positional[0], mark))
        return Unknown("this use of sys.modules is not modelled", (mark,))


# A server never runs these commands; whether it is runserver or a worker is another question.
_NOT_SERVING: Final = frozenset(
    [
        "test",
        "tests",
        "pytest",
        "py.test",
        "jenkins",
        "behave",
        "testserver",
        "makemigrations",
        "migrate",
        "collectstatic",
        "shell",
        "shell_plus",
        "compilemessages",
        "makemessages",
        "compress",
        "loaddata",
        "dumpdata",
        "createsuperuser",
        "check",
        "makesuperuser",
        "flush",
        "dbshell",
        "build_docs",
        "spectacular",
        "harvest",
    ]
)


class CommandLine(Special):
    """sys.argv of a process that serves: unknown, but for what it is surely not."""

    __slots__ = ()

    def contains(self, run: Interpreter, key: Abstract) -> bool | None:
        return False if text_of(key) in _NOT_SERVING else None

    def item(self, run: Interpreter, key: Abstract, mark: Mark) -> Abstract:
        if isinstance(key, Known) and isinstance(key.value, slice):
            return self
        return Word(run.store.number(), (mark,))

    def equals(self, other: Abstract) -> bool | None:
        content = other.content if isinstance(other, List) else other
        words = content.items if isinstance(content, Tuple) else ()
        return False if any(text_of(word) in _NOT_SERVING for word in words) else None

    def iterate(self, run: Interpreter, mark: Mark) -> Abstract:
        return Unknown("the command line is not known", (mark,))


class Word(Special):
    """One word of sys.argv."""

    __slots__ = ()

    def equals(self, other: Abstract) -> bool | None:
        return False if text_of(other) in _NOT_SERVING else None

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        return Unknown("the command line is not known", (mark,))


class Logger(Special):
    """A logger: whatever it is told, nothing comes of it."""

    __slots__ = ()

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "level":
            import logging  # heavy, and hardly any settings ask

            return Known(logging.INFO, (mark,))
        return Native(name, self._tell)

    def _tell(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        return self  # bind() and its like give a logger again


def _logger(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return Logger(run.store.number(), (mark,))


def _single(name: str, make: Callable[[Interpreter], Abstract]) -> Callable[[Interpreter, Mark], Abstract]:
    def constant(run: Interpreter, mark: Mark) -> Abstract:
        if name not in run.specials:
            run.specials[name] = make(run)
        return run.specials[name]

    return constant


HANDLERS: Final[Mapping[str, Handler]] = dict.fromkeys(
    ("logging.getLogger", "structlog.get_logger", "structlog.getLogger", "structlog.stdlib.get_logger"), _logger
)
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    "sys.modules": _single("sys.modules", lambda run: SysModules(run.store.number())),
    "sys.argv": _single("sys.argv", lambda run: CommandLine(run.store.number())),
    "loguru.logger": _single("loguru.logger", lambda run: Logger(run.store.number())),
}
