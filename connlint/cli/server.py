"""`connlint server`: the language server for editors, on stdin and stdout."""

from __future__ import annotations

import os
from argparse import Namespace

from connlint.cli import terminal
from connlint.cli.place import project
from connlint.cli.run import CLEAN, WRONG

_NEEDED = ("pygls", "lsprotocol")


def server(_arguments: Namespace) -> int:
    """Serve until the editor goes; 2 where what the server is built on is not installed."""
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        terminal.note(
            f"error: connlint server needs {' and '.join(missing)}; install them beside connlint: "
            "pip install 'connlint[lsp]'"
        )
        return WRONG
    from connlint.lsp.server import serve

    serve(_root_of)
    return CLEAN


def _root_of(place: str) -> str:
    """Where the project of a file or folder starts, as for `connlint check PATH`; a file need not be there yet."""
    while not os.path.exists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    return project([place]).root
