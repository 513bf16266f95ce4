"""Imports for the sake of what they do: modules of the project that set variables of the environment.

Modules are evaluated when a name of theirs is needed, which is never where one is imported for its effect alone.
What its text, or that of a module it imports, says about variables decides whether it is evaluated at the import.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from connlint.project.tree import Unreadable
from connlint.python.language.domain import Mark, Module
from connlint.python.language.loader import find_module, load
from connlint.python.models.files import LARGEST

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_SETS: Final = re.compile(
    r"""\b(?:load_dotenv|read_dotenv|read_env|putenv)\s*\(|environ\s{0,9}\[[^]\n]{1,200}\]\s*=(?!=)
    |environ\s{0,9}\.\s{0,9}(?:setdefault|update)\s*\((?!\s*["']DJANGO_SETTINGS_MODULE)
    |^[ \t]*from\s+decouple\s+import\b""",  # the first to call decouple.config decides which file it reads
    re.VERBOSE | re.MULTILINE,
)
_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]*([^()#\n]+|\([^)]{0,2000}\))|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)
_DEEPEST: Final = 2  # imports of imports that are looked into
_MOST: Final = 80  # modules that one evaluation looks into


def run_setters(run: Interpreter, name: str, mark: Mark) -> None:
    """Evaluate those of the modules on the way to `a.b.c` that may set variables."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        dotted = ".".join(parts[:count])
        if _sets(run, dotted, 0):
            module = find_module(run, dotted, mark)
            if isinstance(module, Module):
                load(run, module)


def _sets(run: Interpreter, name: str, depth: int) -> bool:
    """Whether a module's text speaks of setting variables, or that of one it imports."""
    known = run.setters.get(name)
    if known is not None or len(run.setters) >= _MOST:
        return bool(known)
    located = run.finder.find(name)
    run.setters[name] = False  # for imports in a circle
    if located is None or not located.path:
        return False
    try:
        text = run.finder.tree.read_bytes(located.path, LARGEST).decode(errors="replace")
    except Unreadable:
        return False
    package = name if located.is_package else name.rpartition(".")[0]
    found = _SETS.search(text) is not None
    if not found and depth < _DEEPEST:
        found = any(_sets(run, imported, depth + 1) for imported in _imported(text, package))
    run.setters[name] = found
    return found


def _imported(text: str, package: str) -> list[str]:
    """The dotted names that the import statements of a text speak of."""
    names: dict[str, None] = {}
    for match in _IMPORT.finditer(text):
        if match[3]:
            names |= dict.fromkeys(re.findall(r"[\w.]+", match[3]))
            continue
        level = len(match[1]) - len(match[1].lstrip("."))
        parts = package.split(".") if package else []
        if level > len(parts):
            continue
        base = ".".join([*parts[: len(parts) - level + 1], match[1][level:]] if level else [match[1]]).strip(".")
        names |= dict.fromkeys([base, *(f"{base}.{name}" for name in re.findall(r"\w+", match[2]))])
    return list(names)
