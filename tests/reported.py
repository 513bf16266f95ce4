"""A finding that several tests of reports show, and the file it is about."""

from __future__ import annotations

from connlint.finding import Confidence, Finding, Fix, Label, Safety, Severity
from connlint.source import Edit, Source, Span

WEB = Source("deploy/uwsgi.ini", "[uwsgi]\nprocesses = 9\nthreads = 4\n")


def place(source: Source, words: str) -> Span:
    """Where these words first stand."""
    start = source.text.index(words)
    return source.span(start, start + len(words))


WARNING = Finding(
    "ignored-threads",
    Severity.WARNING,
    Confidence.LIKELY,
    "threads have no effect here",
    (Label(place(WEB, "4")),),
    "web",
    fix=Fix(Safety.SAFE, "remove threads", (Edit(place(WEB, "threads = 4\n"), ""),)),
)
