"""Connections against the plan of a managed server: a warning of its own, unless max_connections is declared."""

from __future__ import annotations

import pytest

from tests.judging import judged, lacking

RULE = "exceeds-platform-limit"
SETTINGS = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db", "NAME": "shop"}}\n'


def files(workers: int, server: str) -> dict[str, str]:
    return {"gunicorn.conf.py": f"workers = {workers}\n", "connlint.toml": f'[servers.db]\nhost = "db"\n{server}\n'}


@pytest.mark.parametrize(("workers", "fires"), [(20, False), (21, True)])
def test_as_many_as_the_plan_grants_are_allowed(workers: int, fires: bool) -> None:
    found = judged(RULE, SETTINGS, files(workers, 'platform = "heroku:essential-0"'))
    assert bool(found) is fires
    if fires:
        assert found == [
            "warning certain: under load 21 connections are opened on db, whose plan grants 20 (Heroku Postgres, as of 2024): "
            "the rest are refused"
        ]


def test_a_declared_number_wins_and_is_another_rules() -> None:
    declared = files(21, 'platform = "heroku:essential-0"\nmax-connections = 20\nreserved = 0')
    assert judged(RULE, SETTINGS, declared) == []
    assert len(judged("exceeds-max-connections", SETTINGS, declared)) == 1
    assert judged("exceeds-max-connections", SETTINGS, files(21, 'platform = "heroku:essential-0"')) == []


def test_a_plan_that_no_table_has_says_nothing() -> None:
    unknown = files(500, 'platform = "heroku:premium-0"')
    assert judged(RULE, SETTINGS, unknown) == []
    assert lacking("exceeds-max-connections", SETTINGS, unknown) == ["max_connections of db"]
