"""What the shell itself does: the commands that change its state or print what a substitution reads."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from connlint.formats.shell.conditions import test
from connlint.formats.shell.interpreter import Interpreter
from connlint.formats.shell.naming import assigned_names
from connlint.formats.shell.output import echoed, printed
from connlint.formats.shell.programs import printed_by
from connlint.formats.shell.state import End, State, Truth, Variable, of_parts
from connlint.formats.shell.syntax import Assignment, Simple
from connlint.formats.shell.ways import Outcome
from connlint.formats.words import Text, Word
from connlint.records import replace
from connlint.value import Origin, Value

_SCRIPT: Final = 20  # frames that reading another text takes

Builtin = Callable[[Interpreter, Simple, list[Word], State], Outcome]


def _true(_shell: Interpreter, _node: Simple, _words: list[Word], state: State) -> Outcome:
    state.settle(Truth(True))
    return state


def _false(_shell: Interpreter, _node: Simple, _words: list[Word], state: State) -> Outcome:
    state.settle(Truth(False), 1)
    return state


def _unknown(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    state.settle(Truth(normal=True, about=f"the command {words[0].exact}"))
    return state


def _test(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    operands = words[1:]
    if words[0].exact == "[":
        if not operands or operands[-1].exact != "]":
            state.settle(Truth())
            return state
        operands = operands[:-1]
    state.settle(test(operands))
    return state


def _export(shell: Interpreter, node: Simple, words: list[Word], state: State) -> Outcome:
    """`export`, `readonly`, `declare` and `local`: assignments, and marks on variables."""
    name = words[0].exact
    options = "".join(text[1:] for word in words[1:] if (text := word.exact) and text.startswith("-"))
    exports = name == "export" or "x" in options
    for assignment in node.words:
        if isinstance(assignment, Assignment):
            _local(shell, name, assignment.name, state)
            variable = shell.expander.assigned(assignment, state)
            if "i" in options:
                variable = replace(variable, word=_unclear(assignment.name, words[0]))
            _set(state, assignment.name, variable, exports)
    for word in words[1:]:
        text = word.known
        variable_name, equals, _ = text.partition("=")
        if not variable_name.isidentifier():
            continue
        if equals:
            _local(shell, name, variable_name, state)
            _set(state, variable_name, Variable(word.without(len(variable_name) + 1)), exports)
        elif word.exact is not None:
            found = state.variables.get(variable_name)
            if name in ("local", "declare", "typeset") and shell.locals and "g" not in options:
                _local(shell, name, variable_name, state)
                state.variables[variable_name] = Variable(None, () if "a" in options else None)
            elif found is None and name in ("declare", "typeset"):
                state.variables[variable_name] = Variable(None, () if "a" in options else None, exports)
            elif found is None:
                state.variables[variable_name] = Variable(None, None, exports, nowhere=True)
            else:
                state.variables[variable_name] = replace(
                    found, exported=(found.exported or exports) and "n" not in options
                )
    state.settle(Truth(True))
    return state


def _local(shell: Interpreter, keyword: str | None, name: str, state: State) -> None:
    if keyword in ("local", "declare", "typeset") and shell.locals:
        shell.locals[-1].setdefault(name, state.variables.get(name))


def _set(state: State, name: str, variable: Variable, exports: bool) -> None:
    before = state.variables.get(name)
    exported = exports or variable.exported or (before is not None and before.exported)
    state.variables[name] = replace(variable, exported=exported)


def _unclear(name: str, word: Word, reason: str = "") -> Word:
    return Word((Value.unknown(reason or f"what {name} becomes is not followed", Origin.at(word.span)),), word.span)


def _unset(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    functions = any(word.exact == "-f" for word in words)
    for word in words[1:]:
        name = word.exact
        if name is None:
            continue
        if functions:
            state.functions.pop(name, None)
        elif name.isidentifier():
            state.variables[name] = Variable(None)
    state.settle(Truth(True))
    return state


def _set_options(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    """`set -- words`, `set -a`; other options change nothing that is followed here."""
    state.settle(Truth(True))
    for at, word in enumerate(words[1:], 1):
        text = word.exact
        if text == "--":
            state.arguments = tuple(words[at + 1 :])
            return state
        if text is None or not text.startswith(("-", "+")):
            before = words[at - 1].exact if at > 1 else None
            if before is not None and before.startswith(("-", "+")) and before.endswith("o"):
                if text == "allexport":
                    state.exports_all = words[at - 1].known.startswith("-")
                continue
            state.arguments = tuple(words[at:])
            return state
        if "a" in text[1:]:
            state.exports_all = text.startswith("-")
    return state


def _shift(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    count = words[1].exact if len(words) > 1 else "1"
    if count is not None and count.isdigit() and not any(word.loose for word in state.arguments[: int(count[:6])]):
        if int(count[:6]) > len(state.arguments):  # dash ends the script, bash goes on
            state.settle(Truth(False), 1)
            return state
        state.arguments = state.arguments[int(count[:6]) :]
        state.settle(Truth(True))
        return state
    unknown = Value.unknown("how many arguments are left is not known", Origin.at(words[0].span))
    state.arguments = (Word((unknown,), words[0].span, loose=True),)
    state.settle(Truth())
    return state


def _cd(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    targets = [word for word in words[1:] if word.exact is None or not word.exact.startswith("-") or word.exact == "-"]
    target = targets[0].exact if targets and not targets[0].loose else None
    if target is None or target == "-" or (state.directory is None and not target.startswith("/")):
        state.directory = None
    else:
        joined = posixpath.normpath(posixpath.join(state.directory or "", target or "."))
        state.directory = "" if joined == "." else joined
    state.settle(Truth(True))
    state.truth = Truth(normal=True, about="the command cd")
    return state


def _elsewhere(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    """`pushd` and `popd`: where it is afterwards is not followed."""
    state.directory = None
    state.settle(Truth(normal=True, about=f"the command {words[0].exact}"))
    return state


def _exec(shell: Interpreter, node: Simple, words: list[Word], state: State) -> Outcome:
    at = 1
    while at < len(words) and words[at].exact in ("-a", "-c", "-l", "-cl", "-lc", "--"):
        at += 2 if words[at].exact == "-a" else 1
    if at >= len(words):
        state.settle(Truth(True))
        return state
    shell.start(node, words[at:], state)
    return shell.finished(End.DONE)


def _command(shell: Interpreter, node: Simple, words: list[Word], state: State) -> Outcome:
    """`command` and `builtin`: what follows, though no function of that name."""
    rest = words[1:]
    if rest and rest[0].exact in ("-v", "-V"):
        if len(rest) > 1:
            shell.output((*rest[1].parts, Value.exact("\n")), state)
        state.settle(Truth(about="whether a program is there"))
        return state
    while rest and rest[0].exact in ("-p", "--"):
        rest = rest[1:]
    if not rest:
        return _true(shell, node, words, state)
    name = rest[0].exact
    if name in BUILTINS and not rest[0].loose and name:
        return BUILTINS[name](shell, node, rest, state)
    return shell.start(node, rest, state)


def _eval(shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    text: Text | None = None
    for word in words[1:]:
        piece = None if word.loose else word.as_text()
        if piece is None:
            shell.unknown_output("eval runs what is not known")
            shell.problem("unknown-script", "eval runs a text that is not known; what it does is left out", word.span)
            state.settle(Truth())
            return state
        text = piece if text is None else text + Text.placed(" ", word.span) + piece
    if text is None:
        return _true(shell, _node, words, state)
    if not shell.enter(_SCRIPT):
        return state
    outcome = shell.script(text, state)
    shell.leave(_SCRIPT)
    return outcome


def _source(shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    if len(words) < 2:
        return _false(shell, _node, words, state)
    path = words[1].exact if not words[1].loose else None
    text = None if path is None or state.directory is None else shell.source(path, state.directory)
    if text is None:
        shell.problem("missing", "this script reads a file that is not in the project; what it sets is not known",
                      words[1].span)  # fmt: skip
        state.settle(Truth(normal=True, about="reading a file"))
        return state
    outer, way, ended = state.arguments, state.way, shell.ended
    if len(words) > 2:
        state.arguments = tuple(words[2:])
    shell.returns.append([])
    outcome: Outcome = state
    if shell.enter(_SCRIPT):
        outcome = shell.script(text, state)
        shell.leave(_SCRIPT)
    returned = shell.returns.pop()
    if returned:
        outcome = shell.meet(outcome, returned)
        if isinstance(outcome, State) and ended == shell.ended:
            outcome.way = way
    if isinstance(outcome, State) and len(words) > 2:
        outcome.arguments = outer
    return outcome


def _exit(shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    status = words[1].exact if len(words) > 1 else None
    failed = status is not None and status.isdigit() and int(status[:6]) != 0
    if len(words) == 1:
        failed = state.truth.value is False
    return shell.finished(End.FAILED if failed else End.DONE)


def _return(shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    if not shell.returns:
        return _exit(shell, _node, words, state)
    status = words[1].exact if len(words) > 1 else None
    if status is not None and status.isdigit():
        state.settle(Truth(not int(status[:6])), int(status[:6]))
    elif len(words) > 1:
        state.settle(Truth())
    shell.returns[-1].append(state)
    return End.JUMP


def _break(shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    lists = shell.exits if words[0].exact == "break" else shell.continues
    count = words[1].exact if len(words) > 1 else "1"
    levels = int(count[:3]) if count is not None and count.isdigit() else 1
    if not lists:
        return state
    state.settle(Truth(True))
    lists[-min(max(levels, 1), len(lists))].append(state)
    return End.JUMP


def _read(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    """`read`, `mapfile`, `getopts`: variables whose content comes from outside."""
    for word in words[1:]:
        name = word.exact
        if name is not None and name.isidentifier():
            unclear = _unclear(name, word, f"{name} is read from an input")
            items = (replace(unclear, loose=True),) if words[0].exact != "read" else None
            state.variables[name] = Variable(unclear, items)
    state.settle(Truth(about="reading an input"))
    return state


def _let(_shell: Interpreter, _node: Simple, words: list[Word], state: State) -> Outcome:
    for word in words[1:]:
        for name in assigned_names(word.known):
            state.variables[name] = Variable(_unclear(name, word))
    state.settle(Truth())
    return state


def _echo(shell: Interpreter, node: Simple, words: list[Word], state: State) -> Outcome:
    state.settle(Truth(True))
    return _printing(shell, node, state, echoed(words[1:]))


def _printf(shell: Interpreter, node: Simple, words: list[Word], state: State) -> Outcome:
    state.settle(Truth(True))
    if len(words) > 2 and words[1].exact == "-v":
        name, text = words[2].exact, printed(words[3:])
        if name is not None and name.isidentifier():
            word = of_parts(text, words[0].span) if text is not None else _unclear(name, words[0])
            _set(state, name, Variable(word), state.exports_all)
        return state
    return _printing(shell, node, state, printed(words[1:]))


def _pwd(shell: Interpreter, node: Simple, words: list[Word], state: State) -> Outcome:
    state.settle(Truth(True))
    known = state.directory is not None and state.directory.startswith("/")
    parts = (Value.exact(state.directory, Origin.at(words[0].span)),) if known else None
    return _printing(shell, node, state, parts)


def _printing(shell: Interpreter, node: Simple, state: State, parts: Sequence[Text | Value] | None) -> Outcome:
    if shell.captures and not any(redirect.operator.startswith((">", "&>")) and redirect.descriptor in ("", "1")
                                  for redirect in node.redirects):  # fmt: skip
        if parts is None:
            shell.unknown_output("what is printed here is not known")
        else:
            shell.output(parts, state)
    return state


def _program(shell: Interpreter, node: Simple, words: list[Word], state: State) -> Outcome:
    """A program in a substitution."""
    parts = None if any(word.loose for word in words) else printed_by(words, shell, state)
    if parts is None:
        name = posixpath.basename(words[0].exact or "a program")
        shell.unknown_output(f"{name} prints it when it runs")
        return state
    return _printing(shell, node, state, parts)


BUILTINS: Final[Mapping[str, Builtin]] = {
    **dict.fromkeys((":", "true", "trap", "umask", "ulimit", "hash", "alias", "unalias", "shopt", "jobs", "bg", "fg",
                     "disown", "enable", "history", "complete", "bind", "times", "logout", "suspend", "dirs"), _true),
    **dict.fromkeys(("wait", "kill", "type", "caller"), _unknown),
    **dict.fromkeys(("[", "test"), _test),
    **dict.fromkeys(("export", "readonly", "declare", "typeset", "local"), _export),
    **dict.fromkeys((".", "source"), _source),
    **dict.fromkeys(("command", "builtin"), _command),
    **dict.fromkeys(("pushd", "popd"), _elsewhere),
    **dict.fromkeys(("break", "continue"), _break),
    **dict.fromkeys(("read", "mapfile", "readarray", "getopts"), _read),
    "false": _false, "unset": _unset, "set": _set_options, "shift": _shift, "cd": _cd, "exec": _exec, "eval": _eval,
    "exit": _exit, "return": _return, "let": _let, "echo": _echo, "printf": _printf, "pwd": _pwd, "": _program,
}  # fmt: skip
