"""Every fix under any formatting: the result can be read, means the same elsewhere, keeps every comment, and is stable."""

from __future__ import annotations

import ast
import copy
import io
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from mending import Round, mend

from connlint.engine import Options, inspect
from connlint.formats.document import Document
from connlint.project.tree import Tree

Settings = dict[str, Any]
slowly = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

BASE: Settings = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop 🛒", "HOST": "db.internal", "PORT": 5432}
PLAIN = {"gunicorn.conf.py": "workers = 2\nthreads = 4\n", "requirements.txt": "Django==5.2\npsycopg[pool]==3.2\n"}
SYNC = {**PLAIN, "gunicorn.conf.py": "workers = 2\n"}
ASGI = {
    "gunicorn.conf.py": "workers = 2\nworker_class = 'uvicorn.workers.UvicornWorker'\n",
    "requirements.txt": "Django==5.2\n",
}
POOLER = {
    "gunicorn.conf.py": "workers = 2\n",
    "pgbouncer.ini": "[databases]\nshop = host=db.internal\n\n[pgbouncer]\nlisten_port = 5432\npool_mode = transaction\n",
    "connlint.toml": "[poolers.pgbouncer]\nhost = 'db.internal'\n",
}


@dataclass(frozen=True)
class Case:
    """A mistake in one alias, and what its repair changes there and nowhere else."""

    rule: str
    alias: Settings
    repaired: Callable[[Settings], object]
    files: dict[str, str] = field(default_factory=lambda: dict(PLAIN))


def put(**keys: object) -> Callable[[Settings], object]:
    return lambda alias: alias.update(keys)


def put_option(name: str, value: object, *way: str) -> Callable[[Settings], object]:
    def change(alias: Settings) -> None:
        held = alias.setdefault("OPTIONS", {})
        for each in way:
            held = held.setdefault(each, {})
        held[name] = value

    return change


def rename(old: str, new: str) -> Callable[[Settings], object]:
    return lambda alias: alias.update({new: alias.pop(old)})


