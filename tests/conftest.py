"""What all tests share: the repository's root, and the settings of hypothesis."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Two cores shared by many workers make single examples slow at random; a deadline would only measure that.
settings.register_profile("connlint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("connlint")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[1]
