"""Scripts that were parsed already: one that many containers start is parsed once."""

from __future__ import annotations

from connlint.formats.shell.buffer import SyntaxProblem
from connlint.formats.shell.syntax import Block
from connlint.formats.words import Text


class Parsed:
    """Remembers what each text is made of, or why it cannot be read, for as long as one run of connlint lasts."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Block | SyntaxProblem] = {}

    def parse(self, text: Text) -> Block:
        """The commands of a script; raises `SyntaxProblem` where a shell would refuse it."""
        offsets = text.offsets if isinstance(text.offsets, range) else tuple(text.offsets)
        key = text.text, text.source, offsets
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _parse(text)
        if isinstance(found, SyntaxProblem):
            raise SyntaxProblem(str(found), found.at)
        return found


def _parse(text: Text) -> Block | SyntaxProblem:
    from connlint.formats.shell.parser import parse  # many a deployment has no script

    try:
        return parse(text)
    except SyntaxProblem as problem:
        return problem
