"""The code of a project, for the map: analysed once for a tree, and only when a rule asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from connlint.deployment.model import ProcessGroup, SettingsModule
from connlint.orm.facts import Closing, CodeFacts, ImportQuery, Step, WorkStart
from connlint.orm.kinds import Kind
from connlint.project.configuration import Configuration
from connlint.project.discovery import Inventory
from connlint.project.patterns import matcher
from connlint.project.tree import Tree, Unreadable

if TYPE_CHECKING:
    from connlint.orm.analysis import Settings

__all__ = ["Closing", "CodeFacts", "ImportQuery", "Kind", "Step", "WorkStart", "closes_before_fork", "code_of"]


_DATABASE_CACHE: Final = "django.core.cache.backends.db.DatabaseCache"
_HOOKS: Final = ("when_ready", "pre_fork", "post_fork", "post_worker_init")
_CLOSES: Final = ("close_all", "close", "close_pool")
_MOST_NOTES: Final = 5  # about single modules
_SESSIONS: Final = "django.contrib.sessions.backends."


def code_of(
    tree: Tree,
    configuration: Configuration,
    inventory: Inventory,
    modules: Callable[[], Iterable[SettingsModule]] = tuple,
) -> Callable[[], CodeFacts]:
    """A function that analyses the code when it is first called, and then knows the answer.

    `modules`: the settings modules that were evaluated by then.
    """

    @lru_cache(maxsize=1)
    def read() -> CodeFacts:
        from connlint.orm.analysis import Settings

        stated = tuple(str(folder.only) for folder in configuration.python_path)
        roots = tuple(dict.fromkeys((*stated, *inventory.python_roots, "")))
        patterns = tuple(str(pattern.only) for pattern in configuration.exclude)
        runners = tuple(str(runner.only) for runner in configuration.managed_runners)
        known = tuple(modules())
        default = bool(known) and all(_in_database(module, "default") for module in known)
        chosen = Settings(
            runners,
            database_cache=default,
            database_caches=default and all(_in_database(module, None) for module in known),
            database_sessions=bool(known) and all(_sessions(module) for module in known),
        )
        facts = tree.recall(_analysed, roots, chosen, patterns)
        tree.notes.extend(_left_out(facts))
        return facts

    return read


def _analysed(tree: Tree, roots: tuple[str, ...], settings: Settings, exclude: tuple[str, ...]) -> CodeFacts:
    from connlint.orm.analysis import analyse

    return analyse(tree, roots, settings, matcher(exclude) if exclude else None)


def _left_out(facts: CodeFacts) -> Iterator[str]:
    """Which modules were not looked at, in words: older or newer syntax is no mistake of the project."""
    listed = sorted(facts.unparsed.items())
    for path, reason in listed[:_MOST_NOTES]:
        yield f"the code of {path} is left out: {reason}"
    if len(listed) > _MOST_NOTES:
        yield f"the code of {len(listed) - _MOST_NOTES} more modules is left out for such reasons"


def uses_django(tree: Tree) -> bool:
    """Whether some module of a tree, tests left out, imports Django: an app or a library without a project around it."""
    from connlint.orm.sieve import LARGEST, is_test, python_files

    for path in python_files(tree):
        if is_test(path):
            continue
        try:
            if tree.of_file(_imports_django, path, LARGEST):
                return True
        except Unreadable:
            continue
    return False


def _imports_django(_path: str, data: bytes) -> bool:
    return b"from django." in data or b"import django" in data


def _in_database(module: SettingsModule, alias: str | None) -> bool:
    """Whether CACHES says for sure that this cache is a table of the database; None asks for all of them."""
    backends = {
        key.split(".")[1]: value
        for key, value in module.names.items()
        if key.startswith("CACHES.") and key.endswith(".BACKEND") and key.count(".") == 2
    }
    asked = backends.values() if alias is None else [backends[alias]] if alias in backends else []
    return bool(asked) and all(value.always(lambda name: name == _DATABASE_CACHE) for value in asked)


def _sessions(module: SettingsModule) -> bool:
    """Whether sessions are in the database for sure: django.contrib.sessions keeps them there unless told otherwise.

    https://docs.djangoproject.com/en/stable/topics/http/sessions/#configuring-the-session-engine
    """
    engine = module.names.get("SESSION_ENGINE")
    if engine is None:
        return bool(module.databases)
    if engine.always(lambda name: name == f"{_SESSIONS}cache"):
        return _in_database(module, "default")
    return engine.always(lambda name: name in (f"{_SESSIONS}db", f"{_SESSIONS}cached_db"))


def closes_before_fork(group: ProcessGroup) -> bool:
    """Whether a hook of gunicorn's own file closes every connection around the fork.

    close_old_connections() does not: it leaves what is younger than CONN_MAX_AGE, and the query was a moment ago.
    """
    document = group.document
    if document is None or document.kind != "gunicorn" or "close" not in document.source.text:
        return False
    import ast

    try:
        body = ast.parse(document.source.text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    asked: list[str] = [name for name in _HOOKS if name in functions]
    seen: set[str] = set()
    while asked:
        name = asked.pop()
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in _CLOSES:
                    return True
                asked.extend({called} & functions.keys() - seen)
    return False
