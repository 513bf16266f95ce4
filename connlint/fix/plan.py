"""Choose the edits of a run: by file, in order, none overlapping another, each fix whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from connlint.finding import Finding, Safety
from connlint.records import dataclass
from connlint.source import Edit, Source


@dataclass(frozen=True, slots=True)
class Plan:
    """The new text of each file that changes, and which findings that fixes."""

    changes: Mapping[str, tuple[Source, str]]
    fixed: tuple[Finding, ...]
    postponed: tuple[Finding, ...]  # their fix overlaps another one; a second run takes them


def plan(findings: Iterable[Finding], *, unsafe: bool = False) -> Plan:
    """Take every safe fix (and unsafe ones if asked); of two that overlap, the first finding's."""
    chosen: list[Edit] = []
    fixed, postponed = [], []
    for finding in findings:
        if finding.fix is None or (finding.fix.safety is Safety.UNSAFE and not unsafe):
            continue
        made = finding.fix.edits
        edits = [edit for edit in made if edit not in chosen]
        if not made or any(edit.span.source.damaged for edit in made):
            continue  # it cannot be made; or writing it back would lose the bytes that are not UTF-8
        if any(_overlap(edit, other) for edit in edits for other in chosen):
            postponed.append(finding)
            continue
        chosen += edits
        fixed.append(finding)
    return Plan({path: _changed(edits) for path, edits in _by_path(chosen).items()}, tuple(fixed), tuple(postponed))


def difference(planned: Plan) -> Iterator[str]:
    """A unified diff of a plan, line by line with line ends."""
    from difflib import unified_diff  # imported only when a diff is asked for

    for path, (source, text) in sorted(planned.changes.items()):
        before, after = (t.splitlines(keepends=True) for t in (source.text, text))
        for line in unified_diff(before, after, f"a/{path}", f"b/{path}"):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def applied(text: str, edits: Iterable[Edit]) -> str:
    """`text` with the edits made; they must not overlap."""
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def _by_path(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    found: dict[str, list[Edit]] = {}
    for edit in edits:
        found.setdefault(edit.span.path, []).append(edit)
    return found


def _changed(edits: list[Edit]) -> tuple[Source, str]:
    source = edits[0].span.source
    return source, applied(source.text, edits)


def _overlap(a: Edit, b: Edit) -> bool:
    """Whether two edits touch the same characters, or insert at the same place."""
    if a.span.path != b.span.path:
        return False
    if a.span.start == a.span.end or b.span.start == b.span.end:
        return a.span.start <= b.span.end and b.span.start <= a.span.end
    return a.span.start < b.span.end and b.span.start < a.span.end
