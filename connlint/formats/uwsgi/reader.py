"""uWSGI's configuration as uWSGI 2.0 reads it: ini, YAML, XML and JSON, with its logic, references and includes.

The stages are those of the server (core/uwsgi.c, uwsgi_setup): options from the environment, from the command line and
from files go into one list; references in them are replaced; then they take effect in order. Sources of the parts are
named in their modules. Nothing is executed, and no file outside the project is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from connlint.facts import Product, product
from connlint.formats.document import Document, Entry
from connlint.formats.includes import Includes
from connlint.formats.uwsgi.dialects import dialect_of
from connlint.formats.uwsgi.export import LOADERS, Exporter
from connlint.formats.uwsgi.logic import ENDS, Surroundings
from connlint.formats.uwsgi.options import Effective
from connlint.formats.uwsgi.passes import load_inherited, replace_references
from connlint.formats.uwsgi.row import Row
from connlint.formats.uwsgi.worlds import Case, Worlds, both
from connlint.project.tree import LARGEST_FILE, Tree
from connlint.source import Source, Span
from connlint.value import Value

_REFERENCE = re.compile(r"%\(([^()%]+)\)")
_PREFIX: Final = "UWSGI_"
_PLUGINS: Final = frozenset({"plugin", "plugins", "need-plugin", "need-plugins"})
_LOADS_ANYTHING: Final = frozenset({"dlopen", "autoload"})
_MAKERS: Final = frozenset({"declare-option", "declare-option2"})
_SETTERS: Final = frozenset({"set-placeholder", "set-ph"})
# Problems of a file that another one names: what it holds is not known.
_UNSEEN: Final = frozenset({"outside-project", "unreadable", "cycle", "too-large", "ambiguous-path"})


def read_uwsgi(
    source: Source,
    tree: Tree,
    *,
    environment: Mapping[str, Value] | None = None,
    cpus: Value | None = None,
    section: str = "",
    directory: str | None = None,
    before: Sequence[Entry] = (),
    after: Sequence[Entry] = (),
) -> Document:
    """The configuration of a uWSGI that is started with this file.

    `environment` is that of the process; a variable that is not in it counts as unset in conditions and as unknown in
    `$(NAME)`. `cpus` is what `%k` stands for. `section` is the one named after the file's colon, `directory` the
    project-relative folder uWSGI is started in, None when unknown. `before` and `after` are options of the command
    line on either side of the file; uWSGI reads files that are no option's value after all options.

    `settings` has every option that is set, by the first of its names (`processes`, not `workers`): flags as bool,
    numbers as int in the unit of the facts table, repeated options as tuples of str, the rest as str. A tuple keeps
    references that cannot be resolved as they are written, and its certainty is ASSUMED then. `groups["env"]` has the
    variables that `env` sets, `groups["placeholders"]` the keys that are no options but are referred to.
    """
    includes = Includes(tree, source)
    around = Surroundings(tree, Worlds(), environment or {}, directory)
    exporter = Exporter(around, includes, product("uwsgi"), cpus)
    export_environment(exporter)
    for entry in before:
        exporter.option(Row(entry.key, entry.value, entry))
    if includes.check_text(source):
        exporter.file(source, dialect_of(source.path) or "ini", section, source.span(0, 0))
    else:
        exporter.lose(f"the file has more than {LARGEST_FILE} characters", Case((), None))
    for entry in after:
        exporter.option(Row(entry.key, entry.value, entry))
    replace_references(exporter)
    load_inherited(exporter)
    return document_of(exporter, source, (*before, *exporter.entries, *after))


def document_of(exporter: Exporter, source: Source, entries: tuple[Entry, ...]) -> Document:
    """The document of everything that was exported."""
    effective = Effective(exporter)
    settings = effective.settings()
    effective.check()
    groups = {
        "env": effective.environment(),
        "placeholders": effective.placeholders(sorted(_placeholders(entries, exporter.facts))),
    }
    return Document("uwsgi", source, entries, settings, groups, tuple(exporter.includes.problems))


def export_environment(exporter: Exporter, files: Span | None = None) -> None:
    """Options from variables such as UWSGI_PROCESSES: they come first, in an order that nobody can tell.

    Variables that name files are left out where a file is read: it is most likely theirs. For a command they are
    followed, and `files` is the place that stands for them where they have none.
    """
    around, facts = exporter.around, exporter.facts
    set_already: set[str] = set()
    for name in around.environment:
        own = name.removeprefix(_PREFIX)
        key = own.lower().replace("_", "-")
        if own == name or own in facts.sets["own-variables"]:
            continue
        if key in LOADERS:
            if files is not None:
                _load_variable(exporter, key, around.environment[name], files)
            continue
        target = facts.canonical(key)
        either = around.worlds.variable(("environment order", name), 2)[1] if target in set_already else ()
        set_already.add(target)
        for branch in around.variable(name):
            guard = both(branch.guard, either)
            if branch.item is not None and guard is not None:
                exporter.add(key, None, Case(guard, branch.item, branch.doubt, branch.origins))


def _load_variable(exporter: Exporter, key: str, value: Value, place: Span) -> None:
    """A file that a variable names."""
    span = value.span or place
    text = str(value.only) if value.is_exact else ""
    doubt = "" if value.is_exact else value.reason or "it is one of several"
    exporter.add(key, Entry("", key, text, span, span), Case((), text, doubt, value.origins))


def _placeholders(entries: Iterable[Entry], facts: Product) -> set[str]:
    """Keys that are no options, but that something refers to or that are set as placeholders."""
    keys: set[str] = set()
    wanted: set[str] = set()
    for entry in entries:
        keys.add(entry.key)
        value = entry.value or ""
        for match in _REFERENCE.finditer(value):
            wanted.update(match[1].split(" "))
        if entry.key in _SETTERS:
            keys.add(value.partition("=")[0])
            wanted.add(value.partition("=")[0])
        elif entry.key in ("if-opt", "if-not-opt", "get"):
            wanted.add(value.partition("=")[0])
    return (keys & wanted) - facts.names


def unknown_options(document: Document) -> tuple[Entry, ...]:
    """The entries that uWSGI makes nothing of: no option of its own, of a known plugin or declared, no placeholder.

    Under `strict` uWSGI refuses placeholders that are written as options as well, and a bare `end`; they are among
    them then. Empty when the file loads a plugin that is not uWSGI's own, or names files that are not read: whatever
    is unknown may be theirs.
    """
    facts = product("uwsgi")
    if any(problem.code in _UNSEEN for problem in document.problems):
        return ()
    declared: set[str] = set()
    for entry in document.entries:
        if entry.key in _MAKERS:
            declared.add((entry.value or "").partition("=")[0])
        elif entry.key in _LOADS_ANYTHING or (entry.key in _PLUGINS and not _all_own(entry.value or "", facts)):
            return ()
    strict = document.settings.get("strict")
    known = facts.names | declared
    if strict is None or not strict.always(bool):
        known |= ENDS | document.groups["placeholders"].keys()
    return tuple(entry for entry in document.entries if entry.key not in known)


def _all_own(names: str, facts: Product) -> bool:
    """Whether all are plugins of uWSGI's source tree: `python3` is python, `0:http` and `/usr/lib/http_plugin.so` http."""
    own = facts.sets["plugins"]
    stems = (name.strip().rpartition(":")[2].rpartition("/")[2] for name in names.split(","))
    stems = (stem.removesuffix(".so").removesuffix("_plugin") for stem in stems)
    return all(not stem or stem in own or stem.rstrip("0123456789.") in own for stem in stems)


__all__ = ["document_of", "export_environment", "read_uwsgi", "unknown_options"]
