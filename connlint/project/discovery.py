"""Tells what each file of a project is: by its name first, by its content only where the name leaves it open.

Classifying reads nothing but the few files whose names allow for a config file, and of Python only what is
called like a settings module or starts Django.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from connlint.project.deployment_files import deployment_kind, is_for_development
from connlint.project.entry_points import EntryPoint, entry_point, kind_of_entry
from connlint.project.patterns import matcher
from connlint.project.settings_files import settings_files
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass, field

__all__ = ["EntryPoint", "Inventory", "discover", "dotted_name", "is_secondary"]

_GUNICORN_NAMES: Final = frozenset({"gunicorn.conf.py"})  # what gunicorn itself looks for
_PYTHON_OF_GUNICORN: Final = re.compile(
    r"^(?:bind|workers|threads|worker_class|worker_connections|timeout|graceful_timeout|keepalive|max_requests"
    r"|max_requests_jitter|preload_app|wsgi_app|accesslog|errorlog|loglevel|logconfig|proc_name|pidfile|raw_env"
    r"|reload|chdir|forwarded_allow_ips)[ \t]*[:=]",
    re.M,
)
_UWSGI_SECTION: Final = re.compile(r"^[ \t]*\[uwsgi[:\]]", re.M)
_UWSGI_ROOT: Final = re.compile(r"^(?:uwsgi[ \t]*:|[ \t{]*\"uwsgi\"[ \t]*:)|<uwsgi\b", re.M)
_PGBOUNCER_SECTION: Final = re.compile(r"^[ \t]*\[pgbouncer\]", re.M)
_DATABASES_SECTION: Final = re.compile(r"^[ \t]*\[databases\]", re.M)
_POSTGRESQL_SETTING: Final = re.compile(
    r"^[ \t]*#?(?:max_connections|shared_buffers|listen_addresses|work_mem|wal_level|effective_cache_size"
    r"|statement_timeout|idle_session_timeout|include_dir|include|hba_file|data_directory)\b[ \t=]",
    re.M,
)
_MYSQL_GROUP: Final = re.compile(r"^[ \t]*(?:\[(?:mysqld|mariadb|mariadbd|server)(?:-[\d.]+)?\]|!include)", re.M)
_INI_SECTION: Final = re.compile(r"^[ \t]*\[[\w:-]+\]", re.M)
_SECONDARY: Final = frozenset(
    {"test", "tests", "testing", "doc", "docs", "example", "examples", "sample", "samples", "demo", "demos",
     "benchmark", "benchmarks", "bench", "e2e", "fixtures", "testdata", "unittest", "unittests"}
)  # fmt: skip
_SAMPLES: Final = frozenset(
    {"test", "tests", "testing", "unittest", "unittests", "sample", "example", "dist", "template", "tpl"}
)
_WORDS: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Inventory:
    """The files of a project by what they are; paths relative to its root, sorted."""

    gunicorn: tuple[str, ...] = ()
    uwsgi: tuple[str, ...] = ()
    pgbouncer: tuple[str, ...] = ()
    postgresql: tuple[str, ...] = ()
    mysql: tuple[str, ...] = ()
    pyproject: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    pipfiles: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()  # uv.lock, poetry.lock, pdm.lock, pylock.toml, Pipfile.lock
    settings_candidates: tuple[str, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    python_roots: tuple[str, ...] = ()  # folders that imports start from; "" is the project's root
    started_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what starts the processes, by kind
    unread: tuple[tuple[str, str], ...] = ()  # (path, why) of files that had to be read to tell what they are


def is_secondary(path: str) -> bool:
    """Whether a path belongs to the tests, documentation or examples of a bigger project, or is a sample itself."""
    folders, _, name = path.lower().rpartition("/")
    if not _SECONDARY.isdisjoint(folders.split("/")):
        return True
    words = _WORDS.split(name.rpartition(".")[0])
    return not _SAMPLES.isdisjoint(words)


def dotted_name(path: str, roots: Iterable[str]) -> str | None:
    """The name by which a Python file is imported: from the first of `roots` that can name it; None: from none."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    for root in roots:
        below = stem.removeprefix(f"{root}/") if root else stem
        if (not root or below != stem) and all(part.isidentifier() for part in below.split("/")):
            return below.replace("/", ".")
    return None


