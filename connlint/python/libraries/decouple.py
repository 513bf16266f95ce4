"""python-decouple: where `config` finds a value, what its casts make of it, and the files it reads.

Modelled on python-decouple 3.8.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Final

from connlint.python.libraries import DEFAULT, ENVIRON, FILE, Assignment, LibraryError, Lookup, Reading
from connlint.python.libraries.casts import apply
from connlint.python.libraries.truth import strtobool
from connlint.records import dataclass

UNDEFINED: Final = object()
_LONGEST_CSV: Final = 100_000
_LONGEST_INI: Final = 1_000_000
_DEEPEST: Final = 10  # configparser's own limit on %(name)s inside %(name)s
_MOST_REFERENCES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Repository:
    """What `config` knows from its file; in an ini file names have no case."""

    assignments: tuple[Assignment, ...] = ()
    ini: bool = False

    def get(self, option: str) -> Assignment | None:
        """The assignment that counts for `option`, the last one."""
        name = option.lower() if self.ini else option
        return next((found for found in reversed(self.assignments) if found.name == name), None)


EMPTY: Final = Repository()


def read(
    lookup: Lookup,
    repository: Repository,
    option: str,
    default: object = UNDEFINED,
    cast: object = UNDEFINED,
) -> Reading:
    """What `config(option, default, cast)` answers: the environment first, then the file, then the default.

    `cast` is a real builtin type, a `Csv`, a `Choices` or any other function of a value, which is called; it
    is applied to a default as well. Raises `LibraryError` where the library raises.
    """
    text = lookup(option)
    assignment = repository.get(option) if text is None else None
    value: object
    if text is not None:
        value, source = text, ENVIRON
    elif assignment is not None:
        if assignment.text is None:
            raise LibraryError(f"the interpolation of {option} fails")
        value, source = assignment.text, FILE
    elif default is UNDEFINED:
        raise LibraryError(f"{option} is not set and has no default")
    else:
        value, source = default, DEFAULT
    if cast is bool:
        value = boolean(value)
    elif cast is not UNDEFINED:
        value = apply(cast, value)
    return Reading(value, source, option)


def boolean(value: object) -> bool:
    """What `cast=bool` makes of a text or a default; an empty text is false."""
    text = value if isinstance(value, str) else str(value)
    return bool(strtobool(text)) if text else False


def parse_env(text: str) -> Repository:
    """The variables of a `.env` file, as `RepositoryEnv` reads them: no escapes, no comments after a value."""
    found = []
    for match in re.finditer(r"[^\r\n]+", text):
        line = match[0].strip()
        if not line or line.startswith("#") or "=" not in line:
            continue
        name, _, value = (part.strip() for part in line.partition("="))
        begin = match.start() + len(match[0]) - len(match[0].lstrip())
        end = begin + len(line)
        start = end - len(value)
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value, start, end = value[1:-1], start + 1, end - 1
        found.append(Assignment(name, value, begin, start, end))
    return Repository(tuple(found))


def parse_ini(text: str) -> Repository:
    """The options of `[settings]` in an ini file, as `RepositoryIni` reads them.

    An option whose `%(name)s` fails has no text. Raises `LibraryError` for a file that configparser refuses.
    """
    from configparser import Error, RawConfigParser

    if len(text) > _LONGEST_INI or re.search(r"[^\S\n]{100}", text):  # configparser is quadratic in spaces
        raise LibraryError("the ini file is too long, or has too long a run of spaces")
    parser = RawConfigParser()
    try:
        parser.read_string(text.replace("\r\n", "\n").replace("\r", "\n"))
    except Error:
        raise LibraryError("configparser refuses the ini file") from None
    if not parser.has_section("settings"):
        return Repository((), ini=True)
    options = dict(parser.items("settings"))
    places = _places(text)
    found = []
    for name, raw in options.items():
        place = places.get(("settings", name)) or places.get((parser.default_section, name)) or (0, 0, 0)
        found.append(Assignment(name, _interpolated(raw, options), *place))
    return Repository(tuple(found), ini=True)


def _places(text: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Name, start and end of the first line of each option, by section and name in lower case."""
    places: dict[tuple[str, str], tuple[int, int, int]] = {}
    section = ""
    indent = 0
    for match in re.finditer(r"[^\r\n]+", text):
        line = match[0].strip()
        if not line or line[0] in "#;":
            continue
        begin = match.start() + len(match[0]) - len(match[0].lstrip())
        depth = begin - match.start()
        if places and depth > indent and (section, "") not in places:
            continue  # the value of the option above goes on
        places.pop((section, ""), None)
        indent = depth
        if line[0] == "[" and "]" in line[2:]:
            section = line[1 : line.rindex("]")]
            places[section, ""] = (begin, begin, begin)  # marks that no option came yet
            continue
        name, delimiter, value = re.split(r"([=:])", line, maxsplit=1) if re.search("[=:]", line) else (line, "", "")
        start = begin + len(name) + len(delimiter)
        end = begin + len(line)
        place = (begin, end - len(value.lstrip()), end) if delimiter else (begin, start, start)
        places.setdefault((section, name.rstrip().lower()), place)
    return places


