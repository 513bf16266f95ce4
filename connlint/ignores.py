"""Ignore comments: `# connlint: ignore[rule] -- reason` on any line that a finding points at.

A comment counts on the line it ends, and when it stands alone also on the next line with content: most ini
dialects have no comments behind a value. `ignore-file[rule]` counts for the whole file. Only real comments
count, never the inside of a string. What silences nothing, or cannot be read, becomes a finding itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from connlint.finding import Finding
from connlint.literals import literals
from connlint.records import dataclass
from connlint.source import Edit, Source, Span

_SIEVE: Final = "connlint"
# The words that people coming from other linters try; anything else after the colon is prose.
_DIRECTIVE = re.compile(
    r"(?P<mark>#|;|//|<!--)[ \t]*connlint[ \t]*:[ \t]*"
    r"(?P<body>(?:ignore|disable|enable|skip|noqa|nolint|allow|silence|off)\b.*?)[ \t]*(?=-->|[ \t]#|\r?$)",
    re.I | re.M,
)
_WELL_FORMED = re.compile(r"(?P<word>ignore|ignore-file)\[(?P<names>[^\[\]]*)\](?:[ \t]+--[ \t]*(?P<reason>.*))?\Z")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
_XML_COMMENT = re.compile(r"<!--.*?-->", re.S)
_OWN_LINE = re.compile(r"[ \t]*(?:[#;]|//|<!--)")
_PYTHON: Final = (".py", ".pyi")
_BEHIND_VALUES: Final = (".toml", ".yaml", ".yml", ".conf", ".cnf", ".env", ".txt", ".sh")  # dialects that allow it
_EXPECTED: Final = "write `connlint: ignore[rule-name] -- reason`, several names separated by commas"


@dataclass(frozen=True, slots=True)
class Ignore:
    """One ignore comment. `span` covers it from its mark on; `malformed` says what is wrong with it, if anything."""

    span: Span
    rules: tuple[str, ...]
    reason: str = ""
    malformed: str = ""
    lines: tuple[int, ...] = ()  # the lines it counts on; none: the whole file

    def covers(self, span: Span) -> bool:
        """Whether some line of `span`, a place in the same file, is one that this comment counts on."""
        return not self.lines or any(span.line <= line <= span.end_line for line in self.lines)


@dataclass(frozen=True, slots=True)
class Applied:
    """What ignore comments did: the findings left, those silenced, and of each comment the rules it did not need."""

    kept: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    unused: tuple[tuple[Ignore, tuple[str, ...]], ...]
    malformed: tuple[Ignore, ...]


def find_ignores(source: Source) -> tuple[Ignore, ...]:
    """Every ignore comment of a file, malformed ones included."""
    return tuple(_found(source)) if _SIEVE in source.text else ()


def apply(findings: Iterable[Finding], sources: Iterable[Source]) -> Applied:
    """Silence the findings that a comment in `sources` (each file once) ignores at one of their places."""
    by_path = {source.path: find_ignores(source) for source in sources}
    used: set[tuple[Span, str]] = set()
    kept: list[Finding] = []
    suppressed: list[Finding] = []
    for finding in findings:
        hits = [
            ignore
            for path in {label.span.path for label in finding.labels}
            for ignore in by_path.get(path, ())
            if not ignore.malformed
            and finding.rule in ignore.rules
            and any(label.span.path == path and ignore.covers(label.span) for label in finding.labels)
        ]
        used.update((ignore.span, finding.rule) for ignore in hits)
        (suppressed if hits else kept).append(finding)
    every = [ignore for ignores in by_path.values() for ignore in ignores]
    unused = ((i, tuple(r for r in i.rules if (i.span, r) not in used)) for i in every if not i.malformed)
    return Applied(
        tuple(kept), tuple(suppressed), tuple(u for u in unused if u[1]), tuple(i for i in every if i.malformed)
    )


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is left to say about ignore comments once every rule has spoken.

    `known` names every rule there is, `active` those that ran: what did not run cannot show that its comment is idle.
    """

    applied: Applied
    known: frozenset[str]
    active: frozenset[str]

    def broken(self) -> Iterator[tuple[Ignore, str, str]]:
        """Each comment that has no effect, why, and what would help."""
        for ignore in self.applied.malformed:
            yield ignore, ignore.malformed, _EXPECTED
        for ignore, rules in self.applied.unused:
            for name in rules:
                if name not in self.known:
                    from difflib import get_close_matches  # costs start-up time, and only mistakes need it

                    near = next(iter(get_close_matches(name, sorted(self.known), n=1)), "")
                    meant = f"did you mean {near}?" if near else "connlint rules lists them"
                    yield ignore, f"there is no rule {name}", meant

    def idle(self) -> Iterator[tuple[Ignore, tuple[str, ...]]]:
        """Each comment with the rules it names that ran and found nothing there."""
        for ignore, rules in self.applied.unused:
            names = tuple(name for name in rules if name in self.known and name in self.active)
            if names:
                yield ignore, names


