"""Models of the standard library, as far as settings use it."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from connlint.python.language import mappings, sequences
from connlint.python.language.classes import Factory
from connlint.python.language.domain import (
    Abstract,
    Arguments,
    Class,
    Dict,
    Handler,
    Instance,
    Known,
    List,
    Mark,
    Module,
    Native,
    Special,
    Tuple,
    Unknown,
    merge_marks,
)
from connlint.python.language.fuel import TooLarge
from connlint.python.language.plain import names_of, pure
from connlint.python.language.trying import make_suppress
from connlint.python.libraries import LibraryError
from connlint.python.libraries.truth import strtobool
from connlint.python.models.environment import from_value
from connlint.python.models.paths import locate
from connlint.value import Origin

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_LINUX: Final = "servers are taken to run on Linux"


def _literal(text: object) -> object:
    if isinstance(text, str) and len(text) > 20_000:
        raise TooLarge("a text that is too long")
    try:
        return ast.literal_eval(text)  # type: ignore[arg-type]  # TypeError is the evaluated code's
    except (RecursionError, MemoryError):
        raise TooLarge("something nested too deeply") from None


def _copy(deep: bool) -> Handler:
    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        value = arguments.get(0, "x")
        if value is None:
            return run.fail(names_of(TypeError), "there is nothing to copy", mark)
        return run.each(value, lambda option: copied(run, option, {}, deep=deep))

    return handler


def copied(run: Interpreter, value: Abstract, done: dict[int, Abstract], *, deep: bool) -> Abstract:
    """A copy of a container, and of all that it holds where `deep`; anything else is itself."""
    run.fuel.burn()
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, (Dict, Instance)):
        if isinstance(value, Dict):
            made: Dict | Instance | List = Dict(run.store.number(), value.marks, dict(value.cells), value.factory)
        else:
            made = Instance(run.store.number(), value.marks, dict(value.cells), value.of)
    elif isinstance(value, List):
        made = List(run.store.number(), value.marks, dict(value.cells), value.kind)
    elif isinstance(value, Tuple) and deep:
        return Tuple(tuple(copied(run, item, done, deep=True) for item in value.items), value.marks)
    elif deep and len(value.options) > 1:
        from connlint.python.language.store import one_of

        return one_of(copied(run, option, done, deep=True) for option in value.options)
    else:
        return value
    done[id(value)] = made
    if deep:
        for key, cell in list(made.cells.items()):
            made.cells[key] = copied(run, cell, done, deep=True)
    return made


def _partial(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    if not arguments.positional:
        return Unknown("what is called is not known", (mark,))
    function, given = arguments.positional[0], arguments

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        whole = Arguments(
            (*given.positional[1:], *arguments.positional),
            {**given.named, **arguments.named},
            given.open or arguments.open,
        )
        return run.call(function, whole, mark)

    return Native("partial", handler)


def _reduce(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    if len(arguments.positional) < 2:
        return Unknown("the arguments of reduce() are not known", (mark,))
    items = sequences.items_or_unknown(run, arguments.positional[1], mark)
    if isinstance(items, Unknown):
        return items
    pending = [*arguments.positional[2:3], *items]
    if not pending:
        return run.fail(names_of(TypeError), "reduce() of nothing", mark)
    result = pending[0]
    for item in pending[1:]:
        result = run.call(arguments.positional[0], Arguments((result, item)), mark)
    return result


def _chain(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    made = run.make_list([], (mark,), "iterator")
    for source in arguments.positional:
        sequences.extend(run, made, source, mark)
    return made


def _chain_all(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    items = sequences.items_or_unknown(run, arguments.positional[0], mark) if arguments.positional else ()
    return items if isinstance(items, Unknown) else _chain(run, Arguments(items), mark)


def _bounded_product(*columns: tuple[object, ...], repeat: int = 1) -> list[object]:
    size = math.prod(len(column) for column in columns) ** repeat if columns else 1
    if size > 10_000:
        raise TooLarge("too many combinations")
    return list(itertools.product(*columns, repeat=repeat))


def _defaultdict(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    made = mappings.make(run, Arguments(arguments.positional[1:], arguments.named, arguments.open), mark)
    factory = arguments.get(0, "default_factory")
    if factory is not None and not (isinstance(factory, Known) and factory.value is None):
        made.factory = factory
    return made


def _namespace(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    cls = Class(run.store.number(), (mark,), {}, "SimpleNamespace")
    cls.order = (cls,)
    return Instance(run.store.number(), (mark,), dict(arguments.named.items()), cls)


def _module(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """types.ModuleType(name): an empty module."""
    name = arguments.get(0, "name")
    made = Module(run.store.number(), (mark,), name=str(name.value) if isinstance(name, Known) else "", state="loaded")
    made.names = Dict(run.store.number(), (mark,), {"__name__": Known(made.name)}, None, "module")
    return made


def _chain_map(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    made = run.make_dict({}, (mark,))
    for source in reversed(arguments.positional):
        mappings.update(run, made, source, mark)
    return made


def _first_argument(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """typing.cast(type, value) and the like: the value itself."""
    return arguments.positional[-1] if arguments.positional else Known(None, (mark,))


def _field(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    factory, default = arguments.named.get("default_factory"), arguments.named.get("default")
    if factory is not None:
        return Factory(factory)
    return default if default is not None else Unknown("the field has no default", (mark,))


def _exit(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    from connlint.python.language.flow import Failed, Raised

    raise Failed(Raised(names_of(SystemExit), "it ends the program", mark, explicit=True))


def _cpus(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    value = from_value(run.cpus, "how many CPUs there are is not declared")
    place = Origin(run.cpus.certainty, mark.unit.span(mark.node), "the number of CPUs")
    if isinstance(value, Known):
        return Known(value.value, merge_marks((place,), value.marks))
    return Unknown(value.reason, merge_marks((place,), value.marks)) if isinstance(value, Unknown) else value


def _affinity(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    count = _cpus(run, arguments, mark)
    if isinstance(count, Known) and isinstance(count.value, int) and 0 < count.value <= 1024:
        return run.make_list([Known(i, count.marks) for i in range(count.value)], count.marks, "set")
    return run.make_list_of(run.unknown_of([count], "how many CPUs there are is not known", mark), (mark,), "set")


class SearchPath(Special):
    """sys.path: folders put on it are looked in, too."""

    __slots__ = ()

    def attribute(self, run: Interpreter, name: str, mark: Mark) -> Abstract:
        if name in ("append", "insert", "extend"):
            return Native(name, _add_path)
        if name == "remove":
            return Native(name, lambda run, arguments, mark: Known(None, (mark,)))
        return Unknown("this use of sys.path is not modelled", (mark,))

    def item(self, run: Interpreter, key: Abstract, mark: Mark) -> Abstract:
        return Unknown("what is on sys.path is not known", (mark,))


def _add_path(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    last = arguments.positional[-1] if arguments.positional else None
    folder = locate(run, last.value) if isinstance(last, Known) else None
    if folder is not None:
        run.finder.add_root(folder)
    return Known(None, (mark,))


def _search_path(run: Interpreter, mark: Mark) -> Abstract:
    if "sys.path" not in run.specials:
        run.specials["sys.path"] = SearchPath(run.store.number())
    return run.specials["sys.path"]


def _strtobool(value: object) -> int:
    if not isinstance(value, str):
        raise AttributeError("lower")
    try:
        return strtobool(value)
    except LibraryError:
        raise ValueError("no truth value") from None


def _assumed(value: object) -> Callable[[Interpreter, Mark], Abstract]:
    def constant(run: Interpreter, mark: Mark) -> Abstract:
        return Known(value, (Origin.assumed(_LINUX, mark.unit.span(mark.node)),))

    return constant


def _assumed_call(value: object) -> Handler:
    return lambda run, arguments, mark: _assumed(value)(run, mark)


def _itemgetter(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    keys = arguments.positional

    def handler(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
        from connlint.python.language.sequences import get_item

        owner = arguments.positional[0]
        pick = mappings.get_item if isinstance(owner, Dict) else get_item
        found = [pick(run, owner, key, mark) for key in keys]  # type: ignore[arg-type]  # the getter is the one for what the owner is
        return found[0] if len(found) == 1 else Tuple(tuple(found), (mark,))

    return Native("itemgetter", handler)


def _nothing(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    return Known(None, (mark,))


SAME: Final[Handler] = _first_argument


def _real(name: str) -> Any:
    """What the standard library has under a name; imported only now, since few settings use any of it."""
    module, _, last = name.rpartition(".")
    return getattr(import_module(module), last)


def _as_it_is(name: str) -> Handler:
    """A handler that calls the real function: one without side effects."""
    return pure(name, lambda *positional, **named: _real(name)(*positional, **named))


def _constant(name: str) -> Callable[[Interpreter, Mark], Abstract]:
    return lambda run, mark: Known(_real(name), (mark,))


_AS_THEY_ARE: Final = (
    "base64.b64decode", "base64.b64encode", "base64.urlsafe_b64encode", "datetime.date", "datetime.timedelta",
    "decimal.Decimal", "logging.getLevelName", "math.ceil", "math.floor", "math.log2", "math.sqrt", "shlex.split",
    "textwrap.dedent", "urllib.parse.parse_qs", "urllib.parse.parse_qsl", "urllib.parse.quote",
    "urllib.parse.quote_plus", "urllib.parse.unquote", "urllib.parse.unquote_plus", "urllib.parse.urlencode",
    "urllib.parse.urljoin", "urllib.parse.urlparse", "urllib.parse.urlsplit", "urllib.parse.urlunparse",
)  # fmt: skip

HANDLERS: Final[Mapping[str, Handler]] = {
    **{name: _as_it_is(name) for name in _AS_THEY_ARE},
    "ast.literal_eval": pure("ast.literal_eval", _literal),
    "itertools.product": pure("itertools.product", _bounded_product),
    "distutils.util.strtobool": pure("distutils.util.strtobool", _strtobool),
    "setuptools.distutils.util.strtobool": pure("setuptools.distutils.util.strtobool", _strtobool),
    "copy.copy": _copy(deep=False),
    "copy.deepcopy": _copy(deep=True),
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_all,
    "collections.OrderedDict": mappings.make,
    "collections.defaultdict": _defaultdict,
    "collections.ChainMap": _chain_map,
    "collections.deque": lambda run, arguments, mark: _chain(run, Arguments(arguments.positional[:1]), mark),
    "types.SimpleNamespace": _namespace,
    "types.ModuleType": _module,
    "types.MappingProxyType": _first_argument,
    "typing.cast": _first_argument,
    "dataclasses.field": _field,
    "contextlib.suppress": make_suppress,
    "operator.itemgetter": _itemgetter,
    "sys.exit": _exit,
    "builtins.exit": _exit,
    "os._exit": _exit,
    "os.cpu_count": _cpus,
    "multiprocessing.cpu_count": _cpus,
    "os.sched_getaffinity": _affinity,
    "platform.system": _assumed_call("Linux"),
    "warnings.filterwarnings": _nothing,
    "warnings.simplefilter": _nothing,
    "warnings.warn": _nothing,
    "logging.basicConfig": _nothing,
    "logging.disable": _nothing,
    "logging.captureWarnings": _nothing,
    "logging.config.dictConfig": _nothing,
    "logging.info": _nothing,
    "logging.warning": _nothing,
    "logging.error": _nothing,
    "logging.debug": _nothing,
    "locale.setlocale": _nothing,
}


_CONSTANTS: Final = (
    "logging.CRITICAL", "logging.DEBUG", "logging.ERROR", "logging.INFO", "logging.WARNING", "math.inf", "math.pi",
    "string.ascii_letters", "string.ascii_lowercase", "string.ascii_uppercase", "string.digits", "string.punctuation",
)  # fmt: skip

CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {
    **{name: _constant(name) for name in _CONSTANTS},
    "sys.path": _search_path,
    "sys.platform": _assumed("linux"),
    "os.name": _assumed("posix"),
    "sys.maxsize": lambda run, mark: Known(2**63 - 1, (mark,)),
    "typing.TYPE_CHECKING": lambda run, mark: Known(False, (mark,)),
}
