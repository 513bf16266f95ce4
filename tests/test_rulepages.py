"""The reader of rule pages: what is a file, a command, an output and a fault of form."""

from __future__ import annotations

from pathlib import Path

import pytest
from rulepages import Command, plant, read, rewrite, run

from connlint import __version__

PAGE = """\
# low-headroom

More than 80 % of the connections
are spoken for.

## Why it matters

See [the limit](../budget/exceeds.md#why-it-matters), not `[this](nothing)`.

```ini
[a link](in-code)
```

## Examples

### Nearly full

`deploy/uwsgi.ini`

````ini
[uwsgi]
```
````
`empty.ini`
```
```
Words between blocks.

```console
$ connlint check --select low-headroom,pools
warning[low-headroom]: full

1 warning
$ connlint --version
```

### Room for all

`uwsgi.ini`
```ini
[uwsgi]
```
```console
$ connlint check
```

## Evidence
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "rules" / "budget" / "low-headroom.md"
    file.parent.mkdir(parents=True)
    file.write_text(PAGE, encoding="utf-8")
    return file


def test_a_page_is_read_in_full(path: Path) -> None:
    page = read(path)
    assert (page.family, page.name, page.title) == ("budget", "low-headroom", "low-headroom")
    assert "\n".join(page.summary).strip() == "More than 80 % of the connections\nare spoken for."
    assert page.sections == ["Why it matters", "Examples", "Evidence"]
    assert list(page.links()) == ["../budget/exceeds.md#why-it-matters"]
    assert page.anchors() >= {"low-headroom", "why-it-matters", "nearly-full"}
    assert page.faults == []
    full, empty = page.examples
    assert full.title == "Nearly full"
    assert full.files == {"deploy/uwsgi.ini": "[uwsgi]\n```\n", "empty.ini": ""}
    assert full.commands == [
        Command("connlint check --select low-headroom,pools", "warning[low-headroom]: full\n\n1 warning"),
        Command("connlint --version", ""),
    ]
    assert (empty.files, empty.commands) == ({"uwsgi.ini": "[uwsgi]\n"}, [Command("connlint check", "")])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("## Examples\n### A\n`a.ini`\nwords\n", "line 4: `a.ini` names a file, and no fenced block with its text follows"),
        ("## Examples\n### A\n```ini\n```\n", "line 3: a fenced block without a line `path` before it"),
        ("## Examples\n### A\n`a`\n```\n```\n`a`\n```\n```\n", "line 7: a is there twice in 'A'"),
        ("## Examples\n### A\n### A\n", "line 3: two examples are called 'A'"),
        ("## Evidence\n### A\n", "line 2: only Examples has ### headings"),
        ("## Examples\n### A\n```console\nfound\n```\n", "line 4: the commands of a console block are `$ connlint ...`"),
        ("## Examples\n### A\n```console\n$ connlint check\n$ ls\n```\n", "line 4: the commands of a console block are `$ connlint ...`"),
        ("## Examples\n### A\n`a`\n```ini\n", "line 4: the fenced block is never closed"),
    ],
)  # fmt: skip
def test_faults_of_form_are_named_with_their_line(path: Path, text: str, fault: str) -> None:
    path.write_text(text, encoding="utf-8")
    assert fault in read(path).faults


def test_outputs_are_written_into_their_blocks_and_nothing_else_changes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    rewrite(path, 0, [Command("connlint check", "new\nlines")])
    rewrite(path, 1, [Command("connlint check", "clean")])
    assert path.read_text(encoding="utf-8") == PAGE.replace(
        "$ connlint check --select low-headroom,pools\nwarning[low-headroom]: full\n\n1 warning\n$ connlint --version\n",
        "$ connlint check\nnew\nlines\n",
    ).replace("$ connlint check\n```\n\n## Evidence", "$ connlint check\nclean\n```\n\n## Evidence")


@pytest.mark.parametrize(
    ("line", "checks"),
    [
        ("connlint check", True),
        ("connlint check --select low-headroom", True),
        ("connlint check --select pools,budget", True),
        ("connlint check --select=low-headroom", True),
        ("connlint check --select pools", False),
        ("connlint check --ignore low-headroom", False),
        ("connlint check --ignore=pools,budget", False),
        ("connlint check --ignore pools", True),
        ("connlint budget", False),
    ],
)
def test_which_commands_would_report_the_rule(line: str, checks: bool) -> None:
    assert Command(line, "").checks("low-headroom", "budget") is checks


def test_a_tree_is_planted_and_a_command_run(path: Path, tmp_path: Path) -> None:
    plant(tmp_path, read(path).examples[0])
    assert (tmp_path / "deploy" / "uwsgi.ini").read_bytes() == b"[uwsgi]\n```\n"
    assert run(Command("connlint --version", ""))[:2] == (0, f"connlint {__version__}")


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("low-headroom.md", False),
        ("low-headroom.md#nearly-full", False),
        ("#nearly-full", False),
        ("https://www.pgbouncer.org/config.html", False),
        ("nothing.md", True),
        ("low-headroom.md#nothing", True),
        ("#nothing", True),
        ("../../../outside.md", True),
        ("https:/typo", True),
    ],
)
def test_a_link_must_lead_somewhere_in_the_repository(path: Path, tmp_path: Path, link: str, dead: bool) -> None:
    root = tmp_path / "rules"
    (tmp_path.parent / "outside.md").write_text("", encoding="utf-8")
    path.write_text(PAGE.replace("../budget/exceeds.md#why-it-matters", link), encoding="utf-8")
    assert read(path).dead_links(root) == ([link] if dead else [])
