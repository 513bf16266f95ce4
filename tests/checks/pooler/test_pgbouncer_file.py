"""The rules about pgbouncer.ini itself: lines it refuses, keys it does not know, a reset query it never runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connlint.report import github, json, text
from connlint.report.model import Report
from connlint.report.redact import Redactor

LINE, KEY, RESET = "invalid-pgbouncer-line", "unknown-pgbouncer-setting", "ignored-reset-query"
Said = Callable[..., list[str]]
Mended = Callable[..., dict[str, str]]


def verdicts(lines: list[str]) -> list[str]:
    return [line.partition(":")[0] for line in lines]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("server_idle_timeout = 10min", "server_idle_timeout = 600"),
        ("pool_mode = 'transaction'", "pool_mode = transaction"),
        ('listen_port = "6432"', "listen_port = 6432"),
        ("max_client_conn = 200 ; for now", "; for now\nmax_client_conn = 200"),
        ("max_client_conn = 200\t# for now", "# for now\nmax_client_conn = 200"),
    ],
)
def test_a_refused_value_is_repaired(said: Said, mended: Mended, before: str, after: str) -> None:
    head = "[databases]\nshop = host=db.internal\n[pgbouncer]\n"
    assert verdicts(said(LINE, f"{head}{before}\n")) == ["error certain"]
    assert mended(LINE, f"{head}{before}\n") == {"pgbouncer.ini": f"{head}{after}\n"}
    assert said(LINE, f"{head}{after}\n") == []


@pytest.mark.parametrize("line", ["pool_mode = transactions", "max_client_conn = many", "not a line", "[pools]"])
def test_what_is_not_clear_is_not_repaired(said: Said, mended: Mended, line: str) -> None:
    assert verdicts(said(LINE, line if line[0] != "[" else f"[pgbouncer]\n{line}\n")) == ["error certain"]
    assert mended(LINE, line if line[0] != "[" else f"[pgbouncer]\n{line}\n") == {}


def test_the_message_says_that_it_does_not_start_once(said: Said) -> None:
    assert said(LINE, "[databases]\nshop = host=db.internal\n") == [
        "error certain: there is no [pgbouncer] section; PgBouncer does not start without one"
    ]
    assert said(LINE, "pool_mode = fast") == [
        'error certain: PgBouncer refuses to start: pool_mode is one of session, transaction, statement, not "fast"'
    ]


def test_what_it_misreads_is_a_warning(said: Said, mended: Mended) -> None:
    again = "[pgbouncer]\npool_mode = transaction\n[pgbouncer]\nlisten_port = 6432\n"
    assert said(LINE, again) == ["warning certain: opening [pgbouncer] again puts pool_mode back to the default"]
    assert verdicts(said(LINE, "logfile = /var/log/pgbouncer.log ; rotated")) == ["warning certain"]
    assert mended(LINE, "logfile = /var/log/pgbouncer.log ; rotated") == {}
    number = "[databases]\nshop = host=db.internal pool_size=5x\n[pgbouncer]\n"
    assert verdicts(said(LINE, number)) == ["warning certain"]


@pytest.mark.parametrize(
    "line",
    ["listen_port = ${PORT}", "listen_port = {{ port }}", "{% if tls %}", "listen_port = $PORT", "listen_port = @@PORT@@",
     "listen_port = <%= port %>", "listen_port = __LISTEN_PORT__", "listen_port = %(port)s"],
)  # fmt: skip
def test_what_a_template_fills_in_is_no_mistake(said: Said, line: str) -> None:
    assert said(LINE, line) == []


def test_a_file_that_another_includes_needs_no_section_of_pgbouncer(said: Said) -> None:
    main = "[pgbouncer]\nlisten_port = 6432\n%include pgbouncer-databases.ini\n"
    files = {"pgbouncer-databases.ini": "[databases]\nshop = host=db.internal\n"}
    assert said(LINE, main, files=files) == []
    assert verdicts(said(LINE, None, files=files)) == ["error certain"]


def test_a_comment_that_may_be_the_rest_of_a_password_is_left_alone(said: Said, mended: Mended) -> None:
    ini = "[databases]\nshop = host=db.internal password=hunter2 ;secret\n[pgbouncer]\n"
    assert verdicts(said(LINE, ini)) == ["error certain"]
    assert mended(LINE, ini) == {}
    plain = "[databases]\nshop = host=db.internal  ; the shop\n[pgbouncer]\n"
    assert mended(LINE, plain) == {"pgbouncer.ini": "[databases]\n; the shop\nshop = host=db.internal\n[pgbouncer]\n"}


@pytest.mark.parametrize(
    "line",
    [
        "password=hunter2 secretword extra",
        "password=hunter2 secretword=1",
        "password='hunter2",
        "password=hunter2 ;secretword",
    ],
)
@pytest.mark.parametrize("key", ["shop", "*"])
def test_no_password_shows(report: Callable[..., Report], key: str, line: str) -> None:
    for rule in (LINE, KEY):
        found = report(rule, f"[databases]\n{key} = host=db.internal {line}\n[pgbouncer]\n")
        for output in (text.render(found, Redactor()), json.check(found, Redactor()), github.render(found, Redactor())):
            assert "hunter2" not in output
            assert "secretword" not in output


class TestUnknownSettings:
    def test_a_slip_is_repaired(self, said: Said, mended: Mended) -> None:
        assert said(KEY, "pool_moed = transaction") == [
            'error certain: PgBouncer refuses to start: PgBouncer does not know "pool_moed"; did you mean pool_mode?'
        ]
        assert mended(KEY, "[pgbouncer]\npool_moed = transaction\n") == {
            "pgbouncer.ini": "[pgbouncer]\npool_mode = transaction\n"
        }

    def test_a_slip_beside_the_right_name_is_not(self, said: Said, mended: Mended) -> None:
        assert verdicts(said(KEY, "pool_mode = session\npool_moed = transaction")) == ["error certain"]
        assert mended(KEY, "pool_mode = session\npool_moed = transaction") == {}

    def test_a_slip_in_a_connection_string(self, mended: Mended) -> None:
        ini = "[databases]\nshop = host=db.internal pol_size=5\n[pgbouncer]\n"
        assert mended(KEY, ini) == {"pgbouncer.ini": ini.replace("pol_size", "pool_size")}
        both = "[databases]\nshop = host=db.internal pool_size=4 pol_size=5\n[pgbouncer]\n"
        assert mended(KEY, both) == {}

    @pytest.mark.parametrize(
        ("version", "expected"),
        [("1.20", ["error certain"]), ("1.21", []), ("1.25", []), ("1.99", []), (None, [])],
    )
    def test_the_release_decides(self, said: Said, version: str | None, expected: list[str]) -> None:
        versions = {"pgbouncer": version} if version else {}
        assert verdicts(said(KEY, "max_prepared_statements = 100", versions=versions)) == expected

    def test_a_release_newer_than_the_tables_may_know_it(self, said: Said) -> None:
        assert verdicts(said(KEY, "brand_new_setting = 1", versions={"pgbouncer": "1.25"})) == ["error certain"]
        assert said(KEY, "brand_new_setting = 1", versions={"pgbouncer": "1.99"}) == []

    def test_the_fallback_entry_is_read_when_a_client_comes(self, said: Said) -> None:
        assert said(KEY, "[databases]\n* = host=db.internal poolsize=5\n[pgbouncer]\n") == [
            "error certain: PgBouncer refuses every client of the entry *: "
            'PgBouncer [databases] does not know "poolsize"; did you mean pool_size?'
        ]


class TestResetQuery:
    @pytest.mark.parametrize(
        ("ini", "fires"),
        [
            ("pool_mode = transaction\nserver_reset_query = DISCARD ALL", True),
            ("pool_mode = statement\nserver_reset_query = DISCARD ALL", True),
            ("pool_mode = session\nserver_reset_query = DISCARD ALL", False),
            ("server_reset_query = DISCARD ALL", False),
            ("pool_mode = transaction", False),
            ("pool_mode = transaction\nserver_reset_query =", False),
            ("pool_mode = transaction\nserver_reset_query = DISCARD ALL\nserver_reset_query_always = 1", False),
            ("pool_mode = transaction\nserver_reset_query = DISCARD ALL\nserver_reset_query_always = 0", True),
        ],
    )
    def test_when_it_is_not_run(self, said: Said, ini: str, fires: bool) -> None:
        assert verdicts(said(RESET, ini)) == ["info certain"] * fires

    @pytest.mark.parametrize(
        ("databases", "users", "general", "fires"),
        [
            ("pool_mode=transaction", "", "session", True),  # nobody pools by session
            ("pool_mode=session", "", "transaction", False),
            ("", "bob = pool_mode=session", "transaction", False),
        ],
    )
    def test_every_mode_in_use_counts(self, said: Said, databases: str, users: str, general: str, fires: bool) -> None:
        ini = (
            f"[databases]\nshop = host=db.internal {databases}\n[users]\n{users}\n"
            f"[pgbouncer]\npool_mode = {general}\nserver_reset_query = DISCARD ALL\n"
        )
        assert verdicts(said(RESET, ini)) == ["info certain"] * fires

    def test_the_line_is_removed(self, mended: Mended) -> None:
        ini = "[pgbouncer]\npool_mode = transaction\nserver_reset_query = DISCARD ALL\nlisten_port = 6432\n"
        assert mended(RESET, ini) == {"pgbouncer.ini": ini.replace("server_reset_query = DISCARD ALL\n", "")}
