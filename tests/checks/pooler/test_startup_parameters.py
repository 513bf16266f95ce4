"""What PgBouncer does with the settings that a client sends in OPTIONS["options"], release by release."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connlint.fix.plan import plan
from connlint.report.model import Report

REFUSED, DROPPED = "unsupported-startup-parameter", "ignored-startup-parameter"
TIMEOUT = "-c statement_timeout=30000"
Said = Callable[..., list[str]]


def sends(text: str) -> dict[str, object]:
    return {"OPTIONS": {"options": text}}


@pytest.fixture
def fate(said: Said, lacked: Said) -> Callable[..., str]:
    """`fate(options, ini, version)`: kept, refused, dropped or unknown, with the confidence where it is not certain."""

    def ask(text: str, ini: str = "", version: str | None = None) -> str:
        versions = {"pgbouncer": version} if version else {}
        lines = {name: said(name, ini, versions=versions, **sends(text)) for name in (REFUSED, DROPPED)}
        assert not (lines[REFUSED] and lines[DROPPED])
        for name, word in ((REFUSED, "refused"), (DROPPED, "dropped")):
            if lines[name]:
                confidence = lines[name][0].split(":")[0].split()[1]
                return word if confidence == "certain" else f"{word} ({confidence})"
        return "unknown" if lacked(REFUSED, ini, versions=versions, **sends(text)) else "kept"

    return ask


def test_what_they_say(said: Said) -> None:
    assert said(REFUSED, "", **sends(TIMEOUT)) == [
        'error certain: pgbouncer refuses every connection of "default", because it asks for statement_timeout as it connects'
    ]
    assert said(DROPPED, "ignore_startup_parameters = options", **sends(TIMEOUT)) == [
        'warning certain: statement_timeout of "default" has no effect: pgbouncer lets the client connect and drops the setting'
    ]


@pytest.mark.parametrize("version", [None, "1.18", "1.20", "1.20.1", "1.24", "1.25"])
def test_a_setting_nobody_lists_is_refused_by_every_release(fate: Callable[..., str], version: str | None) -> None:
    assert fate(TIMEOUT, "", version) == "refused"
    assert fate(TIMEOUT, "ignore_startup_parameters = extra_float_digits", version) == "refused"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.18", "dropped"), ("1.19.1", "dropped"), ("1.20.0", "refused"), ("1.20.1", "dropped"), ("1.25", "dropped"),
     (None, "dropped")],
)  # fmt: skip
def test_options_among_the_ignored(fate: Callable[..., str], version: str | None, expected: str) -> None:
    """1.20.0 looked for each name only, which 1.20.1 took back."""
    assert fate(TIMEOUT, "ignore_startup_parameters = extra_float_digits, options", version) == expected


@pytest.mark.parametrize(
    ("version", "expected"), [("1.19", "refused"), ("1.20", "dropped"), ("1.24", "dropped"), (None, "unknown")]
)
def test_the_name_among_the_ignored(fate: Callable[..., str], version: str | None, expected: str) -> None:
    """Before 1.20 `options` is one parameter, and what is inside has no name."""
    assert fate(TIMEOUT, "ignore_startup_parameters = statement_timeout", version) == expected


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        ("statement_timeout", "dropped"),
        ("extra_float_digits statement_timeout", "dropped"),  # white space parts names too
        ("Statement_Timeout", "refused"),  # here case counts
        ("my_statement_timeout", "refused"),
        ("Options", "refused"),
    ],
)
def test_how_the_list_is_read(fate: Callable[..., str], ignored: str, expected: str) -> None:
    assert fate(TIMEOUT, f"ignore_startup_parameters = {ignored}", "1.24") == expected


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("application_name", "1.24", "kept"),
        ("TimeZone", "1.24", "kept"),  # here case does not
        ("timezone", "1.20", "kept"),
        ("timezone", "1.19", "refused"),
        ("timezone", None, "unknown"),
        ("IntervalStyle", "1.20", "kept"),  # tracked by default
    ],
)
def test_what_pgbouncer_follows(fate: Callable[..., str], name: str, version: str | None, expected: str) -> None:
    assert fate(f"-c {name}=x", "", version) == expected


def test_a_tracked_setting_holds_only_where_the_server_reports_it(fate: Callable[..., str]) -> None:
    assert fate("-c search_path=shop", "track_extra_parameters = search_path", "1.24") == "kept"
    tracked = "track_extra_parameters = IntervalStyle, statement_timeout"
    assert fate(TIMEOUT, tracked, "1.24") == "dropped (possible)"
    assert fate("-c IntervalStyle=iso_8601", "track_extra_parameters = search_path", "1.24") == "refused"


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("--statement_timeout=30000", "1.22.1", "refused"),
        ("--statement_timeout=30000", "1.23", "dropped"),
        ("--statement_timeout=30000", "1.18", "dropped"),
        ("-c statement_timeout=30000 ", "1.24", "refused"),  # the blank at the end
        ("-c statement_timeout=30000 -N 5", "1.24", "refused"),
        ("  -cstatement_timeout=30000", "1.24", "dropped"),
        (r"-c application_name=a\ b", "1.24", "kept"),
        ("", "1.24", "kept"),
    ],
)
def test_what_else_stands_in_options(fate: Callable[..., str], text: str, version: str, expected: str) -> None:
    assert fate(text, "ignore_startup_parameters = options", version) == expected


def test_each_setting_has_its_own_fate(said: Said) -> None:
    text = "-c statement_timeout=1 -c lock_timeout=2 -c timezone=UTC -c lock_timeout=3"
    ini = "ignore_startup_parameters = lock_timeout"
    versions = {"pgbouncer": "1.24"}
    assert [line.split("asks for ")[1].split()[0] for line in said(REFUSED, ini, versions=versions, **sends(text))] == [
        "statement_timeout"
    ]
    assert [line.split()[2] for line in said(DROPPED, ini, versions=versions, **sends(text))] == ["lock_timeout"]


def test_one_of_several_texts_is_a_possibility(said: Said) -> None:
    options = {"OPTIONS": f'{{"options": "{TIMEOUT}" if os.path.exists("/etc/slow") else "-c timezone=UTC"}}'}
    lines = said(REFUSED, "", source=options, versions={"pgbouncer": "1.24"})
    assert [line.partition(":")[0] for line in lines] == ["error possible"]


def test_what_nobody_knows_is_a_lack(said: Said, lacked: Said) -> None:
    options = {"OPTIONS": '{"options": open("/etc/options").read()}'}
    assert said(REFUSED, "", source=options) == []
    assert lacked(REFUSED, "", source=options) == [
        'OPTIONS["options"] of "default" in shop.settings: it is in a file outside the project, which is not read: '
    ]
    assert lacked(REFUSED, "", **sends("-c timezone=UTC")) == ['the version of pgbouncer: versions.pgbouncer = "1.24"']
    declared = {"connlint.toml": '[poolers.main]\nhost = "pool.internal"\n'}
    assert said(REFUSED, HOST="pool.internal", files=declared, **sends(TIMEOUT)) == []
    assert lacked(REFUSED, HOST="pool.internal", files=declared, **sends(TIMEOUT)) == [
        'ignore_startup_parameters of main: poolers.main.config = "pgbouncer.ini"'
    ]


def test_other_poolers_have_rules_of_their_own(said: Said, lacked: Said) -> None:
    host = "ep-cool-night-123456-pooler.eu-central-1.aws.neon.tech"
    assert said(REFUSED, HOST=host, **sends(TIMEOUT)) == []
    assert lacked(REFUSED, HOST=host, **sends(TIMEOUT)) == []


def test_straight_to_the_server_nothing_is_refused(said: Said) -> None:
    assert said(REFUSED, "", HOST="db.internal", PORT=5432, **sends(TIMEOUT)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"-c statement_timeout=1"', '""'),
        ("'-c statement_timeout=1 -c timezone=UTC  --lock_timeout=2'", "'-c timezone=UTC'"),
        ('"-c statement_timeout=1 " "-c timezone=UTC"', '"-c timezone=UTC"'),
        ('f"-c statement_timeout={1}"', None),
        ('"-c statement_timeout=1 -N 5"', None),  # more than settings
    ],
)
def test_the_fix_takes_out_what_is_refused(report: Callable[..., Report], before: str, after: str | None) -> None:
    found = report(REFUSED, "", source={"OPTIONS": f'{{"options": {before}}}'}, versions={"pgbouncer": "1.24"})
    assert found.findings
    assert plan(found.findings).changes == {}  # it is unsafe
    changes = [text for _, text in plan(found.findings, unsafe=True).changes.values()]
    assert [f'"OPTIONS": {{"options": {after}}},' in text for text in changes] == ([] if after is None else [True])
