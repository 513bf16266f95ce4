"""Settings evaluated once for all environments that the evaluation cannot tell apart.

Two services of a compose file mostly give their processes the same variables, each with lines of its own. What an
evaluation makes hangs on the values it asks for alone; places go with the values and decide nothing. So it works on
stand-ins for the places, and each environment puts its own in where the result names them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final

from connlint.formats.packages.versions import Packages
from connlint.project.tree import Given, Tree
from connlint.python.settings import EvaluatedDatabase, EvaluatedSettings, evaluate_watched
from connlint.records import dataclass, replace
from connlint.source import Source, Span
from connlint.value import Origin, Value

_STANDS_FOR: Final = "\0"  # begins the path of a stand-in, and no file's


@dataclass(frozen=True, slots=True)
class _Done:
    """One evaluation: what it asked for (None: for everything), what that was, and what came of it."""

    asked: tuple[str, ...] | None
    given: tuple[object, ...]
    made: EvaluatedSettings


class Evaluations:
    """The evaluations of one project's settings modules, for as long as one run of connlint lasts."""

    def __init__(self, tree: Tree, python_path: Sequence[str], cpus: Value, packages: Packages) -> None:
        self._tree, self._python_path, self._cpus, self._packages = tree, tuple(python_path), cpus, packages
        self._done: dict[str, list[_Done]] = {}

    def evaluate(self, module: str, environment: Mapping[str, Value]) -> EvaluatedSettings:
        """The settings `module` as `environment` makes it; raises SettingsError as `evaluate_settings` does."""
        stood = {name: _without_places(name, value) for name, value in environment.items()}
        done = self._done.setdefault(module, [])
        found = next((each for each in done if _given(each.asked, stood) == each.given), None)
        if found is None:
            made, asked = self._tree.recall(
                _evaluated, module, self._python_path, Given(stood), self._cpus, Given(self._packages)
            )
            names = None if asked is None else tuple(sorted(str(name) for name in asked if isinstance(name, str)))
            found = _Done(names, _given(names, stood), made)
            done.append(found)
        return _with_places(found.made, environment)


def _evaluated(
    tree: Tree,
    module: str,
    python_path: tuple[str, ...],
    environment: Given[Mapping[str, Value]],
    cpus: Value,
    packages: Given[Packages],
) -> tuple[EvaluatedSettings, frozenset[Hashable] | None]:
    return evaluate_watched(
        tree, module, python_path=python_path, environment=environment.it, cpus=cpus, packages=packages.it
    )


def _given(asked: tuple[str, ...] | None, environment: Mapping[str, Value]) -> tuple[object, ...]:
    """What an environment has for the variables that were asked for; for all, in its own order, where they were."""
    values = environment.items() if asked is None else ((name, environment.get(name)) for name in asked)
    return tuple((name, value, _types(value)) for name, value in values)


def _types(value: Value | None) -> tuple[type, ...]:
    """`1` and `True` are equal and make different settings."""
    return tuple(type(alternative) for alternative in value.alternatives) if value is not None else ()


def _without_places(name: str, value: Value) -> Value:
    """The value with a stand-in for each of its places: the same one for the same place in the order of origins."""
    origins = tuple(
        origin if origin.span is None else Origin(origin.certainty, Span(_stand_in(name), index, index), origin.note)
        for index, origin in enumerate(value.origins)
    )
    return replace(value, origins=origins) if value.origins else value


def _stand_in(name: str) -> Source:
    return Source(_STANDS_FOR + name, "")


def _with_places(made: EvaluatedSettings, environment: Mapping[str, Value]) -> EvaluatedSettings:
    """The result with this environment's places in it."""
    databases = {
        alias: EvaluatedDatabase(
            database.alias,
            {key: _placed(value, environment) for key, value in database.settings.items()},
            _span(database.span, environment),
        )
        for alias, database in made.databases.items()
    }
    names = {name: _placed(value, environment) for name, value in made.names.items()}
    return replace(made, databases=databases, names=names)


def _placed(value: Value, environment: Mapping[str, Value]) -> Value:
    if not any(origin.span is not None and _is_stand_in(origin.span) for origin in value.origins):
        return value
    placed = (
        origin if origin.span is None else Origin(origin.certainty, _span(origin.span, environment), origin.note)
        for origin in value.origins
    )
    return replace(value, origins=tuple(dict.fromkeys(placed)))


def _span(span: Span, environment: Mapping[str, Value]) -> Span:
    if not _is_stand_in(span):
        return span
    real = environment[span.path[len(_STANDS_FOR) :]].origins[span.start].span
    assert real is not None  # only places have stand-ins
    return real


def _is_stand_in(span: Span) -> bool:
    return span.path.startswith(_STANDS_FOR)
