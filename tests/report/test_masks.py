"""What of a line may be seen: names of settings, numbers, what a finding points at, and no secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.finding import Label
from connlint.report.frames import Frames
from connlint.report.masks import masked
from connlint.report.redact import Redactor, looks_secret, merged, printable_database_key, scrub
from connlint.report.style import Style
from connlint.source import Source


def seen(path: str, line: str) -> str:
    """What is shown of a line that no label points into."""
    return masked(Source(path, line), Redactor())[0]


def pointed(path: str, line: str, at: str) -> str:
    """What is shown of a line when a label covers `at`."""
    source = Source(path, line)
    start = line.index(at)
    rows = Frames(Style(width=500), Redactor()).render([Label(source.span(start, start + len(at)))])
    return rows[2].removeprefix("1 | ")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('D = {"CONN_MAX_AGE": 60,', 'D = {"CONN_MAX_AGE": 60,'),
        ('D = {"ENGINE": "a.b", "HOST": "db.internal"}', 'D = {"ENGINE": "a.b", "HOST": "db.internal"}'),
        ('D = {"PASSWORD": "hunter2", "PORT": "5432"}', 'D = {"PASSWORD": "•••", "PORT": "5432"}'),
        ('D = {"USER": "bob", "NAME": "shop"}', 'D = {"USER": "•••", "NAME": "•••"}'),
        ('D = {"PASSWORD": 12345}', 'D = {"PASSWORD": •••}'),
        ('D = {"HOST": "bob:hunter2@db"}', 'D = {"HOST": "•••"}'),
        ('D["default"]["PASSWORD"] = "hunter2"', 'D["default"]["PASSWORD"] = "•••"'),
        ('X = os.environ.get("DB_AGE", "60")', 'X = os.environ.get("DB_AGE", "60")'),
        ('X = os.environ.get("DB_PASSWORD", "1234")', 'X = os.environ.get("DB_PASSWORD", "•••")'),
        ('X = env.db("DATABASE_URL", default="postgres://a:b@c/d")', 'X = env.db("DATABASE_URL", default="•••")'),
        ('X = ["hunter2"]', 'X = ["•••"]'),
        ('if x in ["hunter2"]: pass', 'if x in ["•••"]: pass'),
        ('if x == "hunter2": pass', 'if x == "•••": pass'),
        ('x = f"postgres://{user}:hunter2@{host}"', 'x = f"•••"'),
        ("x = b'hunter2'", "x = b'•••'"),
        ("x = '''hunter2", "x = '''•••"),
        ("x = 'hunter2", "x = '•••"),
        ("AGE = 60  # was hunter2", "AGE = 60  # •••"),
        ("AGE = 60  # connlint: ignore[a-b] -- why", "AGE = 60  # connlint: ignore[a-b] -- why"),
        ('def connect(password: str = "hunter2", n=1): ...', 'def connect(password: str = "•••", n=1): ...'),
    ],
)
def test_a_line_of_python(line: str, expected: str) -> None:
    assert seen("settings.py", line) == expected


@pytest.mark.parametrize(
    ("line", "at", "expected"),
    [
        ('X = "gevent"', '"gevent"', 'X = "gevent"'),
        ('X = ["a", "django_tenants"]', '"django_tenants"', 'X = ["•••", "django_tenants"]'),
        ('D = {"PASSWORD": "hunter2"}', '"hunter2"', 'D = {"PASSWORD": "•••"}'),
        ('D = {"NAME": "shop"}', '"shop"', 'D = {"NAME": "•••"}'),
        ('D = {"X": "hunter2", "CONN_MAX_AGE": "60s"}', '{"X": "hunter2", "CONN_MAX_AGE": "60s"}', 'D = {"X": "•••", "CONN_MAX_AGE": "60s"}'),
        ('U = "postgres://a:hunter2@db:5432/shop?conn_max_age=60"', "conn_max_age=60", 'U = "postgres://•••@db:5432/•••?conn_max_age=60"'),
        ('U = "postgres://db/shop?password=hunter2&sslmode=require"', "sslmode=require", 'U = "postgres://db/shop?password=•••&sslmode=require"'),
    ],
)  # fmt: skip
def test_what_a_label_points_at_in_python(line: str, at: str, expected: str) -> None:
    assert pointed("settings.py", line, at) == expected


def test_a_string_over_several_lines_is_hidden_on_each() -> None:
    assert masked(Source("a.py", 'X = """one\nhunter2\n"""; Y = 1\n'), Redactor()) == [
        'X = """•••\n',
        "•••\n",
        '"""; Y = 1\n',
    ]


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("uwsgi.ini", "processes = 4", "processes = 4"),
        ("uwsgi.ini", "[uwsgi]", "[uwsgi]"),
        ("uwsgi.ini", "env = DB_PASSWORD=hunter2", "env = DB_PASSWORD=•••"),
        ("uwsgi.ini", "env = FOO=hunter2", "env = FOO=•••"),
        ("uwsgi.ini", "processes = %(cores)", "processes = %(cores)"),
        ("uwsgi.xml", "<threads>2</threads><password>hunter2</password>", "<threads>2</threads><password>•••</password>"),
        ("uwsgi.json", '{"uwsgi": {"processes": 4, "env": "PW=hunter2"}}', '{"uwsgi": {"processes": 4, "env": "PW=•••"}}'),
        ("pgbouncer.ini", "shop = host=db port=5432 user=bob password='a hunter2'", "shop = host=db port=5432 user=••• password=•••"),
        ("pgbouncer.ini", "auth_type = md5", "auth_type = •••"),
        ("pgbouncer.ini", "pool_mode = transaction", "pool_mode = transaction"),
        ("pgbouncer.ini", "default_pool_size = 20 ; hunter2", "default_pool_size = 20 ; •••"),
        ("userlist.txt", '"bob" "hunter2"', '"•••" "•••"'),
        ("postgresql.conf", "superuser_reserved_connections = 3  # hunter2", "superuser_reserved_connections = 3  # •••"),
        ("postgresql.conf", "idle_session_timeout = '5min'", "idle_session_timeout = '5min'"),
        (".env", "DB_AGE=60", "DB_AGE=60"),
        (".env", "DB_PASSWORD=1234", "DB_PASSWORD=•••"),
        (".env", "FOO=hunter2", "FOO=•••"),
        (".env", "DATABASE_URL=postgres://bob:hunter2@db/shop", "DATABASE_URL=•••"),
        ("compose.yml", "  POSTGRES_PASSWORD: ${PW:-hunter2}", "  POSTGRES_PASSWORD: •••"),
        ("compose.yml", "  WEB_CONCURRENCY: ${WORKERS:-hunter2}", "  WEB_CONCURRENCY: ${WORKERS•••}"),
        ("Procfile", "web: gunicorn --workers $WORKERS", "web: gunicorn --workers $WORKERS"),
        (".env", "FOO=abc$hunter2", "FOO=•••"),
        (".env", "FOO=hunter2==", "FOO=•••=="),
        (".env", "FOO=hunter2=x", "FOO=•••"),
        (".env", "FOO = hunter2=x", "FOO = •••"),
        (".env", "DB_PASSWORD=hunter2==", "DB_PASSWORD=•••"),
        (".env", "DB_PASSWORD='hunter2 = 4'", "DB_PASSWORD=•••"),
        (".env", "export DB_PASSWORD=hunter2 = 4", "export DB_PASSWORD=••• = 4"),
        ("uwsgi.ini", "env = DB_PASSWORD=hunter2=4", "env = DB_PASSWORD=•••"),
        ("uwsgi.ini", "password = 4 hunter2=4, 5", "password = •••"),
        ("pgbouncer.ini", "shop = password='it''s=4' port=5", "shop = password=•••' port=5"),
        ("values.yaml", "password: hunter2: 4", "password: •••"),
        ("a.json", '{"password": "hunter2=4, 5", "processes": 4}', '{"password": "•••", "processes": 4}'),
        ("a.json", '{"password": 12345, "processes": 4}', '{"password": ••• "processes": 4}'),
        (".env", "PASS=$HUNTER2", "PASS=•••"),
        ("compose.yml", "  - DB_PASSWORD=hunter2", "  - DB_PASSWORD=•••"),
        ("pyproject.toml", 'env = { DB_PASSWORD = "hunter2", DB_AGE = "60" }', 'env = { DB_PASSWORD = "•••", DB_AGE = "60" }'),
        ("Procfile", "web: gunicorn shop.wsgi:app --workers 4 -e KEY=hunter2", "web: gunicorn shop.wsgi:app --workers 4 -e KEY=•••"),
        ("Procfile", "db: mysql -phunter2 -u root", "db: ••• ••• -u •••"),
        ("requirements.txt", "--index-url https://bob:hunter2@pypi.internal/simple", "--index-url •••"),
    ],
)  # fmt: skip
def test_a_line_of_configuration(path: str, line: str, expected: str) -> None:
    assert seen(path, line) == expected


