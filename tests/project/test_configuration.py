"""`[tool.connlint]`: what may be declared, how it overrides, and what a mistake looks like."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connlint.project.configuration import Configuration, ConfigurationError, Reference, load_configuration, reference
from connlint.project.tree import Tree
from connlint.value import Certainty, Value

DESIGN = """\
[project]
name = "shop"

[tool.connlint]                          # in pyproject.toml, or connlint.toml without the prefix
settings = ["shop.settings.production"]  # what is deployed, when it can't be told
python-path = ["src"]
cpus = 4
env = { DB_AGE = "60" }
versions = { django = "5.2", pgbouncer = "1.24" }
managed-runners = ["shop.db.run_managed"]
select = []
ignore = []
exclude = []
fail-on = "warning"
[tool.connlint.processes.web]            # a name as `show` prints it
replicas = 3
surge = 1
[tool.connlint.servers.primary]
host = "db.internal"
max-connections = 200
reserved = 3
idle-timeout = 600                       # seconds; what hangs up on idle clients on the way there
platform = "heroku:standard-0"
"""
SOURCES = {"src/shop/__init__.py": ""}


def load(text: str, path: str = "pyproject.toml", **arguments: object) -> Configuration:
    return load_configuration(Tree(None, {path: text, **SOURCES}), **arguments)  # type: ignore[arg-type] # tests pass what they name


def stated(value: Value | None) -> tuple[object, str]:
    """The value and where it is declared."""
    assert value is not None
    assert value.certainty is Certainty.DECLARED
    return value.only, value.place


def failure(text: str, path: str = "pyproject.toml", **arguments: object) -> tuple[str, str, str]:
    """Where and what the error is, and what it suggests."""
    with pytest.raises(ConfigurationError) as caught:
        load(text, path, **arguments)
    span = caught.value.span
    return f"{span.path}:{span.line}:{span.column}" if span else "", str(caught.value), caught.value.suggestion


def test_every_key_of_the_design_is_read_with_its_line() -> None:
    found = load(DESIGN)
    assert [stated(v) for v in found.settings] == [("shop.settings.production", "pyproject.toml:5")]
    assert [stated(v) for v in found.python_path] == [("src", "pyproject.toml:6")]
    assert stated(found.cpus) == (4, "pyproject.toml:7")
    assert {k: stated(v) for k, v in found.env.items()} == {"DB_AGE": ("60", "pyproject.toml:8")}
    assert {k: v.only for k, v in found.versions.items()} == {"django": "5.2", "pgbouncer": "1.24"}
    assert [v.only for v in found.managed_runners] == ["shop.db.run_managed"]
    assert (found.select, found.ignore, found.exclude) == ((), (), ())
    assert stated(found.fail_on) == ("warning", "pyproject.toml:14")
    web, primary = found.processes["web"], found.servers["primary"]
    assert (stated(web.replicas), stated(web.surge)) == ((3, "pyproject.toml:16"), (1, "pyproject.toml:17"))
    assert (web.processes, web.server) == (None, None)
    assert stated(primary.host) == ("db.internal", "pyproject.toml:19")
    assert {key: value.only for key, value in primary.limits.items()} == {
        "max-connections": 200, "reserved": 3, "idle-timeout": 600, "platform": "heroku:standard-0",
    }  # fmt: skip
    assert found.path == "pyproject.toml"


def test_connlint_toml_says_the_same_without_the_prefix() -> None:
    start = DESIGN.index("[tool.connlint]")
    text = DESIGN[start:].replace("[tool.connlint]", "").replace("tool.connlint.", "")
    found = load(text, "connlint.toml")
    assert stated(found.processes["web"].replicas) == (3, "connlint.toml:13")


@pytest.mark.parametrize("entry", list(reference()), ids=lambda entry: f"{entry.table}.{entry.key}".lstrip("."))
def test_the_example_of_each_key_is_accepted(entry: Reference) -> None:
    header = f"[{entry.table}]\n" if entry.table else ""
    files = {"connlint.toml": header + entry.example, "src/x.py": "", "deploy/pgbouncer.ini": ""}
    load_configuration(Tree(None, files))


def test_without_a_file_everything_is_undeclared() -> None:
    found = load_configuration(Tree(None, {}))
    assert (found.cpus.is_unknown, found.cpus.least) == (True, 1)
    assert (found.headroom.only, found.headroom.certainty) == (80, Certainty.DEFAULT)
    assert (found.fail_on.only, found.settings, found.processes, found.path) == ("warning", (), {}, "")


def test_a_pyproject_that_does_not_speak_of_connlint_is_not_judged() -> None:
    assert load("this is [not toml").path == ""


def test_a_count_may_be_a_range() -> None:
    found = load('[tool.connlint.processes.web]\nreplicas = "2..8"')
    replicas = found.processes["web"].replicas
    assert replicas is not None
    assert (replicas.bounds(), replicas.place) == ((2, 8), "pyproject.toml:2")


def test_the_settings_of_a_pooler_have_its_own_names() -> None:
    found = load("[tool.connlint.poolers.main]\nkind = 'pgbouncer'\nport = 6432\npool-mode = 'transaction'")
    assert {k: v.only for k, v in found.poolers["main"].settings.items()} == {
        "listen_port": 6432,
        "pool_mode": "transaction",
    }


def test_a_middlebox_has_an_idle_timeout() -> None:
    found = load("[tool.connlint.middleboxes.nlb]\nidle-timeout = 350")
    assert {k: stated(v) for k, v in found.middleboxes.items()} == {"nlb": (350, "pyproject.toml:2")}


def test_products_may_be_spelled_as_packages_are() -> None:
    found = load('[tool.connlint.versions]\npsycopg_pool = "3.2"\npsycopg2-binary = "2.9.9"\npostgres = "16"')
    assert {k: v.only for k, v in found.versions.items()} == {
        "psycopg-pool": "3.2",
        "psycopg2": "2.9.9",
        "postgresql": "16",
    }


def test_ignores_for_files_are_read_with_places() -> None:
    found = load('[tool.connlint.per-file-ignores]\n"dev/*" = ["hygiene", "low-headroom"]')
    (pattern, rules), *rest = found.per_file_ignores.items()
    assert (pattern, [stated(v) for v in rules], rest) == (
        "dev/*",
        [("hygiene", "pyproject.toml:2"), ("low-headroom", "pyproject.toml:2")],
        [],
    )


class TestOverrides:
    def test_set_takes_any_key_and_wins_over_the_file(self) -> None:
        found = load(
            DESIGN, overrides=["cpus=2", 'python-path=["."]', "processes.web.replicas=6", 'versions.django="4.2"']
        )
        assert stated(found.cpus) == (2, "declared on the command line")
        assert [v.only for v in found.python_path] == [""]
        assert stated(found.processes["web"].replicas) == (6, "declared on the command line")
        assert stated(found.processes["web"].surge) == (1, "pyproject.toml:17")
        assert {k: v.only for k, v in found.versions.items()} == {"django": "4.2", "pgbouncer": "1.24"}

    def test_the_last_of_several_wins(self) -> None:
        assert load("", overrides=["cpus=2", "cpus=8"]).cpus.only == 8

    def test_env_wins_over_the_file_and_keeps_equals_signs(self) -> None:
        found = load(DESIGN, env=["DB_AGE=a=b", "OTHER="])
        assert {k: stated(v) for k, v in found.env.items()} == {
            "DB_AGE": ("a=b", "declared on the command line"),
            "OTHER": ("", "declared on the command line"),
        }

    @pytest.mark.parametrize(
        ("override", "message", "suggestion"),
        [
            ("cpus", "--set takes KEY=VALUE", "for example --set cpus=4"),
            ("=4", "--set takes KEY=VALUE", "for example --set cpus=4"),
            ("fail-on=info", "--set fail-on: the value is not TOML", "put text in quotes: --set 'fail-on=\"...\"'"),
            ("cpu=4", 'unknown key "cpu" in [tool.connlint]', 'did you mean "cpus"?'),
            (
                "cpus='many'",
                'tool.connlint.cpus must be a whole number of at least 1, or a range such as "2..8", found a string',
                "",
            ),
        ],
    )
    def test_a_mistake_in_set_is_told_without_a_place(self, override: str, message: str, suggestion: str) -> None:
        assert failure("", overrides=[override]) == ("", message, suggestion)

    @pytest.mark.parametrize("text", ["NAME", "=x", "A=\0"])
    def test_a_mistake_in_env(self, text: str) -> None:
        assert failure("", env=[text])[:2] == ("", "--env takes NAME=VALUE")


COUNT = 'must be a whole number of at least {}, or a range such as "2..8"'


@pytest.mark.parametrize(
    ("text", "place", "message", "suggestion"),
    [
        ("cpu = 4", "3:1", 'unknown key "cpu" in [tool.connlint]', 'did you mean "cpus"?'),
        ("python_path = []", "3:1", 'unknown key "python_path" in [tool.connlint]', 'did you mean "python-path"?'),
        (
            "max-connections = 5", "3:1", 'unknown key "max-connections" in [tool.connlint]',
            "it belongs to [tool.connlint.servers.NAME]",
        ),
        (
            "processes.web.replicsa = 5", "3:15", 'unknown key "replicsa" in [tool.connlint.processes.web]',
            'did you mean "replicas"?',
        ),
        (
            "middleboxes.x.zzz = 5", "3:15", 'unknown key "zzz" in [tool.connlint.middleboxes.x]',
            "known keys: idle-timeout",
        ),
        ("versions.dajngo = '1'", "3:10", 'unknown key "dajngo" in [tool.connlint.versions]', 'did you mean "django"?'),
        ("cpus = '4'", "3:8", f"tool.connlint.cpus {COUNT.format(1)}, found a string", "write it without quotes"),
        ("cpus = 0", "3:8", f"tool.connlint.cpus {COUNT.format(1)}", ""),
        ("cpus = true", "3:8", f"tool.connlint.cpus {COUNT.format(1)}, found a boolean", ""),
        ("cpus = '8..2'", "3:8", f"tool.connlint.cpus {COUNT.format(1)}, found a string", ""),
        ("cpus = 1.5", "3:8", f"tool.connlint.cpus {COUNT.format(1)}, found a fraction", ""),
        ("processes.web.surge = -1", "3:23", f"tool.connlint.processes.web.surge {COUNT.format(0)}", ""),
        (
            "servers.a.idle-timeout = '10min'", "3:26",
            "tool.connlint.servers.a.idle-timeout must be a number of seconds of at least 0, found a string",
            'write seconds as a bare number, for example 600 for "10min"',
        ),
        (
            "servers.a.idle-timeout = nan", "3:26",
            "tool.connlint.servers.a.idle-timeout must be a number of seconds of at least 0, found a fraction", "",
        ),
        ("servers.a.port = 0", "3:18", "tool.connlint.servers.a.port must be a port from 1 to 65535, found a whole number", ""),
        ("headroom = 0", "3:12", "tool.connlint.headroom must be a number above 0 and at most 100, found a whole number", ""),
        ("fail-on = 'warn'", "3:11", "tool.connlint.fail-on must be one of warning, error, info", 'did you mean "warning"?'),
        (
            "settings = 'shop.settings'", "3:12", "tool.connlint.settings must be an array, found a string",
            'write settings = ["shop.settings.production"]',
        ),
        (
            "settings = ['shop/settings.py']", "3:13",
            "tool.connlint.settings must be the dotted name of a Python module, found a string",
            'write it as Python imports it: "shop.settings"',
        ),
        (
            "versions.django = 5.10", "3:19",
            'tool.connlint.versions.django must be a version in quotes, such as "5.2", found a fraction',
            "put it in quotes",
        ),
        (
            "env.DB_PASSWORD = 4711", "3:19",
            "tool.connlint.env.DB_PASSWORD must be a string, found a whole number",
            "put it in quotes: the environment holds text only",
        ),
        ("env = 'A=1'", "3:7", "tool.connlint.env must be a table, found a string", ""),
        ("processes = [1]", "3:13", "tool.connlint.processes must be a table, found an array", ""),
        (
            "python-path = ['srv']", "3:16", "tool.connlint.python-path must be a folder of the project, found a string",
            "there is no such folder in the project",
        ),
        (
            "python-path = ['../other']", "3:16",
            "tool.connlint.python-path must be a folder of the project, found a string",
            "it lies outside the project, and connlint reads nothing there",
        ),
        ("cpus = 1979-05-27", "3:8", f"tool.connlint.cpus {COUNT.format(1)}, found a date or time", ""),
        ("cpus = 4\ncpus = 5", "4:9", "not valid TOML: cannot overwrite a value", ""),
        ("cpus == 4", "3:7", "not valid TOML: invalid value", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_an_error_with_its_place(text: str, place: str, message: str, suggestion: str) -> None:
    assert failure(f"\n[tool.connlint]\n{text}") == (f"pyproject.toml:{place}", message, suggestion)


def test_errors_in_connlint_toml_name_its_own_tables() -> None:
    assert failure("[tool.connlint]\ncpus = 1", "connlint.toml") == (
        "connlint.toml:1:2",
        'unknown key "tool" in connlint.toml',
        "only pyproject.toml has [tool.connlint]; here the keys stand without it",
    )
    assert failure("processes.web.surge = '1'", "connlint.toml")[1].startswith("processes.web.surge must be a whole")


def test_two_files_that_configure_are_an_error() -> None:
    with pytest.raises(
        ConfigurationError, match=r"both pyproject\.toml and connlint\.toml configure connlint"
    ) as caught:
        load_configuration(Tree(None, {"pyproject.toml": DESIGN, "connlint.toml": "\ncpus = 1", **SOURCES}))
    assert caught.value.span is not None
    assert caught.value.span.place == "connlint.toml:2"


def test_an_empty_second_file_does_no_harm() -> None:
    found = load_configuration(Tree(None, {"pyproject.toml": DESIGN, "connlint.toml": "# nothing\n", **SOURCES}))
    assert found.path == "pyproject.toml"


def test_no_value_is_repeated_in_an_error() -> None:
    for text in ("env.A = ['hunter2']", "cpus = 'hunter2'", "fail-on = 'hunter2'", "env = 'hunter2'"):
        assert "hunter2" not in " ".join(failure(f"[tool.connlint]\n{text}"))
    assert "hunter2" not in " ".join(failure("", overrides=["env.A=hunter2"]))


class TestConfigFile:
    def test_the_file_replaces_the_projects_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.connlint]\ncpus = 1\nheadroom = 50")
        (tmp_path / "ci").mkdir()
        (tmp_path / "ci" / "strict.toml").write_text("cpus = 8")
        monkeypatch.chdir(tmp_path / "ci")
        found = load_configuration(Tree(tmp_path), config="strict.toml")
        assert (stated(found.cpus), found.headroom.only) == ((8, "ci/strict.toml:1"), 80)

    def test_it_may_lie_outside_the_project(self, tmp_path: Path) -> None:
        (tmp_path / "shop").mkdir()
        outside = tmp_path / "pyproject.toml"
        outside.write_text("[tool.connlint]\ncpus = 8")
        found = load_configuration(Tree(tmp_path / "shop"), config=str(outside))
        assert stated(found.cpus) == (8, f"{outside}:2")

    @pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "large", "nul"])
    def test_a_file_that_cannot_be_read_is_an_error(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "shop").mkdir()
        path = tmp_path / "x.toml"
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "large":
            path.write_bytes(b"#" * 1_000_001)
        with pytest.raises(ConfigurationError, match="cannot be read"):
            load_configuration(Tree(tmp_path / "shop"), config=f"{path}\0" if kind == "nul" else str(path))


@pytest.mark.parametrize("name", ["pyproject.toml", "connlint.toml"])
def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"[tool.connlint]\n# \xff\ncpus = 4")
    with pytest.raises(ConfigurationError, match="the file is not UTF-8") as caught:
        load_configuration(Tree(tmp_path))
    assert caught.value.span is not None
    assert caught.value.span.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 10_000,
        "a" + ".a" * 10_000 + " = 1",
        "a" + ".'a'" * 10_000 + " = 1",
        "a = " + "{b=" * 300 + "1" + "}" * 300,
    ],
)
def test_deep_nesting_is_an_error(text: str) -> None:
    assert failure(text, "connlint.toml")[1] == "not valid TOML: brackets are nested too deeply"
