"""Splitting as shlex does, checked against shlex itself."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.formats.splitting import Unbalanced, split
from connlint.formats.words import Text
from connlint.source import Source


def text_of(text: str) -> Text:
    source = Source("Procfile", text)
    return Text.of(source.span(0, len(text)))


@given(st.text(alphabet="ab '\"\\\n\t#=$-", max_size=30), st.booleans())
def test_the_words_are_those_of_shlex(text: str, comments: bool) -> None:
    try:
        expected = shlex.split(text, comments)
    except ValueError:
        with pytest.raises(Unbalanced):
            split(text_of(text), comments=comments)
    else:
        assert [word.exact for word in split(text_of(text), comments=comments)] == expected


def test_every_word_knows_its_place() -> None:
    words = split(text_of("""gunicorn --workers '4' "a b"c"""))
    assert [word.span.text for word in words] == ["gunicorn", "--workers", "'4'", '"a b"c']
    assert words[2].value.origins[0].span == words[2].span
