"""connlint's shell against real ones: generated scripts, run with a recorder in place of every program.

Wherever connlint says that a program runs, a shell must run it, in that order and with those words; and a shell must
run nothing that connlint does not know of.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from connlint.formats.shell.reader import run_shell
from connlint.formats.words import Text, Word
from connlint.source import Source
from connlint.value import Value

RECORDER = """#!/bin/sh
{ printf '%s\\0' "${0##*/}" "$@"; printf '\\n\\0'; } >> "$RECORD"
"""
Said = tuple[bool, list[str | None]]
PROGRAMS = ("gunicorn", "celery", "prog")
NAMES = ("A", "B", "OPTS")

literals = st.sampled_from(["a", "b1", "-w", "--x=1", "x.py", "a:b", "3", "0", "%h", "@", "+", "a,b", "/app/run.sh"])
quoted = st.sampled_from(["'a b'", "'$A'", '"c d"', "''", '""', "\\ ", "'#x'", '"\\$A"', '"it\'s"', "\\'", '"a\\"b"'])
names = st.sampled_from(NAMES)
defaults = st.sampled_from(["d", "d e", '"f g"', "", "$B", "'h i'"])
patterns = st.sampled_from(["*", "a*", "*b", "?", "-*", "[a-c]*", "*/", "/*", "x", "*=*", '"a"*'])
parameters = st.one_of(
    names.map(lambda n: f"${n}"),
    names.map(lambda n: f"${{{n}}}"),
    st.sampled_from(["$#", "$1", "$2", "${1}", "$?", "$*", "$@", "${3:-none}", "${#A}"]),
    st.builds(lambda n, o, d: f"${{{n}{o}{d}}}", names, st.sampled_from([":-", "-", ":+", "+", ":=", "="]), defaults),
    st.builds(lambda n, o, p: f"${{{n}{o}{p}}}", names, st.sampled_from(["%", "%%", "#", "##"]), patterns),
)
sums = st.builds(
    lambda a, o, b, c: f"$(({a} {o} {b} - {c}))",
    st.integers(0, 9),
    st.sampled_from(["+", "-", "*", "/", "%", "<", "==", "&&", "||"]),
    st.integers(1, 9),
    st.integers(0, 9),
)
outputs = st.sampled_from(["$(echo a b)", "`echo c`", "$(echo)", "$(dirname /x/y)", "$(basename /x/y.sh .sh)",
                           "$(printf '%s-' 1 2)", "$(printf 'a b\\n\\n')", "$(pick one)", "$(pwd)", "$(echo $(echo in))"])  # fmt: skip
inner = st.one_of(parameters, sums, outputs)
pieces = st.one_of(literals, literals, quoted, inner, inner.map(lambda x: f'"{x}"'), inner.map(lambda x: f'"p {x} q"'))
words = st.one_of(pieces, pieces, st.builds(str.__add__, pieces, pieces), st.just('"$@"'), st.just('"$*"'))
values = st.one_of(pieces, st.builds(lambda n, w: f'"${n} {w.strip(chr(34))}"', names, literals))
assignments = st.builds(lambda n, v: f"{n}={v}", names, values)
comparisons = st.one_of(
    st.builds(lambda o, n: f'[ {o} "${n}" ]', st.sampled_from(["-z", "-n"]), names),
    st.builds(lambda a, o, b: f'[ "{a}" {o} "{b}" ]', parameters, st.sampled_from(["=", "!="]), literals),
    st.builds(lambda o: f"[ $# {o} 1 ]", st.sampled_from(["-eq", "-gt", "-lt", "-ge", "-ne"])),
    st.sampled_from(["true", "false", "! true", "! false", "[ a = a -a b = c ]", "[ ]", "test x"]),
)


def _run(program: str, arguments: list[str]) -> str:
    return " ".join([program, *arguments])


commands = st.one_of(
    st.builds(_run, st.sampled_from(PROGRAMS), st.lists(words, max_size=4)),
    st.builds(lambda a, c: f"{a} {c}", assignments, st.just("prog env")),
    assignments,
    st.lists(words, max_size=3).map(lambda w: " ".join(["set --", *w])),
    st.sampled_from(
        [
            "[ $# -gt 0 ] && shift",
            ":",
            "call x",
            'call "$A" $B',
            "unset A",
            "eval prog e",
            "eval 'prog $A'",
            "cd /",
            "nested",
            "{ prog <<E\n$A `echo x`\nE\n}",
            "prog > /dev/null 2>&1",
            "prog \\\n  continued",
            "{ prog # comment\n}",
            "command prog c",
            "(prog sub; A=sub)",
            "early x; prog after",
            "{ prog braces; }",
        ]
    ),
)


def _compound(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(lambda c, a, b: f"if {c}; then\n{a}\nelse\n{b}\nfi", comparisons, children, children),
        st.builds(lambda c, d, a, b: f"if {c}; then {a}\nelif {d}\nthen {b}\nfi", comparisons, comparisons, children, children),
        st.builds(lambda c, o, a: f"{c} {o} {{ {a}\n}}", comparisons, st.sampled_from(["&&", "||"]), children),
        st.builds(lambda a, b: f"{a}\n{b}", children, children),
        st.builds(
            lambda s, p, a, b: f"case {s} in\n  {p}) {a} ;;\n  (x|b1) prog alt;;\n  *) {b}\nesac",
            pieces, patterns.filter(lambda p: '"' not in p), children, children,
        ),
        st.builds(lambda w, a: f"for I in {' '.join(w)}; do\nprog \"$I\"\n{a}\ndone", st.lists(pieces, max_size=3), children),
        st.builds(lambda a: f"for J do prog $J; {a}\ndone", children),
        st.builds(lambda a: f"N=0; while [ $N -lt 2 ]; do N=$((N+1)); {a}\ndone", children),
        st.builds(lambda a: f"for K in 1 2 3; do [ $K = 2 ] && continue; {a}\n[ $K = 3 ] && break; done", children),
    )  # fmt: skip


PREAMBLE = """
call() { prog call "$@"; A=$1; }
function_count=0
nested() { call in; prog "$#"; }
early() { if [ "$1" = x ]; then return 0; fi; prog never; }
pick() { echo "picked $1"; }
"""
scripts = st.recursive(commands, _compound, max_leaves=8).map(lambda body: f'{PREAMBLE}{body}\nprog end "$A" $B\n')

bash_commands = st.sampled_from([
    "args=(a 'b c' $A)", 'args+=(--x "$B")', 'prog "${args[@]}"', "prog ${args[@]}", 'prog "${#args[@]}" "${args[0]}"',
    'prog "${args[@]:1}"', 'prog "${A/b/X}" "${A//a/Y}" "${A^^}" "${B,,}" "${A:1}" "${A:0:1}" "${A: -1}"',
    'prog "${@:2}"', '[[ $A == a* ]] && prog starts', '[[ -z $B || $A = b1 ]] && prog either', "prog $'a\\tb\\x41'",
    '[[ "a --bind b" =~ "--bind" ]] && prog found', 'A+=more', "((2 > 1)) && prog yes", 'N=A; prog "${!N}"',
    "local_one() { local A=inner; prog $A; }; local_one; prog $A", "declare -a more=(1 2); prog ${more[@]}",
    "[[ ! $A ]] && prog empty", 'prog "${args[@]:-none}"', "if [[ $# -gt 1 && -n $A ]]; then prog two; fi",
    "function f { prog f $1; }; f y", 'prog <<< "$A"', "printf -v A '%s' v; prog $A", "prog a &>/dev/null",
])  # fmt: skip
bash_scripts = st.recursive(st.one_of(commands, bash_commands, bash_commands), _compound, max_leaves=8).map(
    lambda body: f'{PREAMBLE}{body}\nprog end "$A" $B\n'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("programs")
    for name in PROGRAMS:
        (place / name).write_text(RECORDER)
        (place / name).chmod(0o755)
    (place / "empty").mkdir()
    return place


def really_run(
    shell: str, script: str, arguments: list[str], environment: dict[str, str], folder: Path
) -> list[list[str]]:
    record = folder / "record"
    record.write_bytes(b"")
    variables = {"PATH": f"{folder}:{os.defpath}", "RECORD": str(record), **environment}
    executable = shutil.which(shell) or shell
    subprocess.run([executable, "-c", script, "run.sh", *arguments], cwd=folder / "empty", env=variables,
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)  # fmt: skip
    found: list[list[str]] = [[]]
    for word in record.read_bytes().decode().split("\0")[:-1]:
        if word == "\n":
            found.append([])
        else:
            found[-1].append(word)
    return found[:-1]


def read(script: str, arguments: list[str], environment: dict[str, str], directory: str) -> list[Said]:
    """What connlint says is run: whether it must be, as long as unset variables stay unset; None is any number of words."""
    source = Source("run.sh", script)
    given_words = tuple(Word((Value.exact(argument),), source.span(0, 0)) for argument in arguments)
    variables = {name: Value.exact(value) for name, value in environment.items()}
    result = run_shell(
        Text.of(source.span(0, len(script))), name="run.sh", arguments=given_words, directory=directory,
        environment=variables,
        source=lambda _path, _directory: None, cpus=Value.exact(2),
    )  # fmt: skip
    assert not result.problems
    assume(not any("for each word" in run.condition for run in result.invocations))  # nobody knows how often
    return [
        (run.sure or run.assumed, [None if word.loose else word.exact for word in run.words])
        for run in result.invocations
    ]


def agrees(said: list[str | None], done: list[str]) -> bool:
    if None not in said:
        return said == done
    at = said.index(None)
    after = len(said) - at - 1
    if said[:at] != done[:at] or len(done) < at:
        return False
    return any(agrees(said[at + 1 :], done[start:]) for start in range(at, len(done) + 1)) if after else True


def check(shell: str, script: str, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    done = really_run(shell, script, arguments, environment, folder)
    said = read(script, arguments, environment, str(folder / "empty"))
    assert follows(said, done), (said, done)


def follows(said: list[Said], done: list[list[str]]) -> bool:
    """Whether the programs that ran are those that had to run, and of the others some, in order."""
    reached = {0}
    for must, words in said:
        after = {at + 1 for at in reached if at < len(done) and agrees(words, done[at])}
        reached = after if must else reached | after
    return len(done) in reached


usual = settings(
    max_examples=int(os.environ.get("CONNLINT_SHELL_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
arguments_given = st.lists(st.sampled_from(["a", "b c", "", "-w", "web", "a*b"]), max_size=3)

environments = st.dictionaries(names, st.sampled_from(["a", "b c", "", " x ", "a:b", "-w 3 --x"]))


@pytest.mark.parametrize("shell", ["dash", "bash"])
@usual
@given(script=scripts, arguments=arguments_given, environment=environments)
def test_posix(shell: str, script: str, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    check(shell, script, arguments, environment, folder)


@usual
@given(script=bash_scripts, arguments=arguments_given, environment=environments)
def test_bash(script: str, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    check("bash", script, arguments, environment, folder)