@pytest.mark.parametrize(
    ("line", "at", "expected"),
    [
        ("module = shop.wsgi", "shop.wsgi", "module = shop.wsgi"),
        ("password = hunter2", "hunter2", "password = •••"),
        ("env = DB_PASSWORD=hunter2", "hunter2", "env = DB_PASSWORD=•••"),
        ("DATABASE_URL=postgres://bob:hunter2@db/shop", "postgres://bob:hunter2@db/shop", "DATABASE_URL=postgres://•••@db/•••"),
        ("db: mysql -phunter2", "mysql -phunter2", "db: mysql •••"),
        ("pool = 20 ; hunter2", "20 ; hunter2", "pool = 20 ; •••"),
    ],
)  # fmt: skip
def test_what_a_label_points_at_in_configuration(line: str, at: str, expected: str) -> None:
    assert pointed("a.ini", line, at) == expected


@pytest.mark.parametrize(
    "key", ["PASSWORD", "db_pass", "USER", "apiKey", "auth_file", "sslkey", "SECRET_KEY", "dsn", "PGPASSWORD"]
)
def test_names_of_secrets(key: str) -> None:
    assert looks_secret(key)


@pytest.mark.parametrize(
    "key",
    ["CONN_MAX_AGE", "keepalives_idle", "max_user_connections", "superuser_reserved_connections", "HOST", "pool_mode", "AUTOCOMMIT"],
)  # fmt: skip
def test_names_of_ordinary_settings(key: str) -> None:
    assert not looks_secret(key)


