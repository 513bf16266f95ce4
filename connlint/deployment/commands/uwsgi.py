"""uWSGI's command line, and everything a uWSGI starts beside its workers: mules, spoolers, daemons, crons, vassals."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from connlint.deployment.commands import plain
from connlint.deployment.commands.arguments import Arguments, read_arguments
from connlint.deployment.commands.container import taken_for
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch, Nested, extent
from connlint.deployment.model import Concurrency
from connlint.deployment.processes import environment_of, uwsgi
from connlint.facts import product
from connlint.facts.command_line import command_line
from connlint.formats.document import Document
from connlint.formats.services import Role
from connlint.formats.uwsgi.command import Given, read_uwsgi_command
from connlint.formats.uwsgi.export import LOADERS
from connlint.formats.words import Text, Word
from connlint.records import replace
from connlint.source import Span
from connlint.value import Value

_APPLICATION: Final = ("module", "wsgi-file", "mount")
_DAEMONS: Final = ("attach-daemon", "attach-daemon2", "attach-control-daemon", "smart-attach-daemon",
                   "smart-attach-daemon2", "legion-attach-daemon", "legion-smart-attach-daemon")  # fmt: skip
_WITH_PIDFILE: Final = frozenset({"smart-attach-daemon", "legion-smart-attach-daemon"})
_CRONS: Final = ("cron", "cron2", "unique-cron", "legion-cron", "unique-legion-cron")
_HOOKS: Final = ("exec-asap", "exec-pre-jail", "exec-post-jail", "exec-in-jail", "exec-as-root", "exec-as-user",
                 "exec-pre-app", "exec-post-app")  # fmt: skip
_CONFIGURATIONS: Final = (".ini", ".xml", ".yaml", ".yml", ".json", ".js")
_CRON_TIMES: Final = re.compile(r"\s*(?:-?\d+\s+){5}")
_KEYVALUES: Final = re.compile(r"(?:[a-z_]+=[^,\s]*,?)+\s*")


def launch_uwsgi(context: Context) -> tuple[Launch | Nested, ...]:
    """uWSGI's workers, and what else it starts."""
    given = read_arguments(context.arguments, command_line("uwsgi"))
    span = extent(context.invocation.words)
    container = context.container
    start = container.locate(".", context.directory)
    document = read_uwsgi_command(
        list(_options(context, given, start)), container.tree, span,
        environment=_environment(context, start), cpus=context.cpus, directory=start,
    )  # fmt: skip
    started = uwsgi(document, context.version("uwsgi"))
    if given.doubt is not None:
        started = replace(started, processes=given.doubted(started.processes), threads=given.doubted(started.threads))
    environment = {**context.environment, **environment_of(document)}
    folder = document.settings.get("chdir")
    directory = (
        posixpath.join(context.directory, str(folder.only))
        if folder is not None and folder.is_exact
        else context.directory
    )
    launch = Launch(
        started=replace(started, span=span),
        name="uwsgi",
        words=context.invocation.words,
        environment=environment,
        directory=directory,
        span=span,
        role=Role.SERVICE,
        settings=environment.get(plain.SETTINGS),
        application=next((document.settings[key] for key in _APPLICATION if key in document.settings), None),
    )
    vassals = tuple(_vassals(context, document, launch))
    own = (
        ()
        if "emperor" in document.settings and launch.application is None
        else (launch, *_beside(context, document, launch))
    )
    return (*own, *_commands(document, launch), *vassals)


# -- options -----------------------------------------------------------------------------------------------------------


def _options(context: Context, given: Arguments, start: str | None) -> Iterator[Given]:
    """The options as the reader of uWSGI's files takes them, files by the names that the project has for them."""
    for said in given.said:
        key, word = said.option.name, said.word
        if word is None:
            yield Given(key, None, said.span, said.span)
            continue
        value = word.value
        if key in LOADERS:
            value = _named(context, value, bool(LOADERS[key]), start)
        yield Given(key, value, said.span, word.span)
    for word in given.operands:
        if not word.known.startswith("["):
            yield Given(None, _named(context, word.value, False, start), word.span, word.span)


def _environment(context: Context, start: str | None) -> Mapping[str, Value]:
    found = dict(context.environment)
    for name, value in context.environment.items():
        key = name.removeprefix("UWSGI_").lower().replace("_", "-")
        if key in LOADERS and name.startswith("UWSGI_"):
            found[name] = _named(context, value, bool(LOADERS[key]), start)
    return found


def _named(context: Context, value: Value, has_section: bool, start: str | None) -> Value:
    """A file's name as the project has it, where the name of the container leads to a file of the project."""
    if not value.is_exact or "://" in str(value.only):
        return value
    path, colon, section = str(value.only).partition(":") if has_section else (str(value.only), "", "")
    place = context.container.locate(path, context.directory) if path else None
    origins = value.origins
    if path and (place is None or not context.container.tree.is_file(place)):
        place = context.container.guess(path)
        origins = (*origins, taken_for(path, place or ""))
    if not place:
        return value
    return Value.exact(posixpath.relpath(place, start or ".") + colon + section, *origins)


