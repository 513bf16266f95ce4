"""What can be done about a finding: its fix, or a comment that ignores it and says why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

from connlint.finding import Finding, Safety
from connlint.fix.plan import applied, plan
from connlint.ignores import find_ignores
from connlint.records import dataclass
from connlint.report.edits import shown_edits
from connlint.report.redact import Redactor
from connlint.source import Edit, Source, Span

REASON: Final = "say why"  # what the comment asks its author for
_LONGEST: Final = 100  # columns of a line that a comment is put behind
_MOST_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to do about one finding. `preferred`: it only repairs what is certainly wrong."""

    title: str
    finding: Finding
    edits: tuple[Edit, ...]
    preferred: bool = False


def offers(findings: Iterable[Finding], source: Source, start: int, end: int, clean: Redactor) -> Iterator[Offer]:
    """The fixes of findings that touch the characters `start` to `end` of a file, then the comments that ignore them."""
    touched = [(f, span) for f in findings if (span := _span_in(f, source.path, start, end)) is not None]
    for finding, _ in touched:
        fix = finding.fix
        edits = shown_edits(fix, clean) if fix is not None else ()
        if fix is not None and edits and not any(edit.span.source.damaged for edit in edits):
            unsafe = "" if fix.safety is Safety.SAFE else " (changes what production does)"
            yield Offer(f"{clean(fix.title)[:_MOST_TITLE]}{unsafe}", finding, edits, fix.safety is Safety.SAFE)
    for finding, span in touched:
        edit = ignoring(source, span, finding.rule)
        if edit is not None:
            yield Offer(f"Ignore {finding.rule} here, with a reason", finding, (edit,))


def fix_all(findings: Iterable[Finding], path: str, clean: Redactor) -> tuple[Edit, ...]:
    """The edits of every safe fix that changes this file alone and does not overlap an earlier one."""
    whole = [f for f in findings if f.fix is not None and all(edit.span.path == path for edit in f.fix.edits)]
    shown = [f for f in whole if f.fix is not None and shown_edits(f.fix, clean)]
    fixed = plan(shown).fixed
    return tuple(dict.fromkeys(edit for f in fixed if f.fix is not None for edit in f.fix.edits))


def _span_in(finding: Finding, path: str, start: int, end: int) -> Span | None:
    """The first place of the finding in a file whose lines are touched."""
    for label in finding.labels:
        span = label.span
        if span.path == path:
            first, last = span.source.offset(span.line, 1), span.source.offset(span.end_line, 1_000_000)
            if first <= end and start <= last:
                return span
    return None


def ignoring(source: Source, span: Span, rule: str) -> Edit | None:
    """The edit that ignores `rule` at `span`, in the syntax of the file; None where no comment can stand.

    Whatever is offered was tried: the comment is read back and counts on the line, and Python and YAML mean the same.
    """
    return next((edit for edit in _candidates(source, span, rule) if _works(source, edit, span, rule)), None)


def _candidates(source: Source, span: Span, rule: str) -> Iterator[Edit]:
    known = next((i for i in find_ignores(source) if not i.malformed and i.lines and i.covers(span)), None)
    if known is not None:
        at = source.text.index("]", known.span.start)
        yield Edit(source.span(at, at), f", {rule}")
    comment = f"connlint: ignore[{rule}] -- {REASON}"
    text = source.line(span.line)
    start = source.offset(span.line, 1)
    indent = text[: len(text) - len(text.lstrip())]
    newline = "\r\n" if "\r\n" in source.text else "\n"
    if source.path.lower().endswith(".xml"):
        yield Edit(source.span(start, start), f"{indent}<!-- {comment} -->{newline}")
        return
    if source.path.endswith(".py"):
        last = source.offset(span.end_line, 1) + len(source.line(span.end_line))
        if len(source.line(span.end_line)) + len(comment) <= _LONGEST:
            yield Edit(source.span(last, last), f"  # {comment}")
    yield Edit(source.span(start, start), f"{indent}# {comment}{newline}")
    if source.path.endswith(".py"):  # inside a string over several lines: behind its end
        yield from _behind_statement(source, span, comment)


def _behind_statement(source: Source, span: Span, comment: str) -> Iterator[Edit]:
    for number in range(span.line, min(span.end_line + 20, source.line_count) + 1):
        at = source.offset(number, 1) + len(source.line(number))
        yield Edit(source.span(at, at), f"  # {comment}")


def _works(source: Source, edit: Edit, span: Span, rule: str) -> bool:
    changed = Source(source.path, applied(source.text, (edit,)))
    by = len(edit.text) if edit.span.start <= span.start else 0
    moved = changed.span(span.start + by, span.end + by)
    read = any(rule in i.rules and i.covers(moved) for i in find_ignores(changed) if not i.malformed)
    return read and _same(source, changed)


def _same(before: Source, after: Source) -> bool:
    """Whether two texts mean the same, as far as can be told without the server that reads them."""
    if before.path.endswith(".py"):
        first, second = _syntax(before.text), _syntax(after.text)
        return first is not None and first == second
    if before.path.endswith((".yaml", ".yml")):
        return _events(before.text) == _events(after.text)
    return not before.path.endswith(".json")


def _syntax(text: str) -> str | None:
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _events(text: str) -> list[tuple[str, str]]:
    """What YAML makes of a text, places left out; of a template, its lines without those that are comments."""
    import yaml

    try:
        found = yaml.parse(text, Loader=yaml.SafeLoader)
        return [(type(event).__name__, str(getattr(event, "value", ""))) for event in found]
    except (yaml.YAMLError, RecursionError):
        return [("", line) for line in re.split(r"\r\n|\r|\n", text) if not line.lstrip().startswith("#")]
