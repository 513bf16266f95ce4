"""manage.py and django-admin: servers and workers that are commands of Django, and all the others, which are one process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connlint.deployment.commands import plain, queues
from connlint.deployment.commands.arguments import Arguments, as_number, read_arguments
from connlint.deployment.commands.celery import beat, launch_celery, workers
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch
from connlint.deployment.commands.wsgi import mod_wsgi
from connlint.deployment.model import Concurrency
from connlint.deployment.processes import Started
from connlint.facts import Version, product
from connlint.facts.command_line import command_line
from connlint.formats.services import Role
from connlint.formats.words import Word
from connlint.records import replace
from connlint.value import Origin, Value

_WITHOUT_SERVER: Final = Version((4, 0))  # channels leaves runserver to daphne from here on
_RUNSERVER: Final = frozenset({"runserver", "runserver_plus", "testserver"})


def launch_management(context: Context) -> tuple[Launch, ...] | None:
    """What a command of Django starts; None for one that opens no connection, or for none at all."""
    before = read_arguments(context.arguments, command_line("django"), interspersed=False)
    if not before.operands:
        return None
    command, rest = before.operands[0], before.operands[1:]
    name = command.exact
    if name is None:
        return (_one(context, "manage.py", _settings(context, before, rest), None, command),)
    sets = product("management_commands").sets
    if name in sets["offline"]:
        return None
    found = _server(context, name, rest)
    role = Role.RELEASE if name in sets["once"] else None
    settings = _settings(context, before, rest)
    if found is None:
        return (_one(context, f"manage.py {name}", settings, role, None),)
    return tuple(replace(launch, settings=settings or launch.settings) for launch in found)


def _settings(context: Context, before: Arguments, rest: tuple[Word, ...]) -> Value | None:
    """`--settings`, wherever it stands, else the variable."""
    behind = read_arguments(rest, command_line("django")).text("settings")
    return behind or before.text("settings") or context.environment.get(plain.SETTINGS)


def _one(context: Context, name: str, settings: Value | None, role: Role | None, doubt: Word | None) -> Launch:
    note = "a command of Django is one process with one connection for each alias"
    origin = (
        (Origin.assumed(note),) if doubt is None else (Origin.assumed("which command it is, is not known", doubt.span),)
    )
    one = Value.exact(1, *origin)
    started = plain.started(context, "process", Concurrency.COMMAND, one, one)
    return plain.launch(context, name, started, settings=settings, role=role)


def _server(context: Context, name: str, words: tuple[Word, ...]) -> tuple[Launch, ...] | None:
    """The commands that serve or run tasks; None for every other one."""
    if name in _RUNSERVER:
        return (_runserver(context, name, words),)
    title = f"manage.py {name}"
    if name == "qcluster":
        return (queues.qcluster(context, words, title),)
    if name == "run_huey":
        return (queues.huey(context, read_arguments(words, command_line("run_huey")), title),)
    if name in ("djangohuey", "run_djangohuey"):
        return (queues.django_huey(context, read_arguments(words, command_line("run_huey")), title),)
    if name == "rqworker":
        return (queues.rq_workers(context, plain.one("a worker runs one job at a time"), title),)
    if name in ("rqworker-pool", "rqworker_pool"):
        given = read_arguments(words, command_line("rqworker-pool"))
        return (
            queues.rq_workers(
                context, given.doubted(given.number("num_workers") or plain.one("one, unless said")), title
            ),
        )
    if name == "rundramatiq":
        variables = (context.environment.get(f"DRAMATIQ_N{key}") for key in ("PROCS", "THREADS"))
        processes, threads = (as_number(value) if value is not None else None for value in variables)
        given = read_arguments(words, command_line("rundramatiq"))
        return (queues.dramatiq(context, replace(given, operands=()), title, processes, threads),)
    if name == "runmodwsgi":
        return (mod_wsgi(context, words, title),)
    if name == "runworker":
        started = plain.started(
            context, "channels", Concurrency.TASKS, plain.one("one process"),
            plain.one("channels runs synchronous code on one thread"),
        )  # fmt: skip
        return (plain.launch(context, title, started, role=Role.SERVICE),)
    return _django_celery(context, name, words)


def _django_celery(context: Context, name: str, words: tuple[Word, ...]) -> tuple[Launch, ...] | None:
    """The commands that django-celery of Celery 3 brought."""
    if name == "celery":
        return launch_celery(context, words)
    if name in ("celeryd", "celeryd_detach"):
        return workers(context, read_arguments(words, command_line("celery-worker")), Arguments(), f"manage.py {name}")
    if name == "celerybeat":
        return (beat(context, read_arguments(words, command_line("celery-beat")), Arguments()),)
    return None


def _runserver(context: Context, name: str, words: tuple[Word, ...]) -> Launch:
    """A thread for each TCP connection, one for all with `--nothreading`; the process that reloads it connects to nothing."""
    given = read_arguments(words, command_line("runserver"))
    single = given.flag("nothreading")

    def started(names: Mapping[str, Value]) -> Started:
        """With daphne (or channels before version 4) among the applications it is an ASGI server."""
        version = context.version("channels")
        servers = {"daphne", "channels"} if version is not None and version < _WITHOUT_SERVER else {"daphne"}
        installed = names.get("INSTALLED_APPS")
        is_asgi = installed is not None and installed.always(
            lambda apps: isinstance(apps, (list, tuple)) and not servers.isdisjoint(map(str, apps))
        )
        concurrency, note = Concurrency.PER_CONNECTION, "runserver starts a thread for each connection"
        if is_asgi and not given.has("noasgi"):
            concurrency, note = Concurrency.ASGI, "daphne's runserver serves as many requests at once as arrive"
        threads = Value.between(1, None, Origin.default(note))
        if single is not None and concurrency is Concurrency.PER_CONNECTION:
            concurrency, threads = Concurrency.THREADS, Value.exact(1, *single.origins)
        return plain.started(context, "runserver", concurrency, plain.one("one process serves"), given.doubted(threads))

    return plain.launch(context, f"manage.py {name}", replace(started({}), settle=started), role=Role.SERVICE)
