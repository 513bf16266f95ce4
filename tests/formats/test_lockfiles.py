"""Lock files, and what a project installs all in all."""

from __future__ import annotations

from pathlib import Path

import pytest

from connlint.formats.packages.lockfiles import read_lock
from connlint.formats.packages.versions import Packages, installed_versions, read_packages
from connlint.project.discovery import discover
from connlint.project.toml_positions import MalformedToml
from connlint.project.tree import Tree
from connlint.source import Source

WANTED = frozenset({"django", "psycopg-pool"})
UV = """\
version = 1

[[package]]
name = "asgiref"
version = "3.11.1"
dependencies = [
    { name = "django" },
]

[[package]]
name = "django"
version = "5.2.15"
source = { registry = "https://pypi.example/simple" }
"""
PIPFILE = """\
{
    "_meta": {"hash": {"sha256": "0"}},
    "default": {
        "asgiref": {"version": "==3.8"},
        "Django": {
            "hashes": ["sha256:0"],
            "markers": "python_version >= '3.10'",
            "version": "==5.2.17"
        }
    },
    "develop": {"pytest": {"version": "==9.0"}}
}
"""
MANAGE = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "s")'


def lock(text: str, path: str = "uv.lock") -> tuple[list[str], list[tuple[str, str | None, int, int]]]:
    found = read_lock(Source(path, text), WANTED)
    return sorted(found.names), [(p.name, p.exact, p.span.line, p.span.column) for p in found.packages]


def packages(files: dict[str, str]) -> Packages:
    tree = Tree(None, files)
    return read_packages(tree, discover(tree))


def versions(files: dict[str, str]) -> dict[str, tuple[object, str]]:
    """The version (a tuple of several, or the reason why it is unknown) and where it is written first."""
    tree = Tree(None, files)
    found = installed_versions(tree, discover(tree))
    return {
        name: (value.reason or (value.only if value.is_exact else value.alternatives), value.place)
        for name, value in found.items()
    }


class TestLocks:
    def test_packages_have_their_version_with_its_place(self) -> None:
        assert lock(UV) == (["asgiref", "django"], [("django", "5.2.15", 12, 11)])

    @pytest.mark.parametrize(
        "text", [UV.replace("\n", "\r\n"), UV + "\n[[package]]\n", UV.replace("[[package]]", "[[packages]]")]
    )
    def test_line_ends_and_names_of_the_table_do_not_matter(self, text: str) -> None:
        assert lock(text)[1] == [("django", "5.2.15", 12, 11)]

    def test_other_styles_of_toml_are_read_as_a_whole(self) -> None:
        text = "package = [{name = 'Psycopg_Pool', version = '3.2'}, {name = 'x', version = '1'}, 3, {name = 4}]"
        assert lock(text) == (["psycopg-pool", "x"], [("psycopg-pool", "3.2", 1, 46)])

    def test_a_package_may_have_several_versions(self) -> None:
        text = UV + UV[UV.index('[[package]]\nname = "django"') :].replace("5.2.15", "4.2")
        assert [version for _, version, _, _ in lock(text)[1]] == ["5.2.15", "4.2"]

    def test_a_package_without_a_version_is_the_project_itself(self) -> None:
        assert lock('[[package]]\nname = "django"\nsource = { virtual = "." }\n')[1] == [("django", None, 2, 8)]

    def test_pipfile_lock(self) -> None:
        assert lock(PIPFILE, "Pipfile.lock") == (["asgiref", "django", "pytest"], [("django", "5.2.17", 8, 24)])

    @pytest.mark.parametrize("text", ["", "# empty", "version = 1"])
    def test_an_empty_lock_has_no_packages(self, text: str) -> None:
        assert lock(text) == ([], [])

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("Pipfile.lock", "{"), ("Pipfile.lock", "[]"), ("Pipfile.lock", "[" * 100_000), ("Pipfile.lock", "9" * 5_000),
            ("uv.lock", "]"), ("uv.lock", "x" * 1_000_001), ("uv.lock", "\0"),
            ("uv.lock", '[[package]]\nname = "django"\nversion = = "5"'),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_an_error(self, path: str, text: str) -> None:
        with pytest.raises((ValueError, MalformedToml)):
            read_lock(Source(path, text), WANTED)

    @pytest.mark.parametrize(
        "text", ['{"default": 3}', '{"default": {"django": 3}}', '{"default": {"django": {"version": 3}}}']
    )
    def test_a_pipfile_lock_of_another_form_states_nothing(self, text: str) -> None:
        assert lock(text, "Pipfile.lock")[1] == []


