"""The command line: what it asks of the engine, what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connlint.cli import main
from connlint.cli.place import project
from connlint.cli.terminal import style
from connlint.deployment.model import Deployment, SettingsModule
from connlint.finding import Confidence, Finding, Fix, Label, Safety, Severity
from connlint.project.configuration import ConfigurationError
from connlint.project.tree import Tree
from connlint.report.model import Report
from connlint.source import Edit, Source

MODULE = SettingsModule("shop.settings", "shop/settings.py", {})
NOTHING_WRONG = Report(modules=(MODULE,), files_read=1)


@dataclass
class Engine:
    """Stands for the engine: remembers what it was asked and answers with `answer`."""

    answer: Callable[[Tree], Report] = lambda _: NOTHING_WRONG
    asked: list[Any] = field(default_factory=list)

    def inspect(self, tree: Tree, options: Any) -> Report:
        self.asked.append((tree.root, options))
        return self.answer(tree)


@dataclass(frozen=True)
class Options:
    settings: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    config: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    """The engine's stand-in, in an empty project that is the current folder."""
    stand_in, module = Engine(), ModuleType("connlint.engine")
    module.__dict__.update(inspect=stand_in.inspect, Options=Options)
    monkeypatch.setitem(sys.modules, "connlint.engine", module)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CONNLINT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return stand_in


def finding(severity: Severity = Severity.WARNING, text: str = "threads = 4\n", fix: Fix | None = None) -> Finding:
    source = Source("uwsgi.ini", text)
    return Finding(
        "ignored-threads", severity, Confidence.CERTAIN, "no effect", (Label(source.span(0, 7)),), "web", fix=fix
    )


def reporting(*findings: Finding, **fields: Any) -> Callable[[Tree], Report]:
    return lambda _: Report(findings=findings, modules=(MODULE,), files_read=1, **fields)


def test_version_is_told_without_loading_the_rest() -> None:
    code = "import sys; from connlint.cli import main; main(['--version']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("connlint ")
    assert not {"argparse", "dataclasses", "connlint.value", "re", "ast"} & set(eval(done.stdout.splitlines()[1]))


@pytest.mark.parametrize(
    ("severity", "flags", "code"),
    [
        (None, [], 0),
        (Severity.ERROR, [], 1),
        (Severity.WARNING, [], 1),
        (Severity.INFO, [], 0),
        (Severity.INFO, ["--fail-on", "info"], 1),
        (Severity.WARNING, ["--fail-on", "error"], 0),
        (Severity.ERROR, ["--exit-zero"], 0),
    ],
)
def test_exit_codes(engine: Engine, severity: Severity | None, flags: list[str], code: int) -> None:
    engine.answer = reporting(*([finding(severity)] if severity else []))
    assert main(["check", *flags]) == code


def test_the_configuration_says_what_fails_unless_the_command_line_does(engine: Engine) -> None:
    engine.answer = reporting(finding(Severity.WARNING), fail_on=Severity.ERROR)
    assert (main(["check"]), main(["check", "--fail-on", "warning"])) == (0, 1)


