"""my.cnf as the MySQL and MariaDB servers read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.facts import Version
from connlint.formats.document import Document
from connlint.formats.mysql.reader import MOST_STATEMENTS, ServerName, read_mysql
from connlint.formats.mysql.syntax import Group, Include, Option, comment_start, statements, unquoted
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Certainty

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "configs" / "mysql"


def read(
    text: str, server: ServerName = "mariadb", version: str | None = "10.11", others: dict[str, str] | None = None
) -> Document:
    tree = Tree(None, {"db/my.cnf": text, **(others or {})})
    release = Version.parse(version) if version else None
    return read_mysql(tree.read("db/my.cnf"), tree, version=release, server=server)


def settings(document: Document) -> dict[str, object]:
    return {key: value.only if value.is_exact else "unknown" for key, value in document.settings.items()}


def problems(document: Document) -> list[tuple[str, bool, str, str]]:
    return [(p.code, p.fatal, p.span.place, p.span.text) for p in document.problems]


def test_every_way_to_write_an_option() -> None:
    document = read(
        "# comment\n; comment\n[mysqld] ignored\n"
        "max-connections = 200 # many\n"
        "wait_t=65\n"
        "INTERACTIVE_TIMEOUT='50'\n"
        "skip-name-resolve\n"
        "thread_handling = pool-of\n"
        "max_statement_time = 1.5\n"
        "loose-net_read_timeout = 5\n"
        'init_connect = "it\'s # no comment"\n'
    )
    assert settings(document) == {
        "max_connections": 200,
        "wait_timeout": 65,
        "interactive_timeout": 50,
        "skip_name_resolve": True,
        "thread_handling": "pool-of-threads",
        "max_statement_time": 1.5,
        "net_read_timeout": 5,
    }
    assert problems(document) == []
    place = document.settings["max_connections"].span
    assert place is not None
    assert (place.place, place.column, place.text) == ("db/my.cnf:4", 19, "200")


@pytest.mark.parametrize(
    ("server", "version", "value"),
    [("mysql", "8.0.36", 4), ("mysql", "8.4", 2), ("mariadb", "10.11.6", 8), ("mariadb", "11.4", 7)],
)
def test_which_groups_count(server: ServerName, version: str, value: int) -> None:
    groups = [
        "mysqld",
        "SERVER",
        "mysqld-5.7",
        "mysqld-8.0",
        "client",
        "mysql",
        "mariadb",
        "mariadb-10.11",
        "mysqld-8",
        " mysqld",
    ]
    text = "".join(f"[{name}]\nmax_user_connections={at}\n" for at, name in enumerate(groups, 1))
    assert settings(read(text, server, version)) == {"max_user_connections": value}


def test_a_versioned_group_may_or_may_not_count_while_the_version_is_unknown() -> None:
    document = read("[mysqld]\nwait_timeout=60\n[mysqld-8.0]\nwait_timeout=30\nmax_connections=5\n", "mysql", None)
    assert set(document.settings["wait_timeout"].alternatives) == {60, 30}
    assert set(document.settings["max_connections"].alternatives) == {151, 5}


@pytest.mark.parametrize(
    ("line", "value", "warns"),
    [
        ("max_connections = 5", 10, True),  # silently raised
        ("max_connections = 1000000", 100_000, True),
        ("max_connections = 1K", 1024, False),
        ("wait_timeout = 5Mxyz", 5 << 20, False),  # only the first letter of a suffix counts
        ("wait_timeout =", 1, True),
        ("wait_timeout = '\\s12'", 12, False),
        ("disable-wait-timeout", 1, True),
        ("max_user_connections = -1", -1, False),
        ("thread_handling = 1", "no-threads", False),
        ("thread_handling = ''", "one-thread-per-connection", False),
        ("skip-name-resolve = OFF", False, False),
        ("skip-name-resolve = maybe", False, True),
        ("enable-skip-name-resolve = 0", False, False),
        ("loose-skip-skip-name-resolve = 0", True, False),
    ],
)
def test_values(line: str, value: object, warns: bool) -> None:
    document = read(f"[mysqld]\n{line}\n")
    assert list(settings(document).values()) == [value]
    assert [(p.code, p.fatal) for p in document.problems] == [("bad-value", False)] * warns


def test_the_minimum_depends_on_the_server() -> None:
    assert settings(read("[mysqld]\nmax_connections = 5\n", "mysql", "8.4")) == {"max_connections": 5}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("wait_timeout = 5x", "5x"),
        ("max_connections = '5' ; few", "'5' ; few"),
        ("max_connections", "max_connections"),
        ("max_connections = -5", "-5"),
        ("max_connections = 99999999999999999999", "99999999999999999999"),
        ("thread_handling = p0ol", "p0ol"),
        ("max_statement_time = 2s", "2s"),
    ],
)
def test_values_it_refuses(line: str, text: str) -> None:
    document = read(f"[mysqld]\n{line}\n")
    assert problems(document) == [("bad-value", True, "db/my.cnf:2", text)]
    assert list(settings(document).values()) == ["unknown"]


def test_what_a_loose_option_cannot_have_is_only_a_warning() -> None:
    assert problems(read("[mysqld]\nloose-wait-timeout=5x\n")) == [("bad-value", False, "db/my.cnf:2", "5x")]


def test_lines_that_end_the_reading() -> None:
    assert problems(read("port = 1\n[mysqld]\n")) == [("syntax", True, "db/my.cnf:1", "port")]
    assert problems(read("[mysqld\n"))[0] == ("syntax", True, "db/my.cnf:1", "[mysqld")
    assert problems(read("[mysqld]\n!includedir\n")) == [("syntax", True, "db/my.cnf:2", "!includedir")]


def test_a_shortened_name_that_is_not_unique_makes_unknown() -> None:
    document = read("[mysqld]\nmax_connections = 50\nmax_conn = 60\n")
    assert settings(document)["max_connections"] == "unknown"
    assert problems(document) == []


def test_unknown_options_are_not_reported() -> None:
    assert problems(read("[mysqld]\nmax_conections = 5\nplugin_thing = 1\n", "mysql")) == []


def test_includes_are_read_in_place_with_groups_of_their_own() -> None:
    others = {
        "db/conf.d/b.cnf": "[mysqld]\nwait_timeout = 2\n",
        "db/conf.d/a.cnf": "[server]\nwait_timeout = 1\nport = 11\n",
        "db/conf.d/c.conf": "junk",
        "one": "[client]\nport = 9\n[mariadb]\nconnect_timeout = 9\n",
    }
    document = read("[mysqld]\nport = 5\n!includedir conf.d\n!include one\nnet_read_timeout = 7\n", others=others)
    assert settings(document) == {"port": 11, "wait_timeout": 2, "connect_timeout": 9, "net_read_timeout": 7}
    assert document.settings["wait_timeout"].place == "db/conf.d/b.cnf:2"
    assert problems(document) == []


def test_includes_that_are_not_read_lower_the_certainty() -> None:
    document = read("[mysqld]\nport = 5\n!includedir /etc/mysql/conf.d/\nwait_timeout = 6\n!include /etc/passwd\n")
    assert problems(document) == [
        ("outside-project", False, "db/my.cnf:3", "/etc/mysql/conf.d/"),
        ("outside-project", False, "db/my.cnf:5", "/etc/passwd"),
    ]
    assert document.settings["port"].certainty is Certainty.ASSUMED
    assert settings(document) == {"port": 5, "wait_timeout": 6}


def test_includes_in_a_circle_end() -> None:
    document = read("!include a.cnf\n", others={"db/a.cnf": "!include my.cnf\n"})
    assert problems(document) == [("cycle", False, "db/a.cnf:1", "my.cnf")]


def test_links_out_of_the_project_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.cnf").write_text("[mysqld]\nport = 99\n")
    project = tmp_path / "project"
    (project / "conf.d").mkdir(parents=True)
    os.symlink(tmp_path / "secret.cnf", project / "conf.d" / "x.cnf")
    (project / "my.cnf").write_text("!includedir conf.d\n")
    tree = Tree(project)
    document = read_mysql(tree.read("my.cnf"), tree)
    assert document.settings == {}
    assert [p.code for p in document.problems] == ["outside-project"]


def test_secrets_are_nowhere() -> None:
    document = read(
        "[client]\npassword = CANARY\n[mysqld]\nreport_password = CANARY\nreport_pass\\word=CANARY\n"
        "init_connect='CANARY'\n[x\npassword = CANARY\n!CANARY\n"
    )
    shown = [p.message for p in document.problems] + [str(e.value) for e in document.entries]
    shown += [str(value) for value in document.settings.values()]
    assert not [text for text in shown if "CANARY" in text]


def test_damaged_and_oversized_text() -> None:
    tree = Tree(None)
    assert [p.code for p in read_mysql(Source.from_bytes("p", b"[mysqld]\n# \xff\n"), tree).problems] == ["not-utf8"]
    assert [p.code for p in read_mysql(Source("p", "#" * 5_000_000), tree).problems] == ["too-large"]
    many = read_mysql(Source("p", "[mysqld]\n" + "a\n" * (MOST_STATEMENTS + 5)), tree)
    assert [p.code for p in many.problems] == ["too-large"]
    assert settings(read("[mysqld]\nport = 5\0 7\n")) == {"port": 5}


def test_comments_and_quotes() -> None:
    assert [comment_start(line) for line in ("a # b", "'a # b' # c", 'a"#', "a\\'#'", "'\\'#' #")] == [2, 8, 3, 5, 6]
    assert [unquoted(text) for text in ("'a'", "\"a'", "'", "a\\n\\x\\\\", "''")] == ["a", "\"a'", "'", "a\n\\x\\", ""]


@given(st.text(st.sampled_from("[]=#;!'\"\\ \t\r\nabi-_\0é"), max_size=60))
def test_spans_are_the_text_they_stand_for(text: str) -> None:
    for statement in statements(Source("p", text)):
        assert 0 <= statement.span.start <= statement.span.end <= len(text)
        if isinstance(statement, Option):
            assert statement.key_span.text == statement.key
            written = statement.key if statement.value is None else statement.value
            assert written == (statement.span.text if statement.value is None else unquoted(statement.span.text))
        elif isinstance(statement, Group):
            assert statement.span.text.startswith(f"[{statement.name}")
        elif isinstance(statement, Include):
            assert statement.span.text == statement.path


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z][a-z_-]{0,8}", fullmatch=True), st.from_regex(r"[a-zA-Z0-9./:;,]{0,9}", fullmatch=True)
        )
    )
)
def test_what_is_written_is_read(pairs: list[tuple[str, str]]) -> None:
    text = "[mysqld]\n" + "".join(f"{key} = '{value}' # c\n" for key, value in pairs)
    found = [s for s in statements(Source("p", text)) if isinstance(s, Option)]
    assert [(s.key, s.value) for s in found] == pairs


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus lies outside the repository")
@pytest.mark.parametrize("server", ["mysql", "mariadb"])
def test_the_corpus_is_read_without_an_error(server: ServerName) -> None:
    found = {}
    for path in sorted(CORPUS.iterdir()):
        tree = Tree(CORPUS)
        document = read_mysql(tree.read(path.name), tree, server=server)
        assert document.entries
        assert not [problem for problem in document.problems if problem.fatal]
        found.update(settings(document))
    assert found == {"skip_name_resolve": True, "port": 3306}
