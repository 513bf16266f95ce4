"""The tree reads the files of the project, and nothing outside of it whatever a path or a link says."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.project.tree import LARGEST_FILE, MOST_DEPTH, Tree, Unreadable

SECRET = "top secret"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a settings file, beside a file that is none of its business."""
    (tmp_path / "outside.ini").write_text(SECRET)
    project = tmp_path / "project"
    (project / "shop").mkdir(parents=True)
    (project / "shop" / "settings.py").write_text("DEBUG = False\n")
    return project


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the current one, since the address of a socket must be short."""
    folder = tmp_path_factory.mktemp("s")
    monkeypatch.chdir(folder)
    return folder


def refusal(tree: Tree, path: str, **limit: int) -> tuple[str, str]:
    """The code and the words with which the tree refuses to read `path`."""
    with pytest.raises(Unreadable) as caught:
        tree.read(path, **limit)
    assert SECRET not in str(caught.value)
    assert caught.value.path == path
    return caught.value.code, str(caught.value)


OUTSIDE = ("outside-project", "it leads outside the project and is not read")
NOT_REGULAR = ("unreadable", "it is not a regular file")
NAME = ("unreadable", "the name is not valid")


def test_a_file_is_read_once(root: Path) -> None:
    tree = Tree(root)
    source = tree.read("shop/settings.py")
    assert (source.path, source.text) == ("shop/settings.py", "DEBUG = False\n")
    assert tree.read("shop/settings.py") is source
    assert tree.read_count == 1


def test_paths_are_sorted_and_relative_and_leave_out_other_people_s_files(root: Path) -> None:
    for path in (".venv/x.py", "node_modules/a/b.js", ".git/config", "env/pyvenv.cfg", "env/lib/x.py", "uwsgi.ini"):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    assert Tree(root).paths() == ("shop/settings.py", "uwsgi.ini")


def test_folders_below_the_deepest_are_left_out(root: Path) -> None:
    deepest = root.joinpath(*["d"] * MOST_DEPTH)
    (deepest / "d").mkdir(parents=True)
    (deepest / "uwsgi.ini").write_text("")
    (deepest / "d" / "uwsgi.ini").write_text("")
    assert Tree(root).paths() == ("d/" * MOST_DEPTH + "uwsgi.ini", "shop/settings.py")


@pytest.mark.parametrize("path", ["../outside.ini", "shop/../../outside.ini", "../nothing.ini", "/etc/passwd", "/"])
def test_a_path_out_of_the_project_is_refused_whether_or_not_it_is_there(root: Path, path: str) -> None:
    tree = Tree(root)
    assert refusal(tree, path) == OUTSIDE
    assert not tree.exists(path)
    assert tree.listdir(path) == ()


@pytest.mark.parametrize("target", ["../outside.ini", "../nothing.ini", "/etc/passwd", ".."])
def test_a_link_out_of_the_project_is_refused_whether_or_not_it_leads_anywhere(root: Path, target: str) -> None:
    (root / "uwsgi.ini").symlink_to(target)
    tree = Tree(root)
    assert refusal(tree, "uwsgi.ini") == OUTSIDE
    assert not tree.exists("uwsgi.ini")
    assert tree.listdir("uwsgi.ini") == ()


def test_a_link_to_a_folder_outside_is_not_entered(root: Path) -> None:
    (root / "deploy").symlink_to("..", target_is_directory=True)
    tree = Tree(root)
    assert tree.paths() == ("shop/settings.py",)
    assert refusal(tree, "deploy/outside.ini") == OUTSIDE
    assert tree.listdir("deploy") == ()


def test_links_inside_the_project_are_followed_to_files_and_not_walked_as_folders(root: Path) -> None:
    (root / "settings.py").symlink_to("shop/settings.py")
    (root / "again").symlink_to("shop", target_is_directory=True)
    tree = Tree(root)
    assert tree.paths() == ("settings.py", "shop/settings.py")
    assert tree.read("settings.py").text == tree.read("again/settings.py").text == "DEBUG = False\n"


def test_links_that_lead_nowhere_are_listed_and_refused(root: Path) -> None:
    (root / "loop.ini").symlink_to("loop.ini")
    (root / "gone.ini").symlink_to("nothing.ini")
    tree = Tree(root)
    assert tree.paths() == ("gone.ini", "loop.ini", "shop/settings.py")
    assert refusal(tree, "gone.ini") == ("unreadable", "no such file or directory")
    assert refusal(tree, "loop.ini")[0] == "unreadable"


def test_a_missing_file_is_missing(root: Path) -> None:
    assert refusal(Tree(root), "nothing.ini") == ("missing", "no such file")
    assert refusal(Tree(None), "nothing.ini") == ("missing", "no such file")
    assert Tree(root / "nothing").paths() == ()


@pytest.mark.parametrize("name", ["a\0b", "\0", "\ud800.py"])
def test_a_name_that_no_system_has_is_refused(root: Path, name: str) -> None:
    tree = Tree(root)
    assert refusal(tree, name) == NAME
    assert not tree.exists(name)
    assert tree.listdir(name) == ()


def test_a_name_too_long_is_refused(root: Path) -> None:
    assert refusal(Tree(root), "a" * 5000)[0] == "missing"


def test_a_file_whose_name_is_not_utf8_is_listed_and_read(root: Path) -> None:
    with open(os.path.join(os.fsencode(root), b"caf\xe9.ini"), "wb") as file:
        file.write(b"a = 1")
    tree = Tree(root)
    assert "caf\udce9.ini" in tree.paths()
    assert tree.read("caf\udce9.ini").text == "a = 1"


@pytest.mark.parametrize("what", ["folder", "pipe", "socket"])
def test_what_is_no_file_is_refused_at_once(short: Path, what: str) -> None:
    if what == "folder":
        os.mkdir("uwsgi.ini")
    elif what == "pipe":
        os.mkfifo("uwsgi.ini")
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("uwsgi.ini")
    tree = Tree(short)
    assert refusal(tree, "uwsgi.ini") == NOT_REGULAR
    assert not tree.is_file("uwsgi.ini")


def test_a_file_that_is_too_large_is_not_read(root: Path) -> None:
    with open(root / "huge.ini", "wb") as file:
        file.truncate(100_000_000)
    tree = Tree(root)
    assert refusal(tree, "huge.ini") == ("too-large", f"it has 100000000 bytes, more than {LARGEST_FILE}")
    assert refusal(tree, "shop/settings.py", limit=13) == ("too-large", "it has 14 bytes, more than 13")
    assert tree.read("shop/settings.py", limit=14).text == "DEBUG = False\n"


def test_damaged_text_is_read_and_marked(root: Path) -> None:
    (root / "my.cnf").write_bytes(b"\xef\xbb\xbf[mysqld]\r\n\xff\0")
    source = Tree(root).read("my.cnf")
    assert (source.text, source.damaged) == ("[mysqld]\r\n\ufffd\0", True)


def test_unsaved_buffers_lie_over_the_disk(root: Path) -> None:
    tree = Tree(root, {"shop/settings.py": "DEBUG = True\n", "deploy/new/uwsgi.ini": "[uwsgi]\n"})
    assert tree.paths() == ("deploy/new/uwsgi.ini", "shop/settings.py")
    assert tree.read("shop/settings.py").text == "DEBUG = True\n"
    assert tree.is_file("deploy/new/uwsgi.ini")
    assert tree.is_dir("deploy")
    assert tree.is_dir("deploy/new/")
    assert not tree.is_dir("dep")
    assert tree.listdir("") == ("deploy", "shop")
    assert tree.listdir("deploy") == ("new",)
    assert tree.listdir("shop") == ("settings.py",)


def test_a_tree_may_be_nothing_but_buffers() -> None:
    tree = Tree(None, {"shop/settings.py": "DEBUG = True\n"})
    assert tree.paths() == ("shop/settings.py",)
    assert tree.read("shop/settings.py").text == "DEBUG = True\n"
    assert tree.is_dir("")
    assert not tree.is_dir("etc")
    assert tree.listdir("shop") == ("settings.py",)
    assert tree.locate("../settings.py", "shop/sub") == "shop/settings.py"


@pytest.mark.parametrize(
    ("path", "base", "located"),
    [
        ("uwsgi.ini", "", "uwsgi.ini"),
        ("uwsgi.ini", "deploy", "deploy/uwsgi.ini"),
        ("./uwsgi.ini", "deploy/", "deploy/uwsgi.ini"),
        ("../uwsgi.ini", "deploy", "uwsgi.ini"),
        ("..", "deploy", ""),
        (".", "", ""),
        ("", "", ""),
        ("../../uwsgi.ini", "deploy", None),
        ("../project/uwsgi.ini", "", "uwsgi.ini"),
        ("../project-old/uwsgi.ini", "", None),
        ("/etc/passwd", "deploy", None),
        ("//etc/passwd", "deploy", None),
        ("deploy\\uwsgi.ini", "", "deploy/uwsgi.ini"),
        ("a\0b", "", None),
        ("~/uwsgi.ini", "", "~/uwsgi.ini"),
    ],
)
def test_where_a_path_leads(root: Path, path: str, base: str, located: str | None) -> None:
    assert Tree(root).locate(path, base) == located


def test_an_absolute_path_into_the_project_is_located(root: Path) -> None:
    tree = Tree(root)
    assert tree.locate(f"{tree.base}/shop/settings.py", "deploy") == "shop/settings.py"
    assert tree.locate(tree.base) == ""
    assert Tree("/").locate("/etc/hosts") == "etc/hosts"


@given(st.lists(st.sampled_from(["..", ".", "", "shop", "settings.py", "/", "\\"]), max_size=6).map("/".join))
def test_what_is_located_never_leaves_the_project(path: str) -> None:
    located = Tree(None, {"shop/settings.py": ""}).locate(path, "shop")
    assert located is None or not {"..", ".", ""} & set(located.split("/")) or located == ""


def test_whether_a_file_holds_some_bytes_is_told_without_keeping_it(root: Path) -> None:
    (root / "held.py").write_bytes(b"\xff DATABASES")
    tree = Tree(root, {"buffer.py": "DATABASES"})
    asked = {path: tree.holds(path, b"DATABASES") for path in ("held.py", "buffer.py", "missing.py", "../held.py")}
    assert asked == {"held.py": True, "buffer.py": True, "missing.py": False, "../held.py": False}
    assert tree.read_count == 0


def test_files_and_folders_exist(root: Path) -> None:
    tree = Tree(root)
    assert tree.exists("shop/settings.py")
    assert tree.exists("shop")
    assert not tree.exists("shop/urls.py")


def test_a_tree_without_end_is_cut(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connlint.project.tree.MOST_FILES", 3)
    for name in "abcde":
        (root / f"{name}.ini").write_text("")
    assert len(Tree(root).paths()) == 3
