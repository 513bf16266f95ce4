"""The environment of a unit's processes: Environment=, EnvironmentFile=, PassEnvironment= and UnsetEnvironment=.

Sources: config_parse_environ() in src/core/load-fragment.c, parse_env_file_internal() in src/basic/env-file.c and the
order of exec_child() in src/core/execute.c (what is passed on, then Environment=, then the files, then what is unset).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from connlint.formats.words import Text
from connlint.records import dataclass
from connlint.source import Source, Span
from connlint.value import Origin, Value

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_BREAK: Final = re.compile("[\n\r]")
_KEPT_ESCAPES: Final = '"\\`$'  # after a backslash in double quotes; before any other character the backslash stays
MOST_VARIABLES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Environment:
    """What is known of it: `variables` by name; `elsewhere`: sources that the repository does not hold."""

    variables: Mapping[str, Value]
    elsewhere: tuple[tuple[Span, str], ...] = ()

    def get(self, name: str) -> Value | None:
        """The variable's value; unknown where a source that is not read may set it, None where nothing does."""
        if name in self.variables:
            return self.variables[name]
        if not self.elsewhere:
            return None
        span, where = self.elsewhere[-1]
        return Value.unknown(f"{name} is set in no file that was read; {where} may set it", Origin.at(span))


def is_name(text: str) -> bool:
    """Whether a variable may be called so (env_name_is_valid)."""
    return _NAME.match(text) is not None


def assignment(word: Text) -> tuple[str, Text] | None:
    """`NAME=value` of one word of Environment=; None where systemd ignores it."""
    name, equals, _ = word.text.partition("=")
    return (name, word.cut(len(name) + 1)) if equals and is_name(name) else None


def parse_environment_file(source: Source) -> Iterator[tuple[str, Text]]:
    """The variables of an EnvironmentFile in order: quotes as in a shell, comments, nothing expanded."""
    text, at, count = source.text, 0, 0
    while at < len(text) and count < MOST_VARIABLES:
        if text[at].isspace():
            at += 1
        elif text[at] in "#;":
            at = _line_end(text, at)
        else:
            end = _line_end(text, at)
            equals = text.find("=", at, end)
            if equals < 0:
                at = end
                continue
            name = text[at:equals].rstrip(" \t")
            value, at = _value(source, equals + 1)
            if is_name(name):
                count += 1
                yield name, value


def _line_end(text: str, at: int) -> int:
    match = _BREAK.search(text, at)
    return match.start() if match else len(text)


def _value(source: Source, start: int) -> tuple[Text, int]:
    """The value from `start` on, which quoted parts may carry over several lines, and where it ends."""
    text, at, quote = source.text, start, ""
    kept: list[int] = []
    solid = 0  # how many of the kept characters do not give way as white space at the end
    begun = False  # whether an unquoted character was there: from then on a quote is one like any other
    while at < len(text):
        sign = text[at]
        if quote:
            if sign == quote:
                quote, solid = "", len(kept)
            elif sign == "\\" and quote == '"' and at + 1 < len(text):
                at += 1
                if text[at] in _KEPT_ESCAPES:
                    kept.append(at)
                elif text[at] != "\n":
                    kept += [at - 1, at]
            else:
                kept.append(at)
        elif sign in "\n\r":
            break
        elif sign in "'\"" and not begun:
            quote = sign
        elif sign == "\\":
            begun, at = True, at + 1
            if at < len(text) and text[at] not in "\n\r":
                kept.append(at)
            solid = len(kept)
        elif begun or sign not in " \t":
            begun = True
            kept.append(at)
            solid = len(kept) if sign not in " \t" else solid
        at += 1
    del kept[len(kept) if quote else solid :]
    return Text("".join(text[i] for i in kept), source, kept or (start,)), at
