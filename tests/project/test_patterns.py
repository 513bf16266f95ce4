"""Patterns for paths."""

from __future__ import annotations

import time

import pytest

from connlint.project.patterns import matcher


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("docs", ["docs", "docs/a.py", "x/docs/a.py"], ["docs2/a.py", "adocs"]),
        ("docs/", ["docs/a.py", "x/docs/a.py"], ["docs2/a.py"]),
        ("*.ini", ["a.ini", "x/a.ini"], ["a.ini2", "a.txt"]),
        ("x/*.ini", ["x/a.ini"], ["a.ini", "y/x/a.ini", "x/y/a.ini"]),
        ("/x", ["x/a"], ["y/x"]),
        ("./x/y", ["x/y", "x/y/z"], ["x/yy", "x"]),
        ("x/**", ["x/a", "x/y/a"], ["y/x/a"]),
        ("x/**/t", ["x/t", "x/y/t", "x/y/z/t/u"], ["x/y/tt", "t"]),
        ("**/t/*.py", ["t/a.py", "x/t/a.py"], ["t/x/a.py"]),
        ("se?tings[0-9]", ["settings1", "x/settings9/a"], ["settings", "settingsx"]),
    ],
)
def test_what_a_pattern_covers(pattern: str, covered: list[str], not_covered: list[str]) -> None:
    matches = matcher([pattern])
    assert [path for path in covered if not matches(path)] == []
    assert [path for path in not_covered if matches(path)] == []


def test_no_pattern_covers_nothing() -> None:
    assert not matcher([])("a")
    assert not matcher([""])("a")


def test_any_of_several_is_enough() -> None:
    matches = matcher(["a", "b/*"])
    assert [path for path in ("a", "b/c", "b", "c") if matches(path)] == ["a", "b/c"]


def test_a_hostile_pattern_takes_no_time() -> None:
    started = time.process_time()
    matcher(["*a" * 40 + "b"])("a" * 200)
    matcher(["**/" * 200 + "b"])("a/" * 2_000 + "c")
    assert time.process_time() - started < 2
