"""Reproduce findings of connlint with the real servers: `python lab/experiments.py` runs all, or those that are named.

Each prints what connlint says of the very settings that then run, and what the servers did.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from servers import gunicorn, pgbouncer, postgresql, workspace

from connlint.engine import Options, inspect
from connlint.project.tree import Tree

HEAD = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "HOST": "127.0.0.1", "PORT": "6432",
        "DISABLE_SERVER_SIDE_CURSORS": True}  # fmt: skip
VERSIONS = ('versions.django = "5.2"', 'versions.psycopg = "3.2"', 'versions.pgbouncer = "1.18"')


def judged(rule: str, database: Mapping[str, object], files: Mapping[str, str]) -> str:
    """What one rule of connlint says."""
    tree = {
        "site/__init__.py": "",
        "site/settings.py": f"DATABASES = {{'default': { {**HEAD, **database}!r}}}\n",
        **files,
    }
    report = inspect(Tree(None, tree), Options(select=(rule,), overrides=VERSIONS))
    return "; ".join(f"{f.severity.value}: {f.message}" for f in report.findings) or "nothing"


def get(port: int, hold: float = 0) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/?hold={hold}", timeout=30) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.read().decode()


def at_once(port: int, clients: int, hold: float) -> Counter[str]:
    """The answers to as many requests at the same time."""
    with ThreadPoolExecutor(clients) as pool:
        return Counter(answer[-70:] for answer in pool.map(lambda _: get(port, hold), range(clients)))


def too_many_clients() -> None:
    """exceeds-pooler-clients: gthread 3 x 4 = 12 clients, and max_client_conn one less, then exactly enough."""
    for admitted in (11, 12):
        stated = (f"max_client_conn = {admitted}", "pool_mode = transaction", "default_pool_size = 15")
        text = "\n".join(("[databases]", "postgres = host=127.0.0.1", "[pgbouncer]", "listen_port = 6432", *stated))
        files = {"gunicorn.conf.py": "workers = 3\nthreads = 4\n", "pgbouncer.ini": text + "\n"}
        kept = {"CONN_MAX_AGE": 60}
        print(f"max_client_conn = {admitted}\n  connlint: {judged('exceeds-pooler-clients', kept, files)}")
        with workspace() as folder, postgresql(folder) as server, pgbouncer(folder, server, *stated) as pooler:
            threads = ("--workers=3", "--threads=4")
            with gunicorn(folder, *threads, LAB_PORT=str(pooler), LAB_DATABASE=json.dumps(kept)) as site:
                answers = sum((at_once(site, 48, 0.25) for _ in range(5)), Counter[str]())
                print(f"  5 times 48 requests at once: {dict(answers)}")


def idle_clients() -> None:
    """age-exceeds-idle-timeout: client_idle_timeout = 2 and 4 s of quiet, by pool mode and age."""
    for mode, database in (
        ("transaction", {"CONN_MAX_AGE": 60}),
        ("transaction", {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}),
        ("transaction", {"CONN_MAX_AGE": 0}),
        ("session", {"CONN_MAX_AGE": 60}),
    ):
        stated = (f"pool_mode = {mode}", "client_idle_timeout = 2")
        text = "\n".join(("[databases]", "postgres = host=127.0.0.1", "[pgbouncer]", "listen_port = 6432", *stated))
        files = {"gunicorn.conf.py": "workers = 1\n", "pgbouncer.ini": text + "\n"}
        print(f"{mode}, {database}\n  connlint: {judged('age-exceeds-idle-timeout', database, files)}")
        with (
            workspace() as folder,
            postgresql(folder) as server,
            pgbouncer(folder, server, *stated) as pooler,
            gunicorn(folder, "--workers=1", LAB_PORT=str(pooler), LAB_DATABASE=json.dumps(database)) as site,
        ):
            first = get(site)
            time.sleep(4)
            print(f"  before, after 4 s, at once again: {[first, get(site), get(site)]}")


def pool_and_age() -> None:
    """pool-with-persistent-connections: every CONN_MAX_AGE beside a pool."""
    for age in (60, None, 0):
        database = {"CONN_MAX_AGE": age, "OPTIONS": {"pool": True}}
        files = {"gunicorn.conf.py": "workers = 1\n"}
        print(f"CONN_MAX_AGE {age}\n  connlint: {judged('pool-with-persistent-connections', database, files)}")
        with (
            workspace() as folder,
            postgresql(folder) as server,
            gunicorn(folder, "--workers=1", LAB_PORT=str(server), LAB_DATABASE=json.dumps(database)) as site,
        ):
            print(f"  the first request: {get(site)}")


EXPERIMENTS: Mapping[str, Callable[[], None]] = {
    "too-many-clients": too_many_clients,
    "idle-clients": idle_clients,
    "pool-and-age": pool_and_age,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or EXPERIMENTS:
        if name not in EXPERIMENTS:
            sys.exit(f"there is no experiment {name}; one of {', '.join(EXPERIMENTS)} is expected")
        print(f"== {name}: {EXPERIMENTS[name].__doc__}")
        EXPERIMENTS[name]()
