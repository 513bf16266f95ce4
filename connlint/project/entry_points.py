"""Where Django is started: manage.py, wsgi.py, asgi.py and celery.py, and the settings module each one names."""

from __future__ import annotations

import posixpath
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from connlint.records import dataclass
from connlint.source import Source
from connlint.value import Origin, Value

if TYPE_CHECKING:
    import ast

_VARIABLE: Final = "DJANGO_SETTINGS_MODULE"
_LONGEST: Final = 200_000  # characters; nobody starts Django from a file beyond this
_KINDS: Final = ("manage", "wsgi", "asgi", "celery")


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A file that starts Django. `module`: the settings module it names, with its place; unknown when computed."""

    path: str
    kind: str  # manage, wsgi, asgi or celery
    module: Value


def kind_of_entry(path: str) -> str | None:
    """The kind of entry point a file is by its name: `manage.py`, `wsgi_prod.py`, `celery_app.py`."""
    name = posixpath.basename(path)
    if not name.endswith(".py"):
        return None
    words = name[:-3].replace("-", "_").split("_")
    return next((kind for kind in _KINDS if kind in words), None)


def entry_point(source: Source, kind: str) -> EntryPoint | None:
    """What this file starts; None when it does not set DJANGO_SETTINGS_MODULE."""
    text = source.text
    if _VARIABLE not in text or len(text) > _LONGEST:
        return None
    import ast

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the code that is read, not for our user's eyes
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return EntryPoint(source.path, kind, Value.unknown(f"{source.path} cannot be parsed"))
    named = list(_modules(tree))
    if not named:
        return None
    texts = [_literal(node) for node in named]
    origins = [_origin(source, node) for node in named]
    if any(text is None for text in texts):
        return EntryPoint(source.path, kind, Value.unknown("the settings module is computed", *origins))
    return EntryPoint(source.path, kind, Value.choice(texts, *origins))


def _modules(tree: ast.Module) -> Iterator[ast.expr]:
    """The values given to DJANGO_SETTINGS_MODULE: by `setdefault`, `putenv` or a subscript of any mapping."""
    import ast

    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="setdefault" | "putenv"), args=[ast.Constant(value=name), value]):
                if name == _VARIABLE:
                    yield value
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=name))], value=value):
                if name == _VARIABLE:
                    yield value


def _literal(node: ast.expr) -> str | None:
    """The text of a literal, or of the default in `environ.get(name, "text")`."""
    import ast

    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(args=[_, ast.Constant(value=str(text))]) if _reads_environment(node):
            return text
    return None


def _reads_environment(call: ast.Call) -> bool:
    import ast

    match call.func:
        case ast.Attribute(attr="getenv") | ast.Name(id="getenv"):
            return True
        case ast.Attribute(value=ast.Attribute(attr="environ") | ast.Name(id="environ"), attr="get"):
            return True
    return False


def _origin(source: Source, node: ast.expr) -> Origin:
    import ast

    start = _offset(source, node.lineno, node.col_offset)
    end = _offset(source, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    if isinstance(node, ast.Call):
        return Origin.assumed("default in code, used while the variable is unset", source.span(start, end))
    return Origin.at(source.span(start, end))


def _offset(source: Source, line: int, column: int) -> int:
    """The parser counts UTF-8 bytes from 0; we count characters from 1."""
    before = source.line(line).encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace")
    return source.offset(line, len(before) + 1)