def removal(ignore: Ignore, rules: tuple[str, ...]) -> Edit:
    """The edit that takes `rules` out of a comment, and the whole comment with its last one."""
    source, text = ignore.span.source, ignore.span.source.text
    start, end = ignore.span.start, ignore.span.end
    if rules != ignore.rules:
        at = text.index("[", start) + 1
        return Edit(source.span(at, text.index("]", at)), ", ".join(r for r in ignore.rules if r not in rules))
    if text.startswith("<!--", start):
        end = text.index("-->", end) + 3
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    alone = (start == 0 or text[start - 1] in "\r\n") and (end == len(text) or text[end] in "\r\n")
    if alone:
        end += 2 if text.startswith("\r\n", end) else 1
    return Edit(source.span(start, min(end, len(text))), "")


def _found(source: Source) -> Iterator[Ignore]:
    for start, end in _comments(source):
        for match in _DIRECTIVE.finditer(source.text, start, end):
            yield _ignore(source, match)


def _comments(source: Source) -> Iterator[tuple[int, int]]:
    """The places of comments, by the dialect of the file; of most, only lines that name connlint are looked at."""
    text, path = source.text, source.path.lower()
    if path.endswith(_PYTHON):
        yield from ((c.start, c.end) for c in literals(text) if c.is_comment)
    elif path.endswith(".xml"):
        yield from (match.span() for match in _XML_COMMENT.finditer(text))
    elif not path.endswith(".json"):
        at = text.find(_SIEVE)
        while at >= 0:
            line = source.position(at)[0]
            start = source.offset(line, 1)
            end = start + len(source.line(line))
            mark = _comment_in(text[start:end])
            if mark >= 0:
                yield start + mark, end
            at = text.find(_SIEVE, end)


def _comment_in(line: str) -> int:
    """Where a comment begins on a line: at its start, or at a mark after a blank and outside quotes; else -1."""
    quote = ""
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "#;" and (index == 0 or line[index - 1] in " \t"):
            return index
        elif character in "\"'":
            quote = character
    return -1


def _ignore(source: Source, match: re.Match[str]) -> Ignore:
    span = source.span(match.start(), match.end("body"))
    line = span.line
    alone = not source.text[source.offset(line, 1) : span.start].strip()
    lines = (line, _next_content(source, line)) if alone else (line,)
    body = _WELL_FORMED.match(match["body"])
    if body is None:
        return Ignore(span, (), malformed=_fault(match["body"]), lines=lines)
    names = tuple(dict.fromkeys(name.strip() for name in body["names"].split(",") if name.strip()))
    fault = ""
    if not names:
        fault = "it names no rule"
    elif not all(_NAME.match(name) for name in names):
        fault = "what it names is not the name of a rule"
    elif not alone and match["mark"] in "#;" and not source.path.lower().endswith((*_PYTHON, *_BEHIND_VALUES)):
        fault = "this dialect has no comments behind a value; put it on a line of its own above"
    whole = body["word"] == "ignore-file"
    return Ignore(span, names, (body["reason"] or "").strip(), fault, () if whole else lines)


def _fault(body: str) -> str:
    if not body.startswith("ignore"):
        return "its first word is not `ignore`"
    if "[" not in body:
        return "it names no rule"
    if "]" not in body:
        return "its bracket is not closed"
    return "after the bracket only ` -- ` and a reason may follow"


def _next_content(source: Source, line: int) -> int:
    """The next line that is neither blank nor a comment; the line itself at the end of the file."""
    for number in range(line + 1, min(source.line_count, line + 50) + 1):
        text = source.line(number)
        if text.strip() and not _OWN_LINE.match(text):
            return number
    return line
