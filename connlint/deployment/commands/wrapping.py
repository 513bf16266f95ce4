"""Taking off the programs that only run another one: init processes, changes of user, waiting, virtual environments."""

from __future__ import annotations

import re
from typing import Final

from connlint.deployment.commands.arguments import Arguments, read_arguments
from connlint.deployment.commands.container import Container
from connlint.facts.command_line import Wrapper, command_line, wrappers
from connlint.formats.splitting import Unbalanced, split
from connlint.formats.words import Invocation, Text, Word
from connlint.records import dataclass, replace
from connlint.value import Value

_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_PYTHON: Final = re.compile(r"(python|pypy)[\d.]*$|py$")
_SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"})


@dataclass(frozen=True, slots=True, eq=False)
class Unwrapped:
    """What a wrapper runs: `invocation`, or a `script` for a shell (`su -c`); neither, when it runs nothing.

    `pooler`: the wrapper starts this pooler beside it.
    """

    wrapper: str
    invocation: Invocation | None = None
    script: Word | None = None
    pooler: str = ""


def program(word: Word) -> str:
    """The name of a program without its folders; empty when it is not known."""
    text = word.exact
    return text.rstrip("/").rpartition("/")[2] if text is not None else ""


def is_python(name: str) -> bool:
    return bool(_PYTHON.fullmatch(name))


def is_shell(name: str) -> bool:
    return name in _SHELLS


def unwrap(invocation: Invocation, container: Container) -> Unwrapped | None:
    """What the outermost wrapper runs; None when the program is no wrapper."""
    name = program(invocation.words[0])
    if name == "env":
        return _env(invocation)
    if name in ("su", "runuser"):
        return _su(invocation, name)
    for wrapper in wrappers().get(name, ()):
        found = _wrapped(invocation, wrapper, name, container)
        if found is not None:
            return found
    return None


def _wrapped(invocation: Invocation, wrapper: Wrapper, name: str, container: Container) -> Unwrapped | None:
    words = invocation.words[1:]
    if wrapper.after:
        index = next((i for i, word in enumerate(words) if word.exact == wrapper.after), None)
        if wrapper.command and not any(word.exact == wrapper.command for word in words[:index]):
            return None
        if index is None:
            if wrapper.command or container.text(invocation.words[0].exact or "", invocation.directory) is None:
                return Unwrapped(name)
            return None  # a script of the project with a name of its own habits: it can be read
        return _inner(invocation, wrapper, name, words[index + 1 :])
    if wrapper.python:
        return _python_arguments(invocation, wrapper, name)
    given = read_arguments(words, wrapper.line, interspersed=False)
    rest = given.operands
    if wrapper.command:
        if not rest or rest[0].exact != wrapper.command:
            return None
        given = read_arguments(rest[1:], wrapper.line, interspersed=False)
        rest = given.operands
    return _inner(invocation, wrapper, name, rest[wrapper.operands :], given)


def _inner(
    invocation: Invocation, wrapper: Wrapper, name: str, words: tuple[Word, ...], given: Arguments | None = None
) -> Unwrapped:
    environment = dict(invocation.environment)
    if words and words[0].exact == "--":
        words = words[1:]
    if wrapper.variables:
        words = _assigned(words, environment)
    if wrapper.name == "uv" and words and (words[0].exact or "").endswith(".py"):
        words = (_python(words[0]), *words)
    elif wrapper.name == "uv" and words and given is not None and (given.has("m") or given.has("module")):
        words = (_python(words[0]), Word.of(Text.placed("-m", words[0].span)), *words)
    elif wrapper.name == "watchmedo":  # the command's own arguments may stand behind a second `--`
        words = (*words[:1], *(words[2:] if len(words) > 1 and words[1].exact == "--" else words[1:]))
    elif wrapper.name == "hatch" and words and ":" in (words[0].exact or ""):
        words = (words[0].without((words[0].exact or "").index(":") + 1), *words[1:])
    if not words:
        return Unwrapped(name, pooler=wrapper.pooler)
    return Unwrapped(name, replace(invocation, words=words, environment=environment), pooler=wrapper.pooler)


def _python_arguments(invocation: Invocation, wrapper: Wrapper, name: str) -> Unwrapped | None:
    """What debuggers and the like run: Python, with its arguments from a module's `-m` or a file on."""
    words = invocation.words[1:]
    if wrapper.command:
        if not words or words[0].exact != wrapper.command:
            return None
        words = words[1:]
    index = next((i for i, word in enumerate(words) if word.exact == "-m"), len(words))
    rest = (*read_arguments(words[:index], wrapper.line, interspersed=False).operands, *words[index:])
    return Unwrapped(name, replace(invocation, words=(_python(invocation.words[0]), *rest)) if rest else None)


def _env(invocation: Invocation) -> Unwrapped:
    """`env [-i] [-u NAME] [NAME=VALUE]... command` (coreutils); `-S` splits one word into several."""
    given = read_arguments(invocation.words[1:], command_line("env"), interspersed=False)
    environment: dict[str, Value] = {} if given.has("ignore_environment") else dict(invocation.environment)
    for said in given.all("unset"):
        if said.word is not None and said.word.exact is not None:
            environment.pop(said.word.exact, None)
    words = given.operands
    string = given.last("split_string")
    if string is not None and string.word is not None:
        words = (*_split(string.word), *words)
    words = _assigned(words, environment)
    directory = given.text("chdir")
    folder = str(directory.only) if directory is not None and directory.is_exact else invocation.directory
    if not words:
        return Unwrapped("env")
    return Unwrapped("env", replace(invocation, words=words, environment=environment, directory=folder))


def _split(word: Word) -> tuple[Word, ...]:
    text = word.as_text()
    if text is None:
        return (word,)
    try:
        return split(text)
    except Unbalanced:
        return (word,)


def _assigned(words: tuple[Word, ...], environment: dict[str, Value]) -> tuple[Word, ...]:
    """Take the assignments before a command into the environment."""
    for index, word in enumerate(words):
        match = _ASSIGNMENT.match(word.known)
        if match is None:
            return words[index:]
        environment[match[1]] = word.without(match.end()).value
    return ()


def _su(invocation: Invocation, name: str) -> Unwrapped:
    """`su [-] [user] -c "script"`; `runuser -u user -- command`."""
    line = command_line("su")
    given = read_arguments(invocation.words[1:], line, interspersed=False)
    operands = given.operands
    if given.has("user") and name == "runuser":
        return Unwrapped(name, replace(invocation, words=operands) if operands else None)
    said = given.last("command")
    if said is None and operands:  # util-linux takes options behind the user's name, too
        behind = operands[1:] if operands[0].exact != "-" else operands[2:] if len(operands) > 1 else ()
        if operands[0].exact == "-" and len(operands) > 1 and operands[1].known.startswith("-"):
            behind = operands[1:]
        said = read_arguments(behind, line, interspersed=False).last("command")
    if said is None or said.word is None:
        return Unwrapped(name)
    return Unwrapped(name, script=said.word)


def _python(word: Word) -> Word:
    """The word `python` where a program implies it."""
    return Word.of(Text.placed("python", word.span))