CASES = [
    Case("persistent-without-health-checks", {"CONN_MAX_AGE": 60}, put(CONN_HEALTH_CHECKS=True)),
    Case("persistent-without-health-checks", {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": False}, put(CONN_HEALTH_CHECKS=True)),
    Case("wrong-setting-type", {"CONN_MAX_AGE": "60"}, put(CONN_MAX_AGE=60)),
    Case("unknown-database-key", {"CONN_HEALTH_CHECK": True}, rename("CONN_HEALTH_CHECK", "CONN_HEALTH_CHECKS")),
    Case("unknown-database-key", {"sslmode": "require"}, lambda a: put_option("sslmode", a.pop("sslmode"))(a)),
    Case(
        "unknown-database-key",
        {"sslmode": "require", "OPTIONS": {"connect_timeout": 5}},
        lambda a: put_option("sslmode", a.pop("sslmode"))(a),
    ),
    Case(
        "database-key-in-options",
        {"OPTIONS": {"connect_timeout": 5, "CONN_MAX_AGE": 60}},
        lambda a: a.update(CONN_MAX_AGE=a["OPTIONS"].pop("CONN_MAX_AGE")),
    ),
    Case("persistent-under-asgi", {"CONN_MAX_AGE": 60}, put(CONN_MAX_AGE=0), ASGI),
    Case("persistent-under-asgi", {"CONN_MAX_AGE": None}, put(CONN_MAX_AGE=0), ASGI),
    Case("missing-connect-timeout", {}, put_option("connect_timeout", 5), SYNC),
    Case("missing-connect-timeout", {"OPTIONS": {"sslmode": "require"}}, put_option("connect_timeout", 5), SYNC),
    Case("missing-connect-timeout", {"OPTIONS": {}}, put_option("connect_timeout", 5), SYNC),
    Case("pool-with-persistent-connections", {"CONN_MAX_AGE": 60, "OPTIONS": {"pool": True}}, put(CONN_MAX_AGE=0)),
    Case("invalid-pool-size", {"OPTIONS": {"pool": {"max_size": 2}}}, put_option("min_size", 2, "pool")),
    Case(
        "pool-smaller-than-threads",
        {"OPTIONS": {"pool": True}},
        lambda a: a["OPTIONS"].update(pool={"max_size": 9}),
        {**PLAIN, "gunicorn.conf.py": "workers = 2\nthreads = 9\n"},
    ),
    Case(
        "pool-timeout-exceeds-deadline",
        {"OPTIONS": {"pool": {"min_size": 1, "max_size": 1}}},
        put_option("timeout", 20, "pool"),
        {**PLAIN, "gunicorn.conf.py": "workers = 2\ntimeout = 30\n"},
    ),
    Case("server-side-cursors-with-transaction-pooling", {}, put(DISABLE_SERVER_SIDE_CURSORS=True), POOLER),
]  # fmt: skip


@st.composite
def written(draw: st.DrawFn, value: object, indent: str, deep: int = 1) -> str:
    """A value in Python as somebody may write it: any quotes, commas, comments, parentheses, one line or many."""
    if isinstance(value, dict):
        text = draw(display(value, indent, deep))
    elif isinstance(value, str):
        quote = draw(st.sampled_from(["'", '"', "'''", '"""']))
        text = f"{quote}{value}{quote}"
    else:
        text = repr(value)
    around = draw(st.sampled_from(["{}", "{}", "{}", "({})", "( {} )", "(\n{}  # in parentheses )\n)"]))
    return around.format(text) if not isinstance(value, dict) else text


@st.composite
def display(draw: st.DrawFn, value: Settings, indent: str, deep: int) -> str:
    called = deep > 2 and all(key.isidentifier() for key in value) and draw(st.booleans())
    many, comma = draw(st.booleans()), draw(st.booleans())
    quote = draw(st.sampled_from(["'", '"']))
    entries = []
    for key, held in value.items():
        text = draw(written(held, indent, deep + 1))
        sign = draw(st.sampled_from([": ", ":", " : "]))
        entries.append(f"{key}={text}" if called else f"{quote}{key}{quote}{sign}{text}")
    opening, closing = ("dict(", ")") if called else ("{", "}")
    if not many or not entries:
        return opening + ", ".join(entries) + ("," if comma and entries else "") + closing
    lines = []
    for number, entry in enumerate(entries):
        last = number == len(entries) - 1
        remark = draw(
            st.sampled_from(["", "", "  # why, and }", " # 🐘 one, two", "\n" + indent * (deep + 1) + "# a line"])
        )
        lines.append(f"{indent * (deep + 1)}{entry}{'' if last and not comma else ','}{remark}\n")
    return f"{opening}\n{''.join(lines)}{indent * deep}{closing}"


@st.composite
def module(draw: st.DrawFn, alias: Settings) -> str:
    """A settings module with this alias between others, in any style."""
    keys = draw(st.permutations(list(alias)))
    indent = draw(st.sampled_from(["    ", "  ", "\t"]))
    text = draw(display({"default": {key: alias[key] for key in keys}}, indent, 0))
    before = draw(
        st.sampled_from(["", "# settings – 設定 🚀\n\n", '"""Settings."""\nimport os\n', "A = {'b': [1, 2]}\n"])
    )
    after = draw(st.sampled_from(["", "USE_TZ = True\n", "LANGUAGES = (\n    ('el', 'Ελληνικά'),\n)  # end"]))
    return f"{before}DATABASES = {text}\n{after}".replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def run(text: str) -> Settings:
    """What a settings module defines; it is one of ours."""
    names: Settings = {}
    exec(text, names)
    return {name: value for name, value in names.items() if name.isupper()}


def comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    return sorted(token.string for token in tokens if token.type == tokenize.COMMENT)


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.rule}-{number}") for number, case in enumerate(CASES)])
@slowly
@given(data=st.data())
def test_a_fix_of_settings(case: Case, data: st.DataObject) -> None:
    alias = {**BASE, **case.alias}
    before = data.draw(module(alias))
    rounds = mend(files(case, before), Options(select=(case.rule,)), unsafe=True)
    event(f"rounds: {len(rounds)}")
    if not rounds:
        return
    after = rounds[-1].files["shop/settings.py"]
    expected = copy.deepcopy(run(before))
    case.repaired(expected["DATABASES"]["default"])
    assert run(after) == expected
    assert comments(after) == comments(before)
    assert set(after.replace("\r\n", "")) & {"\r", "\n"} == set(before.replace("\r\n", "")) & {"\r", "\n"}
    assert rounds[-1].remaining == []


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.rule}-{number}") for number, case in enumerate(CASES)])
def test_the_usual_style_is_always_fixed(case: Case) -> None:
    entries = "".join(f"        {key!r}: {value!r},\n" for key, value in {**BASE, **case.alias}.items())
    before = f"DATABASES = {{\n    'default': {{\n{entries}    }},\n}}\n"
    (one, *_) = mend(files(case, before), Options(select=(case.rule,)), unsafe=True)
    assert one.files["shop/settings.py"] != before