def discover(tree: Tree, exclude: Iterable[str] = ()) -> Inventory:
    """Every file of `tree` that connlint can use; `exclude` are patterns as in the configuration."""
    finder = _Finder(tree)
    excluded = matcher(exclude)
    paths = [path for path in tree.paths() if not excluded(path)]
    by_kind, python, starters = finder.classify(paths)
    started_by = finder.started_by
    entries = tuple(finder.entries(starters))
    started_from, named = _started(tree, entries, excluded)
    settings = settings_files(tree, python, named, finder.unread)
    return Inventory(
        **{kind: tuple(found) for kind, found in by_kind.items()},
        settings_candidates=settings,
        entry_points=entries,
        python_roots=tuple(dict.fromkeys((*started_from, *_package_roots(tree, settings), ""))),
        started_by={kind: tuple(found) for kind, found in started_by.items()},
        unread=tuple(dict.fromkeys(finder.unread)),
    )


@dataclass(slots=True)
class _Finder:
    tree: Tree
    unread: list[tuple[str, str]] = field(default_factory=list)
    started_by: dict[str, list[str]] = field(default_factory=dict)

    def classify(self, paths: Iterable[str]) -> tuple[dict[str, list[str]], list[str], list[tuple[str, str]]]:
        """Paths by kind; all Python files; and the files that may start Django, with their kind."""
        by_kind: dict[str, list[str]] = {}
        python: list[str] = []
        starters: list[tuple[str, str]] = []
        for path in paths:
            dot = path.rfind(".")
            ending = path[dot:]
            if ending == ".py":
                python.append(path)
                entry = kind_of_entry(path)
                if entry is not None:
                    starters.append((path, entry))
                if "gunicorn" in path and self._is_gunicorn(path):
                    by_kind.setdefault("gunicorn", []).append(path)
                continue
            name = path[path.rfind("/") + 1 :]
            kind = _NAMES.get(name)
            if kind is None:
                tell = _ENDINGS.get(ending)
                kind = tell(self, path, name.lower()) if tell is not None else None
            if kind is not None:
                by_kind.setdefault(kind, []).append(path)
            elif ending in _STARTING or "." not in name or "file" in name.lower():
                starting = deployment_kind(self.tree, path, name.lower())
                if starting is not None:
                    self.started_by.setdefault(starting, []).append(path)
        return by_kind, python, starters

    def entries(self, starters: Iterable[tuple[str, str]]) -> Iterator[EntryPoint]:
        """The files that set DJANGO_SETTINGS_MODULE, those of tests and examples last."""
        for path, kind in sorted(starters, key=lambda item: (is_secondary(item[0]), item[0])):
            text = self._text(path)
            found = entry_point(self.tree.read(path), kind) if text else None
            if found is not None:
                yield found

    def _text(self, path: str) -> str:
        """The text of a file; empty, and noted, when it cannot be read."""
        try:
            return self.tree.read(path).text
        except Unreadable as error:
            self.unread.append((path, str(error)))
            return ""

    def _is_gunicorn(self, path: str) -> bool:
        name = path[path.rfind("/") + 1 :]
        if name in _GUNICORN_NAMES:
            return True
        if "gunicorn" not in name and "gunicorn" not in path.rpartition("/")[0].rpartition("/")[2]:
            return False
        return _PYTHON_OF_GUNICORN.search(self._text(path)) is not None

    def ini(self, path: str, name: str) -> str | None:
        if "pgbouncer" in name:
            return "pgbouncer"
        text = self._text(path)
        if _UWSGI_SECTION.search(text):
            return "uwsgi"
        if _PGBOUNCER_SECTION.search(text):
            return "pgbouncer"
        if _DATABASES_SECTION.search(text) and "pgbouncer" in path:
            return "pgbouncer"
        if name == "my.ini" and _MYSQL_GROUP.search(text):
            return "mysql"
        return "uwsgi" if name == "uwsgi.ini" else None  # an empty or unreadable one: its reader says what is wrong

    def conf(self, path: str, name: str) -> str | None:
        if "postgresql" in name:
            return "postgresql" if not _INI_SECTION.search(self._text(path)) else None
        if "postgres" in name or "postgres" in path.rpartition("/")[0].rpartition("/")[2]:
            text = self._text(path)
            return "postgresql" if _POSTGRESQL_SETTING.search(text) and not _INI_SECTION.search(text) else None
        return None

    def cnf(self, path: str, name: str) -> str | None:
        if name in ("my.cnf", "mysqld.cnf", "mariadb.cnf", "server.cnf"):
            return "mysql"
        return "mysql" if _MYSQL_GROUP.search(self._text(path)) else None

    def tree_format(self, path: str, name: str) -> str | None:
        """YAML, JSON and XML: too many to read; uWSGI's are called so or lie in a folder that is."""
        folder = path.rpartition("/")[0].rpartition("/")[2].lower()
        if "uwsgi" not in name and "uwsgi" not in folder and "vassals" not in folder:
            return None
        return "uwsgi" if _UWSGI_ROOT.search(self._text(path)) else None

    def text(self, path: str, name: str) -> str | None:
        folder = path.rpartition("/")[0].rpartition("/")[2].lower()
        if "requirement" in name or "constraints" in name or folder in ("requirements", "reqs"):
            return "requirements"
        return None

    def toml(self, _path: str, name: str) -> str | None:
        return "locks" if name.startswith("pylock.") else None


