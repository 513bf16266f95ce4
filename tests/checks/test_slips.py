"""What is near enough to another name to be renamed without asking."""

from __future__ import annotations

import pytest

from connlint.checks._slips import is_slip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("CONN_HEALTH_CHECK", "CONN_HEALTH_CHECKS"), ("MAX_CONN_AGE", "CONN_MAX_AGE"), ("conn_max_age", "CONN_MAX_AGE"),
        ("process", "processes"), ("enable_threads", "enable-threads"), ("pool_moed", "pool_mode"), ("minsize", "min_size"),
        ("thread", "threads"), ("PASWORD", "PASSWORD"), ("defualt_pol_size", "default_pool_size"),
    ],
)  # fmt: skip
def test_slips(written: str, meant: str) -> None:
    assert is_slip(written, meant)
    assert is_slip(meant, written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("log-buffering", "post-buffering"),
        ("exec-pre", "exec-pre-app"),
        ("max_idle", "min_size"),
        ("host", "port"),
        ("", "HOST"),
    ],
)
def test_other_names(written: str, meant: str) -> None:
    assert not is_slip(written, meant)
