"""Tenants, statement pooling, prepared statements, TLS, and settings that go round the pooler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

TENANTS = "tenants-with-transaction-pooling"
STATEMENT = "statement-pooling"
PREPARED = "prepared-statements-with-transaction-pooling"
TLS = "ssl-mismatch-with-pooler"
BYPASSED = "pooler-bypassed"
TRANSACTION = "pool_mode = transaction"
PROXY = "shop.proxy-abc123.eu-west-1.rds.amazonaws.com"
NEON = "ep-cool-night-123456-pooler.eu-central-1.aws.neon.tech"
Said = Callable[..., list[str]]


def verdicts(lines: list[str]) -> list[str]:
    return [line.partition(":")[0] for line in lines]


class TestTenants:
    @pytest.mark.parametrize(
        ("engine", "expected"),
        [
            ("django_tenants.postgresql_backend", ["error certain"]),
            ("tenant_schemas.postgresql_backend", ["error certain"]),
            ("django_pgschemas.postgresql_backend", ["error certain"]),
            ("django.db.backends.postgresql", []),
        ],
    )
    def test_the_engine_chooses_tenants(self, said: Said, engine: str, expected: list[str]) -> None:
        assert verdicts(said(TENANTS, TRANSACTION, ENGINE=engine)) == expected
        assert said(TENANTS, "pool_mode = session", ENGINE=engine) == []

    def test_an_rds_proxy_may_pin_the_session(self, said: Said) -> None:
        assert verdicts(said(TENANTS, ENGINE="django_tenants.postgresql_backend", HOST=PROXY)) == ["error possible"]

    @pytest.mark.parametrize(
        ("engine", "expected"), [("shop.postgresql", ["error possible"]), ("django.db.backends.postgresql", [])]
    )
    def test_installed_apps_only_suggest_it_beside_an_engine_of_ones_own(
        self, said: Said, engine: str, expected: list[str]
    ) -> None:
        alias = f'{{"ENGINE": "{engine}", "NAME": "shop", "HOST": "pgbouncer", "PORT": 6432}}'
        files = {"shop/settings.py": f'INSTALLED_APPS = ["django_tenants"]\nDATABASES = {{"default": {alias}}}\n'}
        assert verdicts(said(TENANTS, TRANSACTION, files=files)) == expected


@pytest.mark.parametrize(("mode", "expected"), [("statement", ["error certain"]), ("transaction", []), ("session", [])])
def test_statement_pooling(said: Said, mode: str, expected: list[str]) -> None:
    assert verdicts(said(STATEMENT, f"pool_mode = {mode}")) == expected


class TestPreparedStatements:
    BOTH: ClassVar = {"server_side_binding": True, "prepare_threshold": 5}

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            (BOTH, ["error certain"]),
            ({"server_side_binding": True, "prepare_threshold": 0}, ["error certain"]),
            ({"server_side_binding": True, "prepare_threshold": None}, []),
            ({"server_side_binding": True}, []),  # Django's own threshold is None
            ({"prepare_threshold": 5}, []),  # nothing is prepared without binding on the server
            ({"server_side_binding": False, "prepare_threshold": 5}, []),
        ],
    )
    def test_both_are_needed(self, said: Said, options: dict[str, Any], expected: list[str]) -> None:
        versions = {"pgbouncer": "1.18"}
        assert verdicts(said(PREPARED, TRANSACTION, versions=versions, OPTIONS=options)) == expected
        assert said(PREPARED, "pool_mode = session", versions=versions, OPTIONS=options) == []

    @pytest.mark.parametrize(
        ("version", "stated", "expected"),
        [
            ("1.18", None, ["error certain"]),
            ("1.20.1", None, ["error certain"]),
            ("1.21", None, ["error certain"]),  # off by default
            ("1.23", None, ["error certain"]),
            ("1.24", None, []),  # 200 by default
            ("1.21", 100, []),
            ("1.24", 0, ["error certain"]),
            (None, 0, ["error certain"]),
            (None, 100, []),
        ],
    )
    def test_the_release_and_its_setting(
        self, said: Said, lacked: Said, version: str | None, stated: int | None, expected: list[str]
    ) -> None:
        ini = TRANSACTION + ("" if stated is None else f"\nmax_prepared_statements = {stated}")
        more: dict[str, Any] = {"versions": {"pgbouncer": version} if version else {}, "OPTIONS": self.BOTH}
        assert verdicts(said(PREPARED, ini, **more)) == expected
        assert lacked(PREPARED, ini, **more) == []

    def test_without_a_version_it_is_a_lack(self, said: Said, lacked: Said) -> None:
        assert said(PREPARED, TRANSACTION, OPTIONS=self.BOTH) == []
        assert lacked(PREPARED, TRANSACTION, OPTIONS=self.BOTH) == [
            'the version of pgbouncer: versions.pgbouncer = "1.24"'
        ]

    def test_neon_follows_them_and_of_supavisor_nobody_knows(self, said: Said, lacked: Said) -> None:
        supabase = "aws-0-eu-west-1.pooler.supabase.com"
        for host in (NEON, supabase, PROXY):
            assert said(PREPARED, HOST=host, PORT=6543, OPTIONS=self.BOTH) == []
        assert lacked(PREPARED, HOST=NEON, OPTIONS=self.BOTH) == []
        assert lacked(PREPARED, HOST=supabase, PORT=6543, OPTIONS=self.BOTH) == [
            "max_prepared_statements of Supavisor: poolers.supavisor.max-prepared-statements = 200"
        ]

    def test_a_threshold_in_some_cases_only_is_a_possibility(self, said: Said) -> None:
        options = {
            "OPTIONS": '{"server_side_binding": True, "prepare_threshold": 5 if os.path.exists("/etc/fast") else None}'
        }
        lines = said(PREPARED, TRANSACTION, source=options, versions={"pgbouncer": "1.18"})
        assert verdicts(lines) == ["error possible"]

    def test_the_fix_prepares_nothing(self, mended: Callable[..., dict[str, str]]) -> None:
        mended_files = mended(PREPARED, TRANSACTION, versions={"pgbouncer": "1.18"}, OPTIONS=self.BOTH)
        assert (
            '{"server_side_binding": True, "prepare_threshold": None}'.replace('"', "'")
            in mended_files["shop/settings.py"]
        )


class TestTls:
    @pytest.mark.parametrize(
        ("asked", "offered", "expected"),
        [
            ("require", None, ["error certain"]),  # off by default
            ("verify-full", "disable", ["error certain"]),
            ("verify-ca", "disable", ["error certain"]),
            ("prefer", "disable", []),
            ("allow", "disable", []),
            ("require", "allow", []),
            ("require", "require", []),
        ],
    )
    def test_who_asks_and_who_offers(self, said: Said, asked: str, offered: str | None, expected: list[str]) -> None:
        ini = "" if offered is None else f"client_tls_sslmode = {offered}"
        assert verdicts(said(TLS, ini, OPTIONS={"sslmode": asked})) == expected

    @pytest.mark.parametrize("host", ["/var/run/postgresql", ""])
    def test_a_unix_socket_needs_no_tls(self, said: Said, host: str) -> None:
        assert said(TLS, "", HOST=host, OPTIONS={"sslmode": "require"}) == []

    def test_straight_to_the_server_it_is_the_servers(self, said: Said) -> None:
        assert said(TLS, "", HOST="db.internal", PORT=5432, OPTIONS={"sslmode": "require"}) == []

    def test_of_a_pooler_without_a_file_nobody_knows(self, said: Said) -> None:
        files = {"connlint.toml": '[poolers.main]\nhost = "pool.internal"\n'}
        assert said(TLS, HOST="pool.internal", files=files, OPTIONS={"sslmode": "require"}) == []


class TestBypassed:
    DIRECT: ClassVar = {"HOST": "db.internal", "PORT": 5432}

    def test_the_only_alias_goes_round(self, said: Said) -> None:
        assert said(BYPASSED, "", **self.DIRECT) == [
            'warning certain: "default" connects straight to db.internal, the server behind pgbouncer, and no alias connects '
            "to pgbouncer itself: it pools nothing"
        ]

    @pytest.mark.parametrize(
        "database",
        [
            {"HOST": "pgbouncer", "PORT": 6432},
            {"HOST": "other.internal", "PORT": 5432},
            {"HOST": "db.internal", "PORT": 5433},  # another server
            {"HOST": "db.internal", "PORT": 5432, "NAME": "reports"},  # a database it does not serve
            {"HOST": "db.internal", "PORT": 5432, "ENGINE": "django.db.backends.mysql"},
        ],
    )
    def test_what_does_not(self, said: Said, database: dict[str, Any]) -> None:
        assert said(BYPASSED, "", **database) == []

    def test_a_default_for_development_proves_nothing(self, said: Said) -> None:
        assert said(BYPASSED, "", source={"HOST": 'os.environ.get("DB_HOST", "db.internal")'}, PORT=5432) == []

    @pytest.mark.parametrize("host", ['"pgbouncer"', 'os.environ["POOL_HOST"]'])
    def test_a_direct_alias_beside_a_pooled_one_is_on_purpose(self, said: Said, host: str) -> None:
        engine = '"ENGINE": "django.db.backends.postgresql", "NAME": "shop"'
        files = {
            "shop/settings.py": f'import os\nDATABASES = {{"default": {{{engine}, "HOST": {host}, "PORT": 6432}}, '
            f'"direct": {{{engine}, "HOST": "db.internal", "PORT": 5432}}}}\n'
        }
        assert said(BYPASSED, "", files=files) == []

    def test_an_alias_that_may_use_the_pooler_counts_as_one(self, said: Said) -> None:
        engine = '"ENGINE": "django.db.backends.postgresql", "NAME": "shop"'
        files = {
            "shop/settings.py": f'import os\nDATABASES = {{"default": {{{engine}, "HOST": "app.internal", '
            f'"PORT": os.environ["DB_PORT"]}}, "direct": {{{engine}, "HOST": "db.internal", "PORT": 5432}}}}\n'
        }
        assert said(BYPASSED, "", files=files) == []

    def test_the_fallback_entry_serves_every_name(self, said: Said) -> None:
        ini = "[databases]\n* = host=db.internal\n[pgbouncer]\n"
        assert verdicts(said(BYPASSED, ini, NAME="anything", **self.DIRECT)) == ["warning certain"]
