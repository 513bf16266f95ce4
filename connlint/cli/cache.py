"""What a check said, kept for the next one: it is said again when everything that was looked at is as it was.

An entry holds the texts that were printed, in which secrets are masked already, the exit code, and the names and
signatures of what was read; no content. Reading an entry executes nothing and trusts nothing: whatever is not whole, not
ours, or about anything else counts as absent. Writing one never fails aloud. docs/adr/0016 says why it is all or nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from stat import S_ISDIR, S_ISREG, S_IWOTH

from connlint import __version__
from connlint.project import seen

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself costs as much as all of this
    from typing import Final

FOLDER: Final = ".connlint_cache"  # in the project's root
VARIABLE: Final = "CONNLINT_CACHE_DIR"  # names a folder to use in its place
MOST_ENTRIES: Final = 16
MOST_BYTES: Final = 16_000_000  # of one entry: some hundred thousand files
# What each file in the folder starts with: the way it is written, which changes with every change of this module.
_FORM: Final = b"connlint cache 1\n"
_TAG: Final = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# This folder holds what connlint said before. It may be deleted.\n"
)
_END: Final = "\0"  # between fields, none of which may hold it
_VARIABLES: Final = (
    "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS", "LC_ALL", "LANG", "PYTHONUTF8", "GITHUB_STEP_SUMMARY",
)  # fmt: skip
# The options of a check that can be answered from here, and whether a value follows. Not among them: --fix and its like,
# which change files; --config, which may lie outside of the project; --env and --set, whose values may be secrets.
OPTIONS: Final = {
    "--allow-empty": False, "--baseline": True, "--no-baseline": False, "--exit-zero": False, "--statistics": False, "--color": True, "--fail-on": True,
    "--ignore": True, "--output-format": True, "--select": True, "--settings": True,
}  # fmt: skip


class Answer:
    """What a check said: its exit code, and what it wrote to stdout and stderr."""

    __slots__ = ("code", "err", "out")

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


class Entry:
    """The place of one answer: the project, the folder of its cache, and what was asked, by whom and how."""

    __slots__ = ("folder", "key", "root")

    def __init__(self, root: str, folder: str, key: str) -> None:
        self.root, self.folder, self.key = root, folder, key

    @property
    def path(self) -> str:
        from zlib import crc32

        return os.path.join(self.folder, f"{crc32(self.key.encode('utf-8', 'surrogateescape')):08x}")

    def answer(self) -> Answer | None:
        """What was said before; None when there is nothing, or anything has changed since."""
        data = _read(self.path)
        fields = _unpacked(data) if data is not None and _is_own_folder(self.folder) else None
        if fields is None or len(fields) < _FIRST or fields[0] != self.key:
            return None
        try:
            code, sizes = int(fields[1]), [3 * int(number) for number in fields[4:_FIRST]]
        except ValueError:
            return None
        if code not in (0, 1) or min(sizes) < 0 or _FIRST + sum(sizes) != len(fields):
            return None
        rows, at = [], _FIRST
        for size in sizes:
            rows.append(zip(fields[at : at + size : 3], fields[at + 1 : at + size : 3], fields[at + 2 : at + size : 3], strict=True))  # fmt: skip
            at += size
        files, folders, kinds = rows
        return Answer(code, fields[2], fields[3]) if seen.holds(self.root, files, folders, kinds) else None

    def keep(self, answer: Answer, looked: seen.Seen) -> None:
        """Remember an answer. Where that is impossible, nothing happens."""
        if not looked.whole:
            return
        parts = looked.rows()
        fields = [self.key, str(answer.code), answer.out, answer.err, *(str(len(part)) for part in parts)]
        fields += [field for part in parts for row in part for field in row]
        if any(_END in field for field in fields):
            return
        try:
            data = _packed(fields)
            if len(data) <= MOST_BYTES and _make(self.folder):
                _write(self.path, data)
                _prune(self.folder)
        except (OSError, UnicodeError):
            return


_FIRST: Final = 7  # of the fields that come before the rows


def repeat_or_run(arguments: list[str]) -> int:
    """Run a command line, or say again what it said before; its exit code."""
    entry = entry_for(arguments)
    answer = entry.answer() if entry is not None else None
    if answer is not None:
        from connlint.cli import terminal

        return terminal.repeat(answer.out, answer.err, answer.code)
    from connlint.cli.run import run

    return run(arguments, entry)


def entry_for(arguments: Sequence[str]) -> Entry | None:
    """The entry for a command line; None when its answer is not to be kept, or nobody can tell what it asks."""
    if not arguments or arguments[0] != "check":
        return None
    paths: list[str] = []
    words = iter(arguments[1:])
    for word in words:
        if not word.startswith("-"):
            paths.append(word)
            continue
        name, sign, _ = word.partition("=")
        takes = OPTIONS.get(name)
        if takes is None or (sign and not takes):
            return None
        if takes and not sign and next(words, None) is None:
            return None
    from connlint.cli.place import UsageError, project

    try:
        where = project(paths)
        asked = "\n".join((_tool(), _surroundings(), os.getcwd(), where.root, *arguments))
    except (UsageError, OSError, ValueError):
        return None
    base = os.environ.get(VARIABLE)
    folder = os.path.join(os.path.abspath(base), _name_of(where.root)) if base else os.path.join(where.root, FOLDER)
    return Entry(where.root, folder, asked)


def _name_of(root: str) -> str:
    """A name for a project in a folder that several share; another one of the same name is no danger, only a miss."""
    from zlib import crc32

    return f"{os.path.basename(root)[:40] or 'root'}-{crc32(os.fsencode(root)):08x}"


def _tool() -> str:
    """What decides about answers besides the project: this very connlint, and the Python that parses."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if os.path.isdir(os.path.join(package, "_rulebook")):  # installed: it changes as a whole
        state = seen.signature(os.stat(os.path.join(package, "__init__.py")))
    else:  # a checkout, in which any file may have been edited
        from zlib import crc32

        state = f"{crc32(''.join(_states(package)).encode()):08x}"
    return f"{__version__} {sys.version} {sys.platform} {package} {state}"


