"""The option table of uWSGI, against the list of the installed one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from connlint.facts import Version, product

FACTS = product("uwsgi")
SETS = FACTS.sets

needs_uwsgi = pytest.mark.skipif(
    importlib.util.find_spec("pyuwsgi") is None, reason="pyuwsgi is not installed; it does not exist for Windows"
)


@needs_uwsgi
def test_every_option_of_the_installed_uwsgi_is_known() -> None:
    start = "import sys, pyuwsgi; sys.argv[:] = ['uwsgi', '--dump-options']; pyuwsgi.run()"
    output = subprocess.run(
        [sys.executable, "-c", start], capture_output=True, text=True, timeout=30, check=False
    ).stdout
    options = set(output.split())
    assert len(options) > 900
    assert options - FACTS.names == set()


def test_aliases_lead_to_options_that_are_no_aliases() -> None:
    assert FACTS.canonical("workers") == "processes"
    assert FACTS.canonical("wsgi") == "module"
    assert FACTS.canonical("threads") == "threads"
    assert FACTS.aliases.keys() <= FACTS.names
    assert set(FACTS.aliases.values()) <= FACTS.names - FACTS.aliases.keys()
    assert not FACTS.aliases.keys() & FACTS.settings.keys()


def test_an_option_is_read_in_one_way_and_so_are_its_aliases() -> None:
    ways = (SETS["repeated"], SETS["flags"], SETS["numbers"])
    for one in ways:
        assert one <= FACTS.names
        assert sum(one is other or bool(one & other) for other in ways) == 1
        assert {alias for alias, name in FACTS.aliases.items() if (alias in one) != (name in one)} == set()
    assert SETS["counts"] <= SETS["numbers"]


@pytest.mark.parametrize(
    ("types", "way"),
    [({"int", "seconds", "bytes"}, "numbers"), ({"bool"}, "flags"), ({"list"}, "repeated")],
)
def test_the_type_of_a_setting_is_the_way_it_is_read(types: set[str], way: str) -> None:
    settings = FACTS.settings.values()
    assert {s.name for s in settings if s.type in types} == {s.name for s in settings if s.name in SETS[way]}


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("processes", 1),
        ("threads", 1),
        ("lazy-apps", False),
        ("master", False),
        ("async", 1),
        ("harakiri", 0),
        ("worker-reload-mercy", 60),
        ("listen", 100),
        ("buffer-size", 4096),
        ("http-timeout", 60),
        ("attach-daemon", []),
    ],
)
def test_defaults(name: str, default: object) -> None:
    assert FACTS.default(name, Version.parse("2.0.30")).only == default


def test_threads_are_always_enabled_from_2_0_27_on() -> None:
    assert FACTS.default("enable-threads", Version.parse("2.0.26")).only is False
    assert FACTS.default("enable-threads", Version.parse("2.0.27")).only is True
    assert FACTS.default("enable-threads", None).alternatives == (False, True)


def test_max_requests_delta_came_with_2_0_29() -> None:
    assert FACTS.knows("max-requests-delta", Version.parse("2.0.28")) is False
    assert FACTS.knows("max-requests-delta", Version.parse("2.0.29")) is True


def test_what_is_no_option() -> None:
    assert not FACTS.knows("p", None)
    assert not FACTS.knows("process", None)
    assert not FACTS.knows("enable_threads", None)
    assert not FACTS.knows("else", None)
