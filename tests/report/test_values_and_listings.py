"""Values with their pedigree as JSON and words, and what listings print of settings."""

from __future__ import annotations

import json as stdlib_json
from typing import Any

import pytest

from connlint.deployment.budget import Limit, Term
from connlint.deployment.model import (
    Concurrency,
    Database,
    Deployment,
    Engine,
    Pooler,
    ProcessGroup,
    Server,
    SettingsModule,
)
from connlint.formats.document import Document
from connlint.report import budget, json, show
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.style import Style
from connlint.report.values import amount, as_json, in_words
from connlint.source import Source
from connlint.value import ABSENT, Origin, Value

CLEAN = Redactor()
SETTINGS = Source("shop/settings.py", 'AGE = 60\nDATABASES = {"default": {}}\n')
HERE = Origin.at(SETTINGS.span(6, 8))
DEFAULT = Origin.default("default of Django 5.2")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Value.exact(60, HERE), {"kind": "exact", "value": 60, "certainty": "exact"}),
        (Value.exact(None, HERE), {"kind": "exact", "value": None, "certainty": "exact"}),
        (Value.exact(0, HERE, DEFAULT), {"kind": "exact", "value": 0, "certainty": "default"}),
        (Value.choice([0, None], HERE), {"kind": "choice", "values": [0, None], "certainty": "exact"}),
        (Value.choice([ABSENT, 60], HERE), {"kind": "exact", "value": 60, "certainty": "exact"}),
        (Value.between(4, 16, HERE), {"kind": "range", "least": 4, "most": 16, "certainty": "exact"}),
        (Value.between(4, None, HERE), {"kind": "range", "least": 4, "most": None, "certainty": "exact"}),
        (Value.unknown("who knows", HERE), {"kind": "unknown", "reason": "who knows", "certainty": "unknown"}),
        (
            Value.unknown("who knows", HERE, least=4),
            {"kind": "unknown", "reason": "who knows", "least": 4, "certainty": "unknown"},
        ),
        (
            Value.exact(object(), HERE),
            {"kind": "unknown", "reason": "a value of type object is not printed", "certainty": "unknown"},
        ),
        (Value.exact([1, ("a",)], HERE), {"kind": "exact", "value": [1, ["a"]], "certainty": "exact"}),
        (
            Value.exact({"min_size": 4, "password": "hunter2"}, HERE),
            {"kind": "exact", "value": {"min_size": 4}, "certainty": "exact"},
        ),
        (Value.exact(10**5000, HERE), {"kind": "exact", "value": "more than 10**18", "certainty": "exact"}),
        (Value.exact(float("inf"), HERE), {"kind": "exact", "value": "unbounded", "certainty": "exact"}),
    ],
)
def test_json_of_a_value(value: Value, expected: dict[str, Any]) -> None:
    told = as_json(value, CLEAN)
    assert told.pop("origins")[0] == {"path": "shop/settings.py", "line": 1}
    assert told == expected


def test_origins_are_places_and_notes() -> None:
    assert as_json(Value.exact(0, HERE, DEFAULT), CLEAN)["origins"] == [
        {"path": "shop/settings.py", "line": 1},
        {"note": "default of Django 5.2"},
    ]


@pytest.mark.parametrize(
    ("value", "words", "number"),
    [
        (Value.exact(9, HERE), "9", "9"),
        (Value.choice([4, 9], HERE), "4 or 9", "4..9"),
        (Value.between(4, 9), "4..9", "4..9"),
        (Value.between(4, None), "4 or more", "4 or more"),
        (Value.unknown("no file says it", least=4), "unknown (at least 4): no file says it", "at least 4"),
        (Value.unknown("no file says it"), "unknown: no file says it", "unknown"),
        (Value.exact(""), "''", "unknown"),
    ],
)
def test_values_in_words(value: Value, words: str, number: str) -> None:
    assert (in_words(value, CLEAN), amount(value)) == (words, number)


def database(**settings: Value) -> Database:
    keys = {key.replace("__", "."): value for key, value in settings.items()}
    return Database("default", keys, SETTINGS.span(0, 1), "shop.settings")


