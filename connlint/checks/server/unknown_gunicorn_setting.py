"""A name in gunicorn's configuration is almost one of its settings: gunicorn ignores it, and --check-config passes.

https://docs.gunicorn.org/en/stable/settings.html; lab T20: worker = 3 starts one worker without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.deployment.model import Deployment
from connlint.facts import product
from connlint.finding import Fix, Safety, Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.source import Edit

_READ_ANYTHING: Final = frozenset({"globals", "vars", "locals", "eval", "exec"})
_ALIKE: Final = 0.88  # of difflib's ratio: one letter too many, missing or swapped in a name of the usual length
_SHORTEST: Final = 6  # letters of a name that may be alike; shorter ones differ from others by a letter anyway


@rule(severity=Severity.WARNING, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for document in deployment.documents:
        read = document.groups.get("read", {})
        if document.kind != "gunicorn" or not _READ_ANYTHING.isdisjoint(read):
            continue
        known = product("gunicorn").names
        bound = dict.fromkeys(entry.key for entry in document.entries)
        for name in bound:
            meant = _near(name, known)
            if meant is None or name in read or meant in bound:
                continue  # a helper variable: something is computed from it, or it stands beside the setting itself
            spans = sorted((e.key_span for e in document.entries if e.key == name), key=lambda span: span.start)
            yield Found(
                f"{name} is no setting of gunicorn, which ignores it without a word: {meant} keeps its default",
                tuple(Evidence(span, f"did you mean {meant}?") for span in spans),
                subject=f"{document.path}: {name}",
                help=f"write {meant}; a helper variable is not reported once the file reads it",
                fix=Fix(Safety.SAFE, f"rename {name} to {meant}", tuple(Edit(span, meant) for span in spans)),
            )


def _near(name: str, known: frozenset[str]) -> str | None:
    """The setting that `name` is a slip for: the same but for case, underscores, a plural, `_app`, or a letter."""
    if name in known or name.startswith("_"):
        return None
    bare = _bare(name)
    for setting in sorted(known):
        other = _bare(setting)
        if bare in (other, f"{other}s", other.removesuffix("s"), other.removesuffix("app")):
            return setting
    if len(bare) < _SHORTEST:
        return None
    from difflib import SequenceMatcher  # costs start-up time, and only helper variables and mistakes need it

    ratio, setting = max((SequenceMatcher(None, bare, _bare(setting)).ratio(), setting) for setting in sorted(known))
    return setting if ratio >= _ALIKE else None


def _bare(name: str) -> str:
    return name.lower().replace("_", "")
