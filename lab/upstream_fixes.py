"""Compare what the rules about code say of a project before and after it began to close a connection.

    python lab/upstream_fixes.py BEFORE AFTER [PREFIX...]     two trees of one project
    python lab/upstream_fixes.py --repositories FOLDER        every fix of upstream_fixes.toml whose repository is there

FOLDER holds a git directory for each project as `owner+name/repo`. A fix counts as seen when a finding that touches one
of its files is there before and is gone after it. Exit 1 when one is not seen.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import tomllib

TABLE = Path(__file__).with_suffix(".toml")
Said = dict[tuple[str, str], str]


def said(tree: Path, prefixes: tuple[str, ...]) -> Said:
    """The findings of the family code that touch a file below one of `prefixes`, each with its place."""
    command = [sys.executable, "-m", "connlint", "check", str(tree), "--select", "code", "--output-format", "json"]
    done = subprocess.run(
        [*command, "--exit-zero", "--allow-empty", "--no-cache"], capture_output=True, text=True, check=False
    )
    if not done.stdout:
        raise SystemExit(f"{tree}: {done.stderr.strip()}")
    found: Said = {}
    for finding in json.loads(done.stdout)["findings"]:
        places = [finding["location"], *finding["related"]]
        if not prefixes or any(place["path"].startswith(prefixes) for place in places):
            at = finding["location"]
            found[finding["rule"], finding["message"]] = f"{at['path']}:{at['line']}"
    return found


def compare(before: Path, after: Path, prefixes: tuple[str, ...]) -> tuple[Said, Said]:
    """What is said only before the fix, and what only after it."""
    old, new = said(before, prefixes), said(after, prefixes)
    return {k: v for k, v in old.items() if k not in new}, {k: v for k, v in new.items() if k not in old}


def lay_out(repository: Path, commit: str, into: Path) -> Path:
    """The Python files of a commit, as a folder."""
    into.mkdir(parents=True)
    archive = into.with_suffix(".tar")
    with archive.open("wb") as stream:
        subprocess.run(
            ["git", f"--git-dir={repository}", "archive", commit, ":(glob)**/*.py"], stdout=stream, check=True
        )
    with tarfile.open(archive) as packed:
        packed.extractall(into, members=[member for member in packed.getmembers() if member.isfile()], filter="data")
    archive.unlink()
    return into


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="*", help="BEFORE AFTER [PREFIX...]")
    parser.add_argument("--repositories", type=Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    if options.repositories is None:
        gone, come = compare(Path(options.trees[0]), Path(options.trees[1]), tuple(options.trees[2:]))
        report("the two trees", gone, come)
        return 0 if gone else 1
    missed = 0
    for fix in tomllib.loads(TABLE.read_text(encoding="utf-8"))["fix"]:
        repository = options.repositories / fix["project"].replace("/", "+") / "repo"
        name = f"{fix['project']} {fix['commit']}"
        if options.only not in name or not repository.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            before = lay_out(repository, f"{fix['commit']}^", Path(folder, "before"))
            after = lay_out(repository, fix["commit"], Path(folder, "after"))
            gone, come = compare(before, after, tuple(fix["files"]))
        report(name, gone, come)
        missed += not gone
    return 1 if missed else 0


def report(name: str, gone: Said, come: Said) -> None:
    print(f"{'seen  ' if gone else 'UNSEEN'} {name}")
    for sign, findings in (("-", gone), ("+", come)):
        for (rule, message), place in findings.items():
            print(f"    {sign} {rule} {place}: {message.partition(':')[0][:90]}")


if __name__ == "__main__":
    raise SystemExit(main())
