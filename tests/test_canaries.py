"""Secrets planted in every kind of file and argument, looked for in everything that every command prints.

Each project below makes findings on the very lines that hold secrets, so that silence would prove nothing: the useful
part (a number, a rule) has to be there, and the canary must not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Ran, run

from connlint.rulebook import Rule, rules

CANARY = "Zq7rV!x9-canary"
SHORT = "kq7Zv3"
SETTINGS_IN_PARTS = f'''
import os
SECRET_KEY = "{CANARY}-key"
PASSWORD = os.environ.get("DB_PASSWORD", "{CANARY}-default")
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql", "HOST": "pgbouncer.internal", "PORT": 6432, "NAME": "shop",
        "USER": "{SHORT}", "PASSWORD": "{CANARY}", "CONN_MAX_AGE": "600",  # was {CANARY}-comment
        "OPTIONS": {{"options": "-c statement_timeout=15000 -c app.secret={CANARY}", "passfile": "/home/{CANARY}", "sslmode": "require"}},
        "CONN_HEALTH_CHECK": "{CANARY}",
    }},
    "second": {{"ENGINE": "django.db.backends.postgresql", "HOST": "db", "PASSWORD": f"{{PASSWORD}}{CANARY}", "CONN_MAX_AGE": 900, "pool": "{CANARY}"}},
}}
'''
SETTINGS_BY_URL = f"""
import os
import dj_database_url
DATABASES = {{"default": dj_database_url.parse("postgres://{SHORT}:{CANARY}@db.internal/shop?conn_max_age=600&token={CANARY}", conn_max_age=900)}}
DATABASES["other"] = dj_database_url.config(default="mysql://{SHORT}:{CANARY}@db2/shop", conn_max_age=None)
DATABASES["other"]["OPTIONS"] = {{"init_command": "SET SESSION wait_timeout=60; SET PASSWORD = '{CANARY}'"}}
CACHES = {{"default": {{"LOCATION": "redis://:{CANARY}@cache/0"}}}}
CELERY_BROKER_URL = "amqp://{SHORT}:{CANARY}@mq//"
"""
PGBOUNCER = f"""[databases]
shop = host=db.internal port=5432 user={SHORT} password={CANARY} pool_size=90 connect_query='set x = {CANARY}'
broken = host=db password={CANARY} pool_sise=3
[pgbouncer]
listen_port = 6432
pool_mode = transaction
auth_query = select {CANARY}
client_idle_timeout = 5min ; {CANARY}
max_client_conn = 10
reserve_pool_size = 20
"""
FILES = {
    "gunicorn.conf.py": f'workers = 9\nthreads = 4\nraw_env = ["API_TOKEN={CANARY}"]\nkeep_alive = "{CANARY}"\nmax_requests = 1000\n',
    "deploy/pgbouncer.ini": PGBOUNCER,
    "deploy/postgresql.conf": f"max_connections = 40\nssl_passphrase_command = 'echo {CANARY}'\nmax_connektions = '{CANARY}'\n",
    "deploy/my.cnf": f"[client]\nuser={SHORT}\npassword={CANARY}\n[mysqld]\nwait_timeout = 60\nmax_connections = 5\n",
    "uwsgi.ini": f"[uwsgi]\nenv = DB_PASSWORD={CANARY}\nprocesses = 4\nproceses = {CANARY}\nharakiri = 20\n",
    ".env": f"DB_PASSWORD={CANARY}\nDATABASE_URL=postgres://{SHORT}:{CANARY}@db/shop\n",
    "requirements.txt": f"django==5.2\n--index-url https://{SHORT}:{CANARY}@pypi.internal/simple\nbroken @@ {CANARY}\n",
    "pyproject.toml": f'[tool.connlint]\nsettings = ["shop"]\ncpus = 4\nenv = {{ DB_PASSWORD = "{CANARY}" }}\nversions = {{ pgbouncer = "1.24" }}\n',
}
COMMANDS = [
    ("check",), ("check", "--color", "always"), ("check", "--output-format", "json"), ("check", "--output-format", "concise"),
    ("check", "--output-format", "github"), ("check", "--output-format", "gitlab"), ("check", "--output-format", "junit"),
    ("check", "--output-format", "rdjson"), ("check", "--output-format", "sarif"), ("check", "--statistics"), ("check", "--diff"), ("check", "--diff", "--unsafe-fixes"),
    ("show",), ("show", "--output-format", "json"), ("budget",), ("budget", "--output-format", "json"),
]  # fmt: skip


def leaks(ran: Ran) -> list[str]:
    """The canaries that a run has let out, a part of one or its percent-encoded form included."""
    return [word for word in (CANARY, "Zq7rV", "x9-canary", SHORT, "Zq7rV%21") if word in ran.told]


@pytest.fixture(params=[SETTINGS_IN_PARTS, SETTINGS_BY_URL], ids=["in parts", "by URL"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for name, text in {**FILES, "shop.py": request.param}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_a_secret(project: Path, command: tuple[str, ...]) -> None:
    name, *flags = command
    ran = run(name, str(project), *flags)
    assert ran.code in (0, 1)
    assert leaks(ran) == []


def test_the_findings_on_those_lines_are_told_all_the_same(project: Path) -> None:
    told = run("check", str(project)).out
    for rule in ("invalid-pgbouncer-line", "unknown-pgbouncer-setting", "unknown-gunicorn-setting"):
        assert f"[{rule}]" in told
    assert "client_idle_timeout = 5min" in told


def test_no_file_that_is_written_for_others_holds_a_secret(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path_factory.mktemp("run") / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    run("check", str(project), "--output-format", "github")
    assert run("baseline", str(project)).code == 0
    for path in (page, project / ".connlint-baseline.json"):
        written = path.read_text(encoding="utf-8")
        assert "unknown-pgbouncer-setting" in written
        assert [word for word in (CANARY, "Zq7rV", "x9-canary", SHORT) if word in written] == []
    assert leaks(run("check", str(project))) == []


def test_a_fix_keeps_secrets_in_the_file_and_out_of_the_terminal(project: Path) -> None:
    ran = run("check", str(project), "--fix", "--unsafe-fixes")
    assert leaks(ran) == []
    assert CANARY in (project / "shop.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--env", f"DB_PASSWORD={CANARY}"),
        ("--env", f"={CANARY}"),
        ("--set", f'env.DB_PASSWORD="{CANARY}"'),
        ("--set", f"cpus={CANARY}"),
        ("--set", f'servers.db.max-connections="{CANARY}"'),
        ("--set", f"{CANARY}"),
        ("--settings", "nowhere.settings"),
        ("--config", "missing.toml"),
    ],
    ids=" ".join,
)
def test_no_error_about_an_argument_repeats_a_value(project: Path, arguments: tuple[str, ...]) -> None:
    for command in ("check", "show", "budget"):
        assert leaks(run(command, str(project), *arguments)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", f'[tool.connlint]\nenv = {{ DB_PASSWORD = "{CANARY}" \n'),
        ("pyproject.toml", f'[tool.connlint]\nenv = {{ DB_PASSWORD = ["{CANARY}"] }}\n'),
        ("pyproject.toml", f'[tool.connlint]\nsettings = ["shop"]\npasword = "{CANARY}"\n'),
        ("shop.py", f'PASSWORD = "{CANARY}" ) (\n'),
        ("shop.py", f'DATABASES = {{"default": {{"PASSWORD": "{CANARY}\n'),
        ("shop.py", f'raise ValueError("{CANARY}")\n'),
        ("shop.py", f'DATABASES = dict({CANARY!r})\n'),
        ("shop.py", f'DATABASES = {{"default": {{"PASSWORD": int("{CANARY}"), "CONN_MAX_AGE": int("{CANARY}")}}}}\n'),
        ("gunicorn.conf.py", f'workers = "{CANARY}"\n'),
        ("deploy/pgbouncer.ini", f"password={CANARY}\n[databases\n"),
        ("deploy/postgresql.conf", f"max_connections = {CANARY}\npassword '{CANARY}\n"),
        ("uwsgi.ini", f"[uwsgi]\nenv = {CANARY}\nset-ph = password={CANARY}\nprocesses = @(none\n"),
    ],
)  # fmt: skip
def test_no_error_about_a_file_repeats_what_is_in_it(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    for command in (("check",), ("check", "--output-format", "json"), ("show", "--output-format", "json"), ("budget",)):
        assert leaks(run(command[0], str(project), *command[1:])) == [], command


def test_a_defect_of_connlint_repeats_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Iterator[object]:
        raise RuntimeError(f"met {CANARY} in {SHORT}")
        yield

    rule = next(rule for rule in rules() if rule.check is not None)
    monkeypatch.setattr("connlint.engine.rules", lambda: (Rule(rule.name, rule.family, rule.severity, "0.1", broken),))  # type: ignore[arg-type]
    ran = run("check", str(project))
    assert ran.code == 2
    assert "internal error" in ran.err
    assert leaks(ran) == []