# -- what is started beside the workers --------------------------------------------------------------------------------


def _beside(context: Context, document: Document, launch: Launch) -> Iterator[Launch]:
    """Mules and spoolers: processes with the application loaded, one connection each for each alias."""
    settings = {key: value for key, value in document.settings.items() if not value.is_unknown}
    count = _number(settings.get("mules"))
    listed = _number(settings.get("mule"))
    if count is not None or listed is not None:
        number = listed if count is None else count if listed is None else count + listed
        yield _process(context, launch, "uwsgi mule", number or Value.exact(0))
    folders = _number(settings.get("spooler"))
    if folders is not None:
        each = settings.get("spooler-processes") or product("uwsgi").default("spooler-processes", None)
        number = folders if each.always(lambda n: n == 1) else folders * each.counted(1)
        yield _process(context, launch, "uwsgi spooler", number)


def _number(value: Value | None) -> Value | None:
    """A number, or how many values an option has that is given several times."""
    if value is None or not value.alternatives:
        return value
    return Value.choice((len(v) if isinstance(v, tuple) else v for v in value.alternatives), *value.origins)


def _only(value: Value) -> object:
    return value.only if value.is_exact else None


def _process(context: Context, launch: Launch, name: str, number: Value) -> Launch:
    one = plain.one("it does one thing at a time")
    started = plain.started(context, "uwsgi", Concurrency.COMMAND, number, one, kind=name.partition(" ")[2])
    return replace(launch, started=started, name=name, role=Role.SERVICE)


def _commands(document: Document, launch: Launch) -> Iterator[Nested]:
    """Commands that uWSGI runs: daemons attached to it, crons, hooks."""
    for key, role in (
        *((k, Role.SERVICE) for k in _DAEMONS),
        *((k, Role.SCHEDULED) for k in _CRONS),
        *((k, Role.RELEASE) for k in _HOOKS),
    ):
        value = document.settings.get(key)
        if value is None or not isinstance(texts := _only(value), tuple):
            continue
        for text, span in zip(texts, _places(document, key, value, len(texts)), strict=True):
            command = _command_in(key, str(text))
            at = str(text).find(command) if command else -1
            if at < 0:
                continue
            whole = Text.of(span) if span.text == str(text) else Text.placed(str(text), span)
            yield Nested(launch.environment, launch.directory, role, script=whole.cut(at, at + len(command)))


def _command_in(key: str, text: str) -> str:
    """The command in an option's value: behind a pid file, the times of a cron, or `cmd=`."""
    if key in ("attach-daemon2", "smart-attach-daemon2"):
        match = re.search(r"(?:^|,)(?:cmd|command|exec)=([^,]*)", text)
        return match[1] if match else ""
    if key in ("legion-attach-daemon", "legion-smart-attach-daemon"):
        text = text.partition(" ")[2]
    if key in _WITH_PIDFILE:
        return text.partition(" ")[2].strip()
    if key == "cron2":
        match = _KEYVALUES.match(text)
        return text[match.end() :].strip() if match else text.strip()
    if key in _CRONS:
        match = _CRON_TIMES.match(text)
        return text[match.end() :].strip() if match else ""
    return text.strip()


def _places(document: Document, key: str, value: Value, number: int) -> list[Span]:
    """Where each value of an option that is given several times stands."""
    facts = product("uwsgi")
    spans = [entry.span for entry in document.entries if facts.canonical(entry.key) == key and entry.value]
    if len(spans) == number:
        return spans
    first = value.span or document.source.span(0, 0)
    return [first] * number


def _vassals(context: Context, document: Document, launch: Launch) -> Iterator[Nested]:
    """The configurations in the folders that an emperor watches: each is a uWSGI of its own."""
    value = document.settings.get("emperor")
    if value is None:
        return
    patterns = _only(value)
    container = context.container
    for pattern in patterns if isinstance(patterns, tuple) else ():
        place = container.locate(str(pattern), context.directory)
        names = container.tree.listdir(place) if place is not None and container.tree.is_dir(place) else ()
        found = [name for name in names if name.endswith(_CONFIGURATIONS)]
        if not found:
            yield Nested(
                launch.environment,
                launch.directory,
                None,
                problem=((value.span or launch.span), "the emperor's vassals are not here"),
            )
        for name in found:
            path = posixpath.join(str(pattern), name)
            span = value.span or launch.span
            words = [Text.placed(text, span) for text in ("uwsgi", f"--{_dialect(name)}", path)]
            yield Nested(launch.environment, context.directory, None, words=tuple(map(Word.of, words)))


def _dialect(name: str) -> str:
    ending = name.rpartition(".")[2]
    return {"yml": "yaml", "js": "json"}.get(ending, ending)
