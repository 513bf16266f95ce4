"""Shell scripts: which programs run, with which words, under which variables, and how sure that is."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.shell.reader import ShellResult, run_shell
from connlint.formats.words import Invocation, Text, Word
from connlint.source import Source
from connlint.value import Certainty, Origin, Value


def run(
    script: str,
    *arguments: str,
    environment: Mapping[str, Value] | None = None,
    files: Mapping[str, str] | None = None,
    directory: str = "/app",
    cpus: Value | None = None,
) -> ShellResult:
    source = Source("run.sh", script)
    given_files = {path: Source(path.lstrip("/"), text) for path, text in (files or {}).items()}

    def read(path: str, folder: str) -> Text | None:
        found = given_files.get(posixpath.normpath(posixpath.join(folder, path)))
        return Text.of(found.span(0, len(found.text))) if found is not None else None

    words = []
    for argument in arguments:
        place = Source("compose.yml", argument)
        words.append(Word.of(Text.of(place.span(0, len(argument)))))
    return run_shell(
        Text.of(source.span(0, len(script))), name="/app/run.sh", arguments=words, environment=environment or {},
        directory=directory, source=read, cpus=cpus if cpus is not None else Value.unknown("how many CPUs there are"),
    )  # fmt: skip


def shown(word: Word) -> str:
    text = word.exact
    return text if text is not None and not word.loose else f"{word.known}<{word.value}>{'...' if word.loose else ''}"


def lines(result: ShellResult) -> list[str]:
    return [" ".join(shown(word) for word in run.words) for run in result.invocations]


def only(result: ShellResult) -> Invocation:
    (found,) = result.invocations
    return found


# -- words and their places


def test_a_word_stands_where_it_was_written() -> None:
    script = "#!/bin/sh\nexec gunicorn \\\n  --workers=3 'shop.wsgi' # three\n"
    words = only(run(script)).words
    assert [word.exact for word in words] == ["gunicorn", "--workers=3", "shop.wsgi"]
    assert [word.span.place for word in words] == ["run.sh:2", "run.sh:3", "run.sh:3"]
    assert words[1].span.text == "--workers=3"
    assert words[1].without(len("--workers=")).span.text == "3"


def test_a_value_from_a_variable_leads_to_where_it_was_set() -> None:
    word = only(run('WORKERS=3\ngunicorn -w "$WORKERS"\n')).words[2]
    assert word.exact == "3"
    assert word.value.span is not None
    assert (word.value.span.line, word.value.span.text) == (1, "3")


def test_options_gathered_in_a_variable_are_split_and_keep_their_places() -> None:
    words = only(run('OPTS="--bind :80"\nOPTS="$OPTS --threads 4"\ngunicorn $OPTS\n')).words
    assert [word.exact for word in words] == ["gunicorn", "--bind", ":80", "--threads", "4"]
    assert words[4].value.span is not None
    assert (words[4].value.span.line, words[4].value.span.text) == (2, "4")


def test_options_gathered_in_an_array() -> None:
    script = 'args=(--bind "0.0.0.0:80")\nargs+=(--workers 4)\nexec gunicorn "${args[@]}" shop.wsgi\n'
    assert lines(run(script)) == ["gunicorn --bind 0.0.0.0:80 --workers 4 shop.wsgi"]


def test_arguments_are_handed_on_with_their_own_places() -> None:
    words = only(run('set -- gunicorn "$@"\nexec "$@"\n', "--workers", "5")).words
    assert [word.exact for word in words] == ["gunicorn", "--workers", "5"]
    assert words[2].span.place == "compose.yml:1"


# -- what no file sets


def test_a_default_is_used_while_nobody_sets_the_variable() -> None:
    value = only(run('gunicorn --workers="${WORKERS:-3}"\n')).words[1].without(len("--workers=")).value
    assert value.only == "3"
    assert value.certainty is Certainty.ASSUMED
    assert value.span is not None
    assert value.span.text == "3"


def test_a_variable_of_the_environment_wins_over_a_default() -> None:
    workers = Value.exact("8", Origin.declared(None, "declared"))
    result = run("gunicorn -w ${WORKERS:-3}\n", environment={"WORKERS": workers})
    assert lines(result) == ["gunicorn -w 8"]
    assert only(result).words[2].value.certainty is Certainty.DECLARED


def test_a_variable_nobody_sets_is_unknown_and_may_be_any_number_of_words() -> None:
    words = only(run('gunicorn $EXTRA -b 0.0.0.0:$PORT "$NAME"\n')).words
    assert [word.loose for word in words] == [False, True, False, False, False]
    assert words[1].value.reason == "EXTRA is set in no file"
    assert (words[3].known, words[3].exact) == ("0.0.0.0:", None)
    assert words[4].value.reason == "NAME is set in no file"


def test_a_secret_kept_elsewhere_counts_as_set() -> None:
    environment = {"WORKERS": Value.unknown("it is kept in a Secret")}
    word = only(run("gunicorn -w ${WORKERS:-3}\n", environment=environment)).words[2]
    assert word.value.reason == "it is kept in a Secret"


# -- exported variables, folders


def test_a_program_finds_exported_variables_only() -> None:
    found = only(run("A=1\nexport B=2 C\nC=3\nD=4 gunicorn\n")).environment
    assert {name: value.only for name, value in found.items()} == {"B": "2", "C": "3", "D": "4"}


def test_set_a_exports_what_a_sourced_file_sets() -> None:
    result = run("set -a\n. ./.env\nset +a\nE=1\ngunicorn\n", files={"/app/.env": "WEB_CONCURRENCY=4\n"})
    assert {name: value.only for name, value in only(result).environment.items()} == {"WEB_CONCURRENCY": "4"}
    assert only(result).environment["WEB_CONCURRENCY"].place == "app/.env:1"


def test_a_file_that_is_not_in_the_project_is_a_problem() -> None:
    (problem,) = run("source venv/bin/activate\n").problems
    assert (problem.code, problem.span.line) == ("missing", 1)


def test_cd_changes_the_folder() -> None:
    result = run('cd "$(dirname "$0")/../srv"\na\n(cd sub && b)\nc\ncd "$X"\nd\n')
    assert [found.directory for found in result.invocations] == ["/srv", "/srv/sub", "/srv", ""]


# -- conditions


def test_the_branch_that_is_known_to_be_taken_is_the_only_one() -> None:
    script = 'if [ "$1" = web ]; then exec gunicorn -w 2; elif [ "$1" = worker ]; then exec celery; fi\nexec "$@"\n'
    assert lines(run(script, "web")) == ["gunicorn -w 2"]
    assert lines(run(script, "worker")) == ["celery"]
    assert lines(run(script, "bash", "-l")) == ["bash -l"]
    assert [found.sure for found in run(script, "web").invocations] == [True]


def test_both_ways_of_an_unknown_condition_are_followed() -> None:
    result = run("if [ -f /etc/x ]; then W=2; a; else W=4; b; fi\ngunicorn -w $W\n")
    assert lines(result) == ["a", "b", "gunicorn -w <2 or 4>"]
    assert [found.sure for found in result.invocations] == [False, False, True]
    assert [found.condition for found in result.invocations] == [
        "a test at run.sh:1 holds", "a test at run.sh:1 fails", "",
    ]  # fmt: skip


def test_what_hangs_on_a_variable_nobody_sets_is_not_sure_but_one_way_is_assumed() -> None:
    result = run('if [ "$DEV" = 1 ]; then runserver; else uwsgi; fi\n')
    assert [(found.words[0].exact, found.sure, found.assumed) for found in result.invocations] == [
        ("runserver", False, False), ("uwsgi", False, True),
    ]  # fmt: skip
    assert result.invocations[0].condition == "the test of $DEV at run.sh:1 holds"


def test_an_option_added_when_a_variable_is_set_is_left_out_on_assumption() -> None:
    word_list = only(
        run('OPTS="-b :80"\nif [ -n "$CERT" ]; then OPTS="$OPTS --cert $CERT"; fi\ngunicorn $OPTS\n')
    ).words
    assert [word.exact for word in word_list] == ["gunicorn", "-b", ":80"]
    assert word_list[2].value.certainty is Certainty.ASSUMED


def test_an_error_exit_leaves_the_rest_sure_and_a_good_one_does_not() -> None:
    failing = run('if [ -z "$SECRET" ]; then echo missing >&2; exit 1; fi\n[ -n "$X" ] || exit 2\ngunicorn\n')
    assert only(failing).sure
    ending = only(run("if [ -f /x ]; then exit 0; fi\ngunicorn\n"))
    assert (ending.sure, ending.condition) == (False, "a test at run.sh:1 fails")


def test_a_program_before_and_is_expected_to_work() -> None:
    result = run("./manage.py migrate && gunicorn || sleep 9\n./wait || exit 1\ncelery\ngrep -q x /y && daphne\n")
    assert [(found.words[0].exact, found.sure) for found in result.invocations] == [
        ("./manage.py", True), ("gunicorn", True), ("sleep", False), ("./wait", True), ("celery", True),
        ("grep", True), ("daphne", False),
    ]  # fmt: skip


def test_nothing_follows_exec() -> None:
    assert lines(run("exec gunicorn\ncelery\n")) == ["gunicorn"]


def test_case() -> None:
    script = 'case "$1" in\n  web|http*) gunicorn ;;\n  worker) celery ;&\n  beat) beat ;;\n  *) exec "$@" ;;\nesac\n'
    assert lines(run(script, "https")) == ["gunicorn"]
    assert lines(run(script, "worker")) == ["celery", "beat"]
    assert lines(run(script, "ls", "-l")) == ["ls -l"]


# -- functions, loops, background


def test_functions_have_arguments_and_local_variables() -> None:
    script = (
        'W=1\nstart() { local W="$2"; "$1" -w "$W"; }\nfunction both { start gunicorn 4; start celery $W; }\nboth\n'
    )
    assert lines(run(script)) == ["gunicorn -w 4", "celery -w 1"]


def test_a_loop_over_known_words_runs_for_each() -> None:
    result = run('for queue in mail reports; do celery -Q "$queue" & done\nwait\n')
    assert lines(result) == ["celery -Q mail", "celery -Q reports"]
    assert [(found.sure, found.background) for found in result.invocations] == [(True, True)] * 2


def test_a_counted_loop_runs_as_often_as_it_counts() -> None:
    assert lines(run("i=0\nwhile [ $i -lt 3 ]; do i=$((i + 1)); worker -n $i & done\n")) == [
        "worker -n 1", "worker -n 2", "worker -n 3",
    ]  # fmt: skip


def test_a_loop_that_waits_is_not_sure_and_what_follows_is() -> None:
    result = run("until pg_isready; do sleep 1; done\ngunicorn\n")
    assert [(found.words[0].exact, found.sure) for found in result.invocations] == [
        ("pg_isready", True), ("sleep", False), ("gunicorn", True),
    ]  # fmt: skip


def test_an_endless_loop_restarts_one_server() -> None:
    assert lines(run("while true; do gunicorn; done\ncelery\n")) == ["gunicorn"]


# -- substitutions, arithmetic


def test_the_number_of_cpus() -> None:
    script = "gunicorn -w $((2 * $(nproc) + 1))\n"
    assert lines(run(script, cpus=Value.exact(4))) == ["gunicorn -w 9"]
    assert str(only(run(script, cpus=Value.between(1, 8))).words[2].value) == "3..17"
    assert only(run(script)).words[2].value.reason == "how many CPUs there are"


def test_what_a_program_prints_is_unknown_and_why() -> None:
    word = only(run('gunicorn -w "$(python cpus.py)"\n')).words[2]
    assert word.value.reason == "python prints it when it runs"


@pytest.mark.parametrize(
    ("expansion", "expected"),
    [("${P%.py}", "/app/x"), ("${P##*/}", "x.py"), ("${P/app/srv}", "/srv/x.py"), ("${P:1:3}", "app"), ("${#P}", "9"),
     ("${P^^}", "/APP/X.PY"), ("${P:+set}", "set"), ("$(basename $P .py)", "x"), ("$(cat /app/n)", "7"),
     ("$(command -v gunicorn)", "gunicorn"), ("`echo $P`", "/app/x.py"), ("$(( 7 / 2 * 3 ))", "9")],
)  # fmt: skip
def test_expansions(expansion: str, expected: str) -> None:
    assert lines(run(f'P=/app/x.py\ngo "{expansion}"\n', files={"/app/n": "7\n"})) == [f"go {expected}"]


def test_the_environment_at_the_end() -> None:
    result = run("export A=1\nB=2\n[ -f /x ] && export A=3\n")
    assert {name: str(value) for name, value in result.environment.items()} == {"A": "3 or 1"}


# -- bad input


def test_a_script_that_no_shell_reads_is_a_problem_with_its_place() -> None:
    result = run("gunicorn\nif true; then\n  echo 'open\n")
    (problem,) = result.problems
    assert (problem.code, problem.span.line) == ("syntax", 3)
    assert result.invocations == ()


def test_values_are_in_no_message() -> None:
    result = run('if [ "$KEY" = hunter2 ]; then a; fi\ncase $P in hunter2) b;; esac\neval "$(hunter2)"\n')
    said = [found.condition for found in result.invocations] + [problem.message for problem in result.problems]
    assert len(said) == 3
    assert not any("hunter2" in each for each in said)


ELIFS = "; elif [ -f b ]; then :" * 55
HOSTILE = {
    "recursion behind branches": "f() { if [ -f a ]; then :" + ELIFS + "; else f; fi; }; f\n",
    "recursion in substitutions": 'f() { A="$(f)"; }; f\n',
    "eval in recursion": "f() { eval f; }; f\n",
    "recursion": "f() { f; f; }; f\n",
    "nested substitutions": "a " + "$(" * 500 + "x" + ")" * 500,
    "nested defaults": "a " + "${A:-" * 500 + "x" + "}" * 500,
    "nested groups": "{ " * 500 + "a" + "; }" * 500,
    "open parentheses": "$((" * 20_000,
    "doubling": "A=xxxxxxxxxx\n" + 'A="$A$A$A$A"\n' * 60 + "go $A\n",
    "doubling words": "set -- a b\n" + 'set -- "$@" "$@"\n' * 60 + 'go "$@"\n',
    "endless loop": "i=0; while [ 1 -eq 1 ]; do i=$((i+1)); go $i; done\n",
    "loops in loops": "for a in 1 2 3 4 5 6 7 8 9; do " * 12 + "go $a" + "; done" * 12,
    "a long elif": "if [ -f a ]; then a" + "; elif [ -f b ]; then b" * 3_000 + "; fi\n",
    "a long case": "case $(x) in\n" + "a*) b;;\n" * 3_000 + "esac\n",
    "stars": "A=" + "a" * 5_000 + '; go "${A%' + "*a" * 500 + '}"\n',
    "quotes": "go " + "'a'\"b\"" * 30_000,
    "heredocs": "cat <<A\n" * 5_000,
    "self source": ". ./me.sh\n. ./me.sh\n",
    "eval": 'X=\'eval "$X"\'; eval "$X"\n',
    "forks": "[ -f a ] && A=1\n" * 3_000,
    "a long sum": "go $((" + "1+" * 5_000 + "1))\n",
    "backquotes": "go " + "`" * 5_001,
}


def test_a_script_that_is_not_followed_to_its_end_says_so() -> None:
    (problem,) = run("f() { f; }; f\ngunicorn\n").problems
    assert (problem.code, problem.span.line) == ("too-large", 1)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_scripts_end_soon(name: str) -> None:
    start = time.process_time()
    run(HOSTILE[name], files={"/app/me.sh": HOSTILE[name]})
    assert time.process_time() - start < 3


FRAGMENTS = [
    "if ", "then ", "else ", "fi", "case ", "esac", " in ", "for x ", "do ", "done", "while ", "{ ", "}", "(", ")", ";;",
    ";", "&", "&&", "||", "|", "\n", "'", '"', "`", "$(", "${", "$((", "))", "}", "<<E\n", "E\n", "[[ ", "]]", "[ ", "]",
    "a", "A=", "A=(", "$A", '"$@"', ":-", "##", "\\", "#", "*", " ", "=", "export ", "exec ", "eval ", "f() ", "1", "!",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=3)), max_size=30).map("".join))
def test_any_text_is_read_without_an_error(script: str) -> None:
    run(script, "a")


# -- waiting


@pytest.mark.parametrize(
    "script",
    [
        'while true; do\n  ready; T=$?\n  if [ "$T" = 0 ]; then break; fi\n  if [ "$T" = 69 ]; then break; fi\n'
        "  N=$((N + 1))\n  if [ $N = 9 ]; then exit 1; fi\ndone",
        "until ready; do sleep 1; done",
        "wait_for() {\n  while true; do\n    if ready; then return 0; fi\n    sleep 1\n  done\n}\nwait_for",
        "for HOST in a b; do\n  if ready $HOST; then break; fi\ndone",
        "for HOST in $HOSTS; do\n  ready $HOST && break\ndone",
        "ready || exit",
        "ready || { echo not ready; exit 3; }",
        "cd /app || exit",
        "ready; if [ $? -ne 0 ]; then exit 1; fi",
        "sed x y\nif [ $? = 1 ]; then exit 1; fi",
    ],
)
def test_waiting_leaves_what_follows_as_sure_as_it_was(script: str) -> None:
    server = run(f"{script}\nexec gunicorn shop.wsgi").invocations[-1]
    assert (server.words[0].exact, server.sure, server.condition) == ("gunicorn", True, "")


@pytest.mark.parametrize(
    "script",
    [
        "while true; do\n  if ready; then break; fi\n  if idle; then exit 0; fi\ndone",
        "if idle; then exit; fi",
        "main() {\n  for HOST in a b; do\n    if ready; then break; fi\n    if idle; then return; fi\n  done\n  gunicorn\n}\nmain\nset --",
    ],
)
def test_a_way_that_ends_well_before_leaves_what_follows_unsure(script: str) -> None:
    text = script if "gunicorn" in script else f"{script}\nexec gunicorn"
    (server,) = [each for each in run(text).invocations if each.words[0].exact == "gunicorn"]
    assert not server.sure


def test_what_a_loop_changes_before_it_is_left_is_not_what_it_was() -> None:
    server = run("N=1\nwhile :; do\n  if ready; then break; fi\n  N=2\ndone\ngunicorn -w $N").invocations[-1]
    assert lines(run("N=1\ngunicorn -w $N")) == ["gunicorn -w 1"]
    assert server.words[2].value.reason == "it changes in a loop"


def test_a_program_is_expected_to_work_where_its_status_is_tested() -> None:
    result = run("check\nif [ $? -ne 0 ]; then\n  complain\n  exit\nfi\nexec gunicorn shop.wsgi")
    found = [(each.words[0].exact, each.sure, each.assumed, each.excluded) for each in result.invocations]
    assert found == [
        ("check", True, False, False),
        ("complain", False, False, True),
        ("gunicorn", False, True, False),
    ]
    assert lines(run("false\nprog $?\ntrue\nprog $?")) == ["prog 1", "prog 0"]
