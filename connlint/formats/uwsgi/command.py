"""uWSGI started by a command line: its variables, its options and the files they name, in uWSGI's own order.

core/uwsgi.c, uwsgi_setup(): variables come first, then the options in the order they are given, where each that names a
file is replaced by what the file holds; files that are no option's value come last. What comes later wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from connlint.facts import product
from connlint.formats.document import Document, Entry
from connlint.formats.includes import Includes
from connlint.formats.uwsgi.export import Exporter
from connlint.formats.uwsgi.logic import Surroundings
from connlint.formats.uwsgi.passes import load_inherited, replace_references
from connlint.formats.uwsgi.reader import document_of, export_environment
from connlint.formats.uwsgi.row import Row
from connlint.formats.uwsgi.text import Magic
from connlint.formats.uwsgi.worlds import Worlds
from connlint.project.tree import Tree
from connlint.records import dataclass, replace
from connlint.source import Span
from connlint.value import Value

_FILE: Final = "include"  # loads a file by its name's ending, as uWSGI loads one that is no option's value


@dataclass(frozen=True, slots=True)
class Given:
    """An option as it is given; `key` is None for a file that is no option's value. `value` is None for a flag."""

    key: str | None
    value: Value | None
    key_span: Span
    span: Span


def read_uwsgi_command(
    options: Sequence[Given],
    tree: Tree,
    command: Span,
    *,
    environment: Mapping[str, Value],
    cpus: Value | None,
    directory: str | None,
) -> Document:
    """What a uWSGI that is started with these options comes to; see `read_uwsgi` for what the document holds.

    `options` are in the order given, files that are no option's value behind all of them, files' names relative to `directory`, which is relative to the project and
    None where it is not known. `environment` may name files as well (UWSGI_INI). The document stands for the first file
    that is read, else for the file of the `command`; its entries are those of files.
    """
    includes = Includes(tree, command.source)
    exporter = Exporter(Surroundings(tree, Worlds(), environment, directory), includes, product("uwsgi"), cpus)
    export_environment(exporter, files=command)
    for option in options:
        exporter.option(_row(option))
    replace_references(exporter)
    load_inherited(exporter)
    entries = tuple(exporter.entries)
    source = next((entry.key_span.source for entry in entries), command.source)
    return replace(document_of(exporter, source, entries), source=source)


def _row(option: Given) -> Row:
    value, key = option.value, option.key or _FILE
    if value is None:
        return Row(key, None, Entry("", key, None, option.key_span, option.span))
    if not value.is_exact:
        entry = Entry("", key, "", option.key_span, option.span)
        return Row(key, "", entry, (Magic("", value.reason or "it is one of several", value.origins),))
    text = str(value.only)
    return Row(key, text, Entry("", key, text, option.key_span, option.span), (Magic(text, "", value.origins),))
