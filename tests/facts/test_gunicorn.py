"""What is said of gunicorn's settings, against the gunicorn that is installed."""

from __future__ import annotations

from typing import Any

import gunicorn
import pytest
from gunicorn.config import KNOWN_SETTINGS

from connlint.facts import Setting, Version, product

INSTALLED = Version(tuple(gunicorn.version_info[:2]))
FACTS = product("gunicorn")
KNOWN: dict[str, Any] = {setting.name: setting for setting in KNOWN_SETTINGS}
# Their defaults come from the host or its environment.
OF_THE_HOST = {"bind", "chdir", "user", "group", "syslog_addr", "ssl_version", "cert_reqs", "control_socket"}


def test_the_table_covers_the_installed_version() -> None:
    assert FACTS.first <= INSTALLED <= FACTS.last


def test_the_names_are_those_gunicorn_knows() -> None:
    assert {name for name in FACTS.settings if FACTS.knows(name, INSTALLED)} == set(KNOWN)


def test_the_defaults_are_gunicorns() -> None:
    hooks = FACTS.sets["hooks"]
    stated = {name: FACTS.default(name, INSTALLED) for name in KNOWN if name not in OF_THE_HOST | hooks}
    assert {name: value.only for name, value in stated.items()} == {name: _default(KNOWN[name]) for name in stated}


def test_what_has_no_default_is_of_the_host_or_a_hook() -> None:
    assert {name for name, setting in FACTS.settings.items() if not setting.defaults} == OF_THE_HOST | FACTS.sets[
        "hooks"
    ]


def test_hooks_are_callables() -> None:
    assert {name for name, setting in KNOWN.items() if callable(setting.default)} == set(FACTS.sets["hooks"])
    assert {name for name in FACTS.sets["hooks"] if FACTS.settings[name].type != "callable"} == set()


@pytest.mark.parametrize("name", [name for name, setting in FACTS.settings.items() if setting.defaults])
def test_a_default_has_the_type_that_is_stated(name: str) -> None:
    setting = FACTS.settings[name]
    types = {"int": int, "seconds": int, "bool": bool, "str": str, "list": list, "dict": dict}
    latest = setting.defaults[-1][1]
    assert latest is None or type(latest) is types[setting.type]


@pytest.mark.parametrize(
    ("name", "version", "known"),
    [
        ("wsgi_app", "20.0", False), ("wsgi_app", "20.1", True), ("tolerate_dangerous_framing", "22.0", True),
        ("tolerate_dangerous_framing", "23.0", False), ("asgi_loop", "23.0", False), ("asgi_loop", "24.0", True),
        ("workers", None, True), ("asgi_loop", None, None), ("worker", None, False), ("preload", None, False),
        ("keep_alive", None, False),
    ],
)  # fmt: skip
def test_which_settings_a_version_knows(name: str, version: str | None, known: bool | None) -> None:
    assert FACTS.knows(name, Version.parse(version) if version else None) is known


def _default(setting: Any) -> object:
    """As the configuration holds it where no variable of the environment says otherwise."""
    environment = {"workers": 1, "forwarded_allow_ips": "127.0.0.1,::1"}
    return environment.get(setting.name, setting.default)


def test_the_deciding_defaults_hold_for_every_version() -> None:
    names = ("workers", "threads", "worker_class", "worker_connections", "timeout", "graceful_timeout", "preload_app")
    assert {name: FACTS.default(name, None).only for name in names} == {
        "workers": 1, "threads": 1, "worker_class": "sync", "worker_connections": 1000, "timeout": 30,
        "graceful_timeout": 30, "preload_app": False,
    }  # fmt: skip
    assert all(isinstance(FACTS.settings[name], Setting) for name in names)
