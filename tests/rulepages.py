"""Reads the pages of the rule book as tests: small trees, and the commands and outputs that belong to them.

An example is a `###` section. A line with nothing but a path in backticks names the file whose text the next fenced
block holds; a `console` block holds commands after `$` and, below each, all that it writes to stdout.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from connlint.cli import main

UPDATE = "CONNLINT_UPDATE_PAGES"  # set to 1 to write the outputs into the pages instead of comparing them
SECTIONS = ("Why it matters", "What to do", "Examples", "Error messages", "Evidence")
OPTIONAL = ("Error messages",)

_FENCE = re.compile(r"(`{3,})\s*(\S*)\s*")
_PATH = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]\[]*\]\(<?([^)\s>]+)>?\)")


@dataclass(frozen=True)
class Command:
    """One command of a console block and what it writes to stdout, without the last line end."""

    line: str
    output: str

    @property
    def arguments(self) -> list[str]:
        return shlex.split(self.line)[1:]

    def checks(self, rule: str, family: str) -> bool:
        """Whether the command is a `check` that would report `rule`."""
        words = self.arguments
        if words[:1] != ["check"]:
            return False
        chosen = {name for names in _option(words, "--select") for name in names.split(",")}
        silenced = {name for names in _option(words, "--ignore") for name in names.split(",")}
        return bool(not chosen or {rule, family} & chosen) and not {rule, family} & silenced


@dataclass
class Console:
    """A console block: its commands, and the lines of the page that hold them."""

    start: int
    end: int
    commands: list[Command] = field(default_factory=list)


@dataclass
class Example:
    """One case: its tree and its console blocks."""

    title: str
    files: dict[str, str] = field(default_factory=dict)
    consoles: list[Console] = field(default_factory=list)

    @property
    def commands(self) -> list[Command]:
        return [command for console in self.consoles for command in console.commands]


@dataclass
class Page:
    """A Markdown page; `faults` says in words what is wrong with its form."""

    path: Path
    lines: list[str]
    title: str = ""
    summary: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    bodies: dict[str, list[str]] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    consoles: list[Console] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def family(self) -> str:
        return self.path.parent.name

    def links(self) -> Iterator[str]:
        """The targets of all links outside of fenced blocks."""
        for line, fenced in _outside(self.lines):
            if not fenced:
                yield from _LINK.findall(re.sub(r"`[^`]*`", "", line))

    def dead_links(self, root: Path) -> list[str]:
        """The links that lead to nothing in the repository, or out of it; those to the web are taken on trust."""
        dead = []
        for link in self.links():
            target, _, anchor = link.partition("#")
            if re.match(r"https?://[^/\s]+\.[a-z]", target):
                continue
            file = (self.path.parent / target).resolve() if target else self.path
            found = file.exists() and file.is_relative_to(root)
            if not found or (anchor and file.suffix == ".md" and anchor not in read(file).anchors()):
                dead.append(link)
        return dead

    def anchors(self) -> set[str]:
        """The anchors of the headings, as GitHub makes them."""
        return {
            re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
            for line, fenced in _outside(self.lines)
            if not fenced and line.startswith("#")
        }


def read(path: Path) -> Page:
    """Read a page; never raises for its form, see `Page.faults`."""
    page = Page(path, path.read_text(encoding="utf-8").splitlines())
    awaited = ""  # the path of the file whose block comes next
    example: Example | None = None
    number = 0
    while number < len(page.lines):
        line = page.lines[number]
        number += 1
        fence = _FENCE.fullmatch(line)
        if fence:
            body, end = _block(page, number, fence[1])
            _take(page, example, awaited, fence[2], body, number, end)
            awaited, number = "", end + 1
            continue
        if awaited and line.strip():
            page.faults.append(f"line {number}: `{awaited}` names a file, and no fenced block with its text follows")
            awaited = ""
        path_line = _PATH.fullmatch(line)
        if line.startswith("# "):
            page.title = page.title or line[2:].strip()
        elif line.startswith("## "):
            page.sections.append(line[3:].strip())
            example = None
        elif line.startswith("### "):
            example = _example(page, line[4:].strip(), number)
        elif example is not None and path_line:
            awaited = path_line[1]
        elif not page.sections and page.title:
            page.summary.append(line)
        elif page.sections:
            page.bodies.setdefault(page.sections[-1], []).append(line)
    return page


def run(command: Command) -> tuple[int, str, str]:
    """Run a command in this process, in the current folder: its exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command.arguments)
    return code, out.getvalue().removesuffix("\n"), err.getvalue()


def plant(folder: Path, example: Example) -> None:
    """Write the tree of an example."""
    for name, text in example.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")


def rewrite(path: Path, index: int, commands: list[Command]) -> None:
    """Put commands with new outputs into console block number `index` of a page."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        raise RuntimeError(f"{UPDATE} writes one page from many tests: run pytest without -n")
    page = read(path)
    console = page.consoles[index]
    lines = [line for command in commands for line in (f"$ {command.line}", *command.output.splitlines())]
    page.lines[console.start : console.end] = lines
    path.write_text("\n".join(page.lines) + "\n", encoding="utf-8")


def _block(page: Page, start: int, fence: str) -> tuple[list[str], int]:
    """The lines of the fenced block that begins before line index `start`, and the index of its closing fence."""
    for end in range(start, len(page.lines)):
        closing = _FENCE.fullmatch(page.lines[end])
        if closing and not closing[2] and len(closing[1]) >= len(fence):
            return page.lines[start:end], end
    page.faults.append(f"line {start}: the fenced block is never closed")
    return page.lines[start:], len(page.lines)


def _take(
    page: Page, example: Example | None, awaited: str, language: str, body: list[str], start: int, end: int
) -> None:
    """File a fenced block: as a file of the example's tree, or as commands with their outputs."""
    if language == "console":
        console = Console(start, end, list(_commands(page, body, start)))
        page.consoles.append(console)
        if example is not None:
            example.consoles.append(console)
    elif awaited and example is not None:
        if awaited in example.files:
            page.faults.append(f"line {start}: {awaited} is there twice in {example.title!r}")
        example.files[awaited] = "".join(line + "\n" for line in body)
    elif example is not None:
        page.faults.append(f"line {start}: a fenced block without a line `path` before it")


def _commands(page: Page, body: list[str], start: int) -> Iterator[Command]:
    strangers = [text for text in body if text.startswith("$ ") and not text.startswith("$ connlint ")]
    if not body or not body[0].startswith("$ ") or strangers:
        page.faults.append(f"line {start + 1}: the commands of a console block are `$ connlint ...`")
        return
    line, output = body[0], list[str]()
    for text in [*body[1:], "$ "]:
        if not text.startswith("$ "):
            output.append(text)
            continue
        yield Command(line[2:], "\n".join(output))
        line, output = text, []


def _example(page: Page, title: str, number: int) -> Example | None:
    if not page.sections or page.sections[-1] != "Examples":
        page.faults.append(f"line {number}: only Examples has ### headings")
        return None
    if title in [example.title for example in page.examples]:
        page.faults.append(f"line {number}: two examples are called {title!r}")
    page.examples.append(Example(title))
    return page.examples[-1]


def _option(words: list[str], name: str) -> Iterator[str]:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == name:
            yield following
        elif word.startswith(name + "="):
            yield word.partition("=")[2]


def _outside(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a fenced block."""
    fence = ""
    for line in lines:
        mark = _FENCE.fullmatch(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and not mark[2] and len(mark[1]) >= len(fence):
            fence = ""
            yield line, True
            continue
        yield line, bool(fence)
