"""Poolers and servers that a service runs, told by host and port, and what their plans grant."""

from __future__ import annotations

import pytest

from connlint.deployment.managed import kind_of
from connlint.deployment.platforms import granted
from connlint.facts.platforms import platform
from connlint.value import Value
from tests.deployment.building import server


@pytest.mark.parametrize(
    ("host", "port", "kind"),
    [
        ("aws-0-eu-central-1.pooler.supabase.com", "6543", "supavisor"),
        ("ep-cool-name-123456-pooler.us-east-2.aws.neon.tech", "", "neon"),
        ("ep-cool-name-123456.us-east-2.aws.neon.tech", "", None),
        ("shop.proxy-abc123.eu-west-1.rds.amazonaws.com", "", "rds-proxy"),
        ("shop.abc123.eu-west-1.rds.amazonaws.com", "", None),
        ("shop.postgres.database.azure.com", "6432", "azure"),
        ("shop.postgres.database.azure.com", "5432", None),
        ("shop.postgres.database.azure.com", "", None),
        ("shop-do-user-1-0.b.db.ondigitalocean.com", "25061", "digitalocean"),
        ("shop-do-user-1-0.b.db.ondigitalocean.com", "25060", None),
        ("pgbouncer.x1y2z3.flympg.net", "", "fly"),
        ("direct.x1y2z3.flympg.net", "", None),
        ("db.internal", "6432", None),
    ],
)
def test_a_managed_pooler_is_told_by_host_and_port(host: str, port: str, kind: str | None) -> None:
    assert kind_of(host, Value.exact(port)) == kind


@pytest.mark.parametrize(
    ("plan", "connections"),
    [
        ("heroku:essential-0", 20),
        ("Heroku:Standard-0", 120),
        ("azure:B1ms", 35),
        ("neon:0.25", 97),
        ("digitalocean:2gb", 47),
        ("supabase:small", 90),
        ("cloud-sql-postgresql:db-f1-micro", 22),
        ("aurora-serverless-v2-mysql:4", 135),
    ],
)
def test_a_plan_grants_its_connections_less_the_reserved_ones(plan: str, connections: int) -> None:
    found = granted(server(platform=plan))
    assert found is not None
    assert found[0].only == connections


@pytest.mark.parametrize("plan", ["heroku", "heroku:premium-0", "somewhere:small", "digitalocean:large", ""])
def test_nothing_is_known_of_other_plans(plan: str) -> None:
    assert granted(server(platform=plan)) is None


def test_a_declared_reserve_is_the_one_that_counts() -> None:
    found = granted(server(platform="neon:0.25", reserved=4))
    assert found is not None
    assert found[0].only == 100


def test_each_table_has_its_source_and_its_date() -> None:
    found = platform("neon")
    assert found is not None
    assert (found.as_of, found.source) == ("2026-01-24", "https://neon.com/docs/connect/connection-pooling")
