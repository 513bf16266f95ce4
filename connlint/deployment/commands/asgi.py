"""ASGI servers: uvicorn, daphne, hypercorn, granian. How many requests run at once in a process is bounded by few of them."""

from __future__ import annotations

from typing import Final

from connlint.deployment.commands import plain
from connlint.deployment.commands.arguments import Arguments, as_number, read_arguments
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch
from connlint.deployment.model import Concurrency
from connlint.facts import product
from connlint.facts.command_line import command_line
from connlint.formats.services import Role
from connlint.project.tree import Unreadable
from connlint.value import Origin, Value

_CONCURRENCY: Final = "WEB_CONCURRENCY"


def launch_uvicorn(context: Context) -> tuple[Launch, ...]:
    """`--workers`, else UVICORN_WORKERS (click's auto_envvar_prefix), else WEB_CONCURRENCY, else 1.

    uvicorn/config.py: WEB_CONCURRENCY counts only where workers is not given. `--reload` runs one worker whatever
    `--workers` says. `--limit-concurrency` bounds what runs at once (evidence: lab T13).
    """
    given = _given(context, "uvicorn")
    workers = given.number("workers") or _variable(context, "UVICORN_WORKERS") or _variable(context, _CONCURRENCY)
    limit = given.number("limit_concurrency") or _variable(context, "UVICORN_LIMIT_CONCURRENCY")
    reloads = given.flag("reload") or _flag(context, "UVICORN_RELOAD")
    if reloads is not None and reloads.always(bool):
        workers = Value.exact(1, *reloads.origins, Origin.default("one while it reloads"))
    processes = given.doubted(workers or product("uvicorn").default("workers", context.version("uvicorn")))
    return (_launch(context, "uvicorn", given, processes, limit),)


def launch_daphne(context: Context) -> tuple[Launch, ...]:
    """One process. Synchronous code runs on the threads of its default executor, but Django's own on one a request."""
    given = _given(context, "daphne")
    return (_launch(context, "daphne", given, plain.one("daphne runs in one process"), None),)


def launch_hypercorn(context: Context) -> tuple[Launch, ...]:
    """`-w`, else `workers` of its configuration file, else 1."""
    given = _given(context, "hypercorn")
    workers = given.number("workers")
    config = given.text("config")
    if workers is None and config is not None:
        workers = _from_hypercorn_file(context, config)
    processes = workers or product("hypercorn").default("workers", context.version("hypercorn"))
    if processes.always(lambda n: n == 0):
        processes = Value.exact(1, *processes.origins, Origin.default("the main process serves where workers is 0"))
    return (_launch(context, "hypercorn", given, given.doubted(processes), None),)


def launch_granian(context: Context) -> tuple[Launch, ...]:
    """Workers, and what bounds a worker: its backpressure, and the blocking threads where the interface is WSGI.

    granian/server/common.py: backpressure is backlog / workers unless it is given, and half of it (version 1: all of
    it) are the blocking threads for WSGI.
    """
    given, version = _given(context, "granian"), context.version("granian")
    facts = product("granian")

    def number(name: str) -> Value | None:
        return given.number(name) or _variable(context, f"GRANIAN_{name.upper()}")

    processes = given.doubted(number("workers") or facts.default("workers", version))
    interface = (
        given.text("interface") or context.environment.get("GRANIAN_INTERFACE") or facts.default("interface", version)
    )
    backlog = number("backlog") or facts.default("backlog", version)
    backpressure = number("backpressure") or _share(backlog, processes)
    if interface.always(lambda i: i == "wsgi"):
        threads = number("blocking_threads") or _blocking(backpressure, facts.default("blocking_share", version))
        started = plain.started(context, "granian", Concurrency.THREADS, processes, given.doubted(threads), kind="wsgi")
        return (plain.launch(context, "granian", started, application=_application(given), role=Role.SERVICE),)
    return (_launch(context, "granian", given, processes, backpressure),)


def _share(backlog: Value, workers: Value) -> Value:
    """The backlog divided among the workers, at least 1."""
    origins = tuple(dict.fromkeys((*workers.origins, *backlog.origins)))
    whole, parts = backlog.bounds(), workers.bounds()
    if whole is None or parts is None or whole[1] is None or parts[1] is None or parts[0] < 1:
        return Value.unknown(
            workers.reason or backlog.reason or "it depends on the number of workers", *origins, least=1
        )
    return Value.between(max(1, int(whole[0]) // int(parts[1])), max(1, int(whole[1]) // int(parts[0])), *origins)


def _blocking(backpressure: Value, share: Value) -> Value:
    bounds, parts = backpressure.bounds(), share.bounds()
    origins = tuple(dict.fromkeys((*backpressure.origins, *share.origins)))
    if bounds is None or bounds[1] is None or parts is None or parts[1] is None:
        return Value.unknown(backpressure.reason or "it depends on the backpressure", *origins, least=1)
    return Value.between(max(1, int(bounds[0] // parts[1])), max(1, int(bounds[1] // parts[0])), *origins)


def _given(context: Context, name: str) -> Arguments:
    return read_arguments(context.arguments, command_line(name))


def _variable(context: Context, name: str) -> Value | None:
    """A variable as a whole number; an empty one counts as unset, as click has it."""
    value = context.environment.get(name)
    return None if value is None or value.always(lambda v: v == "") else as_number(value)


def _flag(context: Context, name: str) -> Value | None:
    value = context.environment.get(name)
    if value is None or value.always(lambda v: v == ""):
        return None
    if not value.alternatives:
        return value
    return Value.choice(
        (str(v).strip().lower() in ("1", "true", "t", "yes", "y", "on") for v in value.alternatives), *value.origins
    )


def _application(given: Arguments) -> Value | None:
    return given.operands[0].value if given.operands else None


def _launch(context: Context, server: str, given: Arguments, processes: Value, limit: Value | None) -> Launch:
    """`limit`: how many requests run at once in each process; None where nothing bounds them."""
    note = Origin.default(f"{server} serves as many requests at once as arrive")
    threads = limit if limit is not None else Value.between(1, None, note)
    started = plain.started(context, server, Concurrency.ASGI, processes.counted(1), given.doubted(threads))
    return plain.launch(context, server, started, application=_application(given), role=Role.SERVICE)


def _from_hypercorn_file(context: Context, config: Value) -> Value | None:
    """`workers` of the file that `-c` names: TOML, or Python behind `file:` or `python:`; None where it says nothing."""
    if not config.is_exact:
        return Value.unknown("which file configures hypercorn is not known", *config.origins, least=1)
    name = str(config.only)
    if name.startswith("python:"):
        name = f"{name.removeprefix('python:').replace('.', '/')}.py"
    place = context.container.locate(name.removeprefix("file:"), context.directory)
    if place is None or not context.container.tree.is_file(place):
        return Value.unknown(
            "it may stand in hypercorn's configuration file, which is not here", *config.origins, least=1
        )
    if not place.endswith(".py"):
        return _from_toml(context, place)
    from connlint.python.gunicorn import evaluate_gunicorn  # the same form, and `workers` is a count in both

    document = evaluate_gunicorn(context.container.tree, place, environment=context.environment, cpus=context.cpus)
    return document.settings.get("workers")


def _from_toml(context: Context, place: str) -> Value | None:
    from connlint.project.toml_positions import MalformedToml, read_toml  # parsing TOML costs start-up time

    try:
        node = read_toml(context.container.tree.read(place)).get("workers")
    except (MalformedToml, Unreadable):
        return Value.unknown(f"{place} cannot be read", least=1)
    return as_number(Value.exact(node.value, Origin.at(node.span))) if node is not None else None
