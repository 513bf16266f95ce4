"""Reads a shell script for one thing: which programs it runs, with which words and exported variables.

Not followed: brace expansion and file name patterns (such a word is loose), what programs print beyond the few of
`programs`, aliases, job control, traps, `select`, arrays set element by element, coprocesses. Programs inside
of `$(...)` are not listed: they run for a moment, and their output is what matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connlint.formats.document import Problem
from connlint.formats.shell.builtins import BUILTINS
from connlint.formats.shell.interpreter import MOST_STEPS, Interpreter
from connlint.formats.shell.parsed import Parsed
from connlint.formats.shell.state import State, Variable
from connlint.formats.words import Invocation, Text, Word
from connlint.records import dataclass
from connlint.value import ABSENT, Origin, Value


@dataclass(frozen=True, slots=True)
class ShellResult:
    """`invocations` in the order in which they are met; `environment`: what is exported where the script ends."""

    invocations: tuple[Invocation, ...]
    environment: Mapping[str, Value]
    problems: tuple[Problem, ...] = ()


def run_shell(
    text: Text,
    *,
    name: str = "sh",
    arguments: Sequence[Word] = (),
    environment: Mapping[str, Value] | None = None,
    directory: str = "",
    source: Callable[[str, str], Text | None],
    cpus: Value,
    parsed: Parsed | None = None,
) -> ShellResult:
    """Follow a POSIX sh or bash script.

    `name` is `$0`; `arguments` are `$1` and so on, the whole of them; `environment` are the variables it starts with.
    `source(path, directory)` gives the text of a file that the script sources or prints, None for one that is not in
    the project. `cpus` is what `nproc` prints; `parsed` remembers scripts for the next time. A word is exact only where a shell would certainly come to it.
    """
    start = text.span(0, 0)
    variables = {
        each: Variable(Word((value,), value.span or start), None, exported=True)
        for each, value in (environment or {}).items()
        if not value.always(lambda alternative: alternative is ABSENT)
    }
    state = State(variables, tuple(arguments), Word((Value.exact(name, Origin.at(start)),), start), directory)
    shell = Interpreter(source, cpus, BUILTINS, parsed or Parsed())
    outcome = shell.script(text, state)
    if shell.steps > MOST_STEPS:
        shell.problem("too-large", f"the script takes more than {MOST_STEPS} steps; the rest is not followed", start)
    if shell.too_deep:
        shell.problem("too-large", "the script is nested too deeply to be followed to its end", start)
    last = outcome if isinstance(outcome, State) else state
    return ShellResult(tuple(shell.invocations), last.environment(), tuple(shell.problems))
