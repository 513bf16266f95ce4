"""gunicorn's command line, joined with its configuration file and its variables in gunicorn's own order.

gunicorn/app/base.py, load_config(): defaults (WEB_CONCURRENCY among them), what a paste file says, the configuration
file, GUNICORN_CMD_ARGS, the command line. The file is that of `--config`, else that of `--config` in the variable, else
gunicorn.conf.py in the folder gunicorn is started in.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Final

from connlint.deployment.commands.arguments import Arguments, as_number, read_arguments, words_of
from connlint.deployment.commands.container import taken_for
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch, extent
from connlint.deployment.processes import environment_of, gunicorn
from connlint.deployment.unread import lost
from connlint.facts import product
from connlint.facts.command_line import CommandLine, Takes, command_line
from connlint.formats.document import Document
from connlint.formats.services import Role
from connlint.formats.splitting import Unbalanced
from connlint.formats.words import Word
from connlint.records import dataclass, replace
from connlint.value import Origin, Value

_OWN_FILE: Final = "gunicorn.conf.py"
_VARIABLE: Final = "GUNICORN_CMD_ARGS"
SETTINGS: Final = "DJANGO_SETTINGS_MODULE"


@dataclass(frozen=True, slots=True)
class _File:
    """The configuration file: its document, or what stands for each of its settings where it is not to be read."""

    document: Document | None = None
    unknown: Value | None = None


def launch_gunicorn(context: Context) -> tuple[Launch, ...]:
    """gunicorn with everything that configures it."""
    line = command_line("gunicorn")
    given = read_arguments(context.arguments, line)
    variable, unreadable = _from_variable(context, line)
    file = _file(context, given, variable)
    unknown = unreadable or (lost(file.document) if file.document is not None else None) or file.unknown
    if unknown is None and (paste := given.text("paste") or variable.text("paste")) is not None:
        unknown = Value.unknown("it may stand in the paste file, which is not read", *paste.origins)
    settings = {
        **(file.document.settings if file.document is not None else {}),
        **_settings(variable),
        **_settings(given),
    }
    words = context.invocation.words
    document = _document(file.document, settings, words[0])
    environment = {**context.environment, **environment_of(document)}
    started = gunicorn(
        document, context.environment, context.version("gunicorn"), unknown=unknown, doubt=given.doubt or variable.doubt
    )
    launch = Launch(
        started=replace(started, span=extent(words)),
        name="gunicorn",
        words=words,
        environment=environment,
        directory=_directory(context, settings),
        span=extent(words),
        role=Role.SERVICE,
        settings=environment.get(SETTINGS),
        application=given.operands[0].value if given.operands else settings.get("wsgi_app"),
    )
    return (launch,)


def _document(file: Document | None, settings: Mapping[str, Value], program: Word) -> Document:
    """The file with what holds in the end; without one, the command stands for it."""
    return (
        replace(file, settings=settings)
        if file is not None
        else Document("gunicorn", program.span.source, (), settings)
    )


def _from_variable(context: Context, line: CommandLine) -> tuple[Arguments, Value | None]:
    """The options in GUNICORN_CMD_ARGS; the second tells that they are not known."""
    value = context.environment.get(_VARIABLE)
    if value is None:
        return Arguments(), None
    if not value.is_exact:
        return Arguments(), Value.unknown(f"{_VARIABLE} is not known", *value.origins)
    try:
        return read_arguments(words_of(value, context.invocation.words[0].span), line), None
    except Unbalanced:
        return Arguments(), Value.unknown(f"{_VARIABLE} has a quotation that does not end", *value.origins)


def _settings(given: Arguments) -> dict[str, Value]:
    """The settings that options state, by gunicorn's own names, each as its own type."""
    facts = product("gunicorn")
    found: dict[str, Value] = {}
    for name in dict.fromkeys(said.option.name for said in given.said):
        setting = facts.settings.get(name)
        kind = setting.type if setting is not None else "str"
        text = given.text(name)
        if text is None:
            said = given.all(name)[-1]
            found[name] = given.doubted(
                Value.exact(said.option.takes is not Takes.NONE or name != "sendfile", Origin.at(said.span))
            )
        elif kind == "list":
            found[name] = _listed(given, name)
        else:
            found[name] = as_number(text) if kind in ("int", "seconds") else text
    return found


def _listed(given: Arguments, name: str) -> Value:
    """An option that may be given several times, as the list of its values."""
    values = [said.word.value for said in given.all(name) if said.word is not None]
    origins = tuple(dict.fromkeys(origin for value in values for origin in value.origins))
    unknown = next((value for value in values if not value.is_exact), None)
    if unknown is not None:
        return Value.unknown(unknown.reason or "one of its values is not known", *origins)
    return given.doubted(Value.exact(tuple(str(value.only) for value in values), *origins))


def _file(context: Context, given: Arguments, variable: Arguments) -> _File:
    """The configuration file that gunicorn loads, if any."""
    named = given.text("config") or variable.text("config")
    if named is None:
        place = context.container.locate(_OWN_FILE, context.directory)
        there = place is not None and context.container.tree.is_file(place)
        return _evaluated(context, place) if there and place is not None else _File()
    if not named.is_exact:
        return _File(unknown=Value.unknown("which file configures gunicorn is not known", *named.origins))
    text = str(named.only)
    if text.startswith("python:"):
        name = text.removeprefix("python:").replace(".", "/")
        names = [f"{name}.py", f"{name}/__init__.py"]
    else:
        names = [text.removeprefix("file:")]
    tree = context.container.tree
    places = (context.container.locate(name, context.directory) for name in names)
    place = next((p for p in places if p is not None and tree.is_file(p)), None)
    if place is not None:
        return _evaluated(context, place)
    guess = context.container.guess(names[0])
    if guess is None:
        reason = "it may stand in gunicorn's configuration file, which is not here"
        return _File(unknown=Value.unknown(reason, *named.origins))
    document = _evaluated(context, guess).document
    return _File(_assumed(document, taken_for(names[0], guess)) if document is not None else None)


def _assumed(document: Document, origin: Origin) -> Document:
    return replace(document, settings={key: value.because(origin) for key, value in document.settings.items()})


def _evaluated(context: Context, place: str) -> _File:
    from connlint.python.gunicorn import evaluate_gunicorn  # the evaluator is needed only where there is such a file

    tree = context.container.tree
    return _File(evaluate_gunicorn(tree, place, environment=context.environment, cpus=context.cpus))


def _directory(context: Context, settings: Mapping[str, Value]) -> str:
    """The folder the workers run in: gunicorn changes to `chdir`."""
    stated = settings.get("chdir")
    if stated is None or not stated.is_exact or not isinstance(stated.only, str):
        return context.directory
    return posixpath.normpath(posixpath.join(context.directory, stated.only))