PRIVATE = "hunter2canary"
MODULE = SettingsModule(
    "shop.settings",
    "shop/settings.py",
    {
        "default": database(
            ENGINE=Value.exact("django.db.backends.postgresql", HERE),
            PASSWORD=Value.exact(PRIVATE, HERE),
            USER=Value.exact("canaryuser", HERE),
            NAME=Value.exact("canaryname", HERE),
            HOST=Value.exact(f"canaryuser:{PRIVATE}@db", HERE),
            CONN_MAX_AGE=Value.exact(60, HERE),
            OPTIONS__pool__max_size=Value.exact(4, HERE),
            OPTIONS__pool__kwargs=Value.exact({"password": PRIVATE}, HERE),
            OPTIONS__passfile=Value.exact("/canarypath", HERE),
            TIME_ZONE=Value.unknown(f"postgres://canaryuser:{PRIVATE}@h/canaryname is not understood", HERE),
        )
    },
)
DOCUMENT = Document(
    "pgbouncer",
    Source("pgbouncer.ini", "[pgbouncer]\n"),
    settings={
        "default_pool_size": Value.exact(20, HERE),
        "pool_mode": Value.exact("transaction", HERE),
        "auth_type": Value.exact("canarymd5", HERE),
        "auth_user": Value.exact("canaryuser", HERE),
        "server_tls_key_file": Value.exact("/canarykey", HERE),
        "logfile": Value.exact("/canarylog", HERE),
    },
    groups={
        "databases.shop": {
            "host": Value.exact("db", HERE),
            "pool_size": Value.exact(5, HERE),
            "password": Value.exact(PRIVATE, HERE),
            "connect_query": Value.exact("SELECT canary", HERE),
        },
        "users.canaryuser": {"pool_mode": Value.exact("session", HERE)},
    },
)


def group(**changes: Any) -> ProcessGroup:
    one = Value.exact(1, HERE)
    fields: dict[str, Any] = {
        "name": "web", "server": "gunicorn", "concurrency": Concurrency.THREADS, "processes": Value.exact(9, HERE),
        "threads": one, "replicas": one, "surge": Value.exact(0), "worker_class": Value.exact("gthread"),
        "deadline": None, "deadline_name": "", "preload": Value.exact(False), "module": MODULE, "document": None,
        "span": None,
    }  # fmt: skip
    return ProcessGroup(**{**fields, **changes})


DEPLOYMENT = Deployment(
    "compose.yml",
    (MODULE,),
    (group(),),
    (
        Pooler(
            "bouncer",
            "pgbouncer",
            DOCUMENT,
            DOCUMENT.settings,
            {"shop": DOCUMENT.groups["databases.shop"]},
            {},
            Value.exact(1),
        ),
    ),
    (Server("db", Engine.POSTGRESQL, None, {"max_connections": Value.exact(100, HERE)}, {}),),
    (),
    (DOCUMENT,),
)
REPORT = Report(modules=(MODULE,), documents=(DOCUMENT,), deployments=(DEPLOYMENT,))


def test_show_prints_only_what_is_on_the_short_list() -> None:
    told = stdlib_json.loads(json.show(REPORT, CLEAN))
    (settings,) = told["settings"]
    assert settings["module"], settings["path"] == ("shop.settings", "shop/settings.py")
    assert {key: v.get("value", v.get("reason")) for key, v in settings["databases"]["default"].items()} == {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "•••@db",
        "CONN_MAX_AGE": 60,
        "OPTIONS.pool.max_size": 4,
        "TIME_ZONE": "postgres://•••@h/••• is not understood",
    }
    assert {key: v["value"] for key, v in told["documents"][0]["settings"].items()} == {
        "default_pool_size": 20,
        "pool_mode": "transaction",
        "databases.shop.host": "db",
        "databases.shop.pool_size": 5,
    }
    (deployment,) = told["deployments"]
    assert deployment["processes"][0]["databases"] == settings["databases"]
    assert deployment["processes"][0]["settings"] == "shop.settings"
    assert deployment["servers"][0]["settings"]["max_connections"]["value"] == 100


def test_a_key_that_some_branch_leaves_out_has_the_default_there() -> None:
    perhaps = Value.choice([ABSENT, 60], HERE)
    never = Value.exact(ABSENT, HERE)
    module = SettingsModule("m", "m.py", {"default": database(CONN_MAX_AGE=perhaps, PORT=never)})
    told = stdlib_json.loads(json.show(Report(modules=(module,)), CLEAN))["settings"][0]["databases"]["default"]
    assert list(told) == ["CONN_MAX_AGE"]
    assert sorted(told["CONN_MAX_AGE"].get("values", [60])) in ([0, 60], [60])
    assert "ABSENT" not in stdlib_json.dumps(told)


