"""Evaluating a Django settings module: its databases and the other names that rules need."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Final

from connlint.formats.packages.versions import Packages
from connlint.project.tree import Tree
from connlint.python.export import flatten, to_value
from connlint.python.language.domain import MISSING, Abstract, Dict, Mark, Marks, Module, Unknown
from connlint.python.language.fuel import Fuel, OutOfFuel
from connlint.python.language.interpreter import Interpreter
from connlint.python.language.loader import load, namespace
from connlint.python.language.mappings import present, read
from connlint.python.language.setters import run_setters
from connlint.python.language.store import one_of
from connlint.python.models.environment import asked_for
from connlint.python.modules import Finder, ModuleNotFound, ModuleUnparsable
from connlint.records import dataclass
from connlint.source import Span
from connlint.value import Value

# The keys of an alias that Django's documentation of DATABASES names; where not all keys are known, these are unknown.
_KEYS: Final = (
    "ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "CONN_MAX_AGE", "CONN_HEALTH_CHECKS", "ATOMIC_REQUESTS",
    "AUTOCOMMIT", "DISABLE_SERVER_SIDE_CURSORS", "OPTIONS", "TEST", "TIME_ZONE",
)  # fmt: skip
# Module-level names that rules ask for; nothing else leaves the evaluation, so that no secret does.
_NEEDED: Final = re.compile(
    """INSTALLED_APPS|MIDDLEWARE(_CLASSES)?|DEBUG|CACHES|SESSION_ENGINE|ATOMIC_REQUESTS|CONN_MAX_AGE|CONN_HEALTH_CHECKS
    |AUTOCOMMIT|DISABLE_SERVER_SIDE_CURSORS|USE_TZ|TIME_ZONE|WSGI_APPLICATION|ASGI_APPLICATION|DATABASE_ROUTERS
    |DATABASE_APPS_MAPPING|(SHARED|TENANT)_APPS|TENANT_\\w*|(CELERY|CELERYD|CELERYBEAT|BROKER)(_\\w+)?|\\w*CELERY\\w*
    |worker_\\w+|Q_CLUSTER|HUEY|RQ_QUEUES|DRAMATIQ_\\w+|PROCRASTINATE_\\w+|TASKS|CHANNEL_LAYERS|DB_\\w*POOL\\w*""",
    re.VERBOSE,
)
_QUEUES: Final = ("Q_CLUSTER", "HUEY")  # settings of task queues: dictionaries that hold secrets beside numbers
_CONFIGURATION: Final = "DJANGO_CONFIGURATION"  # names the class whose attributes are the settings
NOTHING_STATED: Final = Packages()


class SettingsError(Exception):
    """A settings module that cannot be evaluated at all; `span` is the place to point at, where there is one."""

    def __init__(self, reason: str, span: Span | None = None) -> None:
        super().__init__(reason)
        self.span = span


@dataclass(frozen=True, slots=True)
class EvaluatedDatabase:
    """One alias of DATABASES. Nested keys are flattened: `OPTIONS.pool.max_size`; ABSENT is one of the values of a
    key that only some branches set."""

    alias: str
    settings: Mapping[str, Value]
    span: Span


@dataclass(frozen=True, slots=True)
class EvaluatedSettings:
    """A settings module as one environment makes it. `databases_problem`: why DATABASES as a whole is unknown."""

    name: str
    path: str
    databases: Mapping[str, EvaluatedDatabase]
    names: Mapping[str, Value]
    read_names: frozenset[str]
    problems: tuple[tuple[Span, str], ...]
    span: Span
    databases_problem: str = ""


def evaluate_settings(
    tree: Tree,
    module: str,
    *,
    python_path: Sequence[str],
    environment: Mapping[str, Value],
    cpus: Value,
    packages: Packages = NOTHING_STATED,
) -> EvaluatedSettings:
    """Evaluate a settings module by its dotted name, without running it.

    `python_path` are folders relative to the root. `environment` holds the variables that are set; every other
    one is unset. `packages` decide where versions of a helper library differ. Raises SettingsError when the module
    is not found, cannot be read or does not parse.
    """
    return evaluate_watched(
        tree, module, python_path=python_path, environment=environment, cpus=cpus, packages=packages
    )[0]


def evaluate_watched(
    tree: Tree,
    module: str,
    *,
    python_path: Sequence[str],
    environment: Mapping[str, Value],
    cpus: Value,
    packages: Packages,
) -> tuple[EvaluatedSettings, frozenset[Hashable] | None]:
    """The same, and the variables that the result hangs on: another environment that has the same values for these makes
    the same settings. None: on all of them."""
    finder = Finder(tree, python_path)
    located = finder.find(module)
    if located is None or not located.path:
        raise SettingsError(f"there is no module {module} on the python path")
    try:
        unit = finder.parse(located.path, module, is_package=located.is_package)
    except ModuleUnparsable as error:
        raise SettingsError(f"{located.path}: {error}", error.span) from None
    except ModuleNotFound as error:
        raise SettingsError(str(error)) from None
    run = Interpreter(finder, environment, cpus, packages, fuel=Fuel.after(tree.spent))
    held = Module(run.store.number(), (), {}, module, located.path, located.is_package)
    held.names = namespace(run, held)
    run.modules[module] = held
    if "." in module:
        run_setters(run, module.rpartition(".")[0], Mark(unit, unit.tree))  # importing it runs its packages first
    names = load(run, held)
    first = unit.span(unit.tree.body[0]) if unit.tree.body else unit.source.span(0, 0)
    configuration = environment.get(_CONFIGURATION)
    refused = ""
    if configuration is not None and configuration.is_exact:
        run.fuel.refill()
        from connlint.python.models import configurations  # with its library, which few projects have

        refused = configurations.apply(run, names, str(configuration.only))
    databases, problem = _databases(run, names, first)
    tree.spent += run.fuel.spent
    made = EvaluatedSettings(
        name=module,
        path=located.path,
        databases=databases,
        read_names=frozenset(run.read_names),  # before our own asking counts as a read
        names=_needed(run, names),
        problems=tuple(run.problems.values()),
        span=first,
        databases_problem=refused or problem,
    )
    asked = asked_for(run)
    return made, None if asked is None else asked | {_CONFIGURATION}


def is_wanted(name: str) -> bool:
    """Whether rules ask for this setting."""
    return _NEEDED.fullmatch(name) is not None


def is_nested(name: str) -> bool:
    """Whether the entries of this setting, a dictionary, stand beside it under dotted names."""
    return name == "CACHES" or name in _QUEUES


def _databases(run: Interpreter, names: Dict, first: Span) -> tuple[dict[str, EvaluatedDatabase], str]:
    value = read(run, names, "DATABASES")
    if value is MISSING:
        return {}, names.fallback.reason if isinstance(names.fallback, Unknown) else ""
    aliases: dict[str, Abstract] = {}
    problem = ""
    for option in value.options:
        if option is MISSING:
            continue
        if not isinstance(option, Dict):
            problem = option.reason if isinstance(option, Unknown) else "it is no dictionary that can be followed"
            continue
        if option.rest is not None:
            problem = option.rest.reason if isinstance(option.rest, Unknown) else "not all aliases are known"
        for alias in option.known_keys():
            held = read(run, option, alias)
            aliases[str(alias)] = one_of([aliases[str(alias)], held]) if str(alias) in aliases else held
    made = {alias: _database(run, alias, present(held), first) for alias, held in aliases.items()}
    return made, problem


def _database(run: Interpreter, alias: str, value: Abstract, first: Span) -> EvaluatedDatabase:
    run.fuel.refill()
    try:
        entries = flatten(run, "", value)
    except OutOfFuel:
        entries = {"": Unknown("it is too large", value.where)}
    unknown = entries.pop("", None)
    if unknown is not None:
        reasons = [option for option in unknown.options if isinstance(option, Unknown)]
        reason = reasons[0] if reasons else Unknown("it is no dictionary that can be followed", value.where)
        for key in _KEYS:
            if not any(entry == key or entry.startswith(f"{key}.") for entry in entries):
                entries[key] = reason
    settings = {key: to_value(entry, key) for key, entry in entries.items()}
    return EvaluatedDatabase(alias, settings, _place(value.where) or first)


def _place(marks: Marks) -> Span | None:
    spans = (mark.unit.span(mark.node) if isinstance(mark, Mark) else mark.span for mark in marks)
    return next((span for span in spans if span is not None), None)


def _needed(run: Interpreter, names: Dict) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key in list(names.known_keys()):
        if not isinstance(key, str) or not is_wanted(key):
            continue
        value = read(run, names, key)
        found[key] = to_value(value, key)
        if isinstance(value, Dict) and key == "CACHES" and len(value.cells) < 50:
            found |= {name: to_value(entry, name) for name, entry in flatten(run, key, value).items()}
        elif isinstance(value, Dict) and key in _QUEUES and len(value.cells) < 50 and found[key].is_unknown:
            entries = flatten(run, key, value)  # one entry that is not known hides none of the others
            found |= {name: to_value(entry, name) for name, entry in entries.items()}
            if key not in entries:
                found[key] = Value.exact({}, *found[key].origins)
    return found
