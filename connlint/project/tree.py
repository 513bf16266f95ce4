"""The files of a project, and nothing outside it.

All reading goes through a `Tree`: it bounds sizes, never leaves the project's root (not by `..`, not by an
absolute path, not by a symbolic link) and remembers what was read. An editor's unsaved buffers lie over the disk.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
from collections.abc import Callable, Hashable, Iterator, Mapping
from stat import S_IFDIR, S_IFREG, S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from connlint.source import Source

if TYPE_CHECKING:
    import ast

    from connlint.project.seen import Seen

T = TypeVar("T")

LARGEST_FILE: Final = 4_000_000  # bytes; a config or settings file beyond this is not one
MOST_FILES: Final = 400_000
MOST_DEPTH: Final = 64
_MOST_NOTES: Final = 20

# Folders that hold other people's files or no text at all.
_SKIPPED: Final = frozenset(
    {".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "node_modules", "bower_components", "__pycache__",
     "site-packages", "dist-packages", ".connlint_cache", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".eggs", ".idea",
     ".vscode"}
)  # fmt: skip
# A link in the place of the file, or a pipe: neither is followed or waited for. Windows knows neither of these flags.
_OPENED: Final = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)  # fmt: skip
_FILE, FOLDER, OTHER = "file", "folder", "other"  # what a walk found: a link is something other


def is_skipped(path: str) -> bool:
    """Whether a file lies in a folder of other people's files, which no walk looks at."""
    return not _SKIPPED.isdisjoint(path.split("/")[:-1])


class Unreadable(Exception):
    """A file of the project that cannot be read; `str()` says why in a few words, without its content."""

    def __init__(self, path: str, reason: str, code: str = "unreadable") -> None:
        super().__init__(reason)
        self.path = path
        self.code = code  # unreadable, outside-project, too-large, missing


class Given(Generic[T]):
    """Something that can be compared and not hashed, given to `Tree.recall`: a table of variables, a configuration."""

    __slots__ = ("_hash", "it")

    def __init__(self, it: T) -> None:
        self.it = it
        self._hash = hash(tuple(it)) if isinstance(it, Mapping) else hash(type(it))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Given) and (self.it is other.it or self.it == other.it)


