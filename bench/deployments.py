"""What reading the files that start processes adds to a check: each tree with them and without them.

    python bench/deployments.py [--runs N] TREE...          the last table of docs/performance.md

A copy of the tree (of links to its files) lacks every compose file, Dockerfile, manifest, chart, unit, Procfile and their like.
`connlint check` of both runs in turns; what counts is the CPU time of the process, as the median.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from run import Series, aligned, program, size

from connlint.project.discovery import discover
from connlint.project.tree import Tree


def without(tree: Path, place: Path) -> int:
    """Lay out a tree in `place` without the files that start processes; returns how many these are."""
    started_by = discover(Tree(tree)).started_by
    paths = {path for found in started_by.values() for path in found}
    shutil.copytree(tree, place, symlinks=True, copy_function=os.link)
    for path in paths:
        (place / path).unlink(missing_ok=True)
    return len(paths)


def row(connlint: str, tree: Path, runs: int) -> tuple[str, ...]:
    """The figures of one tree."""
    check = [connlint, "check", "--no-cache", "--allow-empty"]
    with tempfile.TemporaryDirectory(dir=tree.parent) as name:
        place = Path(name) / tree.name
        number = without(tree, place)
        whole = Path(name) / "whole"
        shutil.copytree(tree, whole, symlinks=True, copy_function=os.link)
        pair = [Series("with", check), Series("without", check)]
        for turn in range(runs + 1):  # the first round is not counted
            for each, folder in zip(pair, (whole, place), strict=True):
                each.run(folder, count=turn > 0)
    with_, bare = (statistics.median(each.cpu) * 1000 for each in pair)
    return (
        tree.name, str(size(tree)[0]), str(number), f"{bare:.0f}", f"{with_:.0f}", f"{(with_ / bare - 1) * 100:+.0f} %"
    )  # fmt: skip


def main() -> int:
    """Print the table of all trees."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("trees", nargs="+", type=Path, metavar="TREE")
    given = parser.parse_args()
    connlint = program("connlint")
    if connlint is None:
        print("connlint is not installed", file=sys.stderr)
        return 2
    head = ("tree", "files", "of them start processes", "without, cpu ms", "with, cpu ms", "added")
    print(aligned([head, *(row(connlint, tree.resolve(), given.runs) for tree in given.trees)]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
