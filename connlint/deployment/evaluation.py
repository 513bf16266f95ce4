"""Settings modules, evaluated once per module and environment, in the map's own terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connlint.deployment.counterfactual import suspects
from connlint.deployment.model import Database, SettingsModule
from connlint.facts import Version
from connlint.formats.document import Document, Problem
from connlint.formats.packages.versions import Packages
from connlint.project.tree import Tree
from connlint.python.reusing import Evaluations
from connlint.python.settings import NOTHING_STATED, EvaluatedSettings, SettingsError
from connlint.source import Source, Span
from connlint.value import Origin, Value

if TYPE_CHECKING:
    from connlint.python.loaded import Loaded

_SAME = Value.unknown("it is not there when the variable is set")


class Evaluator:
    """Evaluates settings modules on demand; the same module under the same environment is one object."""

    def __init__(
        self,
        tree: Tree,
        python_path: Sequence[str],
        cpus: Value,
        django: Version | None,
        places: Mapping[str, Span] | None = None,
        packages: Packages = NOTHING_STATED,
        loaded: Loaded | None = None,
        declared: Mapping[str, Value] | None = None,
    ) -> None:
        """`places`: where a file names a module, to point at when there is no such module.

        `loaded`: what a running Django loaded from one module, in an environment that is best taken for `declared`.
        """
        self._loaded, self._declared = loaded, declared or {}
        self._places = places or {}
        self._evaluations = Evaluations(tree, tuple(python_path), cpus, packages)
        self._django = django
        self._done: dict[tuple[str, tuple[tuple[str, Value], ...]], SettingsModule | None] = {}
        self.failures: list[Document] = []  # modules that could not be found or parsed

    def module(self, name: str, environment: Mapping[str, Value]) -> SettingsModule | None:
        """The module `name` under `environment`; None when it cannot be read (see `failures`)."""
        key = (name, tuple(sorted(environment.items(), key=lambda item: item[0])))
        if key not in self._done:
            self._done[key] = self._evaluate(name, environment)
        return self._done[key]

    @property
    def modules(self) -> tuple[SettingsModule, ...]:
        """Every module evaluated so far."""
        return tuple(module for module in self._done.values() if module is not None)

    def _evaluate(self, name: str, environment: Mapping[str, Value]) -> SettingsModule | None:
        try:
            found = self._read(name, environment)
        except SettingsError as error:
            span = error.span or self._places.get(name) or Source(name, "").span(0, 0)
            self.failures.append(Document("settings", span.source, problems=(Problem("unreadable", str(error), span),)))
            return None
        set_to = self._when_set(name, environment, found)
        if self._loaded is not None and self._loaded.module == name:
            from connlint.python.loaded import overlay  # for none but a running Django

            plain = found if environment == self._declared else self._read(name, self._declared)
            found = overlay(found, plain, self._loaded, self._django)
        databases = {
            alias: Database(alias, database.settings, database.span, name, self._django, set_to.get(alias, {}))
            for alias, database in found.databases.items()
        }
        problems = found.problems
        if found.databases_problem:
            problems = ((found.span, f"DATABASES: {found.databases_problem}"), *problems)
        return SettingsModule(name, found.path, databases, found.names, found.read_names, problems, found.span)

    def _read(self, name: str, environment: Mapping[str, Value]) -> EvaluatedSettings:
        return self._evaluations.evaluate(name, environment)

    def _when_set(
        self, name: str, environment: Mapping[str, Value], found: EvaluatedSettings
    ) -> Mapping[str, Mapping[str, Value]]:
        """By alias and key: what a setting would be if the variable were set whose default it now is.

        Costs a second evaluation, so it is asked only where the default alone does not tell the type.
        """
        asked = {alias: suspects(database.settings) for alias, database in found.databases.items()}
        texts = {variable: text for keys in asked.values() for variable, text in keys.values()}
        if not texts:
            return {}
        declared = {variable: Value.exact(text, Origin.assumed("as if set")) for variable, text in texts.items()}
        try:
            other = self._read(name, {**environment, **declared})
        except SettingsError:
            return {}
        return {
            alias: {key: other.databases[alias].settings.get(key, _SAME) for key in keys}
            for alias, keys in asked.items()
            if alias in other.databases
        }
