"""How code frames look: read the outputs as the specification."""

from __future__ import annotations

import textwrap

import pytest

from connlint.finding import Label
from connlint.report.cells import clipped, row, width
from connlint.report.frames import Frames
from connlint.report.redact import Redactor
from connlint.report.style import Style
from connlint.source import Source


def label(source: Source, text: str, words: str) -> Label:
    start = source.text.index(text)
    return Label(source.span(start, start + len(text)), words)


def drawn(*labels: Label, columns: int = 100, colour: bool = False) -> str:
    return "\n" + "\n".join(Frames(Style(colour=colour, width=columns), Redactor()).render(labels)) + "\n"


def frame(text: str, *places: tuple[str, str], path: str = "uwsgi.ini", columns: int = 100) -> str:
    """The frames of labels (text, words) in one file."""
    source = Source(path, text)
    return drawn(*(label(source, place, words) for place, words in places), columns=columns)


def shown(text: str) -> str:
    return textwrap.dedent(text)


def test_one_place() -> None:
    assert frame("[uwsgi]\nprocesses = 9\n", ("9", "9 processes")) == shown("""
         --> uwsgi.ini:2:13
          |
        2 | processes = 9
          |             ^ 9 processes
        """)


def test_places_in_several_files_with_one_gutter() -> None:
    web = Source("deploy/uwsgi.ini", "[uwsgi]\nprocesses = 9\nthreads = 4\n")
    server = Source("postgresql.conf", "\n" * 99 + "max_connections = 100\n")
    assert drawn(label(web, "9", "processes"), label(server, "100", "granted"), label(web, "4", "threads")) == shown("""
           --> deploy/uwsgi.ini:2:13
            |
          2 | processes = 9
            |             ^ processes
          3 | threads = 4
            |           - threads
            |
           ::: postgresql.conf:100:19
            |
        100 | max_connections = 100
            |                   --- granted
        """)


def test_lines_left_out_between_places() -> None:
    assert frame("a = 1\nb = 2\nc = 3\n", ("3", "three"), ("1", "one")) == shown("""
         --> uwsgi.ini:3:5
          |
        1 | a = 1
          |     - one
        ...
        3 | c = 3
          |     ^ three
        """)


def test_several_places_on_one_line_have_their_words_below_each_other() -> None:
    places = (("8", "threads"), ("7", "workers"), ("9", "replicas"))
    assert frame("w = 7, t = 8, r = 9\n", *places, path="conf.py") == shown("""
         --> conf.py:1:12
          |
        1 | w = 7, t = 8, r = 9
          |     -      ^      - replicas
          |     |      |
          |     |      threads
          |     workers
        """)


def test_a_place_inside_another_and_the_same_place_twice() -> None:
    assert frame("a = 7 8 9\n", ("7 8 9", "all"), ("8", "eight")) == shown("""
         --> uwsgi.ini:1:5
          |
        1 | a = 7 8 9
          |     ^^^^^
          |     | |
          |     | eight
          |     all
        """)
    assert frame("a = 7\n", ("7", "one thing"), ("7", "another")) == shown("""
         --> uwsgi.ini:1:5
          |
        1 | a = 7
          |     ^ one thing; another
        """)


def test_a_place_over_several_lines() -> None:
    assert frame(
        "A = {\n    1: 2,\n    3: 4,\n}\nb = 1\n", ("{\n    1: 2,\n    3: 4,\n}", "all of it"), ("3", "key")
    ) == shown(
        """
         --> uwsgi.ini:1:5
          |
        1 |   A = {
          |  _____^
        ...
        3 | |     3: 4,
          | |     - key
        4 | | }
          | |_^ all of it
        """
    )


def test_places_over_several_lines_that_cross() -> None:
    assert frame("a = [\n1,\n2,\n3]\n", ("[\n1,\n2", "outer"), ("2,\n3]", "inner")) == shown("""
         --> uwsgi.ini:1:5
          |
        1 |     a = [
          |  _______^
        ...
        3 | |   2,
          | |___^ outer
          |    _-
        4 |   | 3]
          |   |__- inner
        """)


def test_the_line_end_belongs_to_no_place() -> None:
    assert frame("a = 1\nb = 2\n", ("a = 1\n", "first")) == shown("""
         --> uwsgi.ini:1:1
          |
        1 | a = 1
          | ^^^^^ first
        """)