def files(case: Case, text: str) -> dict[str, str]:
    return {**case.files, "shop/__init__.py": "", "shop/settings.py": text}


MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    total = models.IntegerField()\n"
STATEMENTS = st.sampled_from(
    [
        "Order.objects.count()",
        "total = 1  # noted – 🐘",
        'text = """two\n  lines"""',
        "for row in Order.objects.all():\n{i}print(row)\n{i}# seen",
        "if total:\n{i}return\n",
        "with open('x') as file:\n{i}pass",
        "# only a comment\nprint(1); print(2)",
        "def inner():\n{i}yield 1\n",
        "\n\nreturn (\n    1,\n)",
    ]
)
HEADS = st.sampled_from(
    [
        "",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n",
        '"""Work – 🚀."""\n\n',
        "from __future__ import annotations\n\nimport os\n",
        "import os\n\nfrom django.db import transaction\n",
        "from django.db import (\n    close_old_connections,\n    transaction,  # both\n)\n",
        "from django.db import connection as c, DatabaseError\n",
        "from django import db\n",
        "from django.db import connections as all_of_them\n",
    ]
)


@st.composite
def work(draw: st.DrawFn) -> tuple[str, str]:
    """A module that starts a thread, and the body of what it runs."""
    indent = draw(st.sampled_from(["    ", "  ", "\t"]))
    head = draw(HEADS)
    statements = ["total = Order.objects.count()", *draw(st.lists(STATEMENTS, max_size=4))]
    document = draw(st.sampled_from(["", '"""Counts.\n\nMore.\n"""\n', "'One line.'\n"]))
    lines = "\n".join(each.replace("{i}", indent) for each in statements)
    quoted = False
    body = ""
    for line in f"{document}{lines}\n".split("\n"):
        body += f"{'' if quoted or not line.strip() else indent}{line}\n"
        quoted ^= line.count('"""') % 2 == 1
    text = (
        f"{head}from threading import Thread\n\nfrom shop.models import Order\n\n\n"
        f"def counting():\n{body}\n\ndef start():\n{indent}Thread(target=counting).start()\n"
    )
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))), body


def function(text: str, name: str) -> ast.FunctionDef:
    return next(each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.FunctionDef) and each.name == name)


@slowly
@given(made=work())
def test_a_close_around_a_function(made: tuple[str, str]) -> None:
    before, _ = made
    project = {
        "shop/__init__.py": "",
        "shop/settings.py": f"DATABASES = {{'default': {BASE!r}}}\n",
        "shop/models.py": MODELS,
    }
    rounds = mend({**project, "shop/work.py": before}, Options(select=("code",)), unsafe=True)
    assert len(rounds) == 1
    assert rounds[0].remaining == []
    after = rounds[0].files["shop/work.py"]
    old, new = function(before, "counting"), function(after, "counting")
    wrapped = new.body[-1]
    assert isinstance(wrapped, ast.Try)
    assert ast.unparse(wrapped.finalbody[0]).endswith(".close_all()")
    assert ast.get_docstring(new, clean=False) == ast.get_docstring(old, clean=False)
    new.body[-1:] = wrapped.body
    assert ast.dump(new) == ast.dump(old)
    assert ast.dump(function(after, "start")) == ast.dump(function(before, "start"))
    reason = [each for each in comments(after) if each.startswith("# Django closes")]
    assert comments(after) == sorted([*comments(before), *reason])
    assert ("\r\n" in after) == ("\r\n" in before)
    assert "\r" not in after.replace("\r\n", "")


