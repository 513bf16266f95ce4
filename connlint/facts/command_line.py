"""Facts about command lines: which options a program takes, with a value or without, and how it reads them.

A table `facts/options/<name>.toml` states the spellings of each option, one option a line, in the list of its kind:

    title = "gunicorn"
    first = "20.0"                  # the versions this table covers, the options of all of them together
    last = "27.0"
    source = "https://..."
    style = "argparse"              # argparse, optparse, getopt: long options may be abbreviated; click: they may not
    environment = "UVICORN_"        # a prefix: variables that stand for long options (optional)
    extends = ["django"]            # tables whose options are taken, too (optional)
    flags = '''                     # without a value
    --preload = preload_app         # `= name`: what connlint calls it; else the first long spelling, with _ for -
    '''
    values = '''                    # with one
    -w --workers
    '''
    optional = '''--proxy-protocol'''  # with one or none
    many = '''-Q --queues'''           # with all words up to the next option
    others = "uwsgi"                # all other names of that product's table, as long options, with one value (optional)
    dashes = true                   # names keep their dashes (optional)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

from connlint.facts import product
from connlint.facts.tables import read_table
from connlint.records import dataclass, field


class Takes(Enum):
    """How many values an option takes."""

    NONE = "flags"
    ONE = "values"
    OPTIONAL = "optional"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a program, under all its spellings."""

    name: str
    takes: Takes
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The options of one program; `options` has each under every spelling."""

    name: str
    title: str
    style: str
    options: Mapping[str, Option]
    source: str
    environment: str = ""
    long: tuple[str, ...] = field(default=(), repr=False)

    def find(self, spelling: str) -> tuple[Option, ...]:
        """The option of that spelling, or all that an abbreviation may mean where the program takes abbreviations."""
        exact = self.options.get(spelling)
        if exact is not None:
            return (exact,)
        if self.style == "click" or not spelling.startswith("--") or len(spelling) < 3:
            return ()
        return tuple(dict.fromkeys(self.options[name] for name in self.long if name.startswith(spelling)))


_FOLDER: Final = Path(__file__).with_name("options")


def tables() -> tuple[str, ...]:
    """The names of all tables, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


@cache
def command_line(name: str) -> CommandLine:
    """The table `facts/options/<name>.toml`; KeyError for a program that has none."""
    table = read_table(f"options/{name}")
    options: dict[str, Option] = {}
    for base in table.get("extends", ()):
        options |= command_line(base).options
    for option in _options(table):
        options |= dict.fromkeys(option.spellings, option)
    if "others" in table:
        names = sorted(product(table["others"]).names)
        spellings = (f"--{name}" for name in names if f"--{name}" not in options)
        options |= {spelling: Option(spelling[2:], Takes.ONE, (spelling,)) for spelling in spellings}
    long = tuple(sorted(spelling for spelling in options if spelling.startswith("--")))
    return CommandLine(
        name, table["title"], table["style"], options, table["source"], table.get("environment", ""), long
    )


def _options(table: Mapping[str, Any]) -> Iterator[Option]:
    for takes in Takes:
        for line in table.get(takes.value, "").splitlines():
            words = line.split()
            name = ""
            if len(words) > 2 and words[-2] == "=":
                name, words = words[-1], words[:-2]
            if words:
                first = next((word for word in words if word.startswith("--")), words[0])
                own = first.lstrip("-") if table.get("dashes") else first.lstrip("-").replace("-", "_")
                yield Option(name or own, takes, tuple(words))


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A program that runs another one. See facts/wrappers.toml for what each part means."""

    name: str
    line: CommandLine
    operands: int
    command: str
    after: str
    variables: bool
    pooler: str
    python: bool


@cache
def wrappers() -> Mapping[str, tuple[Wrapper, ...]]:
    """The wrappers of facts/wrappers.toml by each of the names they are called by."""
    table = read_table("wrappers")
    found: dict[str, tuple[Wrapper, ...]] = {}
    for key, entry in table.items():
        if not isinstance(entry, dict):
            continue
        options: dict[str, Option] = {}
        for takes, words in ((Takes.NONE, entry.get("flags", "")), (Takes.ONE, entry.get("values", ""))):
            options |= {s: Option(s.lstrip("-") or s, takes, (s,)) for s in words.split()}
        line = CommandLine(
            key, key, "getopt", options, "", long=tuple(sorted(o for o in options if o.startswith("--")))
        )
        wrapper = Wrapper(
            key, line, entry.get("operands", 0), entry.get("command", ""), entry.get("after", ""),
            entry.get("variables", False), entry.get("pooler", ""), entry.get("python", False),
        )  # fmt: skip
        for name in entry["names"].split():
            found[name] = (*found.get(name, ()), wrapper)
    return found
