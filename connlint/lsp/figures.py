"""What is known at a place of a file: every value that leads back there, by what it is called and whom it is for."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment, ProcessGroup
from connlint.records import dataclass
from connlint.report.listing import document_listing, pooler_values, server_values, setting_values
from connlint.report.model import Report
from connlint.source import Span
from connlint.value import Value


@dataclass(frozen=True, slots=True)
class Figure:
    """A value that may be printed: `of` is the process, pooler, server or file it holds for."""

    name: str
    of: str
    value: Value
    in_file: bool = False  # as its file states it, whatever runs with it


def figures(report: Report) -> Iterator[Figure]:
    """Every value of a report that `show` would print, those of deployments first."""
    for deployment in report.deployments:
        several = f" ({deployment.name})" if len(report.deployments) > 1 else ""
        yield from _deployed(deployment, several)
    for module in report.modules:
        yield from (Figure(f"{alias}.{key}", module.name, value, True) for alias, key, value in setting_values(module))
    for document in report.documents:
        yield from (Figure(key, document.path, value, True) for key, value in document_listing(document))


def _deployed(deployment: Deployment, several: str) -> Iterator[Figure]:
    for group in deployment.groups:
        of = f"{group.name}{several}"
        yield from (Figure(name, of, value) for name, value in _counts(group))
        if group.module is not None:
            yield from (Figure(f"{alias}.{key}", of, value) for alias, key, value in setting_values(group.module))
    for pooler in deployment.poolers:
        yield from (Figure(key, f"{pooler.name}{several}", value) for key, value in pooler_values(pooler))
    for server in deployment.servers:
        yield from (Figure(key, f"{server.name}{several}", value) for key, value in server_values(server))


def _counts(group: ProcessGroup) -> Iterator[tuple[str, Value]]:
    yield "processes", group.processes
    yield "threads", group.threads
    yield "replicas", group.replicas
    if group.deadline is not None:
        yield group.deadline_name or "deadline", group.deadline


def at(report: Report, path: str, line: int, offset: int) -> tuple[Figure, ...]:
    """The figures that lead back to a place: to its very characters where some do, else to its line."""
    exact: dict[tuple[str, str], Figure] = {}
    near: dict[tuple[str, str], Figure] = {}
    width = 0
    for figure in figures(report):
        for span in places(figure.value):
            if span.path != path:
                continue
            key = (figure.name, figure.of)
            if span.start <= offset <= span.end:
                size = span.end - span.start
                if not exact or size < width:
                    exact, width = {}, size
                if size == width:
                    exact.setdefault(key, figure)
            elif span.line <= line <= span.end_line:
                near.setdefault(key, figure)
    return _without_repeats(exact or near)


def _without_repeats(found: dict[tuple[str, str], Figure]) -> tuple[Figure, ...]:
    """What is said of a process, a pooler or a server is not said of its module or file again."""
    deployed: set[tuple[str, tuple[Span, ...]]] = set()
    kept = []
    for figure in found.values():
        key = (figure.name.rpartition(".")[2], tuple(places(figure.value)))
        if figure.in_file and key in deployed:
            continue
        deployed.add(key)
        kept.append(figure)
    return tuple(kept)


def places(value: Value) -> Iterator[Span]:
    """The places in files that a value leads back to."""
    return (origin.span for origin in value.origins if origin.span is not None)
