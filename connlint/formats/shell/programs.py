"""What programs print that scripts ask about their surroundings: nproc, basename, cat and the like."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from connlint.formats.shell.state import Part, State, content, mapped
from connlint.formats.words import Word
from connlint.value import Origin, Value

if TYPE_CHECKING:
    from connlint.formats.shell.interpreter import Interpreter


def printed_by(words: Sequence[Word], shell: Interpreter, state: State) -> tuple[Part, ...] | None:
    """What a program prints, its line end left out; None where only running it tells."""
    name = posixpath.basename(words[0].exact or "")
    texts = [word.exact for word in words[1:]]
    here = Origin.at(words[0].span)
    if name == "nproc" and all(text is not None and text.startswith("--all") for text in texts):
        return (_as_text(shell.cpus).because(here),)
    if name == "getconf" and texts == ["_NPROCESSORS_ONLN"]:
        return (_as_text(shell.cpus).because(here),)
    if name in ("dirname", "basename") and texts and (texts[0] != "--" or len(texts) > 1):
        operands = list(words[2:] if texts[0] == "--" else words[1:])
        if any((word.exact or "").startswith("-") for word in operands):
            return None
        if name == "dirname" and len(operands) == 1:
            return (mapped(content(operands[0]), _dirname, "the path is not known").because(here),)
        suffix = operands[1].exact if len(operands) == 2 else ""
        if name == "basename" and len(operands) <= 2 and suffix is not None:
            return (mapped(content(operands[0]), lambda path: _basename(path, suffix), "the path is not known"),)
        return None
    if name == "printenv" and len(texts) == 1 and texts[0] and texts[0].isidentifier():
        variable = state.variables.get(texts[0])
        if variable is None:
            return (Value.unknown(f"{texts[0]} is set in no file", here),)
        return variable.word.parts if variable.exported and variable.word is not None else ()
    if name == "which" and len(words) == 2 and texts[0] and not texts[0].startswith("-"):
        return words[1].parts
    if name == "cat" and len(texts) == 1 and texts[0] and state.directory is not None:
        text = shell.source(texts[0], state.directory)
        return (text,) if text is not None else None
    if name in ("readlink", "realpath") and len(texts) >= 1 and set(texts[:-1]) <= {"-f", "-e", "-m", "--"}:
        path = texts[-1]
        if path is not None and path.startswith("/"):
            return (Value.exact(posixpath.normpath(path), *content(words[-1]).origins),)
    return None


def _as_text(value: Value) -> Value:
    return mapped(value, str, "") if value.alternatives else value


def _dirname(path: str) -> str:
    stripped = path.rstrip("/")
    if not stripped:
        return "/" if path else "."
    folder = stripped.rpartition("/")[0]
    return folder.rstrip("/") or ("/" if stripped.startswith("/") else ".")


def _basename(path: str, suffix: str) -> str:
    name = path.rstrip("/").rpartition("/")[2] or ("/" if path else "")
    return name[: len(name) - len(suffix)] if suffix and name != suffix and name.endswith(suffix) else name