def _states(folder: str) -> Iterable[str]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in seen.GENERATED:
                yield from _states(entry.path)
        else:
            yield f"{entry.name} {seen.signature(entry.stat())}\n"


def _surroundings() -> str:
    """What the form of the output depends on."""
    said = " ".join(f"{name}={os.environ[name]}" for name in _VARIABLES if name in os.environ)
    terminal = sys.stdout.isatty()
    width = os.get_terminal_size(sys.stdout.fileno()).columns if terminal else 0
    return f"{terminal} {width} {sys.stdout.encoding} {said}"


def _packed(fields: Iterable[str]) -> bytes:
    from zlib import crc32

    body = _END.join(fields).encode("utf-8", "surrogateescape")
    return _FORM + f"{crc32(body):08x}\n".encode() + body


def _unpacked(data: bytes) -> list[str] | None:
    from zlib import crc32

    start = len(_FORM) + 9
    if not data.startswith(_FORM) or f"{crc32(data[start:]):08x}\n".encode() != data[len(_FORM) : start]:
        return None
    try:
        return data[start:].decode("utf-8", "surrogateescape").split(_END)
    except UnicodeDecodeError:
        return None


def _read(path: str) -> bytes | None:
    """The content of a file of this user, which is neither a link nor larger than any that is written here."""
    try:
        if not _is_own(os.lstat(path), S_ISREG):
            return None
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb") as file:
            status = os.fstat(handle)
            return file.read() if _is_own(status, S_ISREG) and status.st_size <= MOST_BYTES else None
    except (OSError, ValueError):
        return None


def _is_own(status: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether something is of the kind, belongs to the user, and not everybody may change it."""
    if not kind(status.st_mode):
        return False
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & S_IWOTH)


def _is_own_folder(folder: str) -> bool:
    try:
        return _is_own(os.lstat(folder), S_ISDIR)
    except OSError:
        return False


def _make(folder: str) -> bool:
    """Make the folder, for nobody's version control and nobody's backup; False when it is not ours to write to."""
    if not os.path.lexists(folder):
        os.makedirs(folder)
    if not _is_own_folder(folder):
        return False
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
        path = os.path.join(folder, name)
        if not os.path.lexists(path):
            _write(path, text.encode())
    return True


def _write(path: str, data: bytes) -> None:
    """Put a file in its place as a whole: who reads meanwhile has the old one or the new one."""
    young = f"{path}.{os.getpid()}"
    handle = os.open(young, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.replace(young, path)
    except OSError:
        os.unlink(young)
        raise


def _prune(folder: str) -> None:
    """Delete the oldest entries beyond the number that is kept, and what a run that was killed left half written."""
    found = []
    for entry in os.scandir(folder):
        if entry.name not in (".gitignore", "CACHEDIR.TAG") and entry.is_file(follow_symlinks=False):
            found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
    for _, path in sorted(found, reverse=True)[MOST_ENTRIES:]:
        os.unlink(path)
