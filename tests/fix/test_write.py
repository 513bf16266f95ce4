"""Changed files on the disk: each whole or not at all, and everything about it but its text as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connlint.finding import Confidence, Finding, Fix, Label, Safety, Severity
from connlint.fix import Plan, Unwritable, plan, write
from connlint.project.tree import Tree
from connlint.source import Edit, Span


def finding(span: Span, text: str, safety: Safety = Safety.SAFE) -> Finding:
    fix = Fix(safety, "mend it", (Edit(span, text),))
    return Finding("rule", Severity.ERROR, Confidence.CERTAIN, "wrong", (Label(span),), "subject", fix=fix)


def planned(tree: Tree, *paths: str) -> Plan:
    """Write `new` for the first three characters of each file."""
    return plan([finding(tree.read(path).span(0, 3), "new") for path in paths])


def folder(tmp_path: Path, **files: bytes) -> Tree:
    for name, data in files.items():
        (tmp_path / f"{name}.py").write_bytes(data)
    return Tree(tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"old = 1\r\nx = 2\n", b"new = 1\r\nx = 2\n"),
        (b"\xef\xbb\xbfold = 1", b"\xef\xbb\xbfnew = 1"),
        ("old = '🐘'\r".encode(), "new = '🐘'\r".encode()),
    ],
)
def test_every_other_byte_stays(tmp_path: Path, before: bytes, after: bytes) -> None:
    tree = folder(tmp_path, a=before)
    assert write(planned(tree, "a.py"), tree) == ("a.py",)
    assert (tmp_path / "a.py").read_bytes() == after
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]


@pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
def test_mode_and_links_stay(tmp_path: Path) -> None:
    tree = folder(tmp_path, a=b"old")
    (tmp_path / "a.py").chmod(0o750)
    (tmp_path / "b.py").symlink_to("a.py")
    write(planned(tree, "b.py"), tree)
    assert (tmp_path / "b.py").is_symlink()
    assert (tmp_path / "a.py").read_bytes() == b"new"
    assert (tmp_path / "a.py").stat().st_mode & 0o777 == 0o750


def test_a_file_that_changed_meanwhile_is_left_alone_and_so_are_the_others(tmp_path: Path) -> None:
    tree = folder(tmp_path, a=b"old a", b=b"old b")
    changes = planned(tree, "a.py", "b.py")
    (tmp_path / "b.py").write_bytes(b"somebody else's")
    with pytest.raises(Unwritable, match="changed while connlint was running"):
        write(changes, tree)
    assert [(tmp_path / name).read_bytes() for name in ("a.py", "b.py")] == [b"old a", b"somebody else's"]


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_file_that_may_not_be_written_to_is_left_alone(tmp_path: Path) -> None:
    tree = folder(tmp_path, a=b"old a")
    (tmp_path / "a.py").chmod(0o444)
    with pytest.raises(Unwritable, match="read-only"):
        write(planned(tree, "a.py"), tree)
    assert (tmp_path / "a.py").read_bytes() == b"old a"


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_an_interruption_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = folder(tmp_path, a=b"old a")
    changes = planned(tree, "a.py")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(changes, tree)
    assert (tmp_path / "a.py").read_bytes() == b"old a"
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = folder(tmp_path, a=b"old a")
    changes = planned(tree, "a.py")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Unwritable, match="no space left on device"):
        write(changes, tree)


def test_what_cannot_be_written_back_is_not_changed(tmp_path: Path) -> None:
    tree = folder(tmp_path, a=b"old \xff")  # not UTF-8
    assert planned(tree, "a.py").changes == {}


def test_of_two_fixes_of_one_place_the_second_waits(tmp_path: Path) -> None:
    tree = folder(tmp_path, a=b"old a")
    source = tree.read("a.py")
    both = plan([finding(source.span(0, 3), "new"), finding(source.span(2, 5), "x")])
    assert (len(both.fixed), len(both.postponed), both.changes["a.py"][1]) == (1, 1, "new a")


def test_a_fix_that_turns_out_to_be_impossible_is_none(tmp_path: Path) -> None:
    span = folder(tmp_path, a=b"old a").read("a.py").span(0, 3)
    fix = Fix(Safety.SAFE, "mend it", lambda: ())
    impossible = Finding("rule", Severity.ERROR, Confidence.CERTAIN, "wrong", (Label(span),), "subject", fix=fix)
    assert plan([impossible]) == Plan({}, (), ())
