"""MySQL and MariaDB in a container: `mysqld --max-connections=300`, mounted .cnf files, variables of the image.

Source: mysys/my_default.c and my_getopt.c: option files are read in order, the command line after them, and the later of two
equal options wins. `--defaults-file` stands for all other files, `--defaults-extra-file` adds one, `--no-defaults` reads none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from connlint.deployment.containers.files import texts_in
from connlint.deployment.containers.postgresql import words_of
from connlint.deployment.containers.recognising import Running
from connlint.deployment.containers.stated import UNKNOWN_WORD, Stated, doubtful, typed
from connlint.facts import Product, product
from connlint.formats.document import Document
from connlint.formats.mysql.reader import ServerName, read_mysql
from connlint.formats.mysql.values import meaning
from connlint.formats.mysql.values import typed as parsed
from connlint.formats.words import Word
from connlint.source import Source
from connlint.value import Origin, Value

_FILES: Final = ("--defaults-file", "--defaults-extra-file", "--no-defaults")
_INCLUDE: Final = "!includedir"


def stated(running: Running) -> Stated:
    """Everything stated of the MySQL or MariaDB in a container."""
    name: ServerName = "mariadb" if running.facts.product == "mariadb" else "mysql"
    flags = [word for variable in running.facts.flags for word in words_of(running.environment.get(variable))]
    words = (*running.arguments, *flags)
    settings: dict[str, Value] = {}
    document: Document | None = None
    missing = ""
    for source in _sources(running, words):
        if isinstance(source, str):
            missing = source
            continue
        read = read_mysql(source, running.container.tree, version=running.version, server=name)
        document = document or read
        settings |= read.settings
    table = product(name)
    said, doubt = arguments(words, table)
    whole = {**settings, **said}
    return Stated(doubtful(whole, doubt), document, missing or (UNKNOWN_WORD if doubt else ""))


def _sources(running: Running, words: Sequence[Word]) -> Iterator[Source | str]:
    """The option files in the order they are read; a reason for one that is not in the repository."""
    named = dict.fromkeys(_FILES) | dict(_file_options(words))
    if named["--no-defaults"] is not None:
        return
    only = named["--defaults-file"]
    if only is None:
        yield from _usual(running)
    for word in (only, named["--defaults-extra-file"]):
        if word is not None:
            path = word.exact
            source = running.container.text(path) if path else None
            yield source if source is not None else "an option file it is started with is not in the repository"


def _file_options(words: Sequence[Word]) -> Iterator[tuple[str, Word]]:
    for index, word in enumerate(words):
        option, equals, _ = word.known.partition("=")
        if option in _FILES:
            following = words[index + 1] if index + 1 < len(words) else word
            yield option, word.without(len(option) + 1) if equals else following


def _usual(running: Running) -> Iterator[Source]:
    """The files that the image's servers read by themselves; a my.cnf of the project decides about the folders."""
    replaced = [text for path in running.facts.files if (text := running.container.text(path)) is not None]
    yield from replaced
    included = [folder for folder in running.facts.folders if _includes(replaced, folder)]
    yield from texts_in(running.container, included, running.facts.suffix)


def _includes(replaced: Sequence[Source], folder: str) -> bool:
    """Whether the image's own my.cnf, or the one in its place, includes a folder."""
    if not replaced:
        return True
    lines = (line.split() for source in replaced for line in source.text.splitlines())
    return any(parts[0] == _INCLUDE and parts[-1].rstrip("/") == folder for parts in lines if parts)


def arguments(words: Sequence[Word], table: Product) -> tuple[dict[str, Value], Origin | None]:
    """The settings on a command line of the server, and a word that may stand for more."""
    settings: dict[str, Value] = {}
    doubt: Origin | None = None
    for index, word in enumerate(words):
        text = word.known
        if word.loose or (word.exact is None and not text):
            doubt = Origin.assumed("unless a word of the command, which is not known, says otherwise", word.span)
        if not text.startswith("--"):
            continue
        name, equals, _ = text[2:].partition("=")
        following = words[index + 1] if index + 1 < len(words) else None
        given = word.without(len(name) + 3) if equals else following
        if given is not None and not equals and given.known.startswith("-"):
            given = None
        _assign(settings, name, given, bool(equals), word, table)
    return settings, doubt


def _assign(
    settings: dict[str, Value], name: str, given: Word | None, attached: bool, word: Word, table: Product
) -> None:
    """One option: a flag may have its value only behind `=`, all others take the next word, too."""
    found = meaning(name, given.exact if given is not None and (attached or _needs_value(name, table)) else None, table)
    if found is None or len(found.names) != 1 or found.names[0] not in table.settings:
        return
    setting = table.settings[found.names[0]]
    if not setting.defaults:
        return
    refusal = f"{table.title} refuses the value of {setting.name}"
    takes = given is not None and (attached or setting.type != "bool")
    if not takes or given is None:
        result = parsed(setting, found.value)
        value = Value.exact(result.value, Origin.at(word.span))
        settings[setting.name] = value if not result.refusal else Value.unknown(refusal, Origin.at(word.span))
        return

    def read(text: str) -> object:
        meant = meaning(name, text, table)
        result = parsed(setting, meant.value if meant is not None else None)
        return None if result.refusal else result.value

    settings[setting.name] = typed(given.value, read, refusal)


def _needs_value(name: str, table: Product) -> bool:
    found = meaning(name, None, table)
    return (
        found is not None
        and len(found.names) == 1
        and (found.names[0] in table.settings and table.settings[found.names[0]].type != "bool")
    )