class TestInstalled:
    def test_a_lock_beats_a_pin_and_a_pin_beats_a_range(self) -> None:
        ranged, pinned = "django>=4.2", "django==5.1"
        assert versions({"requirements.txt": ranged}) == {"django": ("requires django>=4.2", "requirements.txt:1")}
        files = {"requirements.txt": ranged, "requirements/base.txt": pinned}
        assert versions(files) == {"django": ("5.1", "requirements/base.txt:1")}
        assert versions({**files, "uv.lock": UV}) == {"django": ("5.2.15", "uv.lock:12")}

    def test_files_that_disagree_give_a_choice(self) -> None:
        files = {"requirements-a.txt": "django==4.2", "requirements-b.txt": "django==5.2"}
        assert versions(files) == {"django": (("4.2", "5.2"), "requirements-a.txt:1")}

    def test_files_of_development_count_only_for_what_no_other_states(self) -> None:
        files = {"requirements.txt": "django==4.2", "requirements-dev.txt": "django==5.2\ncelery==5.6"}
        assert versions(files) == {"django": ("4.2", "requirements.txt:1"), "celery": ("5.6", "requirements-dev.txt:2")}

    def test_a_range_within_one_series_of_django_is_known_well_enough(self) -> None:
        assert versions({"requirements.txt": "django~=5.2.3\ngunicorn~=23.0.1"}) == {
            "django": ("5.2.3", "requirements.txt:1"),
            "gunicorn": ("requires gunicorn~=23.0.1", "requirements.txt:2"),
        }
        assert versions({"requirements.txt": "django>=5.1.3,<5.3"})["django"][0] == "requires django>=5.1.3,<5.3"
        assert versions({"requirements.txt": "django>=5.2,<5.3"})["django"][0] == "5.2"

    def test_a_range_has_a_least_version(self) -> None:
        found = packages({"requirements.txt": "django>=4.2,<6\ncelery\n"})
        assert (str(found.least("django")), found.least("celery"), found.least("gunicorn")) == ("4.2", None, None)
        assert found.bounds["django"] == ("4.2", "6")

    def test_the_least_of_several_is_the_lowest(self) -> None:
        found = packages({"requirements-a.txt": "django==5.2.10", "requirements-b.txt": "django==5.2.9"})
        assert str(found.least("django")) == "5.2.9"

    def test_drivers_and_servers_have_one_name(self) -> None:
        assert versions({"requirements.txt": "psycopg2-binary==2.9.9\npyuWSGI==2.0.30"}) == {
            "psycopg2": ("2.9.9", "requirements.txt:1"),
            "uwsgi": ("2.0.30", "requirements.txt:2"),
        }

    def test_a_constraint_alone_installs_nothing(self) -> None:
        files = {"requirements.txt": "-c c.txt\ncelery", "c.txt": "celery==5.5\ndjango==5.2"}
        assert versions(files) == {"celery": ("5.5", "c.txt:1")}
        assert packages(files).states("django") is None

    def test_the_files_nearest_to_the_project_count(self) -> None:
        files = {
            "api/manage.py": MANAGE, "api/requirements.txt": "django==5.2", "requirements.txt": "django==3.2",
            "other/requirements.txt": "django==2.2", "docs/requirements.txt": "django==1.11",
        }  # fmt: skip
        assert versions(files) == {"django": ("5.2", "api/requirements.txt:1")}
        del files["api/requirements.txt"]
        assert versions(files) == {"django": ("3.2", "requirements.txt:1")}
        del files["requirements.txt"]
        assert versions(files) == {"django": ("2.2", "other/requirements.txt:1")}

    def test_two_projects_that_differ_give_a_choice(self) -> None:
        files = {
            "a/manage.py": MANAGE, "a/requirements.txt": "django==5.2", "b/manage.py": MANAGE,
            "b/requirements.txt": "django==4.2",
        }  # fmt: skip
        assert versions(files)["django"][0] == ("5.2", "4.2")

    def test_utf16_as_powershell_writes_it(self, tmp_path: Path) -> None:
        (tmp_path / "requirements.txt").write_bytes("asgiref==3.8\r\ndjango==5.2\r\n".encode("utf-16"))
        tree = Tree(tmp_path)
        found = read_packages(tree, discover(tree))
        assert (found.versions["django"].only, found.versions["django"].place, found.problems) == (
            "5.2",
            "requirements.txt:2",
            (),
        )


class TestStates:
    def test_a_package_that_is_named_is_there(self) -> None:
        assert packages({"requirements.txt": "psycopg-pool"}).states("psycopg-pool") is True

    def test_an_extra_installs_what_it_stands_for(self) -> None:
        for files in (
            {"requirements.txt": "psycopg[binary,pool]"},
            {"pyproject.toml": '[project]\ndependencies = ["psycopg[pool]"]'},
            {"Pipfile": '[packages]\npsycopg = {extras = ["pool"], version = "*"}'},
        ):
            assert packages(files).states("psycopg-pool") is True

    def test_only_a_lock_or_a_compiled_file_proves_absence(self) -> None:
        assert packages({"requirements.txt": "django==5.2"}).states("psycopg-pool") is None
        assert packages({"uv.lock": UV}).states("psycopg-pool") is False
        compiled = "#\n# This file is autogenerated by pip-compile with Python 3.12\n#\ndjango==5.2\n"
        assert packages({"requirements.txt": compiled}).states("psycopg-pool") is False
        assert packages({"requirements-dev.txt": compiled}).states("psycopg-pool") is None

    def test_nothing_is_known_without_files(self) -> None:
        assert packages({}).states("django") is None


class TestProblems:
    @pytest.mark.parametrize(
        ("path", "text", "message", "line"),
        [
            ("pyproject.toml", "[project]\ndependencies = [", "not valid TOML: invalid value", 2),
            ("Pipfile", "[packages]\na = = 1", "not valid TOML: invalid value", 2),
            ("Pipfile.lock", "{", "Pipfile.lock is not a lock file that can be read", 1),
            ("requirements.txt", "a\n-r ../b.txt", '"../b.txt" lies outside the project and is not read', 2),
        ],
    )
    def test_a_file_that_cannot_be_read_is_a_problem(self, path: str, text: str, message: str, line: int) -> None:
        found = packages({path: text})
        assert [(p.message, p.span.path, p.span.line) for p in found.problems] == [(message, path, line)]

    def test_a_file_outside_is_a_problem(self, tmp_path: Path) -> None:
        (tmp_path / "uv.lock").write_text(UV)
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "uv.lock").symlink_to(tmp_path / "uv.lock")
        tree = Tree(tmp_path / "shop")
        found = read_packages(tree, discover(tree))
        assert (dict(found.versions), [p.code for p in found.problems]) == ({}, ["outside-project"])