@pytest.mark.parametrize("command", ["check", "show", "budget"])
def test_nothing_to_analyse_is_an_error(engine: Engine, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    engine.answer = lambda _: Report()
    assert main([command]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: found no Django settings and no configuration of a server in ")
    assert main([command, "--allow-empty"]) == 0
    assert capsys.readouterr().err.startswith("note: found no Django settings")


def test_what_is_asked_of_the_engine(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "lint.toml").touch()
    arguments = ["--settings", "a.b,c", "--env", "A=b=c", "--set", "cpus=4", "--config", "lint.toml"]
    main(["check", *arguments, "--env=X="])
    assert engine.asked == [
        (str(tmp_path), Options(("a.b", "c"), ("A=b=c", "X="), ("cpus=4",), "lint.toml")),
    ]


def test_files_belong_to_the_nearest_project_above_them(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "shop" / "conf").mkdir(parents=True)
    (tmp_path / "shop" / "manage.py").touch()
    for name in ("a.ini", "b.ini"):
        (tmp_path / "shop" / "conf" / name).touch()
    main(["check", "shop/conf/a.ini", str(tmp_path / "shop" / "conf" / "b.ini")])
    assert engine.asked == [(str(tmp_path / "shop"), Options(paths=("conf/a.ini", "conf/b.ini")))]


def test_a_folder_is_the_project(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "shop" / "conf").mkdir(parents=True)
    (tmp_path / "shop" / "manage.py").touch()
    main(["check", "shop/conf"])
    assert engine.asked == [(str(tmp_path / "shop" / "conf"), Options())]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: a command is expected: one of check, budget, show, explain, rules, baseline, server"),
        (
            ["chekc"],
            "error: there is no such command; one of check, budget, show, explain, rules, baseline, server is expected; did you mean check?",
        ),
        (["check", "--selct", "x"], "error: connlint check has no option --selct; did you mean --select?"),
        (["check", "--pasword=hunter2"], "error: connlint check has no option --pasword"),
        (
            ["check", "--output-format", "jsn"],
            "error: --output-format takes one of text, concise, json, github, gitlab, junit, rdjson, sarif; did you mean json?",
        ),
        (["show", "--output-format", "github"], "error: --output-format takes one of text, json"),
        (["check", "--fail-on", "hunter2"], "error: --fail-on takes one of error, warning, info"),
        (["check", "--env", "hunter2"], "error: --env takes NAME=VALUE; one of those given has no name or no `=`"),
        (["check", "--set", "=hunter2"], "error: --set takes KEY=VALUE; one of those given has no name or no `=`"),
        (["check", "nowhere"], "error: there is no file or folder nowhere"),
        (["check", "--config", "nowhere.toml"], "error: --config: there is no file nowhere.toml"),
        (["check", "--env"], "error: --env: expected one argument"),
        (["rules", "hunter2"], "error: connlint rules takes fewer arguments than it was given"),
        (["explain"], "error: RULE|ERROR is missing"),
    ],
)
@pytest.mark.usefixtures("engine")
def test_wrong_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == message + "\n"


@pytest.mark.usefixtures("engine")
def test_an_unknown_rule_is_an_error_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--select", "--ignore"):
        assert main(["check", flag, "lifetimes,unreadable-fil"]) == 2
        assert capsys.readouterr().err == (
            f"error: {flag}: there is no rule or family unreadable-fil; did you mean unreadable-file?\n"
        )


