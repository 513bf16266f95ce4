"""What was said before is said again when everything that decided it is as it was, and at no other time."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connlint.cli import cache, run
from connlint.cli.arguments import build
from connlint.project import seen
from connlint.project.tree import Tree

PASSWORD = "hunter2-of-the-database"
FILES = {
    "manage.py": 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "shop/__init__.py": "",
    "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "PASSWORD": '
    f'"{PASSWORD}"' "}}\n",
    "shop/models.py": "from django.db import models\n\n\nclass Order(models.Model):\n    total = models.IntegerField()\n",
    "shop/counting.py": "from shop.models import Order\n\n\ndef count():\n    Order.objects.count()\n",
    "shop/work.py": "from threading import Thread\n\nfrom shop.counting import count\n\n\n"
    "def start():\n    Thread(target=count).start()\n",
    "shop/other.py": "VALUE = 1\n",
}  # fmt: skip
WORK = "orm-in-unmanaged-thread"


@dataclass
class Project:
    """A project in the current folder, and a command line that is run in it."""

    root: Path
    capture: pytest.CaptureFixture[str]
    runs: list[list[str]] = field(default_factory=list)  # the command lines that were not answered from the cache

    def check(self, *arguments: str) -> tuple[int, str, str]:
        code = cache.repeat_or_run(["check", *arguments])
        out, err = self.capture.readouterr()
        return code, out, err

    def is_repeated(self, *arguments: str) -> bool:
        """Whether a check is answered from the cache; its answer is the true one in any case."""
        before = len(self.runs)
        told = self.check(*arguments)
        repeated = len(self.runs) == before
        assert told == self.check(*arguments, "--no-cache")
        return repeated

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    @property
    def entries(self) -> list[Path]:
        folder = self.root / cache.FOLDER
        return sorted(file for file in folder.iterdir() if file.name not in (".gitignore", "CACHEDIR.TAG"))


@pytest.fixture(params=["by digest", "by signature"])
def shop(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> Project:
    """A project with a thread that leaves a connection open; its files count as young, and then as old."""
    if request.param == "by signature":
        monkeypatch.setattr(seen, "RECENT", -(10**18))
    monkeypatch.setattr(cache, "_states", lambda _: ["of a checkout that nobody edits meanwhile"])
    monkeypatch.chdir(tmp_path)
    for name in (cache.VARIABLE, "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    project = Project(tmp_path, capsys)
    for path, text in FILES.items():
        project.write(path, text)
    original = run.run

    def counted(arguments: list[str], entry: cache.Entry | None = None) -> int:
        project.runs.append(arguments)
        return original(arguments, entry)

    monkeypatch.setattr(run, "run", counted)
    return project


def test_the_same_question_has_the_same_answer(shop: Project) -> None:
    first = shop.check()
    assert first[0] == 1
    assert WORK in first[1]
    assert shop.check() == first
    assert len(shop.runs) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/counting.py", "def count():\n    return 1\n"),  # the callee in another module
        ("shop/models.py", "class Order:\n    pass\n"),
        ("shop/other.py", "VALUE = 2\n"),
        ("threading/__init__.py", "class Thread:\n    pass\n"),  # shadows what is imported
        ("shop/counting/__init__.py", "def count():\n    return 1\n"),  # a package comes before the module
        ("shop/settings.py", 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}\n'),
        ("manage.py", "print()\n"),
        ("uwsgi.ini", "[uwsgi]\nmodule = shop.wsgi\nprocesses = 4\n"),
        ("connlint.toml", 'ignore = ["code"]\n'),
        ("pyproject.toml", '[tool.connlint]\nignore = ["code"]\n'),
        ("requirements.txt", "django==5.2\n"),
    ],
)
def test_a_file_that_changes_or_appears_is_noticed(shop: Project, path: str, text: str) -> None:
    shop.check()
    shop.write(path, text)
    assert not shop.is_repeated()
    assert shop.is_repeated()


def test_what_changes_in_another_module_changes_the_answer(shop: Project) -> None:
    assert WORK in shop.check()[1]
    shop.write("shop/counting.py", "def count():\n    return 1\n")
    assert WORK not in shop.check()[1]
    shop.write("shop/counting.py", FILES["shop/counting.py"])
    assert WORK in shop.check()[1]


@pytest.mark.parametrize("path", ["shop/counting.py", "shop/settings.py", "shop/other.py", "manage.py"])
def test_a_file_that_is_gone_is_noticed(shop: Project, path: str) -> None:
    shop.check()
    (shop.root / path).unlink()
    assert not shop.is_repeated()


def test_a_change_that_hides_its_time_and_size_is_noticed(shop: Project) -> None:
    shop.check()
    file = shop.root / "shop/counting.py"
    before = file.stat()
    file.write_text(FILES["shop/counting.py"].replace("count()", "const()"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert not shop.is_repeated()


def test_a_second_change_within_the_grain_of_the_clock_is_noticed(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signature of a young file is not believed: here it is the same whatever is written."""
    if seen.RECENT < 0:
        return
    monkeypatch.setattr(seen, "signature", lambda _: "the same")
    shop.check()
    shop.write("shop/counting.py", "def count():\n    return 1\n")
    assert not shop.is_repeated()


