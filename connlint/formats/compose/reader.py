"""Reads all compose files of a project as stacks of services; never raises.

Source: the Compose specification, and compose-go 2 wherever it leaves something open. Swarm's stack files
(docker-stack.yml) differ in that no `.env` file is read for them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.formats.compose.dotenv import env_values
from connlint.formats.compose.grouping import bases, groups, is_only_shared, outline
from connlint.formats.compose.loading import Files, Loading
from connlint.formats.compose.services import services_of
from connlint.formats.document import Document, Problem
from connlint.formats.services import Stack
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree, Unreadable
from connlint.records import replace
from connlint.source import Source
from connlint.value import Origin, Value

__all__ = ["read_compose"]

_MOST_STACKS: Final = 300
_SWARM: Final = re.compile(r"(?:^|[._-])(?:stack|swarm)(?:[._-]|$)")


def read_compose(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """The stacks that these files make, in the order of their paths.

    `environment`: variables the user declares; they win over those of `.env`. A file that cannot be read makes a
    stack without services, its problem in the document. A file that others include or extend is no stack itself,
    unless compose takes it by its name; a base with an override beside it is a spare one, too.
    """
    files = Files(tree)
    outlines = {}
    too_many = Unreadable("", f"there are more than {_MOST_STACKS} compose files", "too-large")
    unread = [_unread(path, too_many) for path in paths[_MOST_STACKS:]]
    for path in paths[:_MOST_STACKS]:
        file = files.yaml(path)
        if isinstance(file, Unreadable):
            unread.append(_unread(path, file))
        else:
            outlines[path] = outline(file)
    stacks: list[tuple[tuple[str, ...], Stack]] = []
    shared: set[str] = set()
    chosen = {folder: named for folder in {posixpath.dirname(p) for p in outlines} if (named := _chosen(files, folder))}
    found = groups(outlines, chosen)
    for group in found:
        stack, used = _stack(files, group, environment)
        stacks.append((group, stack))
        shared |= used
    kept = [stack for group, stack in stacks if not (group[-1] in shared and is_only_shared(group[-1]))]
    alone = (replace(_stack(files, (path,), environment)[0], spare=True) for path in bases(found, outlines))
    return (*kept, *(stack for stack in alone if not stack.development), *unread)


def _stack(files: Files, group: tuple[str, ...], environment: Mapping[str, Value]) -> tuple[Stack, set[str]]:
    """The stack of some files, and the other files that they include or extend."""
    folder = posixpath.dirname(group[0])
    loading = Loading(files, dict(environment), folder)
    if not folder:  # of a file in another folder nobody can tell whether compose is started there or at the top
        started = Value.exact(files.tree.base, Origin.assumed("compose is started at the top of the project"))
        loading.variables.setdefault("PWD", started)
    if not any(_SWARM.search(posixpath.basename(path).lower()) for path in group):
        own = loading.add_env_file(posixpath.join(folder, ".env"), environment)
        loading.variables.update({name: value for name, value in own.items() if name not in environment})
    table = loading.stack(group)
    services = services_of(loading, table) if table is not None else ()
    stack = Stack(
        name=" + ".join(group),
        kind="compose",
        folder=folder,
        services=services,
        documents=loading.documents(),
        development=any(is_for_development(path) for path in group),
    )
    return stack, loading.extended


def _chosen(files: Files, folder: str) -> tuple[str, ...]:
    """What COMPOSE_FILE in the `.env` file of a folder names, where all of it is there; else nothing."""
    path = posixpath.join(folder, ".env")
    file = files.env(path) if files.tree.is_file(path) else None
    if file is None or isinstance(file, Unreadable):
        return ()
    values, _ = env_values(file, lambda _: None)
    named, separator = values.get("COMPOSE_FILE"), values.get("COMPOSE_PATH_SEPARATOR")
    if named is None or not named.is_exact:
        return ()
    sign = str(separator.only) if separator is not None and separator.is_exact and separator.only else ":"
    found = [files.tree.locate(part, folder) for part in str(named.only).split(sign)]
    kept = tuple(path for path in found if path is not None and files.tree.is_file(path))
    return kept if len(kept) == len(found) else ()


def _unread(path: str, error: Unreadable) -> Stack:
    source = Source(path, "")
    problem = Problem(error.code, f"it is not read: {error}", source.span(0, 0))
    document = Document("compose", source, problems=(problem,))
    return Stack(path, "compose", posixpath.dirname(path), (), (document,), is_for_development(path))
