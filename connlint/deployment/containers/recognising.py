"""Which server or pooler a service runs: told by its image's name, else by the program that its command starts."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.deployment.commands.container import Container
from connlint.facts import Version, product
from connlint.facts.images import ImageFacts, Match, Reference, find, image
from connlint.formats.services import Service
from connlint.formats.words import Command, Invocation, Word
from connlint.records import dataclass
from connlint.source import Source, Span
from connlint.value import Origin, Value

# Programs whose name alone says what runs, and the image that is configured by command line and files as they are.
_PROGRAMS: Final[Mapping[str, str]] = {
    "postgres": "postgres",
    "postmaster": "postgres",
    "mysqld": "mysql",
    "mysqld_safe": "mysql",
    "mariadbd": "mariadb",
    "mariadbd-safe": "mariadb",
    "pgbouncer": "pgbouncer",
    "patroni": "patroni",
    "pgcat": "pgcat",
    "odyssey": "odyssey",
    "proxysql": "proxysql",
    "pgpool": "pgpool",
}


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """A service with what its image is known to do. `arguments`: the words after its program's name.

    `opaque`: why nobody can tell what holds where neither a word nor a file nor a variable states it; `doubt`: why it
    may be otherwise all the same. `scripted`: a script of the project starts it, which may heed other variables.
    """

    service: Service
    facts: ImageFacts
    arguments: tuple[Word, ...]
    environment: Mapping[str, Value]
    container: Container
    version: Version | None
    opaque: str = ""
    doubt: Origin | None = None
    scripted: bool = False
    recipe: tuple[Source, ...] = ()  # the Dockerfile it is built with

    def variable(self, names: Sequence[str]) -> Value | None:
        """The first of these variables that is set and not empty, as text; None where none is."""
        for name in names:
            value = self.environment.get(name)
            if value is not None and not value.always(lambda v: v in ("", None)):
                return value
        return None

    @property
    def unknown(self) -> str:
        """Why nobody can tell what holds where nothing is stated; empty where the product's defaults do."""
        return self.opaque or ("a script of the project starts it" if self.scripted else "")

    def assumed_defaults(self) -> dict[str, Value]:
        """The product's defaults, where the image is only assumed to keep them; nothing where it surely does."""
        if self.doubt is None:
            return {}
        table = product(self.facts.product)
        known = [k for k, s in table.settings.items() if s.defaults and s.known_in(self.version) is not False]
        return {key: table.default(key, self.version).because(self.doubt) for key in known}


def running(
    service: Service,
    base: Value | None,
    words: Sequence[Word],
    environment: Mapping[str, Value],
    container: Container,
) -> Running | None:
    """What `service` runs, when it is a server or a pooler known here.

    `base`: the image it starts from (its own, or what its Dockerfile is built upon); `words`: its whole command,
    the image's entrypoint in front of it where that is known.
    """
    at, program = _program(words)
    reference = Reference.parse(str(base.only)) if base is not None and base.is_exact else None
    found = find(reference) if reference is not None else None
    if found is None or reference is None:
        if program not in _PROGRAMS:
            return None
        facts = image(_PROGRAMS[program])
        arguments = tuple(words[at + 1 :])
        return Running(service, facts, arguments, environment, container, None, "nothing says which image it runs in")
    facts, match = found
    starts = _PROGRAMS.get(program)
    if starts is not None and image(starts).product != facts.product and not _kin(image(starts), facts):
        return None  # a client or a tool out of the image, or another server altogether
    unread, rest = _arguments(words, at, program)
    if rest is None:
        return None
    name = reference.name
    opaque = {
        Match.DERIVED: f"{name} is an image of its own",
        Match.MIRROR: facts.tuned,
        Match.NAME: facts.tuned,
    }[match]
    doubt = Origin.assumed(f"assumed: {reference.host or name} keeps a copy of the public image")
    return Running(
        service,
        facts,
        rest,
        environment,
        container,
        None if match is Match.DERIVED else facts.version(reference),
        opaque or unread,
        doubt if match is Match.MIRROR else None,
        any(container.text(word.exact) is not None for word in words[:2] if word.exact and word.exact.endswith(".sh")),
    )


def server_words(commands: Sequence[Command | None], others: Sequence[Invocation]) -> tuple[Word, ...]:
    """The words to tell a server by: of `others`, programs that were followed to, those of one; else all of `commands`.

    Of a script that leads to no server known here there is a single word, which nobody knows.
    """
    for other in others:
        at, program = _program(other.words[:1])
        if program:
            return other.words[at:] if other.sure else (*other.words[at:], _unknown(other.words[-1].span))
    found: list[Word] = []
    for command in commands:
        if command is not None and command.script is not None and not command.is_empty:
            return (_unknown(command.span),)
        found += command.words if command is not None else ()
    return tuple(found)


def _unknown(span: Span) -> Word:
    return Word((Value.unknown("what its script starts is not known"),), span, loose=True)


def _kin(program: ImageFacts, facts: ImageFacts) -> bool:
    """Whether an image runs this program under an older name: `mysqld` in MariaDB's."""
    return {program.product, facts.product} == {"mysql", "mariadb"}


def _program(words: Sequence[Word]) -> tuple[int, str]:
    """The first word that names a server's program, and where it stands; -1 and nothing where none does."""
    for index, word in enumerate(words):
        name = posixpath.basename(word.exact or "")
        if name in _PROGRAMS:
            return index, name
    return -1, ""


# What the images' entrypoints are called; words before the server's own.
_ENTRYPOINTS: Final = ("entrypoint", "run.sh", "tini", "dumb-init")


def _arguments(words: Sequence[Word], at: int, program: str) -> tuple[str, tuple[Word, ...] | None]:
    """The words for the server; None where something else runs in the image (a backup, a client).

    An image's entrypoint puts the server's name before words that begin with a dash.
    """
    if program:
        return "", tuple(words[at + 1 :])
    rest = list(words)
    while rest and any(name in posixpath.basename(rest[0].known) for name in _ENTRYPOINTS):
        rest.pop(0)
    if not rest or rest[0].known.startswith("-"):
        return "", tuple(rest)
    if rest[0].exact is None:
        return "what its command starts is not known", ()
    name = posixpath.basename(rest[0].known)
    if name.endswith(".sh") or name in ("sh", "bash", "env", "gosu", "su-exec"):
        return f"what {name} starts is not known", ()
    return "", None
