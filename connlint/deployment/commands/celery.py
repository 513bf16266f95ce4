"""Celery's command line: workers with their pools, beat, and `celery multi`, which starts several workers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from connlint.deployment.commands import plain
from connlint.deployment.commands.arguments import Arguments, as_number, read_arguments
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch
from connlint.deployment.model import Concurrency
from connlint.deployment.processes import Started
from connlint.facts import Version, product
from connlint.facts.command_line import command_line
from connlint.formats.services import Role
from connlint.formats.words import Text, Word
from connlint.records import replace
from connlint.value import Origin, Value

_MOST_NODES: Final = 64
_FIRST_WITH_VARIABLES: Final = Version((5, 0))  # celery/bin/celery.py: auto_envvar_prefix of click, which came with 5.0
_CODE: Final = re.compile(r"\bworker_concurrency['\"]?\s*[=:]\s*(\d+\b(?!\s*[-+*/%.(\[]))?|\bCELERYD_CONCURRENCY\b")
# One setting under its names in Django's settings: with the usual namespace, as Celery 3 had it, and in lower case.
_CONCURRENCY: Final = ("CELERY_WORKER_CONCURRENCY", "CELERYD_CONCURRENCY", "worker_concurrency")
_POOL: Final = ("CELERY_WORKER_POOL", "CELERYD_POOL", "worker_pool")
_STARTING: Final = frozenset({"start", "restart", "stopwait_start"})


def launch_celery(context: Context, words: tuple[Word, ...] | None = None) -> tuple[Launch, ...] | None:
    """`celery [options] worker|beat|multi [options]`; the other commands hold no connection of their own."""
    before = read_arguments(context.arguments if words is None else words, command_line("celery"), interspersed=False)
    if not before.operands:
        return None
    command, rest = before.operands[0].exact, before.operands[1:]
    if command == "worker":
        return workers(context, read_arguments(rest, command_line("celery-worker")), before)
    if command == "beat":
        return (beat(context, read_arguments(rest, command_line("celery-beat")), before),)
    if command == "multi":
        return _multi(context, rest, before)
    return None


def workers(context: Context, given: Arguments, before: Arguments, name: str = "celery worker") -> tuple[Launch, ...]:
    """One worker, and the beat that `-B` embeds in it: a process of its own."""
    application = _application(given, before)
    pool, number = _pool(context, given), _autoscale(context, given) or _concurrency(context, given, application)
    started = _started(context, pool, number)
    if pool is None or number is None:

        def settle(names: Mapping[str, Value]) -> Started:
            return _started(context, pool or _stated(names, _POOL), number or _stated(names, _CONCURRENCY))

        started = replace(started, settle=settle)
    worker = plain.launch(context, name, started, application=application, role=Role.SERVICE)
    if not given.has("beat"):
        return (worker,)
    return (worker, replace(beat(context, given, before), name="celery beat"))


def _started(context: Context, pool: Value | None, number: Value | None) -> Started:
    """Processes with one connection each, or one process with threads or greenlets.

    Without a `number` there are as many as processors; the default pool is prefork (evidence: lab T16).
    """
    kind = pool or product("celery").default("worker_pool", None)
    number, one = (number or context.cpus).counted(1), plain.one("one process, or one thread in each")
    processes, threads = number, one
    if kind.always(lambda k: k == "solo"):
        processes = one.because(*kind.origins)
    elif kind.always(lambda k: k in ("threads", "gevent", "eventlet")):
        processes, threads = one, number
    elif not kind.always(lambda k: k in ("prefork", "processes")):  # solo, perhaps
        bounds = number.bounds()
        if bounds is not None:
            processes = Value.between(1, bounds[1], *number.origins, *kind.origins)
    started = plain.started(context, "celery", Concurrency.TASKS, processes, threads)
    return replace(started, worker_class=kind)


def _stated(names: Mapping[str, Value], keys: tuple[str, ...]) -> Value | None:
    """The first of these settings that is there and says something."""
    values = (names[key] for key in keys if key in names)
    return next((value for value in values if not value.always(lambda v: v in (None, 0))), None)


def beat(context: Context, given: Arguments, before: Arguments) -> Launch:
    """One process; with django-celery-beat its schedule lies in the database."""
    started = plain.started(
        context,
        "celery",
        Concurrency.TASKS,
        plain.one("beat is one process"),
        plain.one("beat has one thread"),
        kind="beat",
    )
    return plain.launch(context, "celery beat", started, application=_application(given, before), role=Role.SERVICE)


def _application(given: Arguments, before: Arguments) -> Value | None:
    return given.text("app") or before.text("app")


def _variable(context: Context, name: str) -> Value | None:
    """A variable that click takes for an option of `celery worker`, from Celery 5.0; an empty one is unset."""
    version = context.version("celery")
    if version is not None and version < _FIRST_WITH_VARIABLES:
        return None
    value = context.environment.get(f"CELERY_WORKER_{name}")
    return None if value is None or value.always(lambda v: v == "") else value


def _pool(context: Context, given: Arguments) -> Value | None:
    stated = given.text("pool") or _variable(context, "POOL")
    return given.doubted(stated) if stated is not None else None


def _autoscale(context: Context, given: Arguments) -> Value | None:
    """The larger of `--autoscale=max,min`."""
    stated = given.text("autoscale") or _variable(context, "AUTOSCALE")
    if stated is None:
        return None
    if not stated.alternatives:
        return stated
    return as_number(Value.choice((str(v).partition(",")[0].strip() for v in stated.alternatives), *stated.origins))


def _concurrency(context: Context, given: Arguments, application: Value | None) -> Value | None:
    """None where neither the command nor its variables nor the application's own file say it."""
    stated = given.text("concurrency") or _variable(context, "CONCURRENCY")
    if stated is not None and stated.always(lambda v: v == "auto"):
        return context.cpus.because(*stated.origins)
    if stated is not None:
        number = as_number(stated)
        if not number.always(lambda n: n == 0):
            return number
    coded = _in_code(context, application)
    return None if coded is None else given.doubted(coded)


