"""postgresql.conf as PostgreSQL itself reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.facts import Version
from connlint.formats.document import Document
from connlint.formats.postgresql.reader import MOST_STATEMENTS, read_postgresql
from connlint.formats.postgresql.syntax import Assignment, statements, unquoted
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Certainty

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "configs" / "postgresql"


def read(text: str, version: str | None = None, others: dict[str, str] | None = None) -> Document:
    tree = Tree(None, {"db/postgresql.conf": text, **(others or {})})
    return read_postgresql(tree.read("db/postgresql.conf"), tree, version=Version.parse(version) if version else None)


def settings(document: Document) -> dict[str, object]:
    return {key: value.only if value.is_exact else "unknown" for key, value in document.settings.items()}


def problems(document: Document) -> list[tuple[str, bool, str, str]]:
    return [(p.code, p.fatal, p.span.place, p.span.text) for p in document.problems]


def test_every_way_to_write_an_assignment() -> None:
    document = read(
        "max_connections = 200   # many\n"
        "SUPERUSER_RESERVED_CONNECTIONS 5\n"
        "\tport='5433'\n"
        "# listen_addresses = 'all'\n"
        "listen_addresses = 'a''b\\'c\\\\d\\n\\101'\n"
        "ssl = on\n"
        "pg_stat_statements.max = 5000"
    )
    assert settings(document) == {
        "max_connections": 200,
        "superuser_reserved_connections": 5,
        "port": 5433,
        "listen_addresses": "a'b'c\\d\nA",
        "ssl": True,
    }
    assert problems(document) == []


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("idle_session_timeout = 600", 600),  # a bare number counts milliseconds here ...
        ("idle_session_timeout = 5s", 5000),
        ("idle_session_timeout = '10 min'", 600_000),
        ("idle_session_timeout = '1.5h'", 5_400_000),
        ("idle_session_timeout = '1.0001h'", 3_600_000),  # rounded to whole minutes
        ("idle_session_timeout = 1500us", 2),
        ("tcp_keepalives_idle = 60", 60),  # ... and seconds here
        ("tcp_keepalives_idle = 2min", 120),
        ("tcp_keepalives_idle = 2500ms", 2),
        ("max_connections = 0x10", 16),
        ("max_connections = 010", 8),
        ("max_connections = '1e2'", 100),
        ("max_connections = 100.5", 100),
        ("ssl = TRUE", True),
        ("ssl = of", False),
        ("ssl = 'y'", True),
        ("ssl = 0", False),
    ],
)
def test_values(line: str, value: object) -> None:
    document = read(line)
    assert list(settings(document).values()) == [value]
    assert problems(document) == []


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ("max_connections = 0", "bad-value", "0"),
        ("max_connections = 300000", "bad-value", "300000"),
        ("max_connections = 99999999999999999999", "bad-value", "99999999999999999999"),
        ("max_connections = 100MB", "bad-value", "100MB"),
        ("max_connections = ''", "bad-value", "''"),
        ("max_connections = 08", "bad-value", "08"),
        ("idle_session_timeout = 5S", "bad-value", "5S"),
        ("idle_session_timeout = -1", "bad-value", "-1"),
        ("ssl = o", "bad-value", "o"),
        ("idle_session_timeout = 1.5h", "syntax", "idle_session_timeout = 1.5h"),
        ("listen_addresses = *", "syntax", "listen_addresses = *"),
        ("listen_addresses = db.internal", "syntax", "listen_addresses = db.internal"),
        ('listen_addresses = "*"', "syntax", 'listen_addresses = "*"'),
        ("max_connections = 100;", "syntax", "max_connections = 100;"),
        ("max_connections =", "syntax", "max_connections ="),
        ("max-connections = 5", "syntax", "max-connections = 5"),
        ("= 5", "syntax", "= 5"),
        ("max_conections = 5", "unknown-key", "max_conections"),
    ],
)
def test_lines_it_refuses(line: str, code: str, text: str) -> None:
    assert problems(read(f"  {line}  \nport = 1\n")) == [(code, True, "db/postgresql.conf:1", text)]


def test_messages() -> None:
    assert [p.message for p in read("idle_session_timeout = 5S\nmax_conections = 5\nlisten_addresses = *").problems] == [
        "PostgreSQL does not know \"max_conections\"; did you mean max_connections?",
        "a value with other signs than letters, digits and - . _ : / needs single quotes around it",
        "idle_session_timeout is a number of milliseconds from 0 to 2147483647, or one with a unit out of "
        'us, ms, s, min, h, d, not "5S"',
    ]  # fmt: skip


def test_only_the_last_assignment_of_a_name_is_looked_at() -> None:
    document = read("max_connections = bananas\nmax_connections = 50\n")
    assert settings(document) == {"max_connections": 50}
    assert problems(document) == []


def test_names_depend_on_the_version() -> None:
    assert problems(read("reserved_connections = 5")) == []
    assert problems(read("reserved_connections = 5", "16.2")) == []
    older = read("reserved_connections = 5\n", "15")
    assert problems(older) == [("unknown-key", True, "db/postgresql.conf:1", "reserved_connections")]
    assert older.problems[0].message.endswith("which came with 16")
    assert older.settings == {}
    removed = read("promote_trigger_file = '/tmp/x'\n", "16")
    assert removed.problems[0].message.endswith("which was removed in 16")
    assert problems(read("from_the_future = 1", "99"))[0][:2] == ("unknown-key", False)


def test_reserved_connections_must_leave_some() -> None:
    assert problems(read("max_connections = 3\n")) == [("bad-value", True, "db/postgresql.conf:1", "3")]
    assert problems(read("max_connections = 4\n")) == []
    assert problems(read("superuser_reserved_connections = 100\n"))[0][1] is True
    assert problems(read("max_connections = 10\nreserved_connections = 7\n", "16"))[0][1] is True


def test_auto_conf_beside_it_wins() -> None:
    document = read("max_connections = 50\n", others={"db/postgresql.auto.conf": "max_connections = '70'\n"})
    assert settings(document) == {"max_connections": 70}
    assert document.settings["max_connections"].place == "db/postgresql.auto.conf:1"


def test_includes_are_relative_to_the_file_and_read_in_place() -> None:
    others = {
        "db/conf.d/20.conf": "max_connections = 20\n",
        "db/conf.d/10.conf": "max_connections = 10\nport = 1010\ninclude = '../more.conf'\n",
        "db/conf.d/.hidden.conf": "junk junk junk",
        "db/conf.d/readme.txt": "junk junk junk",
        "db/more.conf": "ssl = on\n",
    }
    document = read("port = 5\ninclude_dir = 'conf.d'\ninclude_if_exists 'none.conf'\n", others=others)
    assert settings(document) == {"port": 1010, "ssl": True, "max_connections": 20}
    assert problems(document) == []
    assert document.settings["ssl"].place == "db/more.conf:1"


def test_includes_that_are_not_read_lower_the_certainty() -> None:
    document = read("port = 5\ninclude '/etc/passwd'\nmax_connections = 20\ninclude = '../../x'\n", others=None)
    assert problems(document) == [
        ("outside-project", False, "db/postgresql.conf:2", "'/etc/passwd'"),
        ("outside-project", False, "db/postgresql.conf:4", "'../../x'"),
    ]
    assert document.settings["port"].certainty is Certainty.ASSUMED
    missing = read("include_dir 'conf.d'\nport = 6\n")
    assert problems(missing) == [("unreadable", False, "db/postgresql.conf:1", "'conf.d'")]
    assert missing.settings["port"].certainty is Certainty.EXACT


def test_includes_in_a_circle_end() -> None:
    document = read("include 'a.conf'\n", others={"db/a.conf": "include 'postgresql.conf'\n"})
    assert problems(document) == [("cycle", True, "db/a.conf:1", "'postgresql.conf'")]


def test_links_out_of_the_project_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.conf").write_text("port = 99\n")
    project = tmp_path / "project"
    project.mkdir()
    os.symlink(tmp_path / "secret.conf", project / "postgresql.auto.conf")
    (project / "postgresql.conf").write_text("include 'link'\nport = 5\n")
    os.symlink(tmp_path / "secret.conf", project / "link")
    tree = Tree(project)
    document = read_postgresql(tree.read("postgresql.conf"), tree)
    assert settings(document) == {"port": 5}
    assert "99" not in str(document.entries)


def test_secrets_are_nowhere() -> None:
    document = read(
        "primary_conninfo = 'password=CANARY'\nprimary_conninfo = password=CANARY\nx = CANARY\nCANARY CANARY CANARY\n"
    )
    shown = [p.message for p in document.problems] + [str(e.value) for e in document.entries]
    shown += [str(value) for value in document.settings.values()]
    assert not [text for text in shown if "CANARY" in text]
    assert len(document.problems) == 3


def test_damaged_and_oversized_text() -> None:
    tree = Tree(None)
    assert [p.code for p in read_postgresql(Source.from_bytes("p", b"port = 5\n# \xff\n"), tree).problems] == [
        "not-utf8"
    ]
    assert [p.code for p in read_postgresql(Source("p", "#" * 5_000_000), tree).problems] == ["too-large"]
    many = read_postgresql(Source("p", "a.b=1\n" * (MOST_STATEMENTS + 5)), tree)
    assert [p.code for p in many.problems] == ["too-large"]
    assert [p.code for p in read_postgresql(Source("p", "port = 5\0\n"), tree).problems] == ["syntax"]


@given(st.text(st.sampled_from("='#\\ \t\r\nab1._-:/é\0"), max_size=60))
def test_spans_are_the_text_they_stand_for(text: str) -> None:
    for statement in statements(Source("p", text)):
        assert 0 <= statement.span.start <= statement.span.end <= len(text)
        if isinstance(statement, Assignment):
            assert statement.name_span.text == statement.name
            written = statement.span.text
            assert statement.value == (unquoted(written) if written.startswith("'") else written)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z_]{1,9}", fullmatch=True),
            st.text(st.characters(min_codepoint=32, max_codepoint=500), max_size=20),
        )
    )
)
def test_what_is_written_is_read(pairs: list[tuple[str, str]]) -> None:
    def quoted(value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"

    text = "".join(f"{name} = {quoted(value)}\n" for name, value in pairs)
    found = [s for s in statements(Source("p", text)) if isinstance(s, Assignment)]
    assert [(s.name, s.value) for s in found] == pairs


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus lies outside the repository")
def test_the_corpus_is_read_without_an_error() -> None:
    refused = {}
    for path in sorted(CORPUS.iterdir()):
        tree = Tree(CORPUS)
        document = read_postgresql(tree.read(path.name), tree)
        assert document.settings["listen_addresses"].only == "*"
        if any(problem.fatal for problem in document.problems):
            refused[path.name] = {problem.code for problem in document.problems}
    # this one comments with -- and is refused by the real server too
    assert refused == {"iwallace-demo__postgresql-production-configs__config__postgresql.conf": {"syntax"}}
