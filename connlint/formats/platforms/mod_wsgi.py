"""Reads the WSGIDaemonProcess lines of Apache configurations: the daemon processes of mod_wsgi.

Source: mod_wsgi's documentation of WSGIDaemonProcess, WSGIScriptAlias and WSGIProcessGroup; Apache's of continued lines.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.opening import opened, stated
from connlint.formats.services import Service, Stack
from connlint.formats.splitting import Unbalanced, split
from connlint.formats.words import Text, Word
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Origin, Value

MOST_GROUPS: Final = 200
_DIRECTIVE: Final = re.compile(r"^[ \t]*(WSGIDaemonProcess|WSGIScriptAlias|WSGIProcessGroup)\b[ \t]*", re.M | re.I)
_END: Final = re.compile(r"(?<!\\)(?:\r\n|[\r\n])")
_CONTINUED: Final = re.compile(r"\\(?:\r\n|[\r\n])")
_NUMBERS: Final = {
    "processes": "processes", "threads": "threads", "maximum-requests": "max-requests",
    "request-timeout": "request-timeout", "inactivity-timeout": "inactivity-timeout",
}  # fmt: skip


def read_mod_wsgi(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each file, one service without a command for each WSGIDaemonProcess, under the group's name.

    What mod_wsgi is told stands in the service's `extra`: `server` (always the text "mod-wsgi"), `processes`, `threads`,
    `max-requests`, `request-timeout` and `inactivity-timeout` (seconds) as numbers, `script` (the file of a
    WSGIScriptAlias that names the group, or of the only one); only what the file states is there. Never raises.
    """
    del environment
    return tuple(stack for path in paths if (stack := _stack(tree, path)) is not None)


def _stack(tree: Tree, path: str) -> Stack | None:
    source, troubles = opened(tree, path)
    directives = [(name.lower(), words) for name, words in _directives(source)]
    groups = [words for name, words in directives if name == "wsgidaemonprocess" and words][:MOST_GROUPS]
    aliases = [words for name, words in directives if name == "wsgiscriptalias" and len(words) > 1]
    if not groups and not troubles:
        return None
    services = [_service(words, aliases, alone=len(groups) == 1) for words in groups]
    document = stated("mod_wsgi", source, troubles)
    return Stack(path, "mod_wsgi", posixpath.dirname(path), tuple(services), (document,), is_for_development(path))


def _directives(source: Source) -> Iterator[tuple[str, tuple[Word, ...]]]:
    for match in _DIRECTIVE.finditer(source.text):
        end = _END.search(source.text, match.end())
        span = source.span(match.end(), end.start() if end is not None else len(source.text))
        text = Text.of(span)
        joined = _CONTINUED.sub(lambda found: " " * len(found[0]), text.text)
        try:
            yield match[1], split(Text(joined, source, text.offsets))
        except Unbalanced:
            continue


def _service(words: Sequence[Word], aliases: Sequence[Sequence[Word]], *, alone: bool) -> Service:
    name = words[0].exact or "wsgi"
    extra = {"server": Value.exact("mod-wsgi", Origin.at(words[0].span))}
    for word in words[1:]:
        key, equals, text = (word.exact or "").partition("=")
        entry = _NUMBERS.get(key.lower())
        if entry is None or not equals:
            continue
        value = word.without(len(key) + 1)
        number = text.isascii() and text.isdecimal() and len(text) < 9
        origin = Origin.at(value.span)
        extra[entry] = Value.exact(int(text), origin) if number else Value.unknown("it is no number", origin, least=0)
    script = _script(name, aliases, alone=alone)
    if script is not None:
        extra["script"] = script.value
    return Service(name, words[0].span, extra=extra)


def _script(name: str, aliases: Sequence[Sequence[Word]], *, alone: bool) -> Word | None:
    for words in aliases:
        if any(word.exact == f"process-group={name}" for word in words[2:]):
            return words[1]
    return aliases[0][1] if alone and len(aliases) == 1 else None
