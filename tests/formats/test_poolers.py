"""PgCat, Odyssey, Pgpool-II and ProxySQL by their files, in the words of PgBouncer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.formats.document import Document
from connlint.formats.poolers.odyssey import read_odyssey
from connlint.formats.poolers.pgcat import read_pgcat
from connlint.formats.poolers.pgpool import read_pgpool
from connlint.formats.poolers.proxysql import read_proxysql
from connlint.source import Source

PGCAT = """
[general]
host = "0.0.0.0"
port = 6433
admin_password = "hunter2"

[pools.shop]
pool_mode = "session"

[pools.shop.users.0]
username = "shop_user"
password = "hunter2"
pool_size = 15

[pools.shop.users.1]
username = "reports"
password = "hunter2"
pool_size = 3
pool_mode = "transaction"

[pools.shop.shards.0]
servers = [["replica", 5432, "replica"], ["db", 5433, "primary"]]
database = "shop_production"
"""

ODYSSEY = """
# a comment
daemonize no
client_max 300
listen { host "*" port 6500 }
storage "main" {
    type "remote"
    host "db"      # behind
    port 5433
}
database default {
    user default {
        authentication "none"
        storage "main"
        pool "session"
        pool_size 0
    }
}
database "shop" {
    user "app" {
        authentication "md5" { nested 1 }
        password "hunter2"
        storage "main"
        storage_db "shop_production"
        pool "transaction"
        pool_size 20
    }
}
"""

PGPOOL = """
listen_addresses = '*'
port = 9998
backend_hostname0 = 'db'
backend_port0 = 5433
num_init_children = 50
max_pool = 2
client_idle_limit = 300  # seconds
sr_check_password = 'hunter2'
"""

PROXYSQL = """
datadir="/var/lib/proxysql"
mysql_variables=
{
    threads=4
    max_connections=1000
    interfaces="0.0.0.0:6034;/tmp/proxysql.sock"
    monitor_password="hunter2"
}
mysql_servers =
(
    { address="db" , port=3307 , hostgroup=0, max_connections=120 },
    { address="replica" , port=3306 , hostgroup=1, max_connections=200 }
)
mysql_users: ( { username = "shop", password = "hunter2" } )
"""


def group(document: Document, name: str) -> dict[str, object]:
    return {key: value.only if value.is_exact else value.reason for key, value in document.groups[name].items()}


def settings(document: Document) -> dict[str, object]:
    return {key: value.only for key, value in document.settings.items()}


def test_pgcat() -> None:
    found = read_pgcat(Source("pgcat.toml", PGCAT))
    assert settings(found) == {"listen_port": 6433}
    assert group(found, "databases.shop") == {
        "pool_mode": "session",
        "dbname": "shop_production",
        "host": "db",
        "port": 5433,
    }
    assert group(found, "users.shop_user") == {"pool_size": 15}
    assert group(found, "users.reports") == {"pool_size": 3, "pool_mode": "transaction"}
    size = found.groups["users.shop_user"]["pool_size"]
    assert (size.place, size.span.text if size.span else "") == ("pgcat.toml:13", "15")


def test_pgcat_with_several_shards_leads_nowhere_known() -> None:
    found = read_pgcat(Source("pgcat.toml", PGCAT + '[pools.shop.shards.1]\nservers = [["other", 5432, "primary"]]\n'))
    assert group(found, "databases.shop") == {"pool_mode": "session", "host": "it has several shards"}


def test_a_pgcat_file_that_is_no_toml() -> None:
    assert [problem.code for problem in read_pgcat(Source("pgcat.toml", "[general\n")).problems] == ["syntax"]


def test_odyssey() -> None:
    found = read_odyssey(Source("odyssey.conf", ODYSSEY))
    assert settings(found) == {"max_client_conn": 300, "listen_port": 6500}
    assert group(found, "databases.*") == {
        "host": "db",
        "port": 5433,
        "pool_mode": "session",
        "pool_size": "pool_size is 0: as many as there are clients",
    }
    assert group(found, "databases.shop") == {"host": "db", "port": 5433, "dbname": "shop_production"}
    assert group(found, "users.app") == {"pool_mode": "transaction", "pool_size": 20}
    assert found.groups["users.app"]["pool_size"].place == "odyssey.conf:26"


def test_pgpool() -> None:
    found = read_pgpool(Source("pgpool.conf", PGPOOL))
    assert settings(found) == {
        "listen_port": 9998,
        "max_client_conn": 50,
        "client_idle_timeout": 300,
        "default_pool_size": 50,
    }
    assert group(found, "databases.*") == {"host": "db", "port": 5433}


def test_proxysql() -> None:
    found = read_proxysql(Source("proxysql.cnf", PROXYSQL))
    assert settings(found) == {"max_client_conn": 1000, "listen_port": 6034}
    assert group(found, "databases.*") == {"host": "db", "port": 3307, "pool_size": 120, "max_db_connections": 120}
    assert found.settings["max_client_conn"].place == "proxysql.cnf:6"


TEXTS: dict[Callable[[Source], Document], str] = {
    read_pgcat: PGCAT,
    read_odyssey: ODYSSEY,
    read_pgpool: PGPOOL,
    read_proxysql: PROXYSQL,
}


@pytest.mark.parametrize("read", TEXTS)
def test_passwords_are_not_kept(read: Callable[[Source], Document]) -> None:
    found = read(Source("x", TEXTS[read]))
    assert "hunter2" not in repr((found.settings, found.groups, found.problems, found.entries))


@given(st.text(alphabet="ab{}()[]=:;,\"# \n0123456789/*'.", max_size=120), st.sampled_from(list(TEXTS)))
def test_nothing_is_too_strange_to_read(text: str, read: Callable[[Source], Document]) -> None:
    read(Source("x", text))


@pytest.mark.parametrize(
    "text", ["{" * 50_000, "(" * 50_000, 'a "' * 20_000, "database x { user y {" * 5_000, "/*" * 50_000]
)
@pytest.mark.parametrize("read", TEXTS)
def test_hostile_files_end(text: str, read: Callable[[Source], Document]) -> None:
    read(Source("x", text))
