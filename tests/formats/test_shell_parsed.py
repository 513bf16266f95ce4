"""A script is parsed once, and what it is made of has its own places however often it is asked for."""

from __future__ import annotations

import pytest

from connlint.formats.shell.buffer import SyntaxProblem
from connlint.formats.shell.parsed import Parsed
from connlint.formats.words import Text
from connlint.source import Source


def whole(path: str, text: str) -> Text:
    return Text.of(Source(path, text).span(0, len(text)))


def test_the_same_text_of_the_same_file_is_parsed_once() -> None:
    parsed = Parsed()
    assert parsed.parse(whole("run.sh", "exec gunicorn\n")) is parsed.parse(whole("run.sh", "exec gunicorn\n"))


def test_the_same_words_elsewhere_have_other_places() -> None:
    parsed = Parsed()
    source = Source("run.sh", "true; true")
    first, second = (parsed.parse(Text.of(source.span(start, start + 4))) for start in (0, 6))
    assert first != second
    assert parsed.parse(whole("a.sh", "true")) != parsed.parse(whole("b.sh", "true"))


def test_what_cannot_be_read_is_refused_each_time_at_its_place() -> None:
    parsed = Parsed()
    for _ in range(2):
        with pytest.raises(SyntaxProblem, match="fi is expected here") as refused:
            parsed.parse(whole("run.sh", "if true; then\n  true\n"))
        assert refused.value.at == 20


def test_places_that_are_a_list_are_places_too() -> None:
    text = Text("true", Source("run.sh", "t r u e"), [0, 2, 4, 6])
    parsed = Parsed()
    assert parsed.parse(text) is parsed.parse(text)
