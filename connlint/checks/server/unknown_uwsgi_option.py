"""uWSGI knows no such option: it ignores the line without a word, or refuses to start where `strict` is set.

https://uwsgi-docs.readthedocs.io/en/latest/StrictMode.html; lab T20: `process = 3` starts one process, and with
strict = true "[strict-mode] unknown config directive: process".
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks._slips import is_slip
from connlint.deployment.ignored_options import Ignored, ignored_options
from connlint.deployment.model import Deployment
from connlint.finding import Fix, Safety, Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.source import Edit


@rule(severity=Severity.WARNING, since="0.1", fixes=("safe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for document in deployment.documents:
        for ignored in ignored_options(document):
            strict = document.settings.get("strict")
            refused = strict is not None and strict.always(bool)
            because = (Evidence(strict, "unknown options are refused"),) if strict is not None and refused else ()
            guess = f"did you mean {ignored.meant}?" if ignored.meant else "no option of uWSGI"
            yield Found(
                f"uWSGI knows no option {_name(ignored)} and "
                + ("does not start (strict)" if refused else "ignores it without a word"),
                (*(Evidence(span, guess) for span in ignored.spans), *because),
                subject=f"{document.path}: {ignored.key}",
                help=_help(ignored, refused),
                severity=Severity.ERROR if refused else None,
                fix=_rename(ignored),
            )


def _name(ignored: Ignored) -> str:
    """The name, without what may be a value where somebody forgot the `=`: `env SECRET abc`."""
    first, *rest = ignored.key.split(maxsplit=1) or [""]
    return f"{first} ..." if rest else first


def _help(ignored: Ignored, refused: bool) -> str:
    if ignored.meant is not None:
        what = f"write {ignored.meant}"
    elif refused:
        what = f"remove it; a placeholder is defined with set-placeholder = {_name(ignored)}=..."
    else:
        what = f"remove it, or refer to it as %({_name(ignored)})"
    return what if refused else f"{what}; strict = true lets uWSGI refuse what it does not know"


def _rename(ignored: Ignored) -> Fix | None:
    """Where each place holds the bare name; XML and JSON write some names twice or in quotes."""
    if ignored.meant is None or not is_slip(ignored.key, ignored.meant):
        return None
    if any(span.text != ignored.key for span in ignored.spans):
        return None
    edits = tuple(Edit(span, ignored.meant) for span in ignored.spans)
    return Fix(Safety.SAFE, f"rename {ignored.key} to {ignored.meant}", edits)