@pytest.mark.parametrize(
    ("text", "line", "mark"),
    [
        ("\tage\t=\t5\n", "    age =   5", "            ^"),
        ("名前 = 5\n", "名前 = 5", "       ^"),
        ("cafe\u0301 = 5\n", "cafe\u0301 = 5", "       ^"),
        ('x = "👩\u200d👩\u200d👧"; y = 5\n', 'x = "•••"; y = 5', "               ^"),
    ],
)
def test_marks_stand_below_what_is_seen(text: str, line: str, mark: str) -> None:
    rows = frame(text, ("5", ""), path="settings.py").splitlines()
    assert rows[-2:] == [f"1 | {line}", f"  | {mark}"]


def test_an_emoji_of_several_characters_takes_two_cells() -> None:
    assert [width(text) for text in ("👩\u200d👩\u200d👧", "❤\ufe0f", "👍🏽", "日本", "e\u0301", "ab")] == [
        2,
        2,
        2,
        4,
        1,
        2,
    ]


def test_half_a_wide_character_becomes_a_blank() -> None:
    assert clipped("a日本b", 2, 5) == " 本"


def test_nothing_steers_the_terminal() -> None:
    rows = frame("x = f(\x1b, \x00\u202e, 5)\n", ("5", "words\x1b[0m\u202e"), path="a.py").splitlines()
    assert rows[-2:] == ["1 | x = f(\ufffd, \ufffd\ufffd, 5)", "  |              ^ words\ufffd[0m\ufffd"]


@pytest.mark.parametrize(
    ("text", "line", "mark"),
    [
        ("x = 77" + ", 1" * 40, "x = 77, 1, 1, 1, 1, 1, 1, 1, 1, ...", "    ^^ here"),
        ("x = " + "1, " * 40 + "77", "...1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 77", "                                 ^^ here"),
        ("x = " + "1, " * 40 + "77" + ", 2" * 40, "...1, 1, 1, 1, 77, 2, 2, 2, 2, 2...", "               ^^ here"),
    ],
)
def test_a_long_line_is_cut_around_its_place(text: str, line: str, mark: str) -> None:
    rows = frame(text + "\n", ("77", "here"), columns=39).splitlines()
    assert width(rows[-2]) <= 39
    assert rows[-2:] == [f"1 | {line}", f"  | {mark}"]


def test_a_mark_stays_below_its_text_wherever_a_line_is_cut() -> None:
    for columns in range(30, 110, 9):
        for before in range(0, 90, 4):
            for after in range(0, 90, 7):
                text = "x = " + "1, " * before + "77" + ", 2" * after + "\n"
                line, mark = frame(text, ("77", "w"), columns=columns).splitlines()[-2:]
                at = mark.index("^")
                assert line[at : at + 2] == "77"
                assert len(line) <= columns


@pytest.mark.parametrize("text", ["", "a = ", "a = 1"])
def test_a_place_at_the_end_of_the_text(text: str) -> None:
    source = Source("empty.conf", text)
    rows = drawn(Label(source.span(len(text), len(text)), "nothing here")).splitlines()
    assert rows[-1] == f"  | {' ' * len(text)}^ nothing here"


def test_more_places_than_anyone_reads_are_counted() -> None:
    source = Source("a.conf", "".join(f"a{n} = 5\n" for n in range(50)))
    rows = drawn(*(Label(source.span(source.offset(n, 1), source.offset(n, 3))) for n in range(1, 51))).splitlines()
    assert rows[-1] == "   | 30 more places are not shown"


def test_colours_end_where_they_begin() -> None:
    source = Source("a.conf", "a = 1\n")
    rows = drawn(label(source, "1", "one"), colour=True).splitlines()
    assert rows[-1] == "\x1b[1;34m  |\x1b[0m     \x1b[1;31m^\x1b[0m \x1b[1;31mone\x1b[0m"
    assert all(text.count("\x1b[") == 2 * text.count("\x1b[0m") for text in rows)


def test_a_mask_tells_no_length() -> None:
    assert [row("x" * n + "z", [(0, n)]).text for n in (1, 5, 50)] == ["•••z"] * 3
    assert row("xxxxxz", [(0, 5)]).column(5) == 3