def test_a_mistake_in_the_configuration_is_shown_with_its_line(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Source("pyproject.toml", '[tool.connlint]\ncpu = 4\npw = "hunter2"\n')

    def wrong(_: Tree) -> Report:
        raise ConfigurationError("unknown key cpu", source.span_at(2, 1, 2, 4), "did you mean cpus?")

    engine.answer = wrong
    assert main(["check"]) == 2
    assert capsys.readouterr() == (
        "",
        "error: unknown key cpu\n --> pyproject.toml:2:1\n  |\n2 | cpu = 4\n  | ^^^\n  = help: did you mean cpus?\n",
    )


def test_a_defect_is_one_line_without_what_was_read(
    engine: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Tree) -> Report:
        raise KeyError("hunter2")

    engine.answer = broken
    assert main(["check"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("internal error: KeyError at connlint/cli/inspection.py:")
    assert told.err.count("\n") == 1
    assert "hunter2" not in told.err
    monkeypatch.setenv("CONNLINT_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["check"])


def test_an_interruption_ends_quietly(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: Tree) -> Report:
        raise KeyboardInterrupt

    engine.answer = interrupted
    assert main(["check"]) == 130
    assert capsys.readouterr() == ("", "")


def test_notes_go_to_stderr(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.answer = reporting(notes=("uwsgi.ini:3: /etc/passwd lies outside",))
    assert main(["check", "--output-format", "json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["findings"] == []
    assert told.err == "note: uwsgi.ini:3: /etc/passwd lies outside\n"


def test_statistics(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.answer = reporting(*[finding()] * 2, finding(Severity.ERROR))
    main(["check", "--statistics"])
    assert (
        capsys.readouterr().out
        == "2  warning[ignored-threads]\n1  error[ignored-threads]\n1 error, 2 warnings in 1 file\n"
    )


def test_annotations_are_relative_to_the_current_folder(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop").mkdir()
    engine.answer = reporting(finding())
    main(["check", "shop", "--output-format", "github"])
    assert capsys.readouterr().out.startswith("::warning file=shop/uwsgi.ini,line=1,")


def fixable(tree: Tree) -> Report:
    source = tree.read("uwsgi.ini") if tree.is_file("uwsgi.ini") else Source("uwsgi.ini", "")
    if "threads" not in source.text:
        return NOTHING_WRONG
    start = source.text.index("threads")
    fix = Fix(Safety.SAFE, "remove it", (Edit(source.span(start, start + 12), ""),))
    return Report(findings=(finding(text=source.text, fix=fix),), modules=(MODULE,), files_read=1)


def test_fix_writes_and_checks_again(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "uwsgi.ini").write_text("[uwsgi]\nthreads = 4\nprocesses = 2\n")
    engine.answer = fixable
    assert main(["check", "--fix"]) == 0
    assert (tmp_path / "uwsgi.ini").read_text() == "[uwsgi]\nprocesses = 2\n"
    assert capsys.readouterr() == ("no mistakes found in 1 file\n", "fixed 1 in uwsgi.ini\n")


def test_diff_writes_nothing_and_shows_no_secret(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "[uwsgi]\nenv = DB_PASSWORD=hunter2\nthreads = 4\n"
    (tmp_path / "uwsgi.ini").write_text(text)
    engine.answer = fixable
    assert main(["check", "--diff"]) == 1
    assert (tmp_path / "uwsgi.ini").read_text() == text
    assert capsys.readouterr().out == (
        "--- a/uwsgi.ini\n+++ b/uwsgi.ini\n@@ -1,3 +1,2 @@\n [uwsgi]\n env = DB_PASSWORD=•••\n-threads = 4\n"
    )


@pytest.mark.parametrize(
    ("flag", "variables", "coloured"),
    [
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": ""}, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(
    engine: Engine,
    flag: str,
    variables: dict[str, str],
    coloured: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    engine.answer = reporting(finding())
    main(["check", "--color", flag])
    assert ("\x1b[" in capsys.readouterr().out) is coloured


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_has_colour_and_links_unless_it_is_dumb() -> None:
    kinds = [style("auto", Terminal(), env) for env in ({"TERM": "xterm"}, {"TERM": "dumb"}, {"NO_COLOR": "1"})]
    assert [(kind.colour, kind.links) for kind in kinds] == [(True, True), (False, False), (False, False)]


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import os, sys\nfrom connlint.cli import terminal\nterminal.write('x' * 1_000_000)\nsys.exit(3)\n"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (3, b"")


def test_characters_the_terminal_lacks_are_escaped() -> None:
    code = "from connlint.cli import terminal; import sys; terminal.prepare(sys.stdout); terminal.write('•\\udce9')"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
    assert done.stdout == b"\\u2022\\udce9"


def test_budget_and_show_of_a_deployment(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    deployment = Deployment("Procfile", (MODULE,), (), (), (), (), ())
    engine.answer = reporting(deployments=(deployment,))
    assert main(["budget"]) == 0
    assert capsys.readouterr().out.startswith("deployment Procfile\n")
    assert main(["budget", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": 1, "deployments": [{"name": "Procfile", "limits": []}]}
    assert main(["show"]) == 0
    assert "settings shop.settings  shop/settings.py\n" in capsys.readouterr().out


def test_a_package_of_the_project_stands_for_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "shop" / "api"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        folder.joinpath("__init__.py").touch()
    tmp_path.joinpath("manage.py").touch()
    monkeypatch.chdir(package)
    root = os.path.realpath(tmp_path)
    assert project([]).root == project(["."]).root == project([str(package.parent)]).root == root
    assert project([str(tmp_path)]).root == root
