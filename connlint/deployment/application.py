"""The code of a project, for the map: analysed once for a tree, and only when a rule asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from connlint.deployment.model import ProcessGroup
from connlint.orm.facts import Closing, CodeFacts, ImportQuery, Step, WorkStart
from connlint.orm.kinds import Kind
from connlint.project.configuration import Configuration
from connlint.project.discovery import Inventory
from connlint.project.patterns import matcher
from connlint.project.tree import Tree

__all__ = ["Closing", "CodeFacts", "ImportQuery", "Kind", "Step", "WorkStart", "closes_before_fork", "code_of"]


def code_of(tree: Tree, configuration: Configuration, inventory: Inventory) -> Callable[[], CodeFacts]:
    """A function that analyses the code when it is first called, and then knows the answer."""

    @lru_cache(maxsize=1)
    def read() -> CodeFacts:
        from connlint.orm.analysis import Settings, analyse

        stated = tuple(str(folder.only) for folder in configuration.python_path)
        roots = tuple(dict.fromkeys((*stated, *inventory.python_roots, "")))
        patterns = tuple(str(pattern.only) for pattern in configuration.exclude)
        runners = tuple(str(runner.only) for runner in configuration.managed_runners)
        return analyse(tree, roots, Settings(runners), matcher(patterns) if patterns else None)

    return read


def closes_before_fork(group: ProcessGroup) -> bool:
    """Whether the server's own file closes connections, as a hook such as gunicorn's `when_ready` or `post_fork` may."""
    text = group.document.source.text if group.document is not None else ""
    return "close_all" in text or "close_old_connections" in text or ".connection = None" in text
