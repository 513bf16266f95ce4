"""Services in containers for tests: as a reader of compose files gives them, without such a file."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.deployment.commands.container import Container
from connlint.deployment.containers.poolers import pooler_of
from connlint.deployment.containers.servers import server_of
from connlint.deployment.model import Pooler, Server
from connlint.formats.services import Mount, Service
from connlint.formats.splitting import split
from connlint.formats.words import Text, Word
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Origin, Value

COMPOSE = Source("compose.yml", "db:\n")


def words(text: str, path: str = "compose.yml") -> tuple[Word, ...]:
    """The words of a command line, each with its place; `$X` is a word, or the end of one, that nobody knows."""
    source = Source(path, text)
    return tuple(_word(word) for word in split(Text.of(source.span(0, len(text)))))


def _word(word: Word) -> Word:
    known, dollar, name = (word.exact or "").partition("$")
    if not dollar:
        return word
    unknown = Value.unknown(f"{name} is set in no file")
    kept = word.as_text()
    assert kept is not None
    return Word((kept.cut(0, len(known)), unknown) if known else (unknown,), word.span, loose=not known)


def environment(variables: Mapping[str, object]) -> dict[str, Value]:
    """Variables as text, each with a place of its own; a `Value` as it is."""
    found = {}
    for name, value in variables.items():
        source = Source("compose.yml", f"{name}: {value}")
        span = source.span(len(name) + 2, len(source.text))
        found[name] = value if isinstance(value, Value) else Value.exact(str(value), Origin.at(span))
    return found


def _parts(image: str, mounts: Mapping[str, str], files: Mapping[str, str]) -> tuple[Service, Value | None, Container]:
    service = Service(
        "db",
        COMPOSE.span(0, 2),
        names=frozenset({"db", "shop-db-1"}),
        ports=((54320, 5432),),
    )
    lie = tuple(Mount(source, target) for target, source in mounts.items())
    return service, Value.exact(image) if image else None, Container(Tree(None, files), lie)


def server(
    image: str,
    command: str = "",
    variables: Mapping[str, object] | None = None,
    mounts: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    versions: Mapping[str, Value] | None = None,
    dockerfile: str = "",
) -> Server | None:
    """The server of such a service; `mounts` are container path -> project path, `files` the project's texts."""
    service, base, container = _parts(image, mounts or {}, files or {})
    recipe = Source("Dockerfile", dockerfile) if dockerfile else None
    return server_of(service, base, words(command), environment(variables or {}), container, versions or {}, recipe)


def pooler(
    image: str,
    command: str = "",
    variables: Mapping[str, object] | None = None,
    mounts: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    versions: Mapping[str, Value] | None = None,
) -> Pooler | None:
    """The pooler of such a service."""
    service, base, container = _parts(image, mounts or {}, files or {})
    return pooler_of(service, base, words(command), environment(variables or {}), container, versions or {})
