"""How compose puts variables into texts, reads env files and splits commands; expected values are compose-go 2's."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.compose.dotenv import env_values, parse_env_file
from connlint.formats.compose.interpolation import InvalidTemplate, expand
from connlint.formats.compose.shellwords import InvalidCommand, split_words
from connlint.formats.words import Text, Word, texts
from connlint.source import Source
from connlint.value import ABSENT, Certainty, Origin, Value

SET = {
    "A": Value.exact("one", Origin.default("test")),
    "EMPTY": Value.exact("", Origin.default("test")),
    "TWO": Value.exact("x y", Origin.default("test")),
    "GONE": Value.exact(ABSENT, Origin.default("test")),
    "VAGUE": Value.unknown("nobody knows"),
    "EITHER": Value.choice(["4", "8"], Origin.default("test")),
}


def text(characters: str) -> Text:
    return Text.of(Source("a.yml", characters).span(0, len(characters)))


def put_in(characters: str) -> Value:
    return expand(text(characters), SET.get).value


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("plain", "plain"),
        ("$A-$$A-${A}", "one-$A-one"),
        ("$a$1 $", None),
        ("$1 $ $-", "$1 $ $-"),
        ("${A:-d}${A-d}", "oneone"),
        ("${EMPTY:-d}|${EMPTY-d}", "d|"),
        ("${X:-d}|${X-d}", "d|d"),
        ("${GONE-d}", "d"),
        ("${X:-}", ""),
        ("${A:+r}|${EMPTY:+r}|${EMPTY+r}|${X+r}", "r||r|"),
        ("${A:?e}${A?e}", "oneone"),
        ("${X:-${Y:-${A}}}/${X:-{}}", "one/{}"),
        ("${X:-a:-b}", "a:-b"),
        ("${EITHER:-2}", ("4", "8")),
        ("${X}", None),
        ("$X", None),
        ("${X:?e}", None),
        ("${EMPTY:?e}", None),
        ("${VAGUE:-d}", None),
        ("${EITHER:+d}", None),
    ],
)
def test_variables(template: str, result: str | tuple[str, ...] | None) -> None:
    found = put_in(template)
    expected = () if result is None else result if isinstance(result, tuple) else (result,)
    assert (found.alternatives, found.is_unknown) == (expected, result is None)


def test_a_default_is_assumed_and_stands_where_it_is_written() -> None:
    found = put_in("n=${X:-4}")
    assert (found.certainty, found.is_exact) == (Certainty.ASSUMED, True)
    value = expand(text("${X:-4}"), SET.get).value
    assert value.span is not None
    assert [origin.note for origin in value.origins if origin.note] == ["used while X is unset"]
    assert "4" in [origin.span.text for origin in value.origins if origin.span]


def test_a_variable_of_no_file_is_unknown_by_name() -> None:
    assert put_in("${WORKERS}").reason == "WORKERS is set in no file"
    assert put_in("${WORKERS:?how many}").reason == "WORKERS must be set, and is in no file"


@pytest.mark.parametrize("template", ["${", "a ${} b", "${1}", "${A", "${X:-a\nb}", "${A!b}"])
def test_what_compose_refuses(template: str) -> None:
    with pytest.raises(InvalidTemplate):
        put_in(template)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("gunicorn -w 4  app", ["gunicorn", "-w", "4", "app"]),
        ("sh -c 'a && b'", ["sh", "-c", "a && b"]),
        ('sh -c "a \\"b\\" \\n"', ["sh", "-c", 'a "b" n']),
        ("a\\ b 'c\\d' \"\" e''f", ["a b", "c\\d", "", "ef"]),
        ("migrate && serve", ["migrate"]),
        ("a; b", ["a"]),
        ("a>log", ["a"]),
        ("a 2>&1", ["a"]),
        ("echo $(id -u) `x y`", ["echo", "$(id -u)", "`x y`"]),
        ("# a", ["#", "a"]),
        ("", []),
    ],
)
def test_words_of_a_command(command: str, words: list[str]) -> None:
    assert texts(split_words(Word.of(text(command)))) == words


@pytest.mark.parametrize("command", ["sh -c 'a", 'a "b', "a \\", "(a)", "`a", "$(a"])
def test_commands_that_compose_refuses(command: str) -> None:
    with pytest.raises(InvalidCommand):
        split_words(Word.of(text(command)))


def test_values_are_split_with_the_command_they_are_put_into() -> None:
    words = split_words(expand(text('run ${O:---workers 4} $X "$X" -b$TWO $EITHER'), SET.get))
    assert [(word.exact, word.loose) for word in words] == [
        ("run", False), ("--workers", False), ("4", False), (None, True), (None, False), ("-bx", False), ("y", False),
        (None, False),
    ]  # fmt: skip
    assert words[2].value.certainty is Certainty.ASSUMED
    assert words[-1].value.alternatives == ("4", "8")


def test_words_have_the_place_of_their_own_characters() -> None:
    words = split_words(Word.of(text("a  '4' b\\ c")))
    assert [word.span.start for word in words] == [0, 4, 7]
    assert words[1].span.text == "4"
    assert words[2].span.text == "b\\ c"


def values(content: str) -> dict[str, str | None]:
    found, problems = env_values(parse_env_file(Source(".env", content)), SET.get)
    assert problems == ()
    return {name: str(value.only) if value.is_exact else None for name, value in found.items()}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("A1=1\nB1 = 2\n", {"A1": "1", "B1": "2"}),
        ("# c\n\nexport  X=1 # c\nY: yes\nZ=a#b\n", {"X": "1", "Y": "yes", "Z": "a#b"}),
        ("X='a $A # \\' \\n'\n", {"X": "a $A # ' \\n"}),
        ('X="a $A \\n \\$A \\" \\x"\n', {"X": 'a one \n $A " \\x'}),
        ("X=$A/${B:-d}\nB=2\nC=$B\n", {"X": "one/d", "B": "2", "C": "2"}),
        ("X=\nY=\n", {"X": "", "Y": ""}),
        ("X='a\nb'\n", {"X": "a\nb"}),
        ("A\nNOWHERE\nX=1\n", {"A": "one", "X": "1"}),
        ("1X=2\nX=1\r\nX=3\r\n", {"X": "3"}),
        ("LAST", {}),
        ("X=$NOWHERE\n", {"X": None}),
    ],
)
def test_env_files(content: str, expected: dict[str, str | None]) -> None:
    assert values(content) == expected


@pytest.mark.parametrize(("content", "line"), [("X=1\nY Z=2\n", 2), ("X='a\n", 1), ("X=1\nY!=2\n", 2), ("export ", 1)])
def test_broken_env_files_keep_what_stands_before(content: str, line: int) -> None:
    file = parse_env_file(Source(".env", content))
    assert [(p.code, p.fatal, p.span.line) for p in file.problems] == [("syntax", True, line)]
    assert [a.name for a in file.assignments] == ["X"] * (line - 1)


def test_a_value_of_an_env_file_has_its_place_and_is_in_no_message() -> None:
    found, _ = env_values(parse_env_file(Source(".env", "A=1\nPASSWORD='hunter2'\n")), lambda _: None)
    assert found["PASSWORD"].span is not None
    assert (found["PASSWORD"].span.line, found["PASSWORD"].span.text) == (2, "hunter2")
    file = parse_env_file(Source(".env", "PASSWORD='hunter2\n"))
    assert all("hunter2" not in problem.message for problem in file.problems)


def test_the_raw_format_knows_no_quotes_and_no_variables() -> None:
    file = parse_env_file(Source(".env", "# c\nX='$A' # d\nY\n"), "raw")
    assert {n: v.only for n, v in env_values(file, SET.get)[0].items()} == {"X": "'$A' # d"}


@pytest.mark.parametrize(
    "content",
    ["${A:-" * 20_000 + "}" * 20_000, "$" * 100_000, "${A:-" * 20_000, "${A}" * 50_000, "'" * 99_999, "\\" * 99_999],
)
def test_hostile_texts_take_little_time(content: str) -> None:
    start = time.process_time()
    try:
        word = expand(text(content), lambda _: None)
        split_words(word)
    except (InvalidTemplate, InvalidCommand):
        pass
    env_values(parse_env_file(Source(".env", f'X={content}\nY="{content}\n')), lambda _: None)
    assert time.process_time() - start < 3


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="aA$={}:-+?'\"\\ \n#;&()`>2", max_size=40))
def test_no_text_raises_anything_else(content: str) -> None:
    file = parse_env_file(Source(".env", content))
    env_values(file, SET.get)
    for assignment in file.assignments:
        if assignment.text is not None:
            assert len(assignment.text.offsets) == len(assignment.text.text)
    try:
        words = split_words(expand(text(content), SET.get))
    except (InvalidTemplate, InvalidCommand):
        return
    assert all(word.span.path == "a.yml" for word in words)
