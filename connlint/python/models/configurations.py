"""django-configurations: settings that are the attributes of a class which DJANGO_CONFIGURATION names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.bridges.shared import (
    Default,
    from_parts,
    given_to,
    marked_reading,
    plain_or_raise,
    refuse,
    text_of,
)
from connlint.python.language.classes import find_in_class, instantiate
from connlint.python.language.domain import (
    MISSING,
    Abstract,
    Arguments,
    Class,
    Dict,
    Function,
    Handler,
    Known,
    Mark,
    Native,
    Special,
    Unknown,
    Wrapped,
)
from connlint.python.language.flow import Failed
from connlint.python.language.mappings import read
from connlint.python.libraries import LibraryError, Parts, Reading, configurations
from connlint.python.models.environment import lookup, variables

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

VARIABLE: Final = "DJANGO_CONFIGURATION"
_KINDS: Final = (
    "Value", "BooleanValue", "IntegerValue", "PositiveIntegerValue", "FloatValue", "DecimalValue", "ListValue",
    "TupleValue", "SetValue", "DictValue", "SingleNestedListValue", "SingleNestedTupleValue", "EmailValue", "URLValue",
    "IPValue", "RegexValue", "PathValue", "SecretValue", "DatabaseURLValue", "CacheURLValue", "EmailURLValue",
    "SearchURLValue", "BackendsValue", "CastingMixin",
)  # fmt: skip


class Setting(Special):
    """`values.<Kind>(default, ...)`: becomes a value when the class is set up, under its attribute's name."""

    __slots__ = ("arguments", "kind", "mark")

    def __init__(self, serial: int, kind: str, arguments: Arguments, mark: Mark) -> None:
        super().__init__(serial, (mark,))
        self.kind = kind
        self.arguments = arguments
        self.mark = mark

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "value":
            return self.value(run, text_of(self.arguments.named.get("environ_name")) or "")
        if name == "setup":
            return Native(name, lambda run, arguments, mark: self.value(run, text_of(arguments.get(0, "name")) or ""))
        return super().attribute(run, name, mark)

    def value(self, run: Interpreter, name: str) -> Abstract:
        """What the setting called `name` becomes."""
        given = self.arguments.get(0, "default")
        default = Default.of(given, None)
        try:
            keywords = {
                key: value if key in _PASSED else plain_or_raise(value)
                for key, value in self.arguments.named.items()
                if key != "default" and key != "late_binding"
            }
            reading = configurations.read(self.kind, lookup(run), name, default.given, **keywords)
        except LibraryError as error:
            return refuse(run, MISSING, given is not None, error, self.mark)
        if self.kind == "DatabaseURLValue" and isinstance(reading.value, dict):
            return self._database(run, reading.value, reading, default)
        return marked_reading(run, reading, default, self.mark)

    def _database(self, run: Interpreter, parts: Parts, reading: Reading, default: Default) -> Abstract:
        text = variables(run).cells.get(reading.variable) if reading.source == "environ" else default.value
        return from_parts(run, parts, {"url": text, **self.arguments.named}, self.mark)


_PASSED: Final = frozenset({"conn_max_age", "conn_health_checks", "disable_server_side_cursors"})


def _make(kind: str) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        if arguments.open:
            return Unknown(f"not all arguments of values.{kind} are known", (mark,))
        arguments = Arguments((), given_to("configurations.values.Value", arguments))
        made = Setting(run.store.number(), kind, arguments, mark)
        late = arguments.named.get("late_binding")
        early = "environ_name" in arguments.named and not (isinstance(late, Known) and late.value)
        return made.value(run, "") if early else made  # with a name of its own it needs no class

    return handler


def apply(run: Interpreter, names: Dict, name: str) -> str:
    """Set up the class `name` and put its settings into the module's names; why that is not possible, or nothing."""
    cls = read(run, names, name)
    if not isinstance(cls, Class):
        reason = cls.reason if isinstance(cls, Unknown) else "there is no such class in the settings module"
        return f"{VARIABLE}: {reason}"
    mark = next(mark for mark in cls.marks if isinstance(mark, Mark))
    try:
        _dotenv(run, cls, mark)
        _hook(run, cls, "pre_setup", mark)
        for key, value in _settings(cls).items():
            if isinstance(value, Setting):
                run.store.write(cls, key, value.value(run, key))
        made = instantiate(run, cls, Arguments(), mark)
        _hook(run, cls, "setup", mark)
        for key in _settings(cls):
            run.store.write(names, key, run.attribute(made, key, mark))
        _hook(run, cls, "post_setup", mark)
    except Failed as error:
        return f"{name}: {error.error.reason}"
    return ""


def _settings(cls: Class) -> dict[str, Abstract]:
    """The attributes in capitals, those of the first class in the resolution order."""
    found: dict[str, Abstract] = {}
    for base in reversed(cls.order):
        if isinstance(base, Class):
            found |= {str(key): value for key, value in base.cells.items() if isinstance(key, str) and key.isupper()}
    return found


def _hook(run: Interpreter, cls: Class, name: str, mark: Mark) -> None:
    hook = find_in_class(cls, name)
    function = hook.function if isinstance(hook, Wrapped) else hook
    if isinstance(function, Function):
        run.call(run.attribute(cls, name, mark), Arguments(), mark)


def _dotenv(run: Interpreter, cls: Class, mark: Mark) -> None:
    """A class may name a `.env` file that is read before anything else."""
    path = find_in_class(cls, "DOTENV")
    if path is not None:
        from connlint.python.bridges.environ import read_env

        given = path if not isinstance(path, Wrapped) else Known(None)
        if isinstance(given, Known) and given.value:
            read_env(run, Arguments((given,)), mark)


HANDLERS: Final[Mapping[str, Handler]] = {
    f"{prefix}.{kind}": _make(kind) for prefix in ("configurations.values",) for kind in _KINDS
}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