def _in_code(context: Context, application: Value | None) -> Value | None:
    """`app.conf.worker_concurrency = 4` in the module that `-A` names; the code is searched, not evaluated."""
    if application is None or not application.is_exact:
        return None
    module = str(application.only).partition(":")[0].replace(".", "/")
    for path in (f"{module}.py", f"{module}/celery.py", f"{module}/__init__.py", f"{module.rpartition('/')[0]}.py"):
        source = context.container.text(path, context.directory)
        match = _CODE.search(source.text) if source is not None else None
        if source is None or match is None:
            continue
        line = source.text[source.text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if "#" in line:
            continue
        if match[1] is not None:
            return Value.exact(int(match[1]), Origin.at(source.span(match.start(1), match.end(1))))
        return Value.unknown("the Celery application sets it in code", Origin.at(source.span(*match.span())), least=1)
    return None


def _multi(context: Context, words: tuple[Word, ...], before: Arguments) -> tuple[Launch, ...] | None:
    """`celery multi start 3 -c 4`, `celery multi start a b -c:a 5`: a worker for each name.

    celery/apps/multi.py: an option takes the next word unless that starts with a dash; `-c:a,b` is for these nodes.
    """
    names: list[Word] = []
    common: list[Word] = []
    own: list[tuple[frozenset[str], list[Word]]] = []
    index = 0
    while index < len(words):
        word = words[index]
        text = word.known
        index += 1
        if text == "--":
            break
        if not text.startswith("-"):
            names.append(word)
            continue
        option, colon, nodes = text.partition("=")[0].partition(":")
        taken = [Word.of(Text.placed(option, word.span))]
        if text.startswith("--") and "=" in text:
            taken[0] = Word((Text.placed(f"{option}=", word.span), *word.without(text.index("=") + 1).parts), word.span)
        elif not text.startswith("--") and index < len(words) and not words[index].known.startswith("-"):
            taken.append(words[index])
            index += 1
        if colon:
            own.append((frozenset(nodes.split(",")), taken))
        else:
            common += taken
    if not names or names[0].exact not in _STARTING:
        return None
    return tuple(_nodes(context, names[1:], common, own, before))


def _nodes(
    context: Context,
    names: list[Word],
    common: list[Word],
    own: list[tuple[frozenset[str], list[Word]]],
    before: Arguments,
) -> list[Launch]:
    line = command_line("celery-worker")
    count = as_number(names[0].value) if len(names) == 1 else None
    is_count = count is not None and (count.is_exact or names[0].exact is None)  # `multi start 3`, `multi start $N`
    if count is not None and is_count and not (own and count.is_exact):
        launch = workers(context, read_arguments(common, line), before)
        return [replace(each, copies=count.counted(1)) for each in launch]
    labels = [name.exact or "" for name in names]
    if count is not None and is_count:
        labels = [str(number) for number in range(1, min(int(str(count.only)), _MOST_NODES) + 1)]
    found: list[Launch] = []
    for place, label in enumerate(labels[:_MOST_NODES], 1):
        extra = [word for nodes, taken in own if nodes & {label, str(place)} for word in taken]
        found += workers(context, read_arguments([*common, *extra], line), before, f"celery worker {label}")
    return found