@pytest.mark.parametrize("key", ["PASSWORD", "USER", "NAME", "OPTIONS.passfile", "OPTIONS.pool.kwargs", "OPTIONS.pool.conninfo", "TEST.NAME", "OPTIONS.service"])  # fmt: skip
def test_keys_of_databases_that_are_never_printed(key: str) -> None:
    assert not printable_database_key(key)


def test_a_word_that_starts_with_a_host_sign_hides_no_wrong_place() -> None:
    assert list(Redactor(["hunter2-canary"]).ranges("@hunter2-canary2")) == [(1, 15)]


def test_addresses_lose_userinfo_and_path() -> None:
    assert scrub("see postgres://a:b@c:1/d?x=1 and a:p@h") == "see postgres://•••@c:1/•••?x=••• and •••@h"
    assert scrub("postgres://c/d?conn_max_age=60&y=2") == "postgres://c/d?conn_max_age=60&y=•••"
    assert scrub("no secret = here, mail bob@example.org") == "no secret = here, mail bob@example.org"


def test_the_net_masks_known_secrets_but_not_common_words() -> None:
    clean = Redactor(["correct horse", "abc", "postgres", "shop"], harmless=["shop"])
    assert clean("correct horsemen say abc, abcd, postgres, shop") == "•••men say •••, abcd, postgres, shop"
    assert "abc" not in repr(clean)


