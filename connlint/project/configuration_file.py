"""Finds the configuration file and lays the command line's `--set` over it, keeping the place of each value."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from stat import S_ISREG
from typing import Any, Final

from connlint.project.configuration_shapes import kind_of
from connlint.project.toml_positions import MalformedToml, Node, read_toml
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass
from connlint.source import Source, Span

LARGEST_CONFIGURATION: Final = 1_000_000  # bytes
_ON_COMMAND_LINE: Final = "declared on the command line"
_NAMES: Final = ("pyproject.toml", "connlint.toml")


class ConfigurationError(Exception):
    """A mistake in the configuration. `str()` says what was found and expected; `suggestion` what to do."""

    def __init__(self, message: str, span: Span | None = None, suggestion: str = "") -> None:
        super().__init__(message)
        self.span = span
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Stated:
    """A configured value: a dict or list of `Stated`, or a Python value; without places when given by `--set`."""

    value: Any
    key: Span | None = None
    span: Span | None = None
    note: str = ""


def stated_configuration(
    tree: Tree, config: str | None, overrides: Sequence[str], answers: Sequence[tuple[str, str]] = ()
) -> tuple[Stated, str]:
    """The configured table and the name of its file (empty when there is none), answers and overrides laid over it."""
    table, path = _chosen(tree, config) if config is not None else _found(tree)
    for answer, note in answers:
        table = _laid_over(table, _override(answer, note))
    for override in overrides:
        table = _laid_over(table, _override(override, _ON_COMMAND_LINE))
    return table, path


def is_prefixed(path: str) -> bool:
    """Whether this file holds the settings below `[tool.connlint]`."""
    return posixpath.basename(path.replace(os.sep, "/")) == "pyproject.toml"


def _found(tree: Tree) -> tuple[Stated, str]:
    """`pyproject.toml` or `connlint.toml` at the root of the project."""
    held: list[tuple[Stated, str]] = []
    for path in _NAMES:
        try:
            source = tree.read(path, LARGEST_CONFIGURATION)
        except Unreadable as error:
            if error.code == "missing":
                continue
            raise ConfigurationError(f"{path} cannot be read: {error}") from None
        if path == "pyproject.toml" and "connlint" not in source.text:
            continue  # most are large and not about connlint; no need to parse them
        table = _settings(source)
        if table.value:
            held.append((table, path))
    if len(held) > 1:
        first = next(iter(held[1][0].value.values()))
        raise ConfigurationError(
            "both pyproject.toml and connlint.toml configure connlint",
            first.key,
            "keep one of them: move everything into pyproject.toml below [tool.connlint], or delete it there",
        )
    return held[0] if held else (Stated({}), "")


def _chosen(tree: Tree, config: str) -> tuple[Stated, str]:
    """The file named by `--config`: relative to where the command runs, and allowed to lie outside the project."""
    inside = tree.locate(config if tree.root is None else os.path.join(os.path.realpath(os.curdir), config))
    try:
        source = tree.read(inside, LARGEST_CONFIGURATION) if inside is not None else _read_outside(config)
    except Unreadable as error:
        raise ConfigurationError(f"{config} cannot be read: {error}", None, "--config names the file to use") from None
    return _settings(source), source.path


def _read_outside(path: str) -> Source:
    try:
        if not S_ISREG(os.stat(path).st_mode):  # before open(): opening a pipe would wait for ever
            raise Unreadable(path, "it is not a regular file")
        with open(path, "rb") as file:
            data = file.read(LARGEST_CONFIGURATION + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(path, str(getattr(error, "strerror", None) or "the name is not valid").lower()) from None
    if len(data) > LARGEST_CONFIGURATION:
        raise Unreadable(path, f"it has more than {LARGEST_CONFIGURATION} bytes")
    return Source.from_bytes(path, data)


def _settings(source: Source) -> Stated:
    """The table of connlint's settings in a file."""
    if source.damaged:
        at = source.text.find("\ufffd")
        raise ConfigurationError("the file is not UTF-8", source.span(at, at + 1), "save it as UTF-8")
    try:
        root = read_toml(source)
    except MalformedToml as error:
        raise ConfigurationError(f"not valid TOML: {error}", error.span) from None
    node = root.get("tool", "connlint") if is_prefixed(source.path) else root
    if node is None:
        return Stated({})
    if not isinstance(node.value, dict):
        raise ConfigurationError(f"tool.connlint must be a table, found {kind_of(node.value)}", node.span)
    return _with_places(node)


def _with_places(node: Node) -> Stated:
    value: Any = node.value
    if isinstance(value, dict):
        value = {name: _with_places(inner) for name, inner in value.items()}
    elif isinstance(value, list):
        value = [_with_places(inner) for inner in value]
    return Stated(value, node.key, node.span)


def _override(text: str, note: str) -> Stated:
    """`--set KEY=VALUE`: a (dotted) key and a value in TOML. Errors name the key, never the value."""
    name, equals, value = text.partition("=")
    key = name.strip()[:80]
    if not equals or not key.isprintable() or not key:
        raise ConfigurationError("--set takes KEY=VALUE", None, "for example --set cpus=4")
    try:
        table = read_toml(Source("--set", text))
    except MalformedToml:
        quoted = f"""put text in quotes: --set '{key}="..."'""" if value.strip()[:1].isalpha() else ""
        raise ConfigurationError(f"--set {key}: the value is not TOML", None, quoted) from None
    return _without_places(table, note)


def _without_places(node: Node, note: str) -> Stated:
    value: Any = node.value
    if isinstance(value, dict):
        value = {name: _without_places(inner, note) for name, inner in value.items()}
    elif isinstance(value, list):
        value = [_without_places(inner, note) for inner in value]
    return Stated(value, note=note)


def _laid_over(below: Stated, above: Stated) -> Stated:
    """Tables are joined; any other value of `above` takes the place of what is below."""
    if not isinstance(below.value, dict) or not isinstance(above.value, dict):
        return above
    joined = dict(below.value)
    for name, inner in above.value.items():
        joined[name] = _laid_over(joined[name], inner) if name in joined else inner
    return Stated(joined, below.key, below.span, below.note)
