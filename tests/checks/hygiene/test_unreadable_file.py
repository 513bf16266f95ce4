"""Files that could not be read, and files that lie on the server only."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspecting import lacks, line, report, said, settings

from connlint.engine import Options, inspect
from connlint.project.tree import Tree

RULE = "unreadable-file"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"gunicorn.conf.py": "workers = (\n"}, "gunicorn.conf.py cannot be read: it is not valid Python"),
        ({"shop/settings.py": "DATABASES = {\n"}, "the settings cannot be read: "),
        (
            {"postgresql.conf": "max_connections = 100\ninclude '../limits.conf'\n"},
            'postgresql.conf is not read as a whole: "../limits.conf" lies outside the project and is not read',
        ),
        (
            {"pgbouncer.ini": "[pgbouncer]\n%include pgbouncer.ini\n"},
            'pgbouncer.ini is not read as a whole: "pgbouncer.ini" includes itself, directly or through another file',
        ),
    ],
)
def test_what_cannot_be_read_is_named(files: dict[str, str], expected: str) -> None:
    lines = said(RULE, {**settings(), **files})
    assert [text.startswith(f"warning certain: {expected}") for text in lines] == [True]


def test_faults_of_one_kind_are_one_finding() -> None:
    (finding,) = report(RULE, {**settings(), "postgresql.conf": "port 1 2\nport 3 4\nport 5 6\n"}).findings
    assert finding.message.endswith("(and 2 more like it)")
    assert [label.span.line for label in finding.labels] == [1, 2, 3]


def test_a_mistake_of_pgbouncers_syntax_is_another_rules() -> None:
    assert said(RULE, {**settings(), "pgbouncer.ini": "[pgbouncer]\nnonsense\n"}) == []


@pytest.mark.parametrize(
    ("files", "fact"),
    [
        (
            {"my.cnf": "[mysqld]\nmax_connections = 50\n!includedir /etc/mysql/conf.d/\n"},
            "what /etc/mysql/conf.d/ holds, which my.cnf:3 includes",
        ),
        (
            {"uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nini = base.ini\n", "my.cnf": ""},
            "what base.ini holds, which uwsgi.ini:3 includes",
        ),
    ],
)
def test_files_of_the_server_are_facts_to_declare(files: dict[str, str], fact: str) -> None:
    tree = {**settings(ENGINE="django.db.backends.mysql"), "gunicorn.conf.py": "workers = 2\n", **files}
    if "uwsgi.ini" in files:
        del tree["gunicorn.conf.py"]
    assert said(RULE, tree) == []
    assert lacks(RULE, tree) == [fact]


def test_what_is_declared_already_is_not_asked_for() -> None:
    tree = {
        **settings(ENGINE="django.db.backends.mysql"),
        "gunicorn.conf.py": "workers = 2\n",
        "my.cnf": "[mysqld]\n!includedir /etc/mysql/conf.d/\n",
    }
    assert lacks(RULE, tree, "servers.db={max-connections=100}") == []


def test_a_link_out_of_the_project_is_a_mistake(tmp_path: Path) -> None:
    outside = tmp_path / "outside.ini"
    outside.write_text("[uwsgi]\nprocesses = 77\n", encoding="utf-8")
    project = tmp_path / "project"
    for path, text in settings().items():
        project.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        project.joinpath(path).write_text(text, encoding="utf-8")
    project.joinpath("uwsgi.ini").symlink_to(outside)
    found = inspect(Tree(project), Options(select=(RULE,))).findings
    assert [line(finding) for finding in found] == [
        "warning certain: uwsgi.ini cannot be read: it leads outside the project and is not read"
    ]