def test_a_link_that_leads_elsewhere_is_noticed(shop: Project) -> None:
    (shop.root / "shop/counting.py").unlink()
    shop.write("shop/one.txt", FILES["shop/counting.py"])
    shop.write("shop/two.txt", "def count():\n    return 1\n")
    (shop.root / "shop/counting.py").symlink_to("one.txt")
    assert WORK in shop.check()[1]
    assert shop.is_repeated()
    shop.write("shop/one.txt", "def count():\n    return 2\n")
    assert not shop.is_repeated()
    (shop.root / "shop/counting.py").unlink()
    (shop.root / "shop/counting.py").symlink_to("two.txt")
    assert not shop.is_repeated()


def test_nothing_is_kept_where_a_link_leads_out(shop: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "settings.py"
    outside.write_text("")
    (shop.root / "shop/local.py").symlink_to(outside)
    assert not shop.is_repeated()
    assert not shop.is_repeated()


@pytest.mark.parametrize("folder", sorted(seen.GENERATED))
def test_the_caches_of_other_programs_change_nothing(shop: Project, folder: str) -> None:
    shop.check()
    shop.write(f"shop/{folder}/x.bin", "")
    assert shop.is_repeated()


@pytest.mark.parametrize(
    "arguments", [["--output-format", "json"], ["--select", WORK], ["--exit-zero"], ["shop/work.py"], ["manage.py"]]
)
def test_another_question_has_another_answer(shop: Project, arguments: list[str]) -> None:
    shop.check()
    assert not shop.is_repeated(*arguments)
    assert shop.is_repeated(*arguments)
    assert shop.is_repeated()


def test_colours_are_another_answer(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.check()
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not shop.is_repeated()


def test_another_connlint_or_python_does_not_believe_it(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.check()
    monkeypatch.setattr(sys, "version", "3.99")
    assert not shop.is_repeated()
    monkeypatch.setattr(cache, "__version__", "99")
    assert not shop.is_repeated()


def test_an_edit_of_a_checkout_of_connlint_makes_it_another_one(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.py").write_text("1")
    before = list(cache._states(str(tmp_path)))
    (tmp_path / "__pycache__").mkdir()
    assert list(cache._states(str(tmp_path))) == before
    (tmp_path / "checks" / "a.py").write_text("22")
    assert list(cache._states(str(tmp_path))) != before


def truncate(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[:-7])


def flip(entry: Path) -> None:
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 1
    entry.write_bytes(data)


def empty(entry: Path) -> None:
    entry.write_bytes(b"")


def garble(entry: Path) -> None:
    entry.write_bytes(os.urandom(4000))


def age(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes().replace(b"connlint cache 1", b"connlint cache 0", 1))


def move(entry: Path) -> None:
    """A link in its place, to a copy that is whole."""
    copy = entry.parent.parent.with_name(f"{entry.parent.parent.name}-copy")
    copy.write_bytes(entry.read_bytes())
    entry.unlink()
    entry.symlink_to(copy)


def share(entry: Path) -> None:
    entry.chmod(0o666)


def be_pipe(entry: Path) -> None:
    entry.unlink()
    os.mkfifo(entry)


@pytest.mark.parametrize("damage", [truncate, flip, empty, garble, age, move, share, be_pipe])
def test_an_entry_that_is_damaged_or_foreign_is_made_anew(shop: Project, damage: Callable[[Path], None]) -> None:
    told = shop.check()
    (entry,) = shop.entries
    damage(entry)
    assert shop.check() == told
    assert len(shop.runs) == 2
    assert shop.check() == told
    assert len(shop.runs) == 2
    assert shop.entries == [entry]
    assert not entry.is_symlink()


def repack(entry: Path, change: Callable[[list[str]], list[str]]) -> None:
    """The entry with other fields, and a checksum that fits them."""
    fields = cache._unpacked(entry.read_bytes())
    assert fields is not None
    entry.write_bytes(cache._packed(change(fields)))


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields[:0],
        lambda fields: fields[:5],
        lambda fields: [fields[0], "7", *fields[2:]],
        lambda fields: [fields[0], "one", *fields[2:]],
        lambda fields: [*fields[:4], "-1", *fields[5:]],
        lambda fields: [*fields[:4], "9" * 30, *fields[5:]],
        lambda fields: [*fields, "more"],
        lambda fields: ["another question", *fields[1:]],
        lambda fields: [*fields[:7], "\udcff/x", *fields[8:]],
    ],
)
def test_fields_that_make_no_sense_are_no_answer(shop: Project, change: Callable[[list[str]], list[str]]) -> None:
    shop.check()
    repack(shop.entries[0], change)
    assert not shop.is_repeated()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner here")
def test_what_belongs_to_somebody_else_is_neither_read_nor_written(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.check()
    before = shop.entries[0].stat().st_mtime_ns
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    assert not shop.is_repeated()
    assert not shop.is_repeated()
    assert shop.entries[0].stat().st_mtime_ns == before


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_folder_that_is_a_link_is_not_followed(
    shop: Project, tmp_path_factory: pytest.TempPathFactory, target: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (shop.root / cache.FOLDER).symlink_to(elsewhere if target == "elsewhere" else elsewhere / "nothing")
    assert not shop.is_repeated()
    assert not shop.is_repeated()
    assert not list(elsewhere.iterdir())


def test_a_file_in_the_place_of_the_folder_is_left_alone(shop: Project) -> None:
    shop.write(cache.FOLDER, "mine")
    assert not shop.is_repeated()
    assert (shop.root / cache.FOLDER).read_text() == "mine"


def test_a_file_system_that_cannot_be_written_is_no_reason_to_speak(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    told = shop.check("--no-cache")
    monkeypatch.setattr(os, "mkdir", refuse)
    assert shop.check() == told
    assert not (shop.root / cache.FOLDER).exists()


def test_a_full_disk_leaves_the_old_entry(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    shop.check()
    whole = shop.entries[0].read_bytes()
    shop.write("shop/other.py", "VALUE = 3\n")
    monkeypatch.setattr(os, "replace", refuse)
    assert not shop.is_repeated()
    assert [file.read_bytes() for file in shop.entries] == [whole]


def test_no_cache_neither_reads_nor_writes(shop: Project) -> None:
    shop.check("--no-cache")
    assert not (shop.root / cache.FOLDER).exists()
    shop.check()
    repack(shop.entries[0], lambda fields: [*fields[:2], "a lie", *fields[3:]])
    assert shop.check()[1] == "a lie"
    assert "a lie" not in shop.check("--no-cache")[1]


def test_no_secret_is_kept(shop: Project) -> None:
    shop.check()
    shop.check("--output-format", "json")
    for entry in shop.entries:
        assert PASSWORD.encode() not in entry.read_bytes()
        assert entry.stat().st_mode & 0o077 == 0


def test_the_folder_is_for_no_version_control_and_no_backup(shop: Project) -> None:
    shop.check()
    assert (shop.root / cache.FOLDER / ".gitignore").read_text() == "*\n"
    assert (
        (shop.root / cache.FOLDER / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    )


def test_it_does_not_grow_without_bound(shop: Project) -> None:
    for number in range(cache.MOST_ENTRIES + 4):
        shop.check("--exit-zero", *["--statistics"] * number)
    assert len(shop.entries) == cache.MOST_ENTRIES


def test_an_entry_that_is_too_large_is_not_written(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 100)
    shop.check()
    assert not (shop.root / cache.FOLDER).exists()


def test_a_variable_moves_it(
    shop: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path_factory.mktemp("caches") / "connlint"
    monkeypatch.setenv(cache.VARIABLE, str(place))
    shop.check()
    assert shop.is_repeated()
    assert not (shop.root / cache.FOLDER).exists()
    assert len(list(place.iterdir())) == 1


def test_a_mistake_is_said_anew_each_time(shop: Project) -> None:
    shop.write("connlint.toml", "mistake = 1\n")
    assert shop.check()[0] == 2
    assert not shop.is_repeated()


@pytest.mark.parametrize(
    "arguments",
    [["--fix"], ["--diff"], ["--unsafe-fixes"], ["--config", "x.toml"], ["--env", "A=secret"], ["--env=A=secret"],
     ["--set", "cpus=4"], ["-h"], ["--no-cache"], ["--exit-zero=1"], ["--select"], ["nowhere.py"]],
)  # fmt: skip
def test_some_command_lines_are_never_answered_from_it(arguments: list[str]) -> None:
    assert cache.entry_for(["check", *arguments]) is None
    assert cache.entry_for(["show"]) is None
    assert cache.entry_for([]) is None


def test_every_option_that_is_answered_is_one_of_check_and_takes_what_it_takes_there() -> None:
    (commands,) = (a for a in build()._actions if isinstance(a, argparse._SubParsersAction))
    options = {
        name: action.nargs is None for action in commands.choices["check"]._actions for name in action.option_strings
    }
    left_out = {
        "-h",
        "--help",
        "--fix",
        "--unsafe-fixes",
        "--diff",
        "--config",
        "--env",
        "--set",
        "--no-cache",
        "--diff-base",
    }
    assert {name: takes for name, takes in options.items() if name not in left_out} == cache.OPTIONS


def test_the_buffers_of_an_editor_are_never_remembered(shop: Project) -> None:
    remembered = seen.Seen()
    tree = Tree(shop.root, {"shop/settings.py": "DEBUG = True\n"}, remembered)
    assert tree.seen is None
    tree.paths()
    tree.read("shop/settings.py")
    assert remembered.rows() == ([], [], [])
