"""Applications that a web server starts by its own configuration."""

from __future__ import annotations

import pytest

from connlint.deployment.commands.hosted import hosted
from connlint.deployment.model import Concurrency
from connlint.formats.services import Service
from connlint.source import Source
from connlint.value import Value

SPAN = Source("apache.conf", "WSGIDaemonProcess shop").span(0, 4)


@pytest.mark.parametrize(
    ("extra", "expected", "concurrency"),
    [
        ({"server": "mod-wsgi"}, "1 x 15", Concurrency.THREADS),
        ({"server": "mod-wsgi", "processes": 4, "threads": 2}, "4 x 2", Concurrency.THREADS),
        ({"server": "nginx-unit", "processes": 4, "threads": 3}, "4 x 3", Concurrency.THREADS),
        ({"server": "nginx-unit"}, "unknown x unknown", Concurrency.THREADS),
        ({"server": "nginx-unit", "processes": 4, "protocol": "asgi"}, "4 x 1 or more", Concurrency.ASGI),
    ],
)
def test_what_runs(extra: dict[str, object], expected: str, concurrency: Concurrency) -> None:
    found = hosted(Service("shop", SPAN, extra={key: Value.exact(value) for key, value in extra.items()}), {})
    assert found is not None
    [launch] = found.found
    assert f"{launch.started.processes} x {launch.started.threads}" == expected
    assert launch.started.concurrency is concurrency


def test_a_service_of_another_sort() -> None:
    assert hosted(Service("shop", SPAN), {}) is None
    assert hosted(Service("shop", SPAN, extra={"server": Value.exact("other")}), {}) is None
