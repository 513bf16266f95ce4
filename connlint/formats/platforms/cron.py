"""Reads crontabs: a user's, or those of /etc/crontab and /etc/cron.d, whose sixth field is a user.

Source: crontab(5) of cronie and Debian's cron: NAME=value lines are the environment of the jobs behind them, a command
ends at the first `%` that no backslash stands before, `@daily` and its like stand for the five fields.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.opening import opened, stated
from connlint.formats.services import Role, Service, Stack
from connlint.formats.words import Command, Text
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Origin, Value

MOST_JOBS: Final = 1_000
_Job = tuple[Text, dict[str, Value]]
_LINE: Final = re.compile(r"[^\r\n]+")
_SETTING: Final = re.compile(r"[ \t]*(?P<q>[\"']?)(?P<name>[A-Za-z_]\w*)(?P=q)[ \t]*=[ \t]*(?P<value>.*?)[ \t]*$")
_TIMES: Final = re.compile(
    r"[ \t]*(?:@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)|(?:[\d*/,\-A-Za-z~]+[ \t]+){4}[\d*/,\-A-Za-z~]+)[ \t]+(?=\S)"
)
_USER: Final = re.compile(r"(?P<user>[a-z_][a-z0-9_-]{0,31})[ \t]+(?P<command>[^\s-].*)$")
_END: Final = re.compile(r"(?<!\\)%")
# Programs that begin commands: in a file called crontab they tell that there is no field for a user.
_PROGRAMS: Final = frozenset(
    {"python", "python3", "bash", "sh", "cd", "docker", "docker-compose", "curl", "wget", "flock", "nice", "ionice", "exec",
     "test", "env", "source", "uv", "poetry", "pipenv", "celery", "find", "echo", "make", "timeout", "date", "sleep", "rm",
     "tar", "pg_dump", "mysqldump", "php", "node", "perl", "certbot", "manage", "django-admin", "run-one", "chronic", "aws",
     "cp", "mv", "rsync", "ssh", "kubectl", "heroku", "service", "systemctl", "supervisorctl", "logrotate", "export", "set"}
)  # fmt: skip


def read_cron(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each folder of crontabs; each job is a SCHEDULED service `FILE-1`, `FILE-2`, ... Never raises."""
    del environment
    folders: dict[tuple[str, bool], list[str]] = {}
    for path in paths:
        folders.setdefault((posixpath.dirname(path), is_for_development(path)), []).append(path)
    stacks = []
    for (folder, development), files in folders.items():
        documents = []
        held: list[tuple[str, list[_Job]]] = []
        for path in files:
            source, troubles = opened(tree, path)
            documents.append(stated("cron", source, troubles))
            held.append((path, _jobs(source)))
        has_user = _has_user(files[0], [text.text for _, jobs in held for text, _ in jobs])
        services = [service for path, jobs in held for service in _services(path, jobs, has_user)]
        name = files[0] if len(files) == 1 else folder or "cron"
        if services or any(document.problems for document in documents):
            stacks.append(Stack(name, "cron", folder, tuple(services), tuple(documents), development))
    return tuple(stacks)


def _jobs(source: Source) -> list[_Job]:
    """What stands behind the times of each job, and the environment that the lines above it make."""
    variables: dict[str, Value] = {}
    jobs: list[_Job] = []
    for line in _LINE.finditer(source.text):
        if line[0].lstrip().startswith("#") or not line[0].strip() or len(jobs) >= MOST_JOBS:
            continue
        times, setting = _TIMES.match(line[0]), _SETTING.match(line[0])
        if times is not None:
            jobs.append((Text.of(source.span(line.start() + times.end(), line.end())), dict(variables)))
        elif setting is not None:
            variables[setting["name"]] = _setting(source, line.start(), setting)
    return jobs


def _services(path: str, jobs: Iterable[_Job], has_user: bool) -> Iterator[Service]:
    name = posixpath.basename(path)
    for number, (text, variables) in enumerate(jobs, 1):
        user = _USER.match(text.text) if has_user else None
        command = text.cut(user.start("command")) if user is not None else text
        end = _END.search(command.text)
        command = command.cut(0, end.start() if end is not None else len(command.text.rstrip()))
        if command.text.strip():
            made = Command(command.span(), script=command)
            yield Service(f"{name}-{number}", command.span(), made, environment=variables, role=Role.SCHEDULED)


def _setting(source: Source, start: int, match: re.Match[str]) -> Value:
    begin, end = match.span("value")
    text = match["value"]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        begin, end, text = begin + 1, end - 1, text[1:-1]
    return Value.exact(text, Origin.at(source.span(start + begin, start + end)))


def _has_user(path: str, commands: Iterable[str]) -> bool:
    """Whether the jobs have a field for a user: each can be read so, and the first words are no programs."""
    matches = [_USER.match(command) for command in commands]
    users = {match["user"] for match in matches if match is not None}
    if not matches or None in matches:
        return False
    return "/cron.d/" in f"/{path}" or f"/{path}".endswith("/etc/crontab") or users.isdisjoint(_PROGRAMS)
