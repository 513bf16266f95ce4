"""The rules as Django's system checks, under the tag `connlint` and with ids `connlint.<rule-name>`.

`manage.py check` asks the rules about configuration, and `check --deploy` also those that read the project's code, which
takes longer. None opens a connection: they run whichever databases Django passes, and are not tagged `database`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.core.checks import CheckMessage, Error, Info, Warning, register

from connlint.django.loading import loaded, project_folder
from connlint.finding import Finding, Severity

TAG: Final = "connlint"
CODE: Final = "code"  # the family of rules that read the whole code of a project
_LEVELS: Final = {Severity.ERROR: Error, Severity.WARNING: Warning, Severity.INFO: Info}


def register_all() -> None:
    """Register both checks; Django forgets neither, and registering them twice makes no second one."""
    register(configuration, TAG)
    register(code, TAG, deploy=True)


def configuration(**_: Any) -> list[CheckMessage]:
    """What the rules say about settings, servers, poolers and the budget."""
    return _messages(ignore=(CODE,))


def code(**_: Any) -> list[CheckMessage]:
    """What the rules say about code that holds connections where Django cannot close them."""
    return _messages(select=(CODE,))


def _messages(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> list[CheckMessage]:
    from connlint.cli.run import defect
    from connlint.engine import Options, inspect
    from connlint.project.configuration import ConfigurationError
    from connlint.project.tree import Tree
    from connlint.report.cells import printable
    from connlint.report.redact import Redactor
    from connlint.report.secrets import redactor

    try:
        report = inspect(Tree(project_folder()), Options(select=select, ignore=ignore, loaded=loaded()))
        clean = redactor(report)
        return [_message(finding, clean) for finding in report.findings]
    except ConfigurationError as error:
        clean = Redactor()
        hint = printable(clean(error.suggestion)) or None
        place = error.span.place if error.span is not None else None
        return [Error(printable(clean(str(error))), hint=hint, obj=place, id=f"{TAG}.configuration")]
    except Exception as error:  # a defect of connlint must stop neither migrate nor runserver
        return [Warning(defect(error), id=f"{TAG}.internal-error")]


def _message(finding: Finding, clean: Any) -> CheckMessage:
    from connlint.report.cells import printable
    from connlint.report.text import header

    kind = _LEVELS[finding.severity]
    hint = printable(clean(finding.help)) or None
    return kind(header(finding, clean), hint=hint, obj=_place(finding), id=f"{TAG}.{finding.rule}")


def _place(finding: Finding) -> str:
    """The lines that make it true, the one to look at first before the others."""
    places = tuple(dict.fromkeys(label.span.place for label in finding.labels))
    return places[0] if len(places) == 1 else f"{places[0]} (with {_listed(places[1:])})"


def _listed(places: Sequence[str]) -> str:
    return ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
