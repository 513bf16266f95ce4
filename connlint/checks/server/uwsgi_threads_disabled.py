"""The application starts threads under uWSGI, which does not run any unless told to.

https://uwsgi-docs.readthedocs.io/en/latest/WSGIquickstart.html#a-note-on-python-threads: without `threads` or
`enable-threads` the interpreter's lock is not initialised, and threads of the application never run.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.application import Kind
from connlint.deployment.model import Deployment
from connlint.finding import Severity
from connlint.fixing.lines import put_beside
from connlint.rulebook import Evidence, Found, Missing, rule

_KINDS = (Kind.THREAD, Kind.POOL, Kind.TIMER, Kind.SCHEDULER, Kind.TO_THREAD)
_ENABLING = ("threads", "enable-threads", "gevent", "py-call-osafterfork", "asyncio")


@rule(severity=Severity.WARNING, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        document = group.document
        if group.server != "uwsgi" or document is None or group.span is None:
            continue
        if any(key in document.settings for key in _ENABLING):
            continue
        start = next(
            (
                s
                for s in deployment.code.starts
                if s.kind in _KINDS and not s.in_test and "/management/" not in s.span.path
            ),
            None,
        )
        places = [value.span for value in document.settings.values() if value.span and value.span.path == document.path]
        if start is not None:
            yield Found(
                f"{document.path} enables no threads, and the application starts some: under uWSGI they never run",
                (
                    Evidence(group.processes.span or group.span, "neither threads nor enable-threads"),
                    Evidence(start.span, "starts a thread"),
                ),
                subject=f"{group.name}: enable-threads",
                help="set enable-threads = true",
                fix=put_beside(places, "enable-threads", "true", "set enable-threads = true"),
            )
