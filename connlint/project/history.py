"""The files of a project as they were in a commit of its git repository, without touching the work tree.

Git is only asked for names and for the bytes of blobs: no filter, hook, textconv or file system monitor runs, nothing is
fetched, and replacements of objects do not count. Whose repositories are trusted is git's own decision (safe.directory).
"""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from typing import Final

from connlint.project.tree import LARGEST_FILE, MOST_FILES, Tree, is_skipped
from connlint.records import dataclass
from connlint.source import Source

_SECONDS: Final = 120
_MOST_BYTES: Final = 500_000_000
_MOST_LINKS: Final = 8
# Variables that would lead git to another repository than the one the project lies in, or to another state of it.
_MISLEADING: Final = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
     "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE",
     "GIT_EXEC_PATH", "GIT_TRACE", "GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE2_PERF"}
)  # fmt: skip
_CAUTIOUS: Final = (
    "--no-pager", "--no-replace-objects", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false",
    "-c", f"core.hooksPath={os.devnull}", "-c", "protocol.allow=never",
)  # fmt: skip
# Files that are never read: that they are there is enough.
_PICTURES: Final = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".svg", ".woff", ".woff2", ".ttf", ".eot", ".otf", ".pdf", ".mp4",
    ".zip", ".gz", ".whl", ".mo", ".po", ".css", ".scss", ".less", ".js", ".mjs", ".ts", ".tsx", ".jsx", ".vue", ".map",
    ".html", ".md", ".rst",
)  # fmt: skip


