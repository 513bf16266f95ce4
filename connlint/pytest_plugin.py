"""`pytest --connlint`: the findings of the project as a test that fails, and how many connections it may ask for.

pytest loads this wherever connlint is installed, so nothing is imported before it is asked for. The project is read as the
command line reads it: the settings that tests run with are not those that are deployed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from connlint.deployment.budget import Limit
    from connlint.report.model import Report

_EXPECTED: Final = "connlint_max_connections"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--connlint` and the expectation."""
    group = parser.getgroup("connlint")
    group.addoption("--connlint", action="store_true", help="check the database connections of the project as a test")
    parser.addini(
        _EXPECTED,
        "connections that the deployments may ask their servers for at the most: a number, or SERVER = NUMBER lines",
        type="linelist",
    )


@pytest.hookimpl(tryfirst=True)  # before -k and -m choose
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the test, and one for what is expected, before the others."""
    if not config.getoption("--connlint"):
        return
    added: list[pytest.Item] = [Findings.from_parent(session, name="connlint", nodeid="connlint::findings")]
    if config.getini(_EXPECTED):
        added.append(Connections.from_parent(session, name=_EXPECTED, nodeid="connlint::max_connections"))
    items[:0] = added


class _Failed(Exception):
    """The text that is shown in the place of a traceback."""


class _Item(pytest.Item):
    """A test whose failure is a text. It has no fixtures; plugins for those of functions look for them all the same."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.funcargs: dict[str, object] = {}

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text itself; a traceback for a defect of connlint."""
        if isinstance(excinfo.value, _Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """What the head of a failure names."""
        return self.config.rootpath, None, self.nodeid

    def report(self) -> Report:
        """The inspection of the project at pytest's rootdir; a mistaken configuration is a failure."""
        from connlint.engine import Options, inspect
        from connlint.project.configuration import ConfigurationError
        from connlint.project.tree import Tree
        from connlint.report.redact import Redactor

        try:
            found = inspect(Tree(self.config.rootpath), Options())
        except ConfigurationError as error:
            place = f"{error.span.place}: " if error.span is not None else ""
            raise _Failed(
                Redactor()(f"{place}{error}" + (f"; {error.suggestion}" if error.suggestion else ""))
            ) from None
        if not (found.modules or found.documents or found.deployments):
            raise _Failed(f"found no Django settings and no configuration of a server in {self.config.rootpath}")
        return found


class Findings(_Item):
    """Fails when a finding is as severe as `fail-on` of connlint's configuration says (warning)."""

    def runtest(self) -> None:
        from connlint.report.secrets import redactor
        from connlint.report.text import render

        report = self.report()
        if any(finding.severity.rank <= report.fail_on.rank for finding in report.findings):
            raise _Failed(render(report, redactor(report)))


class Connections(_Item):
    """Fails when a server may be asked for more connections than expected, during a deploy too, or nobody can tell."""

    def runtest(self) -> None:
        from connlint.deployment.budget import limits
        from connlint.report.cells import printable
        from connlint.report.secrets import redactor

        report = self.report()
        expected = dict(_expected(self.config.getini(_EXPECTED)))
        found = [
            (deployment.name, limit)
            for deployment in report.deployments
            if not deployment.development
            for limit in limits(deployment)
            if limit.kind == "server"
        ]
        clean = redactor(report)
        wrong = [*_strays(expected, [limit.at for _, limit in found])]
        for name, limit in found:
            most = expected.get(limit.at, expected.get(""))
            wrong += [f"deployment {name}: {text}" for text in _above(limit, most)]
        if not found:
            wrong.append("no process leads to a server that is known: nothing is counted")
        if wrong:
            raise _Failed("\n".join(printable(clean(line)) for line in wrong))


def _expected(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The server (empty: any) and the number of each line."""
    for line in lines:
        server, _, number = line.rpartition("=")
        if not number.strip().isdecimal():
            raise _Failed(f"{_EXPECTED}: expected a number, or SERVER = NUMBER, found {line!r}")
        yield server.strip(), int(number)


def _strays(expected: dict[str, int], known: list[str]) -> Iterator[str]:
    for server in expected:
        if server and server not in known:
            listed = ", ".join(dict.fromkeys(known)) or "none"
            yield f"{_EXPECTED}: there is no server {server}; known are: {listed}"


def _above(limit: Limit, most: int | None) -> Iterator[str]:
    """What is wrong with the demand on one server."""
    if most is None:
        return
    bounds = limit.deploy.bounds()
    if bounds is None or bounds[1] is None:
        why = limit.deploy.reason or "nothing bounds it"
        yield f"how many connections {limit.at} may be asked for is not known: {why}"
    elif bounds[1] > most:
        yield f"{limit.at} may be asked for {limit.deploy.proof} connections, expected at most {most} ({_EXPECTED})"
