"""configparser in evaluated code. A subclass of the project may override the getters that others are built on."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from connlint.python.language import sequences
from connlint.python.language.domain import (
    Abstract,
    Arguments,
    Dict,
    Handler,
    Instance,
    Known,
    Mark,
    Native,
    Special,
    Tuple,
    Unknown,
    merge_marks,
)
from connlint.python.language.plain import NotPlain, compute, error_names, lift, names_of, plain
from connlint.python.models.files import File, read_source
from connlint.value import Origin

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_STEPS: Final = "steps"  # the cell with what was read and set so far, in order
_KINDS: Final[Mapping[str, type[configparser.RawConfigParser]]] = {
    "configparser.ConfigParser": configparser.ConfigParser,
    "configparser.SafeConfigParser": configparser.ConfigParser,
    "configparser.RawConfigParser": configparser.RawConfigParser,
}
_GETTERS: Final[Mapping[str, Callable[[str], object]]] = {
    "getint": int,
    "getfloat": float,
    "getboolean": lambda text: configparser.ConfigParser.BOOLEAN_STATES[text.lower()],
}
_LONGEST: Final = 200_000


class Parser(Special):
    """A ConfigParser; `owner` is the object of a project class that is one, whose own `get` counts."""

    __slots__ = ("kind", "owner", "settings")

    def __init__(self, serial: int, mark: Mark, kind: str, owner: Instance | None = None) -> None:
        super().__init__(serial, (mark,), {_STEPS: Tuple(())})
        self.kind = kind
        self.owner = owner
        self.settings: dict[str, Any] = {}

    def initialize(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        """What `__init__` does with the defaults and options it is given."""
        try:
            defaults = arguments.get(0, "defaults")
            self.settings = {name: plain(value) for name, value in arguments.named.items() if name in _OPTIONS}
            if defaults is not None:
                self.settings["defaults"] = plain(defaults)
        except NotPlain as error:
            self._step(run, error.unknown)
        return Known(None, (mark,))

    def _step(self, run: Interpreter, step: Abstract) -> None:
        held = self.cells[_STEPS]
        items = held.items if isinstance(held, Tuple) else (Unknown("what it has read is not known"),)
        run.store.write(self, _STEPS, Tuple((*items, step)))

    def _built(self) -> configparser.RawConfigParser:
        """The real parser with all that was read into it; NotPlain when some of that is not known."""
        steps = self.cells[_STEPS]
        if not isinstance(steps, Tuple):
            raise NotPlain(Unknown("what it has read is not known"))
        made: configparser.RawConfigParser = _KINDS[self.kind](**self.settings)
        for step in steps.items:
            if isinstance(step, Known):
                made.read_string(str(step.value))
            else:
                content = plain(step)
                assert isinstance(content, dict)
                made.read_dict(content)
        return made

    def ask(
        self, run: Interpreter, name: str, mark: Mark, question: Callable[[configparser.RawConfigParser], object]
    ) -> Abstract:
        """The answer of the real parser; what it raises, the evaluated code raises."""
        steps = self.cells[_STEPS]
        marks = merge_marks(*(step.where for step in steps.items), (mark,)) if isinstance(steps, Tuple) else (mark,)
        try:
            return lift(run, question(self._built()), marks)
        except NotPlain as error:
            run.may_fail((), f"{name} may fail", mark)
            return Unknown(error.unknown.reason, (*error.unknown.marks, mark))
        except (configparser.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            return run.fail(error_names(error), f"{name} fails with {type(error).__name__}", mark)

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name == "__init__":
            return Native(name, self.initialize)
        if name in ("read", "read_file", "readfp", "read_string", "read_dict"):
            return Native(name, lambda run, arguments, mark: self._read(run, name, arguments, mark))
        if name in ("get", *_GETTERS):
            return Native(name, lambda run, arguments, mark: self.get(run, name, arguments, mark))
        if name in ("sections", "has_section", "has_option", "options", "items", "defaults"):
            return Native(name, lambda run, arguments, mark: self._question(run, name, arguments, mark))
        if name in ("set", "add_section"):
            return Native(name, lambda run, arguments, mark: self._set(run, arguments, mark))
        if name == "optionxform":
            return Native(name, lambda run, arguments, mark: run.attribute(arguments.positional[0], "lower", mark))
        return Unknown(f"{name} of a ConfigParser is not modelled", (mark,))

    def set_attribute(self, run: Interpreter, name: str, value: Abstract, mark: Mark) -> None:
        self._step(run, Unknown("the parser was changed", (mark,)))

    def _read(self, run: Interpreter, name: str, arguments: Arguments, mark: Mark) -> Abstract:
        first = arguments.positional[0] if arguments.positional else next(iter(arguments.named.values()), Known(""))
        if name == "read_dict" or name == "read_string":
            self._step(run, first)
        elif name == "read":
            files = (first,) if isinstance(first, Known) else sequences.items_or_unknown(run, first, mark)
            for file in (files,) if isinstance(files, Unknown) else files:
                self._read_file(run, file, mark)
        else:
            self._step(
                run,
                first.text() if isinstance(first, File) else run.unknown_of([first], "what is read is not known", mark),
            )
        return run.make_list([], (mark,))

    def _read_file(self, run: Interpreter, path: Abstract, mark: Mark) -> None:
        from connlint.python.models.paths import locate

        located = locate(run, path.value) if isinstance(path, Known) else None
        if located is not None and not run.finder.tree.names_file(located):
            return  # read() passes over files that are not there
        source = read_source(run, path, mark)
        if isinstance(source, Unknown):
            self._step(run, source)
        elif len(source.text) <= _LONGEST:
            origin = Origin.at(source.span(0, 0), f"read from {source.path}")
            self._step(run, Known(source.text, (origin,)))

    def get(self, run: Interpreter, name: str, arguments: Arguments, mark: Mark) -> Abstract:
        """get() and its relatives, with `fallback`; the relatives ask the owner's own get()."""
        fallback = arguments.named.get("fallback")
        section, option = arguments.get(0, "section"), arguments.get(1, "option")
        if section is None or option is None:
            return run.fail(names_of(TypeError), "the section or option is missing", mark)
        if name != "get":
            call = Arguments((section, option), {k: v for k, v in arguments.named.items() if k == "fallback"})
            getter = run.attribute(self.owner, "get", mark) if self.owner else run.attribute(self, "get", mark)
            text = run.call(getter, call, mark)
            if fallback is not None and text is fallback:
                return fallback
            return compute(run, name, lambda value: _GETTERS[name](value), (text,), mark)
        try:
            where, what = str(plain(section)), str(plain(option))
            raw = bool(plain(arguments.named.get("raw", Known(False))))
            if fallback is not None and not self._built().has_option(where, what):
                return fallback
        except NotPlain as error:
            return run.unknown_of([error.unknown], "which option is read is not known", mark)
        except configparser.Error as error:
            return run.fail(error_names(error), "the file is no valid INI file", mark)
        return self.ask(run, name, mark, lambda parser: parser.get(where, what, raw=raw))

    def _question(self, run: Interpreter, name: str, arguments: Arguments, mark: Mark) -> Abstract:
        try:
            values = [plain(value) for value in arguments.all]
        except NotPlain as error:
            return error.unknown
        if name == "items" and not values:
            return Unknown("items() of a whole ConfigParser is not modelled", (mark,))
        return self.ask(run, name, mark, lambda parser: getattr(parser, name)(*values))

    def _set(self, run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        values = arguments.all
        section = plain(values[0]) if values and isinstance(values[0], Known) else None
        if section is None:
            self._step(run, Unknown("an option was set, and which is not known", (mark,)))
        elif len(values) == 3 and isinstance(values[1], Known):
            self._step(run, run.make_dict({section: run.make_dict({values[1].value: values[2]}, (mark,))}, (mark,)))
        else:
            self._step(run, run.make_dict({section: run.make_dict({}, (mark,))}, (mark,)))
        return Known(None, (mark,))

    def item(self, run: Interpreter, key: Abstract, mark: Mark) -> Abstract:
        name = key.value if isinstance(key, Known) else None
        if not isinstance(name, str):
            return run.unknown_of([key], "which section is read is not known", mark)
        found = self.ask(run, "the subscript", mark, lambda parser: name in parser or name in parser[name])
        return Section(run.store.number(), self, name, mark) if isinstance(found, Known) else found

    def set_item(self, run: Interpreter, key: Abstract, value: Abstract, mark: Mark) -> None:
        name = key.value if isinstance(key, Known) else None
        known = isinstance(name, str) and isinstance(value, Dict)
        self._step(run, run.make_dict({name: value}, (mark,)) if known else Unknown("a section was set", (mark,)))

    def contains(self, run: Interpreter, key: Abstract) -> bool | None:
        try:
            return plain(key) in self._built()
        except (NotPlain, configparser.Error):
            return None

    def iterate(self, run: Interpreter, mark: Mark) -> Abstract:
        return sequences.iterate(run, self.ask(run, "the loop", mark, list), mark)


class Section(Special):
    """One section of a ConfigParser, as `parser["section"]` gives it."""

    __slots__ = ("name", "parser")

    def __init__(self, serial: int, parser: Parser, name: str, mark: Mark) -> None:
        super().__init__(serial, (mark,))
        self.parser = parser
        self.name = name

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name in ("get", *_GETTERS):
            return Native(name, lambda run, arguments, mark: self._get(run, name, arguments, mark))
        if name in ("items", "keys", "values"):
            return Native(
                name,
                lambda run, a, mark: self.parser.ask(run, name, mark, lambda p: list(getattr(p[self.name], name)())),
            )
        return Unknown(f"{name} of a section is not modelled", (mark,))

    def _get(self, run: Interpreter, name: str, arguments: Arguments, mark: Mark) -> Abstract:
        fallback = arguments.get(1, "fallback") or Known(None, (mark,))
        option = arguments.get(0, "option") or Known("")
        return self.parser.get(run, name, Arguments((Known(self.name), option), {"fallback": fallback}), mark)

    def item(self, run: Interpreter, key: Abstract, mark: Mark) -> Abstract:
        return self.parser.ask(run, "the subscript", mark, lambda parser: parser[self.name][str(plain(key))])

    def contains(self, run: Interpreter, key: Abstract) -> bool | None:
        found = self.parser.ask(run, "in", self.marks[0], lambda parser: plain(key) in parser[self.name])  # type: ignore[arg-type]  # the first mark of a parser's section is where it was made
        return found.value if isinstance(found, Known) and isinstance(found.value, bool) else None

    def iterate(self, run: Interpreter, mark: Mark) -> Abstract:
        return sequences.iterate(run, self.parser.ask(run, "the loop", mark, lambda p: list(p[self.name])), mark)


_OPTIONS: Final = frozenset(
    [
        "allow_no_value",
        "delimiters",
        "comment_prefixes",
        "inline_comment_prefixes",
        "strict",
        "empty_lines_in_values",
        "default_section",
        "interpolation",
    ]
)


def delegate(run: Interpreter, name: str, owner: Instance, mark: Mark) -> Abstract | None:
    """What an object of a project class holds for a base class that is modelled; None for any other base."""
    if name in _KINDS:
        return Parser(run.store.number(), mark, name, owner)
    if name in ("builtins.dict", "collections.OrderedDict", "collections.UserDict"):
        return run.make_dict({}, (mark,))
    return None


def _make(kind: str) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        made = Parser(run.store.number(), mark, kind)
        made.initialize(run, arguments, mark)
        return made

    return handler


HANDLERS: Final[Mapping[str, Handler]] = {name: _make(name) for name in _KINDS}
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
