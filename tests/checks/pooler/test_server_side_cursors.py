"""Server-side cursors behind a pooler that shares its connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

RULE = "server-side-cursors-with-transaction-pooling"
KEY = "DISABLE_SERVER_SIDE_CURSORS"
Said = Callable[..., list[str]]

TRANSACTION = "pool_mode = transaction"
SUPABASE = "aws-0-eu-west-1.pooler.supabase.com"
NEON = "ep-cool-night-123456-pooler.eu-central-1.aws.neon.tech"
PROXY = "shop.proxy-abc123.eu-west-1.rds.amazonaws.com"


def verdicts(lines: list[str]) -> list[str]:
    return [line.partition(":")[0] for line in lines]


def test_what_it_says(said: Said) -> None:
    assert said(RULE, TRANSACTION) == [
        'error certain: .iterator() on a queryset of "default" fails under load: pgbouncer gives each transaction another '
        "server connection, and the cursor stays behind on the first"
    ]


@pytest.mark.parametrize(
    ("ini", "expected"),
    [
        (TRANSACTION, ["error certain"]),
        ("pool_mode = Transaction", ["error certain"]),  # PgBouncer ignores the case
        ("pool_mode = statement", ["error certain"]),
        ("pool_mode = session", []),
        ("", []),  # session is the default
        ("pool_mode = transaction ; fast", []),  # PgBouncer does not start: another rule
        (None, []),  # a host of that name, and nothing is known of it
    ],
)
def test_the_mode_decides(said: Said, ini: str | None, expected: list[str]) -> None:
    assert verdicts(said(RULE, ini)) == expected


@pytest.mark.parametrize(
    ("disabled", "expected"),
    [
        ("True", []),
        ("False", ["error certain"]),
        ("None", ["error certain"]),
        ("0", ["error certain"]),
        ('"False"', []),  # any text is true, and Django asks no more
        ('bool(os.path.exists("/etc/pooled"))', []),  # not known: a lack
        ('True if os.path.exists("/etc/pooled") else False', ["error possible"]),
    ],
)
def test_only_a_true_value_disables_them(said: Said, disabled: str, expected: list[str]) -> None:
    assert verdicts(said(RULE, TRANSACTION, source={KEY: disabled})) == expected


def test_a_value_nobody_knows_is_a_lack(said: Said, lacked: Said) -> None:
    unknown = {KEY: 'open("/etc/pooled").read()'}
    assert said(RULE, TRANSACTION, source=unknown) == []
    assert lacked(RULE, TRANSACTION, source=unknown) == [
        f'{KEY} of "default" in shop.settings: it is in a file outside the project, which is not read: '
    ]


MODES = """[databases]
shop = host=db.internal pool_mode={shop}
other = host=db.internal pool_mode={other}
[users]
{users}
[pgbouncer]
pool_mode = {general}
"""


def modes(shop: str, other: str, general: str = "session", users: str = "") -> str:
    return MODES.format(shop=shop, other=other, general=general, users=users)


@pytest.mark.parametrize(
    ("ini", "expected"),
    [
        (modes("transaction", "session"), ["error certain"]),  # its own mode wins
        (modes("session", "transaction", "transaction"), []),
        (
            modes("session", "session", users="shop_user = pool_mode=transaction"),
            ["error certain"],
        ),  # its user's, over all
        (modes("transaction", "session", users="shop_user = pool_mode=session"), []),
        (modes("session", "session", users="bob = pool_mode=transaction"), []),  # another user
    ],
)
def test_the_mode_of_the_database_and_of_the_user(said: Said, ini: str, expected: list[str]) -> None:
    assert verdicts(said(RULE, ini, USER="shop_user")) == expected


def test_without_a_known_name_each_entry_is_possible(said: Said) -> None:
    name = {"NAME": 'open("/etc/name").read()'}
    assert verdicts(said(RULE, modes("transaction", "session"), source=name)) == ["error possible"]
    assert verdicts(said(RULE, modes("transaction", "transaction"), source=name)) == ["error certain"]
    assert said(RULE, modes("session", "session"), source=name) == []


def test_without_a_known_user_each_mode_of_a_user_is_possible(said: Said) -> None:
    ini = modes("session", "session", users="bob = pool_mode=transaction")
    assert verdicts(said(RULE, ini, source={"USER": 'open("/etc/user").read()'})) == ["error possible"]
    forced = ini.replace("shop = host=db.internal", "shop = host=db.internal user=bob")
    assert verdicts(said(RULE, forced, USER="shop_user")) == ["error possible"]


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        (SUPABASE, 6543, ["error certain"]),
        (SUPABASE.upper(), "6543", ["error certain"]),
        (SUPABASE, 5432, []),  # session mode
        (SUPABASE, "", []),  # which is the default port
        ("db.abc.supabase.co", 5432, []),  # the server itself
        (NEON, 5432, ["error certain"]),
        (NEON.replace("-pooler", ""), 5432, []),
        (PROXY, 5432, []),  # a cursor pins the session to its connection
        ("pooler.supabase.com.example.org", 6543, []),
    ],
)
def test_managed_poolers_are_known_by_host_and_port(
    said: Said, lacked: Said, host: str, port: object, expected: list[str]
) -> None:
    assert verdicts(said(RULE, HOST=host, PORT=port)) == expected
    assert lacked(RULE, HOST=host, PORT=port) == []


def test_a_host_that_is_only_a_default_makes_it_likely(said: Said) -> None:
    assert verdicts(said(RULE, source={"HOST": f'os.environ.get("DB_HOST", "{NEON}")'})) == ["error likely"]
    assert verdicts(said(RULE, TRANSACTION, source={"HOST": 'os.environ.get("DB_HOST", "pgbouncer")'})) == [
        "error likely"
    ]


def test_a_host_of_several_is_no_managed_pooler(said: Said) -> None:
    host = f'"{NEON}" if os.path.exists("/etc/pooled") else "db.internal"'
    assert said(RULE, source={"HOST": host}) == []


def test_a_port_nobody_knows_is_a_lack(said: Said, lacked: Said) -> None:
    port = {"PORT": 'open("/etc/port").read()'}
    assert said(RULE, HOST=SUPABASE, source=port) == []
    assert lacked(RULE, HOST=SUPABASE, source=port) == [
        'pool_mode of Supavisor: poolers.supavisor.pool-mode = "transaction"'
    ]


def test_a_declared_pooler_without_a_mode_is_a_lack_and_with_one_is_judged(said: Said, lacked: Said) -> None:
    bare = {"connlint.toml": '[poolers.main]\nhost = "pool.internal"\n'}
    assert said(RULE, HOST="pool.internal", files=bare) == []
    assert lacked(RULE, HOST="pool.internal", files=bare) == [
        'pool_mode of main: poolers.main.pool-mode = "transaction"'
    ]
    assert lacked(RULE, HOST="pool.internal", files=bare, **{KEY: True}) == []
    told = {"connlint.toml": '[poolers.main]\nhost = "pool.internal"\npool-mode = "transaction"\n'}
    assert verdicts(said(RULE, HOST="pool.internal", files=told)) == ["error certain"]


def test_the_declared_port_of_a_pooler_tells_it_from_the_server_on_the_same_host(said: Said) -> None:
    files = {"connlint.toml": '[poolers.main]\nhost = "db.internal"\nport = 6432\npool-mode = "transaction"\n'}
    assert verdicts(said(RULE, HOST="db.internal", PORT=6432, files=files)) == ["error certain"]
    assert said(RULE, HOST="db.internal", PORT=5432, files=files) == []


def test_the_declared_mode_of_a_managed_pooler_wins(said: Said) -> None:
    files = {"connlint.toml": '[poolers.supa]\nkind = "supavisor"\npool-mode = "session"\n'}
    assert said(RULE, HOST=SUPABASE, PORT=6543, files=files) == []


def test_mysql_never_goes_through_pgbouncer(said: Said) -> None:
    assert said(RULE, TRANSACTION, ENGINE="django.db.backends.mysql") == []


def test_another_alias_does_not_go_through_a_pooler_known_by_its_host(report: Callable[..., Any]) -> None:
    other = f'{{"ENGINE": "django.db.backends.postgresql", "HOST": "{SUPABASE}", "PORT": 6543, "{KEY}": True}}'
    host = 'open("/etc/host").read()'
    files = {
        "gunicorn.conf.py": "workers = 2\n",
        "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", '
        f'"HOST": {host}, "PORT": {host}}}, "other": {other}}}\n',
    }
    found = report(RULE, files=files)
    assert found.findings == ()
    assert [lack.fact for lack in found.lacks if "Supavisor" in lack.fact or "default" in lack.fact] == []


def test_every_alias_is_named(said: Said) -> None:
    alias = '{"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "pgbouncer", "PORT": 6432}'
    files = {"shop/settings.py": f'DATABASES = {{"default": {alias}, "replica": {alias}}}\n'}
    assert [line.split('"')[1] for line in said(RULE, TRANSACTION, files=files)] == ["default", "replica"]


class TestFix:
    """The safe fix puts the key into the alias, in the manner of what is there."""

    @pytest.mark.parametrize(
        ("alias", "expected"),
        [
            (
                '{\n        "HOST": "pgbouncer",\n        "PORT": 6432,  # the pooler\n    }',
                '{\n        "HOST": "pgbouncer",\n        "PORT": 6432,  # the pooler\n        "KEY": True,\n    }',
            ),
            (
                "{\n        'HOST': 'pgbouncer',\n        'PORT': 6432\n    }",
                "{\n        'HOST': 'pgbouncer',\n        'PORT': 6432,\n        'KEY': True,\n    }",
            ),
            (
                '{\n        "HOST": "pgbouncer",\n        "PORT": (6432)  # the pooler\n    }',
                '{\n        "HOST": "pgbouncer",\n        "PORT": (6432),  # the pooler\n        "KEY": True,\n    }',
            ),
            (
                '{\r\n        "HOST": "pgbouncer",\r\n        "PORT": 6432\r\n    }',
                '{\r\n        "HOST": "pgbouncer",\r\n        "PORT": 6432,\r\n        "KEY": True,\r\n    }',
            ),
            ('{"HOST": "pgbouncer", "PORT": 6432}', '{"HOST": "pgbouncer", "PORT": 6432, "KEY": True}'),
            ('{"HOST": "pgbouncer", "PORT": 6432,}', '{"HOST": "pgbouncer", "PORT": 6432, "KEY": True}'),
            (
                '{"HOST": "pgbouncer", "APP": "Käse",\n    "PORT": 6432}',
                '{"HOST": "pgbouncer", "APP": "Käse",\n    "PORT": 6432, "KEY": True}',
            ),
            (
                '{\n        "PORT": 6432,\n        **COMMON,\n    }',
                '{\n        "PORT": 6432,\n        **COMMON,\n        "KEY": True,\n    }',
            ),
            (
                '{\n        "HOST": "pgbouncer",\n        "PORT": 6432,\n        "KEY": False,\n    }',
                '{\n        "HOST": "pgbouncer",\n        "PORT": 6432,\n        "KEY": True,\n    }',
            ),
        ],
    )
    def test_where_it_goes(self, mended: Callable[..., Any], said: Said, alias: str, expected: str) -> None:
        def settings(text: str) -> str:
            common = 'COMMON = {"ENGINE": "django.db.backends.postgresql", "HOST": "pgbouncer"}\n'
            engine = "" if "**COMMON" in text else 'DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"\n'
            return f'{common}DATABASES = {{\n    "default": {text.replace("KEY", KEY)},\n}}\n{engine}'

        mended_files = mended(RULE, TRANSACTION, files={"shop/settings.py": settings(alias)})
        assert mended_files == {"shop/settings.py": settings(expected)}
        assert said(RULE, TRANSACTION, files=mended_files) == []

    @pytest.mark.parametrize(
        "settings",
        [
            'import dj_database_url\nDATABASES = {"default": dj_database_url.parse("postgres://pgbouncer:6432/shop")}\n',
            'A = {"ENGINE": "django.db.backends.postgresql", "HOST": "pgbouncer", "PORT": 6432}\n'
            'DATABASES = {"default": A, "replica": A}\n',
            'A = dict(ENGINE="django.db.backends.postgresql", HOST="pgbouncer", PORT=6432)\nDATABASES = {"default": A}\n',
        ],
    )
    def test_what_is_no_dictionary_of_its_own_is_left_alone(
        self, said: Said, mended: Callable[..., Any], settings: str
    ) -> None:
        assert said(RULE, TRANSACTION, files={"shop/settings.py": settings}) != []
        assert mended(RULE, TRANSACTION, files={"shop/settings.py": settings}) == {}
