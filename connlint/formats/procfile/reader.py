"""Reads Procfiles: one service for each process type, run by `/bin/sh -c`.

Sources: Heroku's "The Procfile", honcho/environ.py and foreman's procfile.rb: `NAME: command` on one line, all other
lines are passed over.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.formats.document import Document, Problem
from connlint.formats.opening import opened, stated
from connlint.formats.procfile.app_json import Beside, beside, set_by_platform
from connlint.formats.procfile.dotenv import parse_environment
from connlint.formats.services import ONE, Role, Service, Stack
from connlint.formats.words import Command, Text
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Origin, Value

MOST_PROCESSES: Final = 500
_LINE: Final = re.compile(r"[^\r\n]+")
_PROCESS: Final = re.compile(r"([A-Za-z0-9_-]+):\s*(\S.*)$")


def read_procfile(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each Procfile, with what app.json and DOKKU_SCALE beside it say; a developer's one (Procfile.dev)
    has the variables of the `.env` beside it instead, as honcho and foreman have it.

    `release` and app.json's postdeploy are RELEASE. `extra` has `platform` ("heroku" unless the files say another;
    assumed where only the Procfile speaks for it) and may have `plan` (the dyno's size) and `database-plan` (an add-on).
    Heroku and Dokku set DATABASE_URL, which is unknown. `surge` is None: the platform decides. Never raises.
    """
    del environment
    return tuple(_stack(tree, path) for path in paths)


def _stack(tree: Tree, path: str) -> Stack:
    folder = posixpath.dirname(path)
    development = is_for_development(path)
    source, troubles = opened(tree, path)
    commands, problems = parse(source)
    documents = [stated("procfile", source, (*troubles, *problems))]
    if development:
        variables = _dotenv(tree, folder, documents)
        services = [
            Service(name, span.span(), Command(line.span(), script=line), environment=variables, replicas=ONE)
            for name, (span, line) in commands.items()
        ]
        return Stack(path, "procfile", folder, tuple(services), tuple(documents), development)
    more = beside(tree, folder)
    extra = {"platform": _platform(tree, folder, source), **more.extra}
    services = [_service(name, span, line, more, extra) for name, (span, line) in commands.items()]
    if more.postdeploy is not None:
        span = more.postdeploy.span
        variables = {**set_by_platform(extra["platform"], span), **more.environment}
        services.append(
            Service("postdeploy", span, more.postdeploy, environment=variables, role=Role.RELEASE, extra=extra)
        )
    return Stack(path, "procfile", folder, tuple(services), (*documents, *more.documents), development)


def _service(name: str, span: Text, line: Text, more: Beside, extra: Mapping[str, Value]) -> Service:
    variables = {**set_by_platform(extra["platform"], span.span()), **more.environment}
    if name == "web":
        variables.setdefault("PORT", Value.unknown("the platform chooses PORT", Origin.at(span.span())))
    plan = more.plans.get(name)
    return Service(
        name,
        span.span(),
        Command(line.span(), script=line),
        environment=variables,
        replicas=more.replicas.get(name, ONE),
        role=Role.RELEASE if name == "release" else Role.SERVICE,
        extra=extra if plan is None else {**extra, "plan": plan},
    )


def parse(source: Source) -> tuple[dict[str, tuple[Text, Text]], list[Problem]]:
    """The name and the command of each process type; of two with one name the last counts."""
    found: dict[str, tuple[Text, Text]] = {}
    problems: list[Problem] = []
    for line in _LINE.finditer(source.text):
        if len(found) >= MOST_PROCESSES:
            problems.append(Problem("too-large", f"only {MOST_PROCESSES} processes are read", source.span(0, 0)))
            break
        match = _PROCESS.match(line[0].rstrip())
        start = line.start()
        if match is None:
            if line[0].strip() and not line[0].lstrip().startswith("#") and len(problems) < MOST_PROCESSES:
                message = "a line that is not NAME: command is passed over"
                problems.append(Problem("syntax", message, source.span(*line.span())))
            continue
        name, command = (Text.of(source.span(start + a, start + b)) for a, b in (match.span(1), match.span(2)))
        if name.text in found:
            message = "a process of this name stands above; only this one runs"
            problems.append(Problem("duplicate-key", message, name.span()))
        found[name.text] = (name, command)
    return found, problems


def _dotenv(tree: Tree, folder: str, documents: list[Document]) -> dict[str, Value]:
    path = posixpath.join(folder, ".env")
    if not tree.is_file(path):
        return {}
    source, troubles = opened(tree, path)
    found, problems = parse_environment(source)
    documents.append(stated("dotenv", source, (*troubles, *problems)))
    return found


def _platform(tree: Tree, folder: str, source: Source) -> Value:
    """Where a Procfile is run, when nothing beside it says so."""
    place = source.span(0, 0)
    if tree.is_dir(posixpath.join(folder, ".ebextensions")):
        return Value.exact("elastic-beanstalk", Origin.assumed("there are .ebextensions beside the Procfile", place))
    return Value.exact("heroku", Origin.assumed("a Procfile is what Heroku starts", place))
