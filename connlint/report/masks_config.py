"""What of a configuration line is hidden in a code frame: every word that is not certainly harmless.

One reading serves ini, conf, toml, env, yaml, json, xml and command lines: words, and the name before `=` or `:`
that governs them. Shown are names, numbers, switches, known programs and what a label points at, unless the name
before it sounds secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from connlint.report.redact import CONNECTION_KEYS, looks_secret, secret_ranges

Range: TypeAlias = tuple[int, int]

_LONGEST: Final = 20_000  # characters; of a longer line nothing is shown
_SECTION = re.compile(r"\s*\[{1,2}[\w.\s\"-]{1,100}\]{1,2}\s*\Z")
_COMMENT = re.compile(r"(?:^|(?<=\s))(?:[#;]|//|<!--)\s?")
_DIRECTIVE = re.compile(r"\s*connlint\s*:", re.I)
_WORD = re.compile(
    r"(?P<reference>[$%@]\([\w.]+\)|\$\{\w+\}?|\$\w+)"
    r"|(?P<address>[A-Za-z][\w+.-]*://[^\s'\"<>`]+)"
    r"|(?P<word>(?:[^\s=:,;'\"{}\[\]()<>|&`#$]|[:#](?=[^\s'\"]))+)"
)
_SEPARATOR = re.compile(r"[\"']?\s*(?:=|:(?=[\s\"']|$))")
_NAME = re.compile(r"-{0,2}(?:[^\W\d]|\*)[\w.*/-]{0,63}\Z")
_FLAG = re.compile(r"--[a-z][a-z0-9-]{0,40}\Z|-[A-Za-z]\Z")
_PLAIN = re.compile(
    r"[+-]?\d{1,10}(?:\.\d{1,6}){0,3}(?:k|m|g|t|kb|mb|gb|tb|b|us|ms|s|min|h|d|%)?\Z"
    r"|(?:true|false|on|off|yes|no|none|null|session|transaction|statement|disable|allow|prefer|require"
    r"|verify-ca|verify-full|sync|gthread|gevent|eventlet|tornado|prefork|threads|solo)\Z",
    re.I,
)
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+(?::\w+)?\Z")
_HARMLESS = re.compile(r"[\w.:/*-]{1,80}\Z")
_PROGRAMS_TEXT: Final = """
gunicorn uwsgi uvicorn daphne hypercorn granian waitress-serve celery worker beat python python3 manage.py
django-admin migrate runserver rqworker dramatiq huey run_huey qcluster web release exec uv run poetry pipenv
CMD ENTRYPOINT RUN ENV
"""
_PROGRAMS: Final = frozenset(_PROGRAMS_TEXT.split())


def hidden(line: str, labels: Sequence[Range]) -> Iterator[Range]:
    """The ranges of `line` (from 0) to hide; `labels` are the ranges pointed at."""
    if len(line) > _LONGEST:
        yield 0, len(line)
        return
    end = _comment_start(line)
    if end < len(line):
        yield from _hidden_comment(line, end)
    if _SECTION.match(line[:end]):
        return
    yield from secret_ranges(line[:end])
    yield from _hidden_words(line, end, labels)


def _comment_start(line: str) -> int:
    """Where a comment begins outside quotes; the length of the line when there is none."""
    for match in _COMMENT.finditer(line):
        before = line[: match.start()]
        if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return match.start()
    return len(line)


def _hidden_comment(line: str, start: int) -> Iterator[Range]:
    mark = _COMMENT.match(line, start)
    begin = mark.end() if mark else start
    if _DIRECTIVE.match(line, begin):
        yield from ((start + a, start + b) for a, b in secret_ranges(line[start:]))
    else:
        yield begin, len(line)


def _hidden_words(line: str, end: int, labels: Sequence[Range]) -> Iterator[Range]:
    first = key = ""
    key_start = -1
    serves = False
    for match in _WORD.finditer(line, 0, end):
        word, start, stop = match.group(), match.start(), match.end()
        is_tag = line[:start].endswith("<")
        if is_tag or (_NAME.match(word) and _SEPARATOR.match(line, stop, end)):
            key, key_start = word, start
            first = first or key
            continue
        serves = serves or word in _PROGRAMS
        if match.lastgroup == "reference" or word in _PROGRAMS or set(word) <= {"-"}:
            continue
        if _FLAG.match(word):
            key, key_start = word.lstrip("-"), start
            continue
        # A label that covers the name as well is about something larger; then only harmless words are shown.
        labelled = not word.startswith("-") and any(
            key_start < a and ((a <= start and stop <= b) or (start <= a and b <= stop)) for a, b in labels
        )
        secret = looks_secret(key) or looks_secret(first)
        if secret or not (labelled or _harmless(word, key, serves)):
            yield start, stop


def _harmless(word: str, key: str, serves: bool) -> bool:
    if _PLAIN.match(word) or (key in CONNECTION_KEYS and _HARMLESS.match(word)):
        return True
    return serves and bool(_MODULE.match(word))
