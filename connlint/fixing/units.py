"""Files of settings, parsed once for all fixes that look at them."""

from __future__ import annotations

from functools import lru_cache

from connlint.python.modules import ModuleUnparsable, Unit, parse
from connlint.source import Source


@lru_cache(maxsize=8)
def unit_of(source: Source) -> Unit | None:
    """A Python file with its syntax tree; None for what is no Python."""
    try:
        return Unit("", source, parse(source))
    except ModuleUnparsable:
        return None
