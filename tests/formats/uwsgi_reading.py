"""Short forms for the tests of the uWSGI reader."""

from __future__ import annotations

from connlint.formats.document import Document
from connlint.formats.uwsgi.reader import read_uwsgi
from connlint.project.tree import Tree
from connlint.value import Origin, Value

CPUS = Value.exact(4, Origin.declared(None, "declared"))


def read(text: str, path: str = "uwsgi.ini", files: dict[str, str] | None = None, **options: object) -> Document:
    """The document of `text`, in a project that has `files` besides."""
    tree = Tree(None, {path: text, **(files or {})})
    return read_uwsgi(tree.read(path), tree, **options)  # type: ignore[arg-type] # passed on as given


def ini(text: str, **options: object) -> Document:
    """The document of an ini file with this in its section [uwsgi]."""
    return read(f"[uwsgi]\n{text}", **options)  # type: ignore[arg-type] # passed on as given


def alternatives(document: Document, name: str) -> tuple[object, ...]:
    """The possible values of a setting; empty when it is unknown."""
    return document.settings[name].alternatives


def env(**variables: object) -> dict[str, Value]:
    """An environment of exact values; a value that is a `Value` stays one."""
    return {name: v if isinstance(v, Value) else Value.exact(v, Origin.declared(None)) for name, v in variables.items()}
