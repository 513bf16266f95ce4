"""Each line that connlint prints for a fact it lacks is TOML that belongs below [tool.connlint], and supplies that fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest
from inspecting import settings
from rulepages import read

from connlint.deployment.budget import limits
from connlint.deployment.declaring import line, table, variable_behind
from connlint.engine import Options, inspect
from connlint.project.tree import Tree
from connlint.report.model import Lack, Report
from connlint.value import Value

PAGES = sorted((Path(__file__).parent.parent / "rules").rglob("*.md"))
GUNICORN = {"gunicorn.conf.py": "workers = 4\nthreads = 2\n"}
REQUIREMENTS = {"requirements.txt": "Django==5.2\npsycopg==3.2\n"}
PGBOUNCER = {"pgbouncer.ini": "[databases]\nshop = host=db.internal\n[pgbouncer]\nlisten_port = 6432\n"}


def from_variable(key: str, expression: str, **rest: object) -> dict[str, str]:
    """A site whose `default` takes `key` from a variable that has no default."""
    alias = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "db.internal", **rest}
    text = f'import os\nDATABASES = {{"default": {alias!r}}}\nDATABASES["default"]["{key}"] = {expression}\n'
    return {**REQUIREMENTS, **GUNICORN, "shop/__init__.py": "", "shop/settings.py": text}


OWN: Mapping[str, Mapping[str, str]] = {
    "no server": {**settings(), **REQUIREMENTS, **GUNICORN},
    "two servers": {**settings({"HOST": "db.primary"}, {"HOST": "db.replica", "PORT": "5433"}), **GUNICORN},
    "a quote in the host": {**settings(HOST='db"x'), **GUNICORN},
    "nothing starts it": {**settings(CONN_MAX_AGE=60), **REQUIREMENTS},
    "a port nobody knows": from_variable("PORT", 'os.environ["DB_PORT"]') | PGBOUNCER,
    "an age nobody knows": from_variable("CONN_MAX_AGE", 'int(os.environ["DB_AGE"])') | PGBOUNCER,
    "unknown workers": {**settings(), **REQUIREMENTS, "gunicorn.conf.py": "from elsewhere import workers\nthreads = 2\n"},
    "unknown workers and threads": {
        **settings(), **REQUIREMENTS, "gunicorn.conf.py": "from elsewhere import workers, threads\n",
    },
    "an unread uwsgi.ini": {**settings(), **REQUIREMENTS, "uwsgi.ini": "\0\n"},
    "unknown processors": {
        **settings(), **REQUIREMENTS, "gunicorn.conf.py": "import os\nworkers = os.cpu_count()\n",
    },
    "replicas of what nothing starts": {**settings(), **GUNICORN, "connlint.toml": "[processes.wrker]\nreplicas = 3\n"},
    "no versions": {**settings(CONN_MAX_AGE=60), **GUNICORN},
    "a managed pooler": {
        **settings(HOST="aws-0-eu-west-1.pooler.supabase.com", PORT="7777"), **REQUIREMENTS, **GUNICORN,
    },
    "two poolers": {
        **settings(PORT="6432"), **REQUIREMENTS, **GUNICORN,
        "a/pgbouncer.ini": "[databases]\nshop = host=db.internal\n[pgbouncer]\nlisten_port = 6432\n%include /etc/x.ini\n",
        "b/pgbouncer.ini": "[databases]\nshop = host=db.other\n[pgbouncer]\nlisten_port = 6433\n",
    },
}  # fmt: skip


def trees() -> Iterator[tuple[str, Mapping[str, str]]]:
    for path in PAGES:
        for example in read(path).examples:
            yield f"{path.stem}: {example.title}", example.files
    yield from OWN.items()


def declared(files: Mapping[str, str], line: str) -> dict[str, str]:
    """The tree with the line pasted below `[tool.connlint]`, as a person would, or below its own table."""
    header = "[tool.connlint]\n"
    table, _, rest = line.partition(" = ")[0].rpartition(".")
    if f"[{table}]" in files.get("connlint.toml", ""):
        key = f"[{table}]\n{rest} ={line.partition(' =')[2]}\n"
        return {**files, "connlint.toml": files["connlint.toml"].replace(f"[{table}]\n", key)}
    if "connlint.toml" in files:
        return {**files, "connlint.toml": f"{line}\n{files['connlint.toml']}"}
    before, found, after = files.get("pyproject.toml", "").partition(header)
    return {**files, "pyproject.toml": f"{before}\n{header}{line}\n{after if found else ''}"}


def lacked(report: Report) -> list[Lack]:
    """What the rules and the budget lack and could be told."""
    every = chain.from_iterable(limits(deployment) for deployment in report.deployments)
    terms = [Lack(t.fact, t.declare) for limit in every for t in limit.terms if t.connections.is_unknown]
    return [lack for lack in (*report.lacks, *terms) if lack.declare]


@pytest.mark.parametrize("files", [pytest.param(files, id=name) for name, files in trees()])
def test_a_line_that_is_asked_for_supplies_the_fact(files: Mapping[str, str]) -> None:
    for lack in lacked(inspect(Tree(None, dict(files)), Options())):
        told = inspect(Tree(None, declared(files, lack.declare)), Options())
        assert lack not in lacked(told), f"{lack.declare} is accepted and changes nothing"


@pytest.mark.parametrize("files", [pytest.param(files, id=name) for name, files in OWN.items()])
def test_all_the_lines_together_are_one_configuration(files: Mapping[str, str]) -> None:
    lines = dict.fromkeys(lack.declare for lack in lacked(inspect(Tree(None, dict(files)), Options())))
    assert lines, "the example lacks nothing"
    for each in lines:
        files = declared(files, each)
    told = lacked(inspect(Tree(None, dict(files)), Options()))
    assert not {lack.declare for lack in told} & lines.keys()


def test_the_lines_are_toml() -> None:
    assert line("servers", "db.internal", "max-connections", value=100) == 'servers."db.internal".max-connections = 100'
    assert line("env", "NAME", value='a"b\\\n') == r'env.NAME = "a\"b\\\U0000000a"'
    assert (
        table("processes", "web", server="gunicorn", processes=4)
        == 'processes.web = { server = "gunicorn", processes = 4 }'
    )


def test_a_value_that_waits_for_no_variable_has_no_line() -> None:
    assert variable_behind(Value.unknown("the variable DB_AGE is not set"), "60") == 'env.DB_AGE = "60"'
    assert variable_behind(Value.unknown("the name is not defined"), "60") == ""
