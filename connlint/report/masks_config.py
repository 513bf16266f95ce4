"""What of a configuration line is hidden in a code frame: every word that is not certainly harmless.

One reading serves ini, conf, toml, env, yaml, json, xml and command lines: words, and the name before `=` or `:`
that governs them. Shown are names, numbers, switches, known programs and what a label points at, unless the name
before it sounds secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from connlint.records import dataclass
from connlint.report.redact import CONNECTION_KEYS, looks_secret, secret_ranges

Range: TypeAlias = tuple[int, int]

_LONGEST: Final = 20_000  # characters; of a longer line nothing is shown
_SECTION = re.compile(r"\s*\[{1,2}[\w.\s\"-]{1,100}\]{1,2}\s*\Z")
_COMMENT = re.compile(r"(?:^|(?<=\s))(?:[#;]|//|<!--)\s?")
_DIRECTIVE = re.compile(r"\s*connlint\s*:", re.I)
_WORD = re.compile(
    r"(?P<reference>[$%@]\([\w.]+\)|\$\{\w+\}?|(?<![^\s=:'\"])\$[A-Z][A-Z0-9_]*\b)"
    r"|(?P<address>[A-Za-z][\w+.-]*://[^\s'\"<>`]+)"
    r"|(?P<word>(?:[^\s=:,;'\"{}\[\]()<>|&`#$]|[:#](?=[^\s'\"]))+)"
)
_SEPARATOR = re.compile(r"[\"']?\s*(?:=(?!=)|:(?=[\s\"']|$))")
_OPENED = re.compile(r"[\"']?\s*[=:]?\s*(?P<quote>[\"']?)")
_UNBROKEN = re.compile(r"[^\s,;)\]}]+")
_GLUE = re.compile(r"[=:;$&#|`]+")  # between two hidden words it is part of what is hidden
_NAME = re.compile(r"-{0,2}(?:[^\W\d]|\*)[\w.*/-]{0,63}\Z")
_FLAG = re.compile(r"--[A-Za-z][\w.-]{0,40}\Z|-[A-Za-z]\Z")
_FIRST = re.compile(
    r"\s*(?:(?:export|set|setenv|ENV|ARG)\s+)?[\s\"'{\[-]*\Z"
)  # what may stand before a line's first name
_PLAIN = re.compile(
    r"[+-]?\d{1,10}(?:\.\d{1,6}){0,3}(?:k|m|g|t|kb|mb|gb|tb|b|us|ms|s|min|h|d|%)?\Z"
    r"|(?:true|false|on|off|yes|no|none|null|session|transaction|statement|disable|allow|prefer|require"
    r"|verify-ca|verify-full|sync|gthread|gevent|eventlet|tornado|prefork|threads|solo)\Z",
    re.I,
)
_LONG_NUMBER = re.compile(r"\d{6,10}\Z")  # as likely a password as a size, where nothing points at it
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+(?::\w+)?\Z")
_HARMLESS = re.compile(r"[\w.:/*-]{1,80}\Z")
# Names that stand inside a value: in connection strings, and where a variable is set.
_CONNECTION_STRING: Final = CONNECTION_KEYS | {
    "dbname", "user", "password", "auth_user", "auth_dbname", "client_encoding", "connect_query", "application_name",
    "max_db_connections", "min_pool_size", "sslmode",
}  # fmt: skip
_ENVIRONMENTS: Final = frozenset({"env", "environment", "e", "set", "set-env", "passenv", "build-arg"})
_PROGRAMS_TEXT: Final = """
gunicorn uwsgi uvicorn daphne hypercorn granian waitress-serve celery worker beat python python3 manage.py
django-admin migrate runserver rqworker dramatiq huey run_huey qcluster web release exec uv run poetry pipenv
CMD ENTRYPOINT RUN ENV export
"""
_PROGRAMS: Final = frozenset(_PROGRAMS_TEXT.split())


def hidden(line: str, labels: Sequence[Range], markup: bool = False) -> Iterator[Range]:
    """The ranges of `line` (from 0) to hide; `labels` are the ranges pointed at; `markup`: it is XML."""
    if len(line) > _LONGEST:
        yield 0, len(line)
        return
    end = _comment_start(line)
    if end < len(line):
        yield from _hidden_comment(line, end)
    if _SECTION.match(line[:end]):
        return
    yield from secret_ranges(line[:end])
    yield from _hidden_words(line, end, labels, markup)


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


def _hidden_words(line: str, end: int, labels: Sequence[Range], markup: bool) -> Iterator[Range]:
    key = _Key()
    hidden_to = 0  # where the value of the last name that sounds secret ends
    last = -1  # where the last hidden word ends
    serves = False
    for match in _WORD.finditer(line, 0, end):
        word, start, stop = match.group(), match.start(), match.end()
        if start < hidden_to:
            continue
        is_tag = markup and line[:start].endswith("<")
        if is_tag and word.startswith("/"):
            key = _Key()
            continue
        if is_tag or key.begins(line, start, stop, end) or _FLAG.match(word):
            key = _Key(word.lstrip("-"), start, stop)
            if looks_secret(key.name):
                value = _secret_value(line, key, end)
                hidden_to = value[1]
                yield value
            continue
        serves = serves or word in _PROGRAMS
        if match.lastgroup == "reference" or word in _PROGRAMS or set(word) <= {"-"}:
            continue
        # A label that covers the name as well is about something larger; then only harmless words are shown.
        pointable = not word.startswith("-") and key.name.lower() not in _ENVIRONMENTS
        labelled = pointable and any(
            key.start < a and ((a <= start and stop <= b) or (start <= a and b <= stop)) for a, b in labels
        )
        if not (labelled or _harmless(word, key.name, serves)):
            yield (last if last >= 0 and _GLUE.fullmatch(line, last, start) else start), stop
            last = stop


def _secret_value(line: str, key: _Key, end: int) -> Range:
    """The value of a name that sounds secret: what is quoted, the rest of the line after its first name, or a word."""
    match = _OPENED.match(line, key.stop, end)
    start = match.end() if match else key.stop
    quote = match.group("quote") if match else ""
    if quote:
        closing = re.compile(rf"(?:[^{quote}\\]|\\.|{quote}{quote})*").match(line, start, end)
        stop = closing.end() if closing else end
        unbroken = _UNBROKEN.match(line, stop + 1, end)  # a quote within a value that nobody escaped
        return start, unbroken.end() if unbroken else stop
    tag = line.find("</", start, end) if line.startswith(">", key.stop) else -1
    if tag >= 0:
        return key.stop + 1, tag
    before = line[: key.start]
    if not before.strip(" \t-") or line[start : start + 1] in ("[", "{", "("):
        return start, end
    around = next((q for q in "\"'" if before.count(q) % 2), "")  # the quotes that hold the name hold its value too
    word = re.compile(rf"[^\s{around}]+").match(line, start, end)
    return start, word.end() if word else end


@dataclass(frozen=True, slots=True)
class _Key:
    """The name that governs what follows it on the line."""

    name: str = ""
    start: int = -1
    stop: int = -1

    def begins(self, line: str, start: int, stop: int, end: int) -> bool:
        """Whether the next word is a name itself, and not a value that happens to hold a `=`."""
        word = line[start:stop]
        separates = _SEPARATOR.match(line, stop, end) or (line.startswith("=", stop) and looks_secret(word))
        if not separates or not _NAME.match(word):
            return False
        if word.startswith("--") or (not self.name and _FIRST.match(line[:start])):
            return True
        before = line[:start]
        quoted = before[-1:] in ("'", '"')
        opened = before.count("{") > before.count("}") and before.rstrip(" \t'\"")[-1:] in ("{", ",")
        within = not quoted and any(before.count(sign) % 2 for sign in "\"'")
        inline = opened and not within and (not quoted or line[stop : stop + 1] == before[-1:])
        apart = before[-1:] in (" ", "\t", "'", '"', "=")
        return inline or (apart and (word in _CONNECTION_STRING or self.name.lower() in _ENVIRONMENTS))


def _harmless(word: str, key: str, serves: bool) -> bool:
    if key in CONNECTION_KEYS and _HARMLESS.match(word):
        return True
    if _PLAIN.match(word):
        return not _LONG_NUMBER.match(word)
    return serves and bool(_MODULE.match(word))
