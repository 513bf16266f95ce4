"""What was understood, for people: settings, files, deployments, and the line that each value comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from connlint.deployment.model import Deployment, ProcessGroup, Role
from connlint.report.cells import printable, width
from connlint.report.listing import (
    document_listing,
    pooler_values,
    server_values,
    setting_values,
)
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.style import PLAIN, Style
from connlint.report.values import in_words, where
from connlint.value import Value

Rows = Iterable[tuple[str, Value]]

_WHEN: Final = {Role.RELEASE: "on each deploy", Role.SCHEDULED: "now and then", Role.ONCE: "when somebody starts it"}
_WIDEST: Final = 40  # cells; a longer value stands out of its column instead of widening it


def render(report: Report, clean: Redactor, style: Style = PLAIN) -> str:
    """The settings modules, the configuration files and the deployments."""
    parts = []
    for module in report.modules:
        lines = [style.paint(f"settings {module.name}", "bold") + f"  {printable(module.path)}"]
        found = list(setting_values(module))
        for alias in module.databases:
            lines.append(f"  {printable(alias)}")
            lines += _table([(key, value) for name, key, value in found if name == alias], clean, style, 4)
        if not module.databases:
            lines.append("  DATABASES is not known or empty")
        lines += [f"  not followed: {printable(clean(why))}  {span.place}" for span, why in module.problems]
        parts.append(lines)
    for document in report.documents:
        head = style.paint(f"{document.kind} {printable(document.path)}", "bold")
        parts.append([head, *_table(document_listing(document), clean, style, 2)])
    parts += [list(_deployment(deployment, clean, style)) for deployment in report.deployments]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n" if parts else "nothing was understood\n"


def _deployment(deployment: Deployment, clean: Redactor, style: Style) -> Iterator[str]:
    meant = ", for development: not judged" if deployment.development else ""
    yield style.paint(f"deployment {printable(deployment.name)}", "bold") + meant
    for group in deployment.groups:
        yield f"  process {printable(clean(group.name))}: {_process(group, style)}"
        yield from _table(_figures(group), clean, style, 4)
    for pooler in deployment.poolers:
        yield f"  pooler {printable(clean(pooler.name))}: {pooler.kind}"
        yield from _table(pooler_values(pooler), clean, style, 4)
    for server in deployment.servers:
        yield f"  server {printable(clean(server.name))}: {server.engine.value}"
        yield from _table(server_values(server), clean, style, 4)
    for fact, declare in deployment.lacks:
        line = f"; [tool.connlint] takes {printable(clean(declare))}" if declare else ""
        yield f"  not known: {printable(clean(fact))}{line}"


def _process(group: ProcessGroup, style: Style) -> str:
    """What runs, when, with which settings, and the line that starts it."""
    runs = group.program or group.server
    when = f" ({_WHEN[group.role]})" if group.role in _WHEN else ""
    module = f", settings {group.module.name}" if group.module else ""
    place = f"  {style.paint(printable(group.span.place), 'dim')}" if group.span is not None else ""
    return f"{printable(runs)}{when}{module}{place}"


def _figures(group: ProcessGroup) -> Iterator[tuple[str, Value]]:
    yield "processes", group.processes
    yield "threads", group.threads
    yield "replicas", group.replicas
    yield "surge", group.surge
    if group.deadline is not None:
        yield group.deadline_name or "deadline", group.deadline


def _table(rows: Rows, clean: Redactor, style: Style, indent: int) -> list[str]:
    """Name, value and place of each row, in columns."""
    cells = [(printable(name), printable(in_words(v, clean)), printable(where(v, clean))) for name, v in rows]
    names = max((width(name) for name, _, _ in cells), default=0)
    values = max((width(value) for _, value, _ in cells if width(value) <= _WIDEST), default=0)
    return [
        f"{' ' * indent}{name}{' ' * (names - width(name))}  {value}{' ' * (values - width(value))}"
        f"  {style.paint(place, 'dim')}".rstrip()
        for name, value, place in cells
    ]
