"""What is said of Celery's worker and of its Django fixup."""

from __future__ import annotations

import pytest

from connlint.facts import Version, product


@pytest.mark.parametrize(
    ("version", "after_task"),
    [
        ("4.1.1", "closed"), ("4.2", "kept-for-age"), ("4.3.1", "kept-for-age"), ("4.4.0", "closed"), ("4.4.3", "closed"),
        ("4.4.4", "kept-for-age"), ("5.5.3", "kept-for-age"), ("5.6", "closed"), ("5.6.3", "closed"),
    ],
)  # fmt: skip
def test_what_happens_to_connections_after_a_task(version: str, after_task: str) -> None:
    assert product("celery_django").default("after-task", Version.parse(version)).only == after_task


def test_without_a_version_either_may_happen() -> None:
    found = product("celery_django").default("after-task", None)
    assert set(found.alternatives) == {"closed", "kept-for-age"}


@pytest.mark.parametrize(("version", "closes"), [("5.5.3", False), ("5.6", True)])
def test_pools_are_closed_by_newer_ones(version: str, closes: bool) -> None:
    assert product("celery_django").default("closes-pools", Version.parse(version)).only is closes


def test_the_default_concurrency_is_the_hosts() -> None:
    assert product("celery").default("worker_concurrency", Version((5, 6))).is_unknown


def test_every_spelling_stands_for_a_setting() -> None:
    facts = product("celery")
    assert set(facts.aliases.values()) <= set(facts.settings)
    assert (
        facts.canonical("CELERYD_CONCURRENCY") == facts.canonical("CELERY_WORKER_CONCURRENCY") == "worker_concurrency"
    )