class Tree:
    """The files below `root`, with `buffers` (path -> text) over them; `root=None`: only the buffers.

    `seen` remembers what was looked at on the disk. It knows nothing of buffers, and is not kept when there are any.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None,
        buffers: Mapping[str, str] | None = None,
        seen: Seen | None = None,
    ) -> None:
        self.root = os.path.realpath(root) if root is not None else None
        self._buffers = dict(buffers or {})
        self._sources: dict[str, Source] = {}
        self._paths: tuple[str, ...] | None = None
        self.notes: list[str] = []  # what of the tree was not looked at, and why
        self._folders: dict[str, str] = {}  # real paths of folders, links resolved
        self._entries: dict[str, str] = {}  # what the walk found at each path
        self._walked: set[str] = set()  # the folders whose entries are all known
        self.seen = None if buffers else seen
        self.parsed: set[str] = set()  # paths of the Python files that were parsed
        self.spent = 0  # steps that evaluating them took
        self.syntax: dict[Source, ast.Module] = {}  # of settings, while they are evaluated for several processes

    @property
    def read_count(self) -> int:
        """How many files were read so far."""
        return len(self._sources)

    @property
    def base(self) -> str:
        """The absolute folder that stands for the project's root in evaluated paths."""
        return self.root if self.root is not None else "/project"

    def paths(self) -> tuple[str, ...]:
        """Every file, relative to the root with `/`, sorted; vendored and generated folders left out."""
        if self._paths is None:
            found = set(self._buffers)
            if self.root is not None:
                found.update(self._walk(self.root))
            self._paths = tuple(sorted(found))
        return self._paths

    def locate(self, path: str, base: str = "") -> str | None:
        """The project-relative form of `path`, taken from folder `base` (project-relative) unless absolute.

        None when it lies outside the project. Links are judged when the file is read.
        """
        if "\0" in path:
            return None
        joined = posixpath.normpath(posixpath.join(self.base, base, path.replace("\\", "/")))
        if joined == self.base:
            return ""
        root = self.base.rstrip("/") + "/"
        return joined[len(root) :] if joined.startswith(root) else None

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder at the project-relative `path`."""
        return self.is_file(path) or self.is_dir(path)

    def is_file(self, path: str) -> bool:
        if path in self._buffers:
            return True
        mode = self._mode(path)
        return mode is not None and S_ISREG(mode)

    def leads_out(self, path: str) -> bool:
        """Whether a link on the way to `path` leads out of the project: what is there, if anything, is not looked at."""
        return self.root is not None and path not in self._buffers and _is_name(path) and self._inside(path) is None

    def names_file(self, path: str) -> bool:
        """Whether there is a file at `path`, or what cannot be read as one: a pipe, a link out of the project."""
        mode = self._mode(path)
        return path in self._buffers or self.leads_out(path) or (mode is not None and not S_ISDIR(mode))

    def is_dir(self, path: str) -> bool:
        prefix = path.rstrip("/") + "/" if path else ""
        if any(name.startswith(prefix) for name in self._buffers):
            return True
        mode = self._mode(path)
        return mode is not None and S_ISDIR(mode)

    def listdir(self, path: str) -> tuple[str, ...]:
        """The sorted names in a folder; empty when it is none or lies outside."""
        prefix = path.rstrip("/") + "/" if path else ""
        names = {name[len(prefix) :].split("/", 1)[0] for name in self._buffers if name.startswith(prefix)}
        full = self._inside(path)
        if full is not None:
            with contextlib.suppress(OSError):
                names.update(entry.name for entry in self._scan(path, full))
        return tuple(sorted(names))

    def read(self, path: str, limit: int = LARGEST_FILE) -> Source:
        """The text of a file; raises `Unreadable` when it is missing, outside, too large or no file."""
        source = self._sources.get(path)
        if source is None:
            source = self._sources[path] = self._load(path, limit)
        return source

    def holds(self, path: str, text: bytes, limit: int = LARGEST_FILE) -> bool:
        """Whether a file has these bytes; False, too, when it cannot be read. Nothing is decoded or remembered."""
        buffer = self._buffers.get(path)
        if buffer is not None:
            return text.decode() in buffer
        try:
            return text in self._bytes(path, limit)
        except Unreadable:
            return False

    def read_bytes(self, path: str, limit: int = LARGEST_FILE) -> bytes:
        """The bytes of a file, for the few formats that may be in another encoding; raises `Unreadable`."""
        buffer = self._buffers.get(path)
        return self._bytes(path, limit) if buffer is None else buffer.encode("utf-8", "surrogatepass")

    def of_file(self, question: Callable[..., T], path: str, limit: int, *given: Hashable) -> T:
        """`question(path, data, *given)` of a file's bytes; raises `Unreadable`. Like `recall`, for many files and small answers."""
        return question(path, self.read_bytes(path, limit), *given)

    def recall(self, question: Callable[..., T], *given: Hashable) -> T:
        """`question(self, *given)`; a tree that outlives an inspection (`live`) may know the answer already.

        The answer must depend on nothing but what the tree says and what is given, and nobody may change it.
        """
        return question(self, *given)

    def _load(self, path: str, limit: int) -> Source:
        buffer = self._buffers.get(path)
        if buffer is not None:
            return Source(path, buffer)
        return Source.from_bytes(path, self._bytes(path, limit))

    def _bytes(self, path: str, limit: int) -> bytes:
        if self.root is None:
            raise Unreadable(path, "no such file", "missing")
        if self._entries.get(path) == _FILE:
            inside: str | None = f"{self.root}/{path}"  # neither it nor a folder above it is a link
        else:
            if not _is_name(path):
                raise Unreadable(path, "the name is not valid")
            inside = self._inside(path)
        if inside is None:  # whether or not there is a file: that is nobody's business either
            self._doubt()
            raise Unreadable(path, "it leads outside the project and is not read", "outside-project")
        try:
            status, data = self._contents(path, inside, limit)
        except (OSError, ValueError) as error:
            if not os.path.lexists(os.path.join(self.root, path)):
                self._note_kind(path, None)
                raise Unreadable(path, "no such file", "missing") from None
            self._doubt()
            reason = getattr(error, "strerror", None) or "the name is not valid"
            raise Unreadable(path, str(reason).lower()) from None
        if self.seen is not None:
            self.seen.file(path, status, data)
        if len(data) > limit:  # it grew meanwhile
            raise Unreadable(path, f"it has more than {limit} bytes", "too-large")
        return data

    def _contents(self, path: str, inside: str, limit: int) -> tuple[os.stat_result, bytes]:
        """The state of a file before it is read, and at most `limit` + 1 of its bytes."""
        if self._entries.get(path) != _FILE and not S_ISREG(
            os.stat(inside).st_mode
        ):  # there are things open() fails on
            self._doubt()
            raise Unreadable(path, "it is not a regular file")
        handle = os.open(inside, _OPENED)
        try:
            status = os.fstat(handle)
            if not S_ISREG(status.st_mode):
                self._doubt()
                raise Unreadable(path, "it is not a regular file")
            if status.st_size > limit:
                self._doubt()
                raise Unreadable(path, f"it has {status.st_size} bytes, more than {limit}", "too-large")
            data = os.read(handle, limit + 1)
            while 0 < len(data) < status.st_size:
                more = os.read(handle, limit + 1 - len(data))
                if not more:
                    break
                data += more
        finally:
            os.close(handle)
        return status, data

    def _doubt(self) -> None:
        """What was just found out cannot be told from a signature later."""
        if self.seen is not None:
            self.seen.whole = False

    def _note_kind(self, path: str, mode: int | None) -> None:
        if self.seen is not None:
            self.seen.kind(path, mode)

    def _inside(self, path: str) -> str | None:
        """The real path on disk when it stays below the root, links resolved."""
        if self.root is None or not _is_name(path):
            return None
        real = self._real(self.root, path)
        return real if real == self.root or real.startswith(self.root.rstrip(os.sep) + os.sep) else None

    def _real(self, root: str, path: str) -> str:
        """`os.path.realpath`, which asks about every folder above a file, asking about each folder once."""
        folder, _, name = path.rpartition("/")
        if posixpath.normpath(path) != path or name in (".", "..") or "\\" in path or os.path.isabs(path):
            return os.path.realpath(os.path.join(root, path))
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(os.path.join(root, folder))
        place = os.path.join(self._folders[folder], name)
        return os.path.realpath(place) if os.path.islink(place) else place

    def _mode(self, path: str) -> int | None:
        folder, _, name = path.rpartition("/")
        if folder in self._walked and name not in ("", ".", ".."):
            known = self._entries.get(path)
            if known != OTHER:
                return _MODES[known]
        full = self._inside(path)
        if full is None:
            self._doubt()
            return None
        try:
            mode = os.stat(full).st_mode
        except (OSError, ValueError):
            mode = None
        self._note_kind(path, mode)
        return mode

    def _walk(self, root: str) -> Iterator[str]:
        """Every file below `root`, but not what links to folders lead to, nor virtual environments.

        Links that lead nowhere and things that are no regular files are named too: reading them says what they are.
        What is not looked at although files may be there is added to `notes`.
        """
        stack = [("", 0)]
        count = 0
        known = self._entries
        while stack:
            folder, depth = stack.pop()
            try:
                entries = self._scan(folder, f"{root}/{folder}" if folder else root)
            except OSError as error:
                self._doubt()
                if len(self.notes) < _MOST_NOTES:
                    reason = (error.strerror or "no reason is given").lower()
                    self.notes.append(f"the folder {folder or '.'} cannot be read: {reason}")
                continue
            prefix = f"{folder}/" if folder else ""
            if folder and any(entry.name == "pyvenv.cfg" for entry in entries):
                continue
            self._walked.add(folder)
            for entry in entries:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    known[path] = FOLDER
                    if entry.name in _SKIPPED:
                        continue
                    if depth < MOST_DEPTH:
                        stack.append((path, depth + 1))
                    elif len(self.notes) < _MOST_NOTES:
                        self.notes.append(
                            f"the folder {path} is not looked at: it lies more than {MOST_DEPTH} folders deep"
                        )
                    continue
                known[path] = _FILE if entry.is_file(follow_symlinks=False) else OTHER
                if known[path] is _FILE or not self._leads_to_folder(entry, path):
                    count += 1
                    if count > MOST_FILES:
                        self._doubt()
                        self.notes.append(
                            f"only {MOST_FILES} files are looked at; exclude folders, or name a smaller one"
                        )
                        return
                    yield path

    def _scan(self, folder: str, full: str) -> list[os.DirEntry[str]]:
        if self.seen is None:
            return list(os.scandir(full))
        from connlint.project.seen import listed

        status = os.stat(full)
        entries = list(os.scandir(full))
        self.seen.folder(folder, status, map(listed, entries))
        return entries

    def _leads_to_folder(self, link: os.DirEntry[str], path: str) -> bool:
        try:
            found = link.is_dir()
        except OSError:  # a loop of links, or a folder that may not be entered
            self._doubt()
            return False
        if self.seen is not None:
            self.seen.kind(path, S_IFDIR if found else S_IFREG if link.is_file() else None)
        return found


_MODES: Final = {None: None, _FILE: S_IFREG, FOLDER: S_IFDIR}


def _is_name(path: str) -> bool:
    """Whether the system can be asked for it: no NUL, no surrogate that stands for no byte."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False
