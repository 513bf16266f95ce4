"""What fixes would change, as a unified diff for reading: its lines are masked like every other line shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff

from connlint.report.cells import printable
from connlint.report.masks import masked
from connlint.report.redact import Redactor
from connlint.source import Source


def render(changes: Mapping[str, tuple[Source, str]], clean: Redactor) -> str:
    """The diff of every changed file: path -> (source, new text)."""
    return "".join(_lines(changes, clean))


def _lines(changes: Mapping[str, tuple[Source, str]], clean: Redactor) -> Iterator[str]:
    for path, (source, text) in sorted(changes.items()):
        before, after = masked(source, clean), masked(Source(path, text), clean)
        name = printable(path)
        for line in unified_diff(before, after, f"a/{name}", f"b/{name}"):
            kept = printable(line.rstrip("\r\n"))
            yield f"{kept}\n" if line.endswith("\n") else f"{kept}\n\\ no newline at end of file\n"