_NAMES: Final[Mapping[str, str]] = {
    "pyproject.toml": "pyproject", "Pipfile": "pipfiles", "Pipfile.lock": "locks", "uv.lock": "locks",
    "poetry.lock": "locks", "pdm.lock": "locks",
}  # fmt: skip
_STARTING: Final = frozenset(
    {".yaml", ".yml", ".service", ".timer", ".target", ".conf", ".ini", ".vhost", ".toml", ".json"}
)
_ENDINGS: Final[Mapping[str, Callable[[_Finder, str, str], str | None]]] = {
    ".ini": _Finder.ini, ".conf": _Finder.conf, ".cnf": _Finder.cnf, ".txt": _Finder.text, ".in": _Finder.text,
    ".toml": _Finder.toml, ".yaml": _Finder.tree_format, ".yml": _Finder.tree_format, ".json": _Finder.tree_format,
    ".xml": _Finder.tree_format,
}  # fmt: skip


def _started(tree: Tree, entries: Iterable[EntryPoint], excluded: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """The folders that imports start from, and the files of the settings modules that entry points name.

    An entry point's own folder or one above it is such a folder when the module it names lies below; Python
    itself puts the folder of manage.py on the path.
    """
    roots: list[str] = []
    named: list[str] = []
    for entry in entries:
        for module in entry.module.alternatives:
            path = str(module).replace(".", "/")
            for root in _upwards(entry.path.rpartition("/")[0]):
                start = f"{root}/{path}" if root else path
                found = next((file for file in (f"{start}.py", f"{start}/__init__.py") if tree.is_file(file)), None)
                if found is not None and not excluded(found):
                    roots.append(root)
                    named.append(found)
                    break
    roots += [entry.path.rpartition("/")[0] for entry in entries if entry.kind == "manage"]
    return roots, list(dict.fromkeys(named))


def _package_roots(tree: Tree, settings: Iterable[str]) -> list[str]:
    """For each settings file the first folder above it that is no package.

    Those of tests, examples and developers only where there are no others: what lies there is not what others import.
    """
    deployed = [path for path in settings if not is_secondary(path) and not is_for_development(path)]
    found = []
    for path in deployed or sorted(settings, key=is_secondary):
        folders = _upwards(path.rpartition("/")[0])
        found.append(next((f for f in folders if not tree.is_file(f"{f}/__init__.py" if f else "__init__.py")), ""))
    return found


def _upwards(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""
