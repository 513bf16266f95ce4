"""Statements that leave something in the session, told from the literal text that a cursor executes."""

from __future__ import annotations

import pytest

from connlint.orm.analysis import analyse
from connlint.project.tree import Tree

HEAD = "from django.db import connection\n\ndef work(n):\n    with connection.cursor() as cursor:\n        "


def found(line: str, head: str = HEAD, path: str = "shop/jobs.py") -> list[tuple[str, str]]:
    facts = analyse(Tree(None, {path: head + line + "\n"}))
    return [(each.statement, each.name) for each in facts.sessions]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('cursor.execute("SET statement_timeout = 0")', ("SET", "statement_timeout")),
        ('cursor.execute("SET statement_timeout TO 1000")', ("SET", "statement_timeout")),
        ('cursor.execute("set search_path to %s", [n])', ("SET", "search_path")),
        ('cursor.execute("SET SESSION lock_timeout = 5")', ("SET", "lock_timeout")),
        ('cursor.execute("SET ROLE admin")', ("SET", "role")),
        ('cursor.execute(f"SET app.tenant = {n}")', ("SET", "app.tenant")),
        ('cursor.execute("SET app.tenant = %s" % n)', ("SET", "app.tenant")),
        ('cursor.execute("SET app.tenant = {}".format(n))', ("SET", "app.tenant")),
        ('cursor.execute("LISTEN events")', ("LISTEN", "")),
        ('cursor.execute("SELECT pg_advisory_lock(%s)", [n])', ("pg_advisory_lock", "")),
        ('cursor.execute("SELECT pg_try_advisory_lock(%s)", [n])', ("pg_advisory_lock", "")),
        ('cursor.execute("CREATE TEMP TABLE rows (id int)")', ("CREATE TEMPORARY TABLE", "")),
    ],
)
def test_it_leaves_something_behind(line: str, kind: tuple[str, str]) -> None:
    assert found(line) == [kind]


@pytest.mark.parametrize(
    "line",
    [
        'cursor.execute("SET LOCAL statement_timeout = 0")',
        'cursor.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")',
        'cursor.execute("SET CONSTRAINTS ALL DEFERRED")',
        'cursor.execute("UPDATE shop SET price = 0")',
        'cursor.execute("SELECT pg_advisory_xact_lock(%s)", [n])',
        'cursor.execute("CREATE TEMP TABLE rows (id int) ON COMMIT DROP")',
        'cursor.execute("SELECT 1 -- SET x = 1")',
        "cursor.execute(n)",
        "cursor.execute()",
    ],
)
def test_it_leaves_nothing_behind(line: str) -> None:
    assert found(line) == []


def test_connections_of_their_own_are_left_out() -> None:
    own = "import psycopg\nfrom django.db import connection\n\ndef work(n):\n    with psycopg.connect().cursor() as cursor:\n        "
    assert found('cursor.execute("LISTEN events")', own) == []
    assert found('cursor.execute("LISTEN events")', "def work(cursor):\n    ") == []


def test_tests_and_migrations_are_left_out() -> None:
    assert found('cursor.execute("SET x = 1")', path="shop/tests/test_jobs.py") == []
    assert found('cursor.execute("SET x = 1")', path="shop/migrations/0001_initial.py") == []


def test_a_file_that_does_not_parse_is_none() -> None:
    assert found('cursor.execute("SET x = 1"') == []


@pytest.mark.parametrize(
    "call",
    [
        'cursor.execute(\n        # why\n        "SET x = 1"\n    )',
        'cursor.execute(("SET x = %s") % n)',
        "cursor.execute(f'''\n        SET x = {n}\n    ''')",
        'cursor.execute("""\\\n        SET x = 1""")',
        'cursor.execute("\\n SET x = 1")',
    ],
)
def test_a_statement_is_found_however_its_text_begins(call: str) -> None:
    assert found(call) == [("SET", "x")]
