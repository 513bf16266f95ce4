"""pgbouncer.ini as PgBouncer itself reads it: what counts, where it stands, and what keeps it from starting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connlint.facts import Version
from connlint.formats.document import Document
from connlint.formats.includes import MOST_SUGGESTIONS
from connlint.formats.pgbouncer.reader import MOST_STATEMENTS, correction, read_pgbouncer
from connlint.formats.pgbouncer.syntax import Include, Pair, Section, statements
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Certainty

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "configs" / "pgbouncer"


def read(text: str, version: str | None = None, **others: str) -> Document:
    """Read `text` as pgbouncer.ini; `others` lie beside it (`databases_ini` for databases.ini)."""
    files = {name.replace("_ini", ".ini"): content for name, content in others.items()}
    tree = Tree(None, {"pgbouncer.ini": text, **files})
    return read_pgbouncer(tree.read("pgbouncer.ini"), tree, version=Version.parse(version) if version else None)


def settings(document: Document) -> dict[str, object]:
    return {key: value.only if value.is_exact else "unknown" for key, value in document.settings.items()}


def group(document: Document, name: str) -> dict[str, object]:
    return {key: value.only if value.is_exact else "unknown" for key, value in document.groups[name].items()}


def problems(document: Document) -> list[tuple[str, bool, int, str]]:
    return [(p.code, p.fatal, p.span.line, p.span.text) for p in document.problems]


def test_settings_are_typed_in_the_unit_of_the_facts() -> None:
    document = read(
        "[pgbouncer]\npool_mode = Transaction\ndefault_pool_size=0x14\nunix_socket_mode = 0770\nserver_idle_timeout = 1.5\n"
        "query_wait_timeout = 1e2\nserver_round_robin = 1\nignore_startup_parameters = options, extra_float_digits\n"
        "listen_addr =\n"
    )
    assert settings(document) == {
        "pool_mode": "transaction",
        "default_pool_size": 20,
        "unix_socket_mode": 0o770,
        "server_idle_timeout": 1.5,
        "query_wait_timeout": 100,
        "server_round_robin": True,
        "ignore_startup_parameters": ["options", "extra_float_digits"],
        "listen_addr": "",
    }
    assert problems(document) == []


def test_every_value_leads_to_its_place() -> None:
    document = read("[databases]\nshop = host=db pool_size=7\n[pgbouncer]\n  max_client_conn =  300  \n")
    place = document.settings["max_client_conn"].span
    assert place is not None
    assert (place.place, place.column, place.text) == ("pgbouncer.ini:4", 22, "300")
    size = document.groups["databases.shop"]["pool_size"].span
    assert size is not None
    assert (size.line, size.column, size.text) == (2, 26, "7")
    assert [(e.section, e.key, e.value, e.key_span.text, e.span.text) for e in document.entries] == [
        ("databases", "shop", "host=db pool_size=7", "shop", "host=db pool_size=7"),
        ("pgbouncer", "max_client_conn", "300", "max_client_conn", "300"),
    ]


def test_comments_stand_only_where_a_statement_may_begin() -> None:
    document = read("; one\n[pgbouncer] ; two\n  # three\npool_mode = session\n")
    assert settings(document) == {"pool_mode": "session"}
    assert problems(document) == []


def test_a_comment_behind_a_number_keeps_it_from_starting() -> None:
    document = read("[pgbouncer]\nmax_client_conn = 100 ; many\npool_mode = session # x\n")
    assert problems(document) == [("inline-comment", True, 2, " ; many"), ("inline-comment", True, 3, " # x")]
    assert settings(document) == {"max_client_conn": "unknown", "pool_mode": "unknown"}


def test_a_comment_behind_a_text_becomes_part_of_it() -> None:
    document = read("[pgbouncer]\nserver_reset_query = DISCARD ALL; -- x\nlisten_addr = * ; all\n")
    assert settings(document) == {"server_reset_query": "DISCARD ALL; -- x", "listen_addr": "* ; all"}
    assert problems(document) == [("inline-comment", False, 3, " ; all")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("server_idle_timeout = 10min", 'server_idle_timeout is seconds without a unit, not "10min"; write 600'),
        ("query_timeout = -1", 'query_timeout is seconds without a unit, not "-1"'),
        (
            "pool_mode = 'session'",
            "pool_mode is one of session, transaction, statement, not \"'session'\"; write session",
        ),
        ("pool_mode = bananas", 'pool_mode is one of session, transaction, statement, not "bananas"'),
        ('default_pool_size = "20"', 'default_pool_size is a whole number, not ""20""; write 20'),
        ("default_pool_size = 08", 'default_pool_size is a whole number, not "08"'),
        ("default_pool_size =", 'default_pool_size is a whole number, not ""'),
        ("log_stats = yes", 'log_stats is 0 or 1, not "yes"'),
    ],
)
def test_values_it_refuses(line: str, message: str) -> None:
    document = read(f"[pgbouncer]\n{line}\n")
    assert [(p.code, p.fatal, p.message) for p in document.problems] == [("bad-value", True, message)]
    assert document.problems[0].span.text == line.partition("=")[2].strip()


@pytest.mark.parametrize(
    ("key", "text", "right"),
    [
        ("server_idle_timeout", "10min", "600"),
        ("server_idle_timeout", "'1.5h' ; long", "5400"),
        ("server_idle_timeout", "250ms", "0.25"),
        ("max_client_conn", "100 # many", "100"),
        ("max_client_conn", "10min", None),
        ("pool_mode", '"transaction"', "transaction"),
        ("pool_mode", "transactional", None),
        ("pool_mode", "session", None),
        ("no_such_setting", "'1'", None),
    ],
)
def test_what_to_write_instead(key: str, text: str, right: str | None) -> None:
    assert correction(key, text) == right


def test_a_number_too_large_is_unknown_not_wrong() -> None:
    text = "[pgbouncer]\nmax_client_conn = 99999999999999999999\nquery_timeout = 1e18\nmin_pool_size = 3000000000000\n"
    document = read(text)
    assert settings(document) == {"max_client_conn": "unknown", "query_timeout": "unknown", "min_pool_size": "unknown"}
    assert [(code, fatal) for code, fatal, _, _ in problems(document)] == [("bad-value", False)] * 3


def test_the_last_of_two_equal_keys_wins() -> None:
    document = read("[pgbouncer]\npool_mode = session\npool_mode = statement\n")
    assert settings(document) == {"pool_mode": "statement"}


def test_opening_the_section_again_takes_everything_back() -> None:
    document = read(
        "[pgbouncer]\npool_mode = transaction\nauth_file = users.txt\n[databases]\n[pgbouncer]\nverbose = 1\n"
    )
    assert settings(document) == {"auth_file": "users.txt", "verbose": 1}  # auth_file has no default to go back to
    assert problems(document) == [("reset", False, 5, "[pgbouncer]")]


def test_unknown_names_depend_on_the_version() -> None:
    assert problems(read("[pgbouncer]\npool_moed = session\n")) == [("unknown-key", True, 2, "pool_moed")]
    assert read("[pgbouncer]\npool_moed = session\n").problems[0].message.endswith("did you mean pool_mode?")
    prepared = "[pgbouncer]\nmax_prepared_statements = 10\n"
    assert problems(read(prepared)) == []
    assert problems(read(prepared, "1.21")) == []
    assert problems(read(prepared, "1.20.1")) == [("unknown-key", True, 2, "max_prepared_statements")]
    assert read(prepared, "1.18").problems[0].message == (
        'PgBouncer 1.18 does not know "max_prepared_statements", which came with 1.21'
    )
    assert problems(read("[pgbouncer]\nfrom_the_future = 1\n", "1.99")) == [
        ("unknown-key", False, 2, "from_the_future")
    ]


def test_sections() -> None:
    assert problems(read("pool_mode = session\n[pgbouncer]\n")) == [("syntax", True, 1, "pool_mode")]
    assert problems(read("[pgbouncer]\n[pools]\na = b\n")) == [("unknown-section", True, 2, "[pools]")]
    assert problems(read("[databases]\n")) == [("syntax", True, 1, "")]
    assert problems(read("[pgbouncer\npool_mode = session\n"))[0] == ("syntax", True, 1, "[pgbouncer")
    peers = "[pgbouncer]\n[peers]\n1 = host=a\nx = host=b\n"
    assert problems(read(peers, "1.19")) == [("bad-value", True, 4, "x")]
    assert problems(read(peers, "1.18"))[0] == ("unknown-section", True, 2, "[peers]")


def test_databases_and_users() -> None:
    document = read(
        "[databases]\n"
        "shop = host=db,db2 port=5433 dbname='the shop' user=bob password='it''s' pool_size=5 reserve_pool=2 pool_mode=Session\n"
        "* = host=db\n"
        "[users]\nbob = pool_mode=transaction max_user_connections=9 query_timeout=30\n[pgbouncer]\n"
    )
    assert group(document, "databases.shop") == {
        "host": "db,db2",
        "port": 5433,
        "dbname": "the shop",
        "user": "<forced>",
        "pool_size": 5,
        "reserve_pool_size": 2,
        "pool_mode": "session",
    }
    assert group(document, "databases.*") == {"host": "db"}
    assert group(document, "users.bob") == {"pool_mode": "transaction", "max_user_connections": 9, "query_timeout": 30}
    assert problems(document) == []


def test_a_later_line_replaces_a_database_but_not_its_forced_user() -> None:
    document = read("[databases]\nshop = user=bob pool_size=5\nshop = host=db\n[pgbouncer]\n")
    assert group(document, "databases.shop") == {"host": "db", "user": "<forced>"}


def test_numbers_of_a_connection_string_are_cut_short_not_refused() -> None:
    document = read("[databases]\na = pool_size=10x min_pool_size=abc max_db_connections=-1\n[pgbouncer]\n")
    assert group(document, "databases.a") == {"pool_size": 10, "min_pool_size": 0}  # -1: the global setting holds
    assert [(p.fatal, p.message) for p in document.problems] == [
        (False, 'pool_size: "10x" is read as 10'),
        (False, 'min_pool_size: "abc" is read as 0'),
    ]


@pytest.mark.parametrize(
    ("connstr", "code", "text"),
    [
        ("host=db ; main", "inline-comment", "; main"),
        ("host=db ;a=b", "inline-comment", ";a=b"),
        ("host=", "syntax", "host="),
        ("host", "syntax", "host"),
        ("dbname='x", "syntax", "dbname='x"),
        ("password=''", "syntax", "password=''"),
        ("sslmode=require", "unknown-key", "sslmode"),
        ("port=abc", "bad-value", "abc"),
        ("pool_mode=none", "bad-value", "none"),
    ],
)
def test_connection_strings_it_refuses(connstr: str, code: str, text: str) -> None:
    assert problems(read(f"[databases]\nshop = {connstr}\n[pgbouncer]\n")) == [(code, True, 2, text)]
    # the fallback is parsed only when a client needs it
    assert problems(read(f"[databases]\n* = {connstr}\n[pgbouncer]\n")) == [(code, False, 2, text)]


def test_the_names_a_connection_string_may_use_depend_on_the_version() -> None:
    text = "[databases]\nshop = reserve_pool_size=3\n[users]\nbob = pool_size=3\n[pgbouncer]\n"
    assert problems(read(text, "1.24")) == []
    assert problems(read(text, "1.18")) == [
        ("unknown-key", True, 2, "reserve_pool_size"),
        ("unknown-key", True, 4, "pool_size"),
    ]


def test_quoted_names() -> None:
    text = "[databases]\n'my db' = host=x\n[pgbouncer]\n"
    assert group(read(text, "1.25"), "databases.my db") == {"host": "x"}
    assert problems(read(text, "1.24")) == [("syntax", True, 2, "'my db' = host=x")]


def test_secrets_are_nowhere() -> None:
    document = read(
        "[databases]\na = user=CANARY password=CANARY auth_user=CANARY connect_query='set CANARY'\n"
        "b = password=x CANARY=1\nc = password=x CANARY\nd = password='CANARY\ne = password= CANARY CANARY=''\n"
        "[pgbouncer]\nauth_user = CANARY\nauth_ldap_options = CANARY\nadmin_users = CANARY\n'CANARY\n"
    )
    shown = [str(v) + v.reason for g in [document.settings, *document.groups.values()] for v in g.values()]
    shown += [p.message for p in document.problems] + [str(e.value) for e in document.entries]
    assert not [text for text in shown if "CANARY" in text]
    assert len(document.problems) >= 4


def test_includes_are_read_in_place() -> None:
    document = read(
        "[pgbouncer]\npool_mode = session\n%include more.ini\nshop = host=db\n",
        more_ini="pool_mode = statement\n[databases]\n",
    )
    assert settings(document) == {"pool_mode": "statement"}
    assert document.settings["pool_mode"].place == "more.ini:1"
    assert group(document, "databases.shop") == {"host": "db"}  # the included file left its section open


def test_an_include_outside_the_project_lowers_the_certainty() -> None:
    document = read("[pgbouncer]\npool_mode = session\n%include /etc/passwd\nmax_client_conn = 5\n")
    assert problems(document) == [("outside-project", False, 3, "/etc/passwd")]
    assert document.settings["pool_mode"].certainty is Certainty.ASSUMED
    assert document.settings["max_client_conn"].certainty is Certainty.EXACT


def test_includes_in_a_circle_end() -> None:
    document = read("%include a.ini\n[pgbouncer]\n", a_ini="%include b.ini\n", b_ini="%include a.ini\n")
    assert problems(document) == [("cycle", True, 1, "a.ini")]


def test_a_flood_of_includes_ends() -> None:
    flood = "\n".join(f"%include f{n}.ini" for n in range(60))
    files = {f"f{n}.ini": "\n".join(f"%include g{m}.ini" for m in range(60)) for n in range(60)}
    tree = Tree(None, {"p.ini": flood, **files, **{f"g{n}.ini": "[pgbouncer]" for n in range(60)}})
    document = read_pgbouncer(tree.read("p.ini"), tree)
    assert {p.code for p in document.problems} == {"too-large"}


def test_links_out_of_the_project_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.ini").write_text("[pgbouncer]\npool_mode = statement\n")
    project = tmp_path / "project"
    project.mkdir()
    os.symlink(tmp_path / "secret.ini", project / "link.ini")
    (project / "pgbouncer.ini").write_text("%include link.ini\n[pgbouncer]\n")
    tree = Tree(project)
    document = read_pgbouncer(tree.read("pgbouncer.ini"), tree)
    assert problems(document) == [("outside-project", False, 1, "link.ini")]
    assert document.settings == {}


def test_damaged_and_oversized_text() -> None:
    tree = Tree(None)
    damaged = read_pgbouncer(Source.from_bytes("p.ini", b"[pgbouncer]\njob_name = \xff\n"), tree)
    assert problems(damaged) == [("not-utf8", False, 2, "\ufffd")]
    huge = read_pgbouncer(Source("p.ini", "x" * 5_000_000), tree)
    assert [p.code for p in huge.problems] == ["too-large"]
    many = read_pgbouncer(Source("p.ini", "[pgbouncer]\n" + "verbose=1\n" * (MOST_STATEMENTS + 10)), tree)
    assert [p.code for p in many.problems] == ["too-large"]
    nul = read_pgbouncer(Source("p.ini", "[pgbouncer]\nverbose = 1\n\0pool_mode = x\n"), tree)
    assert [(p.code, p.fatal) for p in nul.problems] == [("syntax", False)]


_TEXT = st.text(st.sampled_from("[]=;#'\" \t\n\rab1_*.%\0é"), max_size=60)


@given(_TEXT)
@example("[pgbouncer]\npool_mode = \x0b\n")
def test_spans_are_the_text_they_stand_for(text: str) -> None:
    source = Source("p.ini", text)
    for statement in statements(source):
        assert 0 <= statement.span.start <= statement.span.end <= len(text)
        if isinstance(statement, Pair):
            assert (statement.key_span.text, statement.span.text) == (statement.key, statement.value)
        elif isinstance(statement, Section):
            assert statement.span.text == f"[{statement.name}]"
        elif isinstance(statement, Include):
            assert statement.span.text == statement.path


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.from_regex(r"[!-~]([ -~]{0,9}[!-~])?", fullmatch=True)
        )
    )
)
def test_what_is_written_is_read(pairs: list[tuple[str, str]]) -> None:
    text = "[databases]\n" + "".join(f"{key} = {value}\n" for key, value in pairs)
    found = [s for s in statements(Source("p.ini", text)) if isinstance(s, Pair)]
    assert [(s.key, s.value) for s in found] == pairs


@given(st.text(st.sampled_from("= ';#abhostprt1"), max_size=40), st.sampled_from(["databases", "users", "peers"]))
def test_connection_strings_never_break_the_reader(connstr: str, section: str) -> None:
    document = read(f"[{section}]\n1 = {connstr}\n[pgbouncer]\n")
    for value in document.groups[f"{section}.1"].values():
        assert value.span is not None
        assert value.span.line == 2


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus lies outside the repository")
def test_the_corpus_is_read_without_an_error() -> None:
    refused = {}
    for path in sorted(CORPUS.iterdir()):
        tree = Tree(CORPUS)
        document = read_pgbouncer(tree.read(path.name), tree)
        assert document.settings or document.groups or "minimal" in path.name
        if any(problem.fatal for problem in document.problems):
            refused[path.name] = {problem.code for problem in document.problems}
    # this one comments with -- and is refused by the real PgBouncer too
    assert refused == {"iwallace-demo__postgresql-production-configs__config__pgbouncer.ini": {"syntax"}}


def test_only_some_of_many_unknown_names_get_a_suggestion() -> None:
    document = read("[pgbouncer]\n" + "pool_moed = session\n" * 100)
    assert len([p for p in document.problems if p.message.endswith("did you mean pool_mode?")]) == MOST_SUGGESTIONS
    assert len(document.problems) == 100
