"""A settings or config file could not be read; what depends on it is not judged, and nothing is guessed.

The reasons are connlint's own limits (size, encoding, the project's borders) or the syntax the real server expects. What a
file includes from the server it runs on (`!includedir /etc/mysql/conf.d/`) is no mistake: it is asked for as a fact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.deployment.model import Deployment
from connlint.deployment.unread import elsewhere, unread
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule

_LABELS: Final = {"syntax": "not understood", "not-utf8": "not UTF-8", "unreadable": "", "too-large": ""}


@rule(severity=Severity.WARNING, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for document in deployment.documents:
        for fault in unread(document):
            others = fault.count - 1
            more = f" (and {others} more like it)" if others else ""
            what = "the settings" if document.kind == "settings" else document.path  # which its message may name
            how = "cannot be read" if fault.whole else "is not read as a whole"
            yield Found(
                f"{what} {how}: {fault.message}{more}",
                tuple(Evidence(place, _LABELS.get(fault.code, "not read")) for place in fault.places),
                subject=f"{document.path}: {fault.code}",
                help="nothing is guessed: what depends on it is not checked until it can be read",
            )
        for fact, declare in elsewhere(deployment, document):
            yield Missing(fact, declare)