def test_ranges_that_overlap_or_touch_become_one() -> None:
    assert merged([(3, 5), (1, 2), (2, 4), (7, 7), (8, 9)]) == [(1, 5), (8, 9)]


KEYS = st.sampled_from(["PASSWORD", "USER", "NAME", "SECRET_KEY", "x", "default", "OPTIONS", "passfile"])
SHAPES = st.sampled_from(
    [
        '{k!r}: "{c}"', "{k}='{c}'", '{k} = {k2!r} + "{c}"', '{k}["{k2}"] = "{c}"', "f({k}, '{c}')", 'env("{k2}", "{c}")',
        '{{"{k}": {{"{k2}": ["{c}", 1]}}}}', "'''\n{c}\n'''", '"postgres://{k}:{c}@h/d"', "# {c}", 'f"{{x}}{c}"',
        '{k!r}: (\n  "a"\n  "{c}"\n)', "lambda: '{c}'", "'{c}' if x else '{c}'",
    ]
)  # fmt: skip


ENDS = st.sampled_from(["", ",", "\n", " {", "}", ")", "(", "[", "]", " = ", ": "])


@given(st.lists(st.tuples(SHAPES, KEYS, KEYS, ENDS), max_size=6))
def test_no_string_of_python_is_seen_unless_pointed_at(parts: list[tuple[str, str, str, str]]) -> None:
    text = "".join(shape.format(k=k, k2=k2, c="Hunter2!x") + end + "\n" for shape, k, k2, end in parts)
    assert "Hunter2!x" not in "".join(masked(Source("settings.py", text), Redactor()))


CONFIG_KEYS = st.sampled_from(["PASSWORD", "user", "FOO", "shop", "hosts", "secret-key", "x.y", "processes"])
CONFIG_SHAPES = st.sampled_from(
    [
        "{k} = {c}", "{k}={c}", "{k}: {c}", '"{k}": "{c}"', "- {k}={c}", "--{k} {c}", "--{k}={c}", "<{k}>{c}</{k}>",
        "{k} = a={c}", "{k} = {k2}={c}", "{k} {c}", '{k} = "{c}", "{c}"', "{k} = {{ {k2} = '{c}' }}", "# {c}",
        "{k} = 4 ; {c}", "export {k}={c}", "{k} = [{c}, {c}]", "cmd -p {c} -p{c}", "{k}: ${{{k2}:-{c}}}", "a://{c}:{c}@h/{c}",
    ]
)  # fmt: skip
PASSWORDS = st.sampled_from(["Zq", "Zq==", "Zq=x", "=Zq", "a:Zq", "Zq: b", "$Zq", "a$Zq", "%Zq", "a/Zq", "#Zq", "a&Zq|", "-Zq", "{Zq}", "<Zq>", "Zq,4", "a@Zq"])  # fmt: skip


@given(CONFIG_SHAPES, CONFIG_SHAPES, CONFIG_KEYS, CONFIG_KEYS, PASSWORDS)
def test_no_value_of_configuration_is_seen_unless_pointed_at(one: str, two: str, k: str, k2: str, secret: str) -> None:
    secret = secret.replace("Zq", "Hunter2Zq")
    line = f"{one} {two}".format(k=k, k2=k2, c=secret)
    assert "Hunter2Zq" not in "".join(masked(Source("a.conf", line), Redactor()))


@given(
    st.text(alphabet="\"'#=:{}[](), \n\\ahunter2k@/", max_size=80),
    st.sampled_from(["a.py", "a.ini", "a.yml", "a.xml"]),
    st.data(),
)
def test_a_known_secret_is_never_seen_whatever_the_line_and_the_label(
    around: str, path: str, data: st.DataObject
) -> None:
    source = Source(path, f"{around}hunter2-canary{around}")
    start = data.draw(st.integers(0, len(source.text)))
    end = data.draw(st.integers(start, len(source.text)))
    rows = Frames(Style(width=500), Redactor(["hunter2-canary"])).render([Label(source.span(start, end), "at")])
    assert "hunter2-canary" not in "\n".join(rows)