@dataclass(frozen=True)
class Lines:
    """A mistake in a config file of lines, the rule that sees it, and the keys that its fix may change."""

    rule: str
    path: str
    section: str
    settings: dict[str, str]
    changed: tuple[str, ...]
    more: dict[str, str]


SHOP = {"shop/__init__.py": "", "shop/settings.py": f"DATABASES = {{'default': {BASE!r}}}\n"}
POOLED = {**SHOP, "connlint.toml": "[poolers.pgbouncer]\nhost = 'db.internal'\n"}
PGBOUNCER = {"listen_port": "5432", "pool_mode": "transaction"}
LINES = [
    Lines("max-requests-without-jitter", "gunicorn.conf.py", "", {"workers": "4", "max_requests": "500"}, ("max_requests_jitter",), SHOP),
    Lines("query-wait-exceeds-deadline", "pgbouncer.ini", "pgbouncer", {**PGBOUNCER, "query_wait_timeout": "120"}, ("query_wait_timeout",), {**POOLED, "gunicorn.conf.py": "workers = 2\ntimeout = 60\n"}),
    Lines("exceeds-pooler-clients", "pgbouncer.ini", "pgbouncer", PGBOUNCER, ("max_client_conn",), {**POOLED, "gunicorn.conf.py": "workers = 40\nthreads = 5\n"}),
    Lines("max-requests-without-jitter", "uwsgi.ini", "uwsgi", {"module": "shop.wsgi", "processes": "4", "max-requests": "500"}, ("max-requests-delta",), SHOP),
]  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.rule} {case.path}") for case in LINES])
@slowly
@given(data=st.data())
def test_a_fix_of_a_config_file(case: Lines, data: st.DataObject) -> None:
    sign = data.draw(st.sampled_from([" = ", "=", "  =\t"]))
    remark = "#" if case.path.endswith(".py") else ";"
    lines = [f"[{case.section}]"] * bool(case.section)
    for key, value in case.settings.items():
        lines += data.draw(st.sampled_from([[], [""], [f"{remark} why – 🐘"]]))
        lines.append(f"{key}{sign}{value}")
    head = "[databases]\nshop = host=db.internal\n\n" if case.section == "pgbouncer" else ""
    text = head + "\n".join(lines) + data.draw(st.sampled_from(["", "\n", f"\n{remark} end\n"]))
    before = text.replace("\n", data.draw(st.sampled_from(["\n", "\r\n"])))
    rounds: list[Round] = mend({**case.more, case.path: before}, Options(select=(case.rule,)), unsafe=True)
    assert len(rounds) == 1
    assert rounds[0].remaining == []
    after = rounds[0].files[case.path]
    old, new = (values(read(case, each)) for each in (before, after))
    assert {key for key in {*old, *new} if old.get(key) != new.get(key)} == set(case.changed)
    assert [each for each in after.splitlines() if each in before.splitlines()] == [
        each for each in before.splitlines() if each in after.splitlines()
    ]
    assert ("\r\n" in after) == ("\r\n" in before)
    assert "\r" not in after.replace("\r\n", "")


def read(case: Lines, text: str) -> Document:
    found = inspect(Tree(None, {**case.more, case.path: text}), Options(select=(case.rule,)))
    return next(document for document in found.documents if document.path == case.path)


def values(document: Document) -> dict[str, str]:
    return {key: str(value) for key, value in document.settings.items()}
