"""PostgreSQL in a container: `postgres -c name=value`, a mounted postgresql.conf, variables of its image.

Source: the options in src/backend/postmaster/postmaster.c (`PostmasterMain`) and `ParseLongOption` in utils/misc/guc.c,
13 to 18; what stands on the command line wins over every file, postgresql.auto.conf included.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from connlint.deployment.containers.files import texts_in
from connlint.deployment.containers.recognising import Running
from connlint.deployment.containers.stated import UNKNOWN_WORD, Stated, doubtful, typed
from connlint.facts import product
from connlint.formats.document import Document
from connlint.formats.postgresql.reader import read_postgresql
from connlint.formats.postgresql.values import typed as parsed
from connlint.formats.splitting import Unbalanced, split
from connlint.formats.words import Text, Word
from connlint.records import dataclass, field, replace
from connlint.source import Source
from connlint.value import Certainty, Origin, Value

# Letters that take an argument (the getopt string), and the settings that some of them stand for.
_TAKING: Final = frozenset("BbcCDdfhkNprSstvW")
_LETTERS: Final[Mapping[str, str]] = {
    "N": "max_connections",
    "p": "port",
    "h": "listen_addresses",
    "D": "data_directory",
}
_ALTERED: Final = re.compile(r"\bALTER\s+SYSTEM\s+SET\s+(\w+)\s*(?:=|\bTO\b)\s*('(?:[^']|'')*'|[\w.]+)", re.IGNORECASE)
_SCRIPTS: Final = "/docker-entrypoint-initdb.d"
_LONGEST_SCRIPT: Final = 200_000


@dataclass(slots=True)
class _Said:
    """What a command line says: the last of each setting, and a word that may stand for more."""

    settings: dict[str, Value] = field(default_factory=dict)
    doubt: Origin | None = None


def stated(running: Running) -> Stated:
    """Everything stated of the PostgreSQL in a container."""
    flags = [word for name in running.facts.flags for word in words_of(running.environment.get(name))]
    said = arguments((*running.arguments, *flags))
    document, missing = _document(running, said)
    settings: dict[str, Value] = {}
    if document is None or not running.facts.only_file:
        for key, names in running.facts.settings.items():
            text = running.variable(names)
            if text is not None:
                settings[key] = text
        settings = _typed(settings)
    for further in texts_in(running.container, running.facts.folders, running.facts.suffix):
        read = read_postgresql(further, running.container.tree, version=running.version)
        document = read if document is None else document
        settings |= read.settings
    if document is not None:
        settings = {**settings, **document.settings}
    if "config_file" not in said.settings:  # else the one in the data directory is not read
        settings |= {**_typed(_initialised(running)), **dict(_edited(running))}
    settings |= _typed(dict(_altered(running)))
    whole = {**settings, **_typed(said.settings)}
    return Stated(doubtful(whole, said.doubt), document, missing or (UNKNOWN_WORD if said.doubt else ""))


def arguments(words: Sequence[Word]) -> _Said:
    """The settings on a command line of `postgres`, as text."""
    said, at = _Said(), 0
    while at < len(words):
        word = words[at]
        at += 1
        text = word.known
        if word.loose or (word.exact is None and not text):
            said.doubt = Origin.assumed("unless a word of the command, which is not known, says otherwise", word.span)
        elif text.startswith("--"):
            _assign(said, word.without(2))
        elif text.startswith("-") and len(text) > 1:
            at = _cluster(said, word, words, at)
    return said


def _cluster(said: _Said, word: Word, words: Sequence[Word], at: int) -> int:
    """Single letters in one word, the last of which may take the rest of it or the next word."""
    text = word.known
    for index, letter in enumerate(text[1:], 1):
        if letter not in _TAKING:
            continue
        rest = word.without(index + 1)
        if index + 1 == len(text) and word.exact is not None:
            if at >= len(words):
                return at
            rest, at = words[at], at + 1
        if letter == "c":
            _assign(said, rest)
        elif letter in _LETTERS:
            said.settings[_LETTERS[letter]] = rest.value
        return at
    return at


def _assign(said: _Said, word: Word) -> None:
    """`name=value`, with dashes for underscores if they like."""
    name, equals, _ = word.known.partition("=")
    if equals:
        said.settings[name.replace("-", "_").lower()] = word.without(len(name) + 1).value


def _document(running: Running, said: _Said) -> tuple[Document | None, str]:
    """The postgresql.conf in use, and why what it states is not known where it cannot be read."""
    named = said.settings.get("config_file")
    if named is not None:
        if not named.is_exact:
            return None, "the configuration file it is started with is not known"
        source = running.container.text(str(named.only))
        if source is None:
            return None, f"{posixpath.basename(str(named.only))}, which it is started with, is not in the repository"
        return _read(running, source, named), ""
    folder = said.settings.get("data_directory") or running.variable((running.facts.data,))
    paths = list(running.facts.files)
    if folder is not None and folder.is_exact:
        paths.insert(0, posixpath.join(str(folder.only), "postgresql.conf"))
    source = next((text for path in paths if (text := running.container.text(path)) is not None), None)
    return (None if source is None else _read(running, source, None)), ""


def _read(running: Running, source: Source, named: Value | None) -> Document:
    document = read_postgresql(source, running.container.tree, version=running.version)
    if named is None or named.certainty is Certainty.EXACT:
        return document
    return replace(document, settings=doubtful(document.settings, named.origins[0]))


def _initialised(running: Running) -> dict[str, Value]:
    """What `initdb` is told to write into postgresql.conf: `-c name=value`, since PostgreSQL 16."""
    value = running.environment.get(running.facts.initdb) if running.facts.initdb else None
    if value is None or not value.is_exact:
        return {}
    found: dict[str, Value] = {}
    words = list(words_of(value))
    for word, following in zip(words, [*words[1:], None], strict=True):
        text = word.known
        if text in ("-c", "--set") and following is not None:
            pair = following
        elif text.startswith("--set="):
            pair = word.without(len("--set="))
        elif text.startswith("-c") and "=" in text:
            pair = word.without(2)
        else:
            continue
        name, equals, _ = pair.known.partition("=")
        if equals:
            note = Origin.assumed("assumed: the data directory was made with it")
            found[name.replace("-", "_").lower()] = pair.without(len(name) + 1).value.because(note)
    return found


def _altered(running: Running) -> Iterator[tuple[str, Value]]:
    """What scripts for a new data directory set by ALTER SYSTEM, the last one of each setting counts."""
    note = "assumed: the data directory was made with this script"
    for source in texts_in(running.container, (_SCRIPTS,), (".sql", ".sh")):
        if len(source.text) > _LONGEST_SCRIPT:
            continue
        for match in _ALTERED.finditer(source.text):
            text = match[2][1:-1].replace("''", "'") if match[2].startswith("'") else match[2]
            if text.lower() == "default":
                continue
            span = source.span(*match.span(2))
            yield match[1].lower(), Value.exact(text, Origin.at(span), Origin.assumed(note, span))


def _edited(running: Running) -> Iterator[tuple[str, Value]]:
    """Settings that a script for a new data directory, or the image's own Dockerfile, speaks of in another way: by sed, say."""
    scripts = [text for text in texts_in(running.container, (_SCRIPTS,), (".sql", ".sh")) if ".conf" in text.text]
    for source in (*scripts, *running.recipe):
        for key in (name for name in product("postgresql").settings if "_" in name):
            at = source.text.find(key, 0, _LONGEST_SCRIPT)
            if at >= 0:
                span = source.span(at, at + len(key))
                yield key, Value.unknown(f"{source.path} may change it", Origin.at(span))


def _typed(texts: Mapping[str, Value]) -> dict[str, Value]:
    """The settings that have facts, typed; all others are nobody's business."""
    known = product("postgresql").settings
    return {
        key: typed(text, partial(parsed, known[key]), f"PostgreSQL refuses the value of {key}")
        for key, text in texts.items()
        if key in known and known[key].defaults
    }


def words_of(value: Value | None) -> tuple[Word, ...]:
    """The words of a variable's text, each where the variable is set."""
    span = value.span if value is not None and value.is_exact else None
    if value is None or span is None:
        return ()
    text = str(value.only)
    placed = Text.of(span) if span.text == text else Text.placed(text, span)
    try:
        return split(placed)
    except Unbalanced:
        return ()