class NoHistory(Exception):
    """The files of a commit cannot be had; `str()` says why, `suggestion` what to do."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


class Past(Tree):
    """The files of a commit. They stand where those of the work tree stand, so that paths in settings mean the same."""

    def __init__(self, commit: str, base: str, files: dict[str, str]) -> None:
        super().__init__(None, files)
        self.commit = commit
        self._base = base
        # Trees of a few buffers search them all; here there are as many as the project has files.
        self._names: dict[str, set[str]] = {"": set()}
        for path in files:
            while path:
                folder, _, name = path.rpartition("/")
                known = folder in self._names
                self._names.setdefault(folder, set()).add(name)
                path = "" if known else folder

    @property
    def base(self) -> str:
        return self._base

    def is_dir(self, path: str) -> bool:
        return path.rstrip("/") in self._names

    def listdir(self, path: str) -> tuple[str, ...]:
        return tuple(sorted(self._names.get(path.rstrip("/"), ())))


@dataclass(frozen=True, slots=True)
class _Blob:
    path: str
    id: str
    size: int
    link: bool


def past(root: str, ref: str) -> Past:
    """The project at `root` as it was where the current branch left `ref`; raises `NoHistory`."""
    git = _Git(root)
    prefix = git.line("rev-parse", "--show-prefix")
    given = git.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", or_else="")
    if not given:
        raise NoHistory(
            "the repository has no such commit or branch",
            "fetch it first; a checkout in CI may hold one commit only (fetch-depth: 0 fetches all)",
        )
    commit = git.line("merge-base", "HEAD", given, or_else="")
    if not commit:
        raise NoHistory(
            "the commits that HEAD and it have in common are not here",
            "fetch more history: a checkout in CI may hold one commit only (fetch-depth: 0 fetches all)",
        )
    folder = git.line("rev-parse", "--verify", "--quiet", f"{commit}:{prefix.rstrip('/')}", or_else="")
    blobs = list(_blobs(git.data("ls-tree", "-r", "-z", "-l", "--full-tree", folder))) if folder else []
    if len(blobs) > MOST_FILES or sum(blob.size for blob in blobs) > _MOST_BYTES:
        raise NoHistory("it has too many files, or too large ones", "name a smaller folder")
    return Past(commit, os.path.realpath(root), _texts(blobs, git))


class _Git:
    """Questions to git about the repository that a folder lies in."""

    def __init__(self, root: str) -> None:
        found = shutil.which("git")
        # On Windows the current folder is searched first, and a project may hold a program of this name.
        if found is None or os.path.realpath(found).startswith(os.path.realpath(root) + os.sep):
            raise NoHistory("git is not installed")
        self._command = (found, "-C", root, *_CAUTIOUS)
        kept = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
        self._environment = {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}

    def line(self, *arguments: str, or_else: str | None = None) -> str:
        """What git prints, without the line end; `or_else` when it fails."""
        try:
            return os.fsdecode(self._raw(*arguments)).removesuffix("\n")
        except _Failed as failed:
            if or_else is None or "dubious ownership" in str(failed):
                raise _explained(str(failed)) from None
            return or_else

    def data(self, *arguments: str, told: bytes = b"") -> bytes:
        """What git prints, `told` being what it reads."""
        try:
            return self._raw(*arguments, told=told)
        except _Failed as failed:
            raise _explained(str(failed)) from None

    def _raw(self, *arguments: str, told: bytes = b"") -> bytes:
        try:
            done = subprocess.run(
                (*self._command, *arguments),
                input=told,
                capture_output=True,
                timeout=_SECONDS,
                env=self._environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NoHistory(f"git did not answer within {_SECONDS} seconds") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "a name is not valid"
            raise NoHistory(f"git cannot be run: {str(reason).lower()}") from None
        if done.returncode:
            raise _Failed(done.stderr.decode("utf-8", "replace"))
        return done.stdout


class _Failed(NoHistory):
    """Git ended with an error; `str()` is what it wrote."""


def _explained(said: str) -> NoHistory:
    if "dubious ownership" in said:
        return NoHistory(
            "git does not trust the repository, which belongs to another user",
            "if you do, add it to safe.directory of git's own configuration",
        )
    if "not a git repository" in said:
        return NoHistory("the project lies in no git repository")
    return NoHistory("git could not read the repository")


def _blobs(listing: bytes) -> Iterator[_Blob]:
    """The files and links of `git ls-tree -r -z -l`, but those in folders that are never looked at."""
    for row in listing.split(b"\0"):
        head, _, name = row.partition(b"\t")
        fields = head.split()
        if len(fields) != 4 or fields[1] != b"blob":
            continue  # a submodule, or the end
        path = os.fsdecode(name)
        if not is_skipped(path):
            yield _Blob(path, fields[2].decode(), int(fields[3]), fields[0] == b"120000")


def _texts(blobs: Iterable[_Blob], git: _Git) -> dict[str, str]:
    """The text of each file; empty where it is never read."""
    texts, wanted = {}, []
    for blob in blobs:
        if blob.size > LARGEST_FILE or (not blob.link and blob.path.lower().endswith(_PICTURES)):
            texts[blob.path] = ""
        else:
            wanted.append(blob)
    contents = dict(zip((b.path for b in wanted), _contents(wanted, git), strict=True))
    links = {blob.path: os.fsdecode(contents[blob.path]) for blob in wanted if blob.link}
    for path, data in contents.items():
        if path not in links:
            texts[path] = Source.from_bytes(path, data).text
    for path in links:
        target = _behind(path, links)
        if target in texts:
            texts[path] = texts[target]
    return texts


def _contents(blobs: list[_Blob], git: _Git) -> Iterator[bytes]:
    """The bytes of each blob, from one `git cat-file --batch`."""
    data = git.data("cat-file", "--batch", told="".join(f"{blob.id}\n" for blob in blobs).encode())
    at = 0
    for _ in blobs:
        end = data.find(b"\n", at)
        fields = data[at:end].split()
        if end < 0 or len(fields) != 3 or fields[1] != b"blob":
            raise NoHistory(
                "an object of the commit is missing", "fetch the whole history; a partial clone leaves it out"
            )
        start, size = end + 1, int(fields[2])
        yield data[start : start + size]
        at = start + size + 1


def _behind(path: str, links: dict[str, str]) -> str:
    """Where a chain of links ends; a place outside of the project is the name of no file."""
    for _ in range(_MOST_LINKS):
        if path not in links:
            return path
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), links[path]))
    return ""
