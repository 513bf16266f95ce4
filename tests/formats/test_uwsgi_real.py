"""The reader against the real uWSGI: the same files, read by both."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from connlint.facts import product
from connlint.formats.uwsgi.export import DIRECTIVES
from connlint.formats.uwsgi.reader import read_uwsgi
from connlint.project.tree import Tree
from connlint.value import ABSENT, Origin, Value

FACTS = product("uwsgi")
_MARK = ";uWSGI instance configuration\n[uwsgi]\n"
# It prints the options it has collected, and ends where it would write its first file.
_START = (
    "import sys, pyuwsgi; sys.argv[:] = ['uwsgi', *sys.argv[1:], '--show-config', '--pidfile', '/dev/null/none'];"
    "pyuwsgi.run()"
)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pyuwsgi") is None, reason="pyuwsgi is not installed; it does not exist for Windows"
)


def real(folder: Path, name: str, environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """The options that uWSGI collects from a file, with all references replaced, in its order."""
    dialect = name.rpartition(".")[2]
    command = [sys.executable, "-c", _START, f"--{dialect}", name]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("UWSGI_")} | environment
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, timeout=30, check=False)
    text = (run.stdout + run.stderr).decode("utf-8", "replace")
    assert _MARK in text, text[-500:]
    body = text.partition(_MARK)[2].partition(";end of configuration")[0]
    return [(key, value) for key, equals, value in (line.partition(" = ") for line in body.split("\n")) if equals]


def wanted(options: list[tuple[str, str]]) -> dict[str, object]:
    """What a list of options comes to; said again here, so that it can disagree with the reader."""
    together: dict[str, list[str]] = {}
    for key, value in options:
        if key in FACTS.names and key not in DIRECTIVES and key not in ("pidfile", "show-config"):
            together.setdefault(FACTS.canonical(key), []).append(value)
    result: dict[str, object] = {}
    for name, values in together.items():
        if name in FACTS.sets["repeated"]:
            result[name] = tuple(values)
        elif name in FACTS.sets["flags"]:
            result[name] = values[-1].lower() not in ("false", "off", "no", "0")
        elif name in FACTS.sets["numbers"]:
            result[name] = int((re.match(r"[0-9]+", values[-1].strip()) or re.match("0", "0"))[0])
        else:
            result[name] = values[-1]
    return result


def ours(folder: Path, name: str, environment: Mapping[str, str]) -> dict[str, Value]:
    tree = Tree(folder)
    known = {key: Value.exact(value, Origin.declared(None)) for key, value in environment.items()}
    known["UNSET"] = Value.exact(ABSENT)
    cpus = Value.exact(os.cpu_count(), Origin.declared(None))
    document = read_uwsgi(tree.read(name), tree, environment=known, cpus=cpus, directory="")
    return {key: value for key, value in document.settings.items() if key != "show-config"}


_FILES = {
    "n.txt": "6\n",
    "base.ini": "[uwsgi]\nthreads = 8\nn = 5\nmodule = base-%n\n[big]\nprocesses = 16\nenv = S=%x-%s\n",
    "base.yaml": "uwsgi:\n  processes: 3 # three\n  env: Y=1\n  env: Z=%(n)\n",
    "base.json": '{"uwsgi": {"env": ["J=1", "K=%(n)"], "threads": 4, "lazy-apps": false, "workers": "9"}}',
    "base.xml": "<uwsgi><threads> 7 </threads><lazy-apps/><env>X=1</env></uwsgi>",
    "d/a.py": "",
    "d/b.py": "",
}

_TEXTS = {
    "numbers": "processes = 3\nworkers = 5 ; five\nthreads = 2x\nharakiri =\nlazy-apps\nenable-threads = OFF\nmaster = 0",
    "placeholders": "n = 2\nn = 3\nprocesses = %(n)%(m)\nm = 1\nthreads = %(n + m * 2)\nmodule = %(n m)-%(none)-%(a)%(q)\n"
    "q = \nchdir = %(q)%(n)\nenv = A=%(n ++)\nenv = B=%(n / 0)%(n - 7)\nlog-format = %(method) %(n)",
    "magic": "module = %n|%s|%e|%x|%Y|%%|%%(n)|50%\nprocesses = %k\nthreads = %(%k + 1)\nchdir = %d\nn = 1",
    "environment": "processes = $(N)\nmodule = $(N)$(UNSET)$(P)\nenv = $(N=1)\np = 2\nlog-format = $$(N) $()(N)",
    "files": "processes = @(n.txt)\nmodule = a@(n.txt)b@\nlog-format = @@(n.txt)",
    "conditions": "if-env = N\nthreads = %(_)\nendif =\nif-not-env = UNSET\nprocesses = 2\nend-if\nif-env = N=4\nmodule = a\n"
    "end\nif-opt = threads=4\nchdir = %(_)\nend\nif-not-opt = none\nenv = A=1\nend\nif-exists = n.txt\nmule = %(_)\nend\n"
    "if-dir = n.txt\nmule = no\nend\nif-file = n.txt\nif-nothing = 1\nmule = yes\nend",
    "loops": "for = a  b c\nenv = %(_)=%(_)\nprocesses = 2\nendfor =\nfor-times = 3\nmule = %(_)\nend\nfor-glob = d/*.py\n"
    "import = %(_)\nend\nfor-readline = n.txt\nthreads = %(_)\nend\nfor = x\nendif\nfor =\nchdir = never\nend",
    "setters": "set = processes=4\nset-ph = n=5\nset-placeholder = m=%(n)\nthreads = %(m)\nset = env=A=$(N)",
    "includes": "module = mine\nthreads = 1\nini = base.ini:big\ninclude = base.ini\nyaml = base.yaml\nxml = base.xml\n"
    "json = base.json\nprocesses = %(n)\nini = :more\nharakiri = 9\n[more]\nchdir = /more-%x",
    "inherit": "inherit = base.ini\nthreads = 1\nmodule = %(n)\nenv = A=1",
    "declared": "declare-option2 = unused=a=$1\ndeclare-option = also-unused=b=$1\nprocesses = 1",
    "blanks": "\tthreads\t=\t3\r\n processes=4 \r\n;x\r\n # y\r\n\r\n=nothing\nmodule = a = b\n[x]\nchdir = no\n[uwsgi]\nlazy-apps=",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project").resolve()
    (root / "d").mkdir()
    for name, text in _FILES.items():
        (root / name).write_text(text, newline="")
    for name, text in _TEXTS.items():
        (root / f"{name}.ini").write_text(f"[uwsgi]\n{text}\n", newline="")
    return root


@pytest.mark.parametrize("name", [*(f"{name}.ini" for name in _TEXTS), "base.yaml", "base.json", "base.xml"])
def test_settings_are_those_of_the_real_uwsgi(folder: Path, name: str) -> None:
    environment = {"N": "4", "P": "%(p)"}
    expected = wanted(real(folder, name, environment))
    found = ours(folder, name, environment)
    if "master" not in expected:
        found.pop("master", None)  # turned on by another option, which the list does not show
    assert found.keys() == expected.keys()
    assert expected
    for key, value in expected.items():
        assert value in found[key].alternatives, key
        assert found[key].is_exact or name.startswith("base."), key


def test_variables_are_options_that_come_first(folder: Path) -> None:
    environment = {"UWSGI_PROCESSES": "7", "UWSGI_LAZY_APPS": "1", "UWSGI_N": "9"}
    expected = wanted(real(folder, "placeholders.ini", environment))
    found = ours(folder, "placeholders.ini", environment)
    assert {key: value.only for key, value in found.items()} == expected
    assert expected["lazy-apps"] is True


def test_strict_refuses_what_the_reader_calls_unknown(folder: Path) -> None:
    from connlint.formats.uwsgi.reader import unknown_options

    for text, refused in (("n = 1\nthreads = %(n)", "n"), ("if-env = N\nend", "end"), ("process = 1", "process")):
        (folder / "strict.ini").write_text(f"[uwsgi]\nstrict = true\n{text}\n")
        run = subprocess.run(
            [sys.executable, "-c", _START, "--ini", "strict.ini"],
            cwd=folder, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert f"unknown config directive: {refused}\n" in run.stdout + run.stderr
        tree = Tree(folder)
        assert [entry.key for entry in unknown_options(read_uwsgi(tree.read("strict.ini"), tree))] == [refused]