def _interpolated(raw: str, options: Mapping[str, str]) -> str | None:
    """The value with its `%(name)s` resolved and `%%` as `%`, or None when configparser would raise."""
    parts: list[str] = []
    pending = [(raw, 1)]
    steps = 0
    while pending:
        rest, depth = pending.pop()
        if depth > _DEEPEST:
            return None
        before, percent, rest = rest.partition("%")
        parts.append(before)
        if not percent:
            continue
        if rest[:1] == "%":
            parts.append("%")
            pending.append((rest[1:], depth))
            continue
        match = re.match(r"\(([^)]+)\)s", rest)
        name = match[1].lower() if match else ""
        steps += 1
        if match is None or name not in options:
            return None
        if steps > _MOST_REFERENCES:
            raise LibraryError("the ini file refers to too many of its own values")
        pending.append((rest[match.end() :], depth))
        if "%" in options[name]:
            pending.append((options[name], depth + 1))
        else:
            parts.append(options[name])
    return "".join(parts)


def find_file(is_file: Callable[[str], bool], folder: str) -> str | None:
    """The `settings.ini` or `.env` that `AutoConfig` finds from `folder` upwards, or None.

    Folders are relative to the project with `/`, "" is its root; the folders above it are not looked at.
    """
    while True:
        for name in ("settings.ini", ".env"):
            path = posixpath.join(folder, name)
            if is_file(path):
                return path
        if not folder.strip("/"):
            return None
        folder = posixpath.dirname(folder.rstrip("/"))


@dataclass(frozen=True, slots=True)
class Csv:
    """`decouple.Csv(cast, delimiter, strip, post_process)`, a function of a text."""

    cast: object = str
    delimiter: str = ","
    strip: str | None = " \t\n\r\x0b\x0c"
    post_process: object = list

    def __call__(self, value: object) -> object:
        """The list (or what `post_process` makes of it) that the text holds; none for None."""
        from shlex import shlex

        if value is None:
            return apply(self.post_process, ())
        if not isinstance(value, str) or len(value) > _LONGEST_CSV:
            raise LibraryError("Csv takes a text, and not too long a one")
        splitter = shlex(value, posix=True)
        splitter.whitespace = self.delimiter
        splitter.whitespace_split = True
        try:
            items = list(splitter)
        except ValueError:
            raise LibraryError("a quote or an escape in the list is not closed") from None
        return apply(self.post_process, [apply(self.cast, item.strip(self.strip)) for item in items])


@dataclass(frozen=True, slots=True)
class Choices:
    """`decouple.Choices(flat, cast, choices)`, a function of a text."""

    flat: tuple[object, ...] = ()
    cast: object = str
    choices: tuple[tuple[object, object], ...] = ()

    def __call__(self, value: object) -> object:
        """The cast value when it is one of the choices; `LibraryError` when it is not."""
        result = apply(self.cast, value)
        if result not in (*self.flat, *(choice for choice, _ in self.choices)):
            raise LibraryError("the value is not one of its choices")
        return result
