"""Requirements: single ones, files as pip reads them, and what pyproject.toml and Pipfile state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.formats.packages.pyproject import read_pipfile, read_pyproject
from connlint.formats.packages.requirements import (
    Requirement,
    parse_requirement,
    read_requirements,
    requirements_with_problems,
)
from connlint.project.tree import Tree
from connlint.source import Source


def one(text: str) -> Requirement | None:
    source = Source("requirements.txt", text)
    return parse_requirement(text, source.span(0, len(text)))


def read(text: str, **others: str) -> tuple[Requirement, ...]:
    files = {f"{name}.txt": content for name, content in others.items()}
    return read_requirements(Source("requirements.txt", text), Tree(None, {"requirements.txt": text, **files}))


def shown(requirements: tuple[Requirement, ...]) -> list[str]:
    return [f"{r.name}{r.specifier}" for r in requirements]


@pytest.mark.parametrize(
    ("text", "name", "exact", "least", "below"),
    [
        ("Django", "django", None, None, None),
        ("Django==5.2.1", "django", "5.2.1", None, None),
        ("django === 5.2", "django", "5.2", None, None),
        ("psycopg_Pool >= 3.2", "psycopg-pool", None, "3.2", None),
        ("django>=4.2,<5.0", "django", None, "4.2", "5.0"),
        ("django (>=4.2,!=4.2.3)", "django", None, "4.2", None),
        ("django~=5.2.1", "django", None, "5.2.1", "5.3"),
        ("django~=5.2", "django", None, "5.2", "6"),
        ("django==5.2.*", "django", None, "5.2", "5.3"),
        ("django<=5.2", "django", None, None, "5.3"),
        ("django>4,>=4.2,<6,<5.1", "django", None, "4.2", "5.1"),
        ("django @ https://example.org/django.zip", "django", None, None, None),
    ],
)
def test_the_version_of_a_requirement(
    text: str, name: str, exact: str | None, least: str | None, below: str | None
) -> None:
    found = one(text)
    assert found is not None
    assert (found.name, found.exact, found.least, found.below) == (name, exact, least, below)


def test_extras_and_marker() -> None:
    found = one('psycopg[Binary, pool] >=3.2 ; python_version > "3.9"')
    assert found is not None
    assert (found.extras, found.specifier, found.marker) == (("binary", "pool"), ">=3.2", 'python_version > "3.9"')


@pytest.mark.parametrize(
    "text", ["", "-", "==1", "django 5.2", "django=5", "dj ango==1", "a" * 5_000, "django==1 --hash"]
)
def test_what_is_no_requirement(text: str) -> None:
    assert one(text) is None


class TestFiles:
    def test_comments_options_and_hashes_are_left_out(self) -> None:
        text = (
            "# production\n--index-url https://user:hunter2@pypi.example/simple\n\ndjango==5.2 # framework\n"
            "gunicorn==23.0 --hash=sha256:0123 \\\n    --hash=sha256:4567\n./local\n-e .\nhttps://example.org/x.zip\n"
        )
        assert shown(read(text)) == ["django==5.2", "gunicorn==23.0"]

    def test_a_requirement_covers_its_own_text(self) -> None:
        first, second = read("# a\n  django ==5.2 # b\ncelery\\\n  ==5.6\n")
        assert (first.span.text, first.span.line, first.span.column) == ("django ==5.2", 2, 3)
        assert (second.exact, second.span.line, second.span.end_line) == ("5.6", 3, 4)

    def test_addresses_that_name_their_egg(self) -> None:
        text = "-e git+https://example.org/django.git@abc#egg=Django\ngit+ssh://x/y#subdirectory=a&egg=psycopg[pool]\n"
        assert [(r.name, r.extras, r.span.text) for r in read(text)] == [
            ("django", (), "Django"),
            ("psycopg", ("pool",), "psycopg[pool]"),
        ]

    def test_included_files_are_read_in_place(self) -> None:
        found = read(
            "a==1\n-r base.txt\n--requirement=more.txt\nb==2\n", base="django==5.2\n-r more.txt\n", more="c==3"
        )
        assert [(r.name, r.span.path) for r in found] == [
            ("a", "requirements.txt"), ("django", "base.txt"), ("c", "more.txt"), ("c", "more.txt"),
            ("b", "requirements.txt"),
        ]  # fmt: skip

    def test_constraints_are_marked(self) -> None:
        found = read("-c base.txt\nb", base="django==5.2\n-r more.txt", more="c==3")
        assert [(r.name, r.constraint) for r in found] == [("django", True), ("c", True), ("b", False)]

    @pytest.mark.parametrize(
        ("include", "problem"),
        [("/etc/passwd", "outside-project"), ("../x.txt", "outside-project"), ("missing.txt", "unreadable"),
         ("requirements.txt", "cycle")],
    )  # fmt: skip
    def test_an_include_that_is_not_followed_is_a_problem_with_its_place(self, include: str, problem: str) -> None:
        text = f"django==5.2\n-r {include}\n"
        found, problems = requirements_with_problems(
            Source("requirements.txt", text), Tree(None, {"requirements.txt": text})
        )
        assert shown(found) == ["django==5.2"]
        assert [(p.code, p.span.line, p.span.column) for p in problems] == [(problem, 2, 4)]

    def test_a_last_line_that_is_continued_still_counts(self) -> None:
        assert shown(read("django==5.2 \\")) == ["django==5.2"]

    @given(st.text(alphabet="ab-=<>~!,.[]();# \\\n\r\t@:/1*rcd\0'\"", max_size=60))
    def test_any_text_is_read_and_each_requirement_lies_at_its_place(self, text: str) -> None:
        for requirement in read(text):
            assert requirement.span.text.strip() != ""
            assert requirement.span.text[0].lower() == requirement.name[0]

    @pytest.mark.parametrize(
        "text", ["a\\\n" * 100_000, "a[" * 50_000, "a==" + "," * 100_000, "-r x.txt\n" * 50_000, "a " * 1_000_000]
    )
    def test_hostile_files_end(self, text: str) -> None:
        assert len(read(text, x="b")) < 20_001


class TestPyproject:
    def test_the_places_that_state_requirements(self) -> None:
        text = (
            '[project]\ndependencies = ["django>=5.2", "psycopg[pool]==3.2.9"]\n'
            '[project.optional-dependencies]\nserver = ["gunicorn==23.0"]\n'
            '[dependency-groups]\ndev = ["celery", {include-group = "x"}]\n'
            '[tool.uv]\nconstraint-dependencies = ["kombu<6"]\n'
        )
        found = read_pyproject(Source("pyproject.toml", text))
        assert [(r.name, r.specifier, r.secondary, r.constraint, r.span.place) for r in found] == [
            ("django", ">=5.2", False, False, "pyproject.toml:2"),
            ("psycopg", "==3.2.9", False, False, "pyproject.toml:2"),
            ("gunicorn", "==23.0", True, False, "pyproject.toml:4"),
            ("celery", "", True, False, "pyproject.toml:6"),
            ("kombu", "<6", False, True, "pyproject.toml:8"),
        ]

    @pytest.mark.parametrize(
        ("version", "exact", "least", "below"),
        [
            ('"^4.2.1"', None, "4.2.1", "5"), ('"^0.3.1"', None, "0.3.1", "0.4"), ('"^0.0.3"', None, "0.0.3", "0.0.4"),
            ('"~4.2.1"', None, "4.2.1", "4.3"), ('"~4"', None, "4", "5"), ('"4.2.1"', "4.2.1", None, None),
            ('"=4.2.1"', "4.2.1", None, None), ('"4.2.*"', None, "4.2", "4.3"), ('"*"', None, None, None),
            ('">=4.2,<5"', None, "4.2", "5"), ('"^4 || ^5"', None, None, None), ('{version = "4.2", extras = ["a"]}', "4.2", None, None),
            ('{git = "https://example.org"}', None, None, None),
        ],
    )  # fmt: skip
    def test_poetry_has_signs_of_its_own(
        self, version: str, exact: str | None, least: str | None, below: str | None
    ) -> None:
        text = f'[tool.poetry.dependencies]\npython = "^3.11"\nDjango = {version}\n'
        (found,) = read_pyproject(Source("pyproject.toml", text))
        assert (found.name, found.exact, found.least, found.below) == ("django", exact, least, below)
        assert found.span.line == 3

    def test_poetry_may_give_several_constraints(self) -> None:
        text = '[tool.poetry.dependencies]\ndjango = [{version="3.2", markers="a"}, {version="4.2"}]\n'
        found = read_pyproject(Source("pyproject.toml", text))
        assert [(r.exact, r.marker) for r in found] == [("3.2", "a"), ("4.2", "")]

    def test_groups_of_poetry_are_secondary(self) -> None:
        text = '[tool.poetry.group.dev.dependencies]\na = "1"\n[tool.poetry.dev-dependencies]\nb = "1"\n'
        found = read_pyproject(Source("pyproject.toml", text))
        assert [(r.name, r.secondary) for r in found] == [("b", True), ("a", True)]

    def test_a_pipfile_has_two_sections(self) -> None:
        text = '[packages]\ndjango = "==5.2"\npsycopg = {extras=["pool"], version="~=3.2"}\nx = "*"\n[dev-packages]\ny = "*"\n'
        found = read_pipfile(Source("Pipfile", text))
        assert [(r.name, r.exact, r.least, r.extras, r.secondary) for r in found] == [
            ("django", "5.2", None, (), False), ("psycopg", None, "3.2", ("pool",), False),
            ("x", None, None, (), False), ("y", None, None, (), True),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "text",
        [
            "project = 1",
            "[project]\ndependencies = 1",
            "tool = []",
            "[tool.poetry]\ndependencies = [1]",
            "dependency-groups = [[1]]",
        ],
    )
    def test_wrong_types_are_passed_over(self, text: str) -> None:
        assert read_pyproject(Source("pyproject.toml", text)) == ()
