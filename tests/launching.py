"""Command lines as tests write them, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.deployment.commands.container import Container
from connlint.deployment.commands.follow import launches
from connlint.deployment.commands.launch import Launch, Launches
from connlint.formats.services import Mount
from connlint.formats.splitting import split
from connlint.formats.words import Command, Text, Word
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Origin, Value

CPUS = Value.exact(2, Origin.declared(None, "cpus"))


def words_of(text: str, path: str = "Procfile") -> tuple[Word, ...]:
    """The words of a command that stands alone in a file."""
    source = Source(path, text)
    return split(Text.of(source.span(0, len(text))))


def variables(values: Mapping[str, str]) -> dict[str, Value]:
    """An environment with these variables, each from a file of its own."""
    found = {}
    for name, text in values.items():
        source = Source(f"{name}.env", text)
        found[name] = Value.exact(text, Origin.at(source.span(0, len(text))))
    return found


def launched(
    text: str,
    files: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    *,
    script: bool = False,
    entrypoint: str = "",
    mounts: tuple[Mount, ...] = (),
    directory: str = "",
    versions: Mapping[str, str] | None = None,
) -> Launches:
    """What a command starts: one of words, or with `script` a text for a shell."""
    source = Source("Procfile", text)
    whole = source.span(0, len(text))
    command = Command(whole, script=Text.of(whole)) if script else Command(whole, words=words_of(text))
    entry = words_of(entrypoint, "entry")
    return launches(
        Command(entry[0].span, words=entry) if entry else None,
        command,
        variables(env or {}),
        Container(Tree(None, files or {}), mounts),
        directory=directory,
        cpus=CPUS,
        versions={name: Value.exact(text) for name, text in (versions or {}).items()},
    )


def only(text: str, files: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None) -> Launch:
    """The one program that a command starts, and nothing else."""
    found = launched(text, files, env)
    assert not found.unresolved
    assert not found.others
    [launch] = found.found
    return launch


def size(launch: Launch) -> str:
    """`2 x 4 gthread`: processes, threads (or greenlets) and the worker class."""
    started = launch.started
    return f"{started.processes} x {started.threads} {started.worker_class}"
