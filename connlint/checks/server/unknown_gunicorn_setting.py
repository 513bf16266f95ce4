"""A name in gunicorn's configuration is almost one of its settings: gunicorn ignores it, and --check-config passes.

https://docs.gunicorn.org/en/stable/settings.html; lab T20: worker = 3 starts one worker without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from connlint.deployment.model import Deployment
from connlint.facts import product
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    table = product("gunicorn")
    for document in deployment.documents:
        if document.kind != "gunicorn":
            continue
        read = document.groups.get("read", {})
        for entry in document.entries:
            meant = _near(entry.key, table.names)
            if meant is None or entry.key in read or any(other.key == meant for other in document.entries):
                continue  # a helper variable: used to compute something, or beside the setting it is named after
            yield Found(
                f"gunicorn has no setting {entry.key} and ignores it without a word",
                (Evidence(entry.key_span, f"did you mean {meant}?"),),
                subject=f"{document.path}: {entry.key}",
                help=f"write {meant}, or give a variable of your own a name that is further from it",
            )


def _near(name: str, known: frozenset[str]) -> str | None:
    """The setting that `name` misspells: the same but for case, underscores, a plural or a short word."""
    if name in known or name.startswith("_"):
        return None
    bare = name.lower().replace("_", "")
    for setting in sorted(known):
        other = setting.replace("_", "")
        if bare in (other, f"{other}s", other.removesuffix("s"), other.removesuffix("app")):
            return setting
    scored = max((SequenceMatcher(None, bare, s.replace("_", "")).ratio(), s) for s in sorted(known))
    return scored[1] if scored[0] >= 0.88 and len(name) > 5 else None
