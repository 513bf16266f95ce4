"""What a hostile uWSGI configuration may cost and show: little, and nothing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from connlint.formats.uwsgi.reader import read_uwsgi
from connlint.project.tree import Tree

from .uwsgi_reading import read

_ENOUGH = 3.0  # seconds of CPU; each of these takes a fraction, and for ever or hundreds of them without its limit
_INI = "[uwsgi]\nprocesses = 2\n"


def _doubling(count: int) -> str:
    return "".join(f"a{number} = %(a{number + 1})%(a{number + 1})\n" for number in range(count))


_ATTACKS = {
    "cycle": (f"{_INI}ini = x.ini", "x.ini"),
    "loop": (f"{_INI}for-times = 1000000\nprocesses = %(_)\nendfor =", "x.ini"),
    "long loop": (f"{_INI}for = {'a ' * 400_000}\n{'env = %(_)=1' * 100}\nendfor =", "x.ini"),
    "loops": (_INI + "for-times = 999\nmodule = %(_)\nendfor =\n" * 100, "x.ini"),
    "loop over itself": (f"{_INI}for-times = 999\nini = :x\nendfor =\n[x]\n" + "env = A=1\n" * 1000, "x.ini"),
    "reference to itself": (f"{_INI}a = x%(a)\nprocesses = %(a)", "x.ini"),
    "doubling": (f"{_INI}{_doubling(60)}processes = %(a0)", "x.ini"),
    "references": (f"{_INI}q = 1\nmodule = {'%(q)' * 12_000}", "x.ini"),
    "open references": (f"{_INI}module = {'$(' * 400_000}", "x.ini"),
    "per cent signs": (f"{_INI}module = {'%k' * 400_000}", "x.ini"),
    "conditions": (_INI + "".join(f"if-exists = /{n}\na = {n}\nend=\n" for n in range(2000)) + "env = %(a)\n" * 2000, "x.ini"),
    "options": (_INI + "a = 1\n" * 90_000, "x.ini"),
    "lines": (_INI + "\n" * 3_000_000, "x.ini"),
    "one line": (f"{_INI}a = {'x' * 3_000_000}", "x.ini"),
    "options that set options": (f"{_INI}set = {'set=' * 100_000}processes=4", "x.ini"),
    "templates": (f"{_INI}declare-option = x={'processes=$1;' * 50_000}\n" + "x = 3\n" * 5_000, "x.ini"),
    "NULs": ("[uwsgi]\n\0\0\nproc\0esses = 2\nmodule = a\0b\n", "x.ini"),
    "YAML brackets": ("uwsgi:\n  a: " + "[" * 10_000, "x.yaml"),
    "YAML blocks": ("uwsgi:\n" + "".join(" " * depth + "a:\n" for depth in range(1, 1300)), "x.yaml"),
    "YAML aliases": (
        "a: &a0 [x]\n" + "".join(f"a: &a{n + 1} [{','.join([f'*a{n}'] * 9)}]\n" for n in range(30)) + "uwsgi:\n  a: *a30",
        "x.yaml",
    ),
    "YAML list": ("uwsgi:\n  env: [" + "a," * 400_000 + "]", "x.yaml"),
    "YAML characters": ("uwsgi:\n  a: \ud800 \0\n", "x.yaml"),
    "JSON brackets": ('{"uwsgi": ' + "[" * 10_000 + "]" * 10_000 + "}", "x.json"),
    "JSON list": ('{"uwsgi": {"env": [' + ",".join(['"a=1"'] * 150_000) + "]}}", "x.json"),
    "JSON digits": ('{"uwsgi": {"processes": ' + "1" * 100_000 + "}}", "x.json"),
    "XML elements": ("<uwsgi>" + "<a>" * 10_000 + "</a>" * 10_000 + "</uwsgi>", "x.xml"),
    "XML entities": (
        "<!DOCTYPE u [<!ENTITY a0 'x'>" + "".join(f"<!ENTITY a{n + 1} '&a{n};&a{n};'>" for n in range(30))
        + "]><uwsgi><a>&a30;</a></uwsgi>",
        "x.xml",
    ),
    "XML siblings": ("<uwsgi>" + "<a>1</a>" * 120_000 + "</uwsgi>", "x.xml"),
    "XML attributes": ("<uwsgi><a " + " ".join(f'b{n}=""' for n in range(80_000)) + "/></uwsgi>", "x.xml"),
}  # fmt: skip


@pytest.mark.parametrize("name", _ATTACKS)
def test_the_work_is_bounded(name: str) -> None:
    text, path = _ATTACKS[name]
    before = time.process_time()
    document = read(text, path)
    assert time.process_time() - before < _ENOUGH
    processes = document.settings.get("processes")
    assert processes is None or processes.is_unknown or set(processes.alternatives) <= {0, 1, 2}
    assert all(len(problem.message) < 300 for problem in document.problems)


def test_many_independent_conditions_are_followed() -> None:
    blocks = "".join(f"if-exists = /{number}\nattach-daemon{number} = x\nthreads = 2\nend=\n" for number in range(50))
    document = read(f"{_INI}{blocks}")
    assert document.settings["processes"].only == 2
    assert set(document.settings["threads"].alternatives) == {1, 2}


def test_files_outside_the_project_are_reported_and_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ini"
    secret.write_text("[uwsgi]\nprocesses = 77\nhunter2 = hunter2\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.ini").symlink_to(secret)
    (project / "folder").symlink_to(tmp_path)
    (project / "uwsgi.ini").write_text(
        "[uwsgi]\nini = ../secret.ini\nini = link.ini\nini = folder/secret.ini\nini = /etc/passwd\n"
        "threads = 3\nmodule = @(link.ini)\nfor-readline = link.ini\nenv = A%(_)=1\nendfor =\n"
    )
    tree = Tree(project)
    document = read_uwsgi(tree.read("uwsgi.ini"), tree, directory="")
    assert {problem.code for problem in document.problems} == {"outside-project"}
    assert [problem.span.line for problem in document.problems] == [2, 3, 4, 5]
    assert document.settings["processes"].is_unknown
    assert document.settings["module"].is_unknown
    assert document.settings["threads"].only == 3
    shown = repr([document.settings, document.groups, document.problems])
    assert "77" not in shown
    assert "hunter2" not in shown


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ini")
    (tmp_path / "uwsgi.ini").write_text("[uwsgi]\nini = pipe.ini\nini = .\nini =\nini = -\nthreads = 2\n")
    tree = Tree(tmp_path)
    document = read_uwsgi(tree.read("uwsgi.ini"), tree)
    assert len(document.problems) == 4
    assert document.settings["threads"].only == 2


def test_bytes_that_are_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "uwsgi.ini").write_bytes(b"[uwsgi]\nmodule = \xff\xfe\nprocesses = 3\n")
    tree = Tree(tmp_path)
    document = read_uwsgi(tree.read("uwsgi.ini"), tree)
    assert document.settings["processes"].only == 3
    assert [(problem.code, problem.span.line) for problem in document.problems] == [("not-utf8", 2)]