def test_show_in_words() -> None:
    assert (
        show.render(REPORT, CLEAN)
        == """\
settings shop.settings  shop/settings.py
  default
    ENGINE                 django.db.backends.postgresql  shop/settings.py:1
    HOST                   •••@db                         shop/settings.py:1
    CONN_MAX_AGE           60                             shop/settings.py:1
    OPTIONS.pool.max_size  4                              shop/settings.py:1
    TIME_ZONE              unknown: postgres://•••@h/••• is not understood  shop/settings.py:1

pgbouncer pgbouncer.ini
  default_pool_size         20           shop/settings.py:1
  pool_mode                 transaction  shop/settings.py:1
  databases.shop.host       db           shop/settings.py:1
  databases.shop.pool_size  5            shop/settings.py:1

deployment compose.yml
  process web: gunicorn, settings shop.settings
    processes  9  shop/settings.py:1
    threads    1  shop/settings.py:1
    replicas   1  shop/settings.py:1
    surge      0
  pooler bouncer: pgbouncer
    default_pool_size         20           shop/settings.py:1
    pool_mode                 transaction  shop/settings.py:1
    databases.shop.host       db           shop/settings.py:1
    databases.shop.pool_size  5            shop/settings.py:1
  server db: postgresql
    max_connections  100  shop/settings.py:1
"""
    )


WEB = Source("uwsgi.ini", "[uwsgi]\nprocesses = 9\nthreads = 4\n")
PROCESSES = Value.exact(9, Origin.at(WEB.span(20, 21)))
THREADS = Value.exact(4, Origin.at(WEB.span(32, 33)))
REPLICAS = Value.exact(12, Origin.declared(None, "declared with --set"))
GRANTED = Value.exact(100, HERE) - Value.exact(3, Origin.default("default of PostgreSQL 16"))


def limit(*terms: Term, usable: Value = GRANTED, deploy: Value | None = None) -> Limit:
    total = terms[0].connections
    for term in terms[1:]:
        total = total + term.connections
    return Limit(
        "db.internal", "server", usable, total, deploy or total, terms, "max_connections", "max-connections = 100"
    )


def test_a_budget_shows_its_sums() -> None:
    web, worker = Term("web", PROCESSES * THREADS), Term("worker", Value.exact(8, HERE))
    assert (
        budget.render([("compose.yml", [limit(web, worker, deploy=Value.exact(116))])], CLEAN)
        == """\
deployment compose.yml

  server db.internal, max_connections: exceeds
    usable   97 = 100 (shop/settings.py:1) - 3 (default of PostgreSQL 16)
    web      36 = 9 (uwsgi.ini:2) x 4 (uwsgi.ini:3)
    worker    8 (shop/settings.py:1)
    steady   44   fits, 53 left
    deploy  116   exceeds by 19
"""
    )


def test_a_long_sum_is_broken_before_a_sign() -> None:
    web = Term("web", PROCESSES * THREADS * REPLICAS)
    assert (
        budget.render([("x", [limit(web)])], CLEAN, Style(width=60))
        == """\
deployment x

  server db.internal, max_connections: exceeds
    usable   97 = 100 (shop/settings.py:1)
                  - 3 (default of PostgreSQL 16)
    web     432 = 9 (uwsgi.ini:2) x 4 (uwsgi.ini:3)
                  x 12 (declared with --set)
    steady  432   exceeds by 335
"""
    )


def test_a_budget_says_what_it_does_not_know() -> None:
    web = Term("web", Value.unknown("the host's cpus decide", least=1) * THREADS, "cpus = 4")
    unknown = Value.unknown("max_connections of db is not known")
    assert (
        budget.render([("x", [limit(web, usable=unknown)])], CLEAN)
        == """\
deployment x

  server db.internal, max_connections: unknown
    usable     unknown max_connections of db is not known
    web     at least 4 = unknown x 4 (uwsgi.ini:3): the host's cpus decide
    steady  at least 4   unknown
    to know more, put into [tool.connlint]: max-connections = 100
    to know more, put into [tool.connlint]: cpus = 4
"""
    )


def test_a_budget_without_limits() -> None:
    assert budget.render([], CLEAN) == "no deployment was found: nothing is counted\n"
    assert budget.render([("Procfile", [])], CLEAN) == (
        "deployment Procfile\n\n  nothing is counted: no process of it leads to a pooler or server that is known\n"
    )


def test_json_of_a_budget() -> None:
    told = stdlib_json.loads(json.budget([("compose.yml", [limit(Term("web", PROCESSES * THREADS))])], CLEAN))
    assert told["version"] == 1
    (deployment,) = told["deployments"]
    (found,) = deployment["limits"]
    assert (deployment["name"], found["at"], found["kind"], found["verdict"]) == (
        "compose.yml",
        "db.internal",
        "server",
        "fits",
    )
    assert (found["usable"]["value"], found["steady"]["value"], found["deploy"]["value"]) == (97, 36, 36)
    assert [(t["process"], t["formula"], t["connections"]["value"]) for t in found["terms"]] == [
        ("web", "9 (uwsgi.ini:2) x 4 (uwsgi.ini:3)", 36)
    ]
