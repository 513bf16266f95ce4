"""How many of the command lines that start servers and workers come to numbers, or to a named unknown.

    python bench/resolved.py TREE...          the table of docs/corpus.md

Counted is each program that a stack's services (and the images that nothing else builds) start, once for each line of the
files: servers and workers of Django projects, not management commands. A line is *numbers* when its processes and threads are
known or bounded, *named* when what is not known has a reason (a variable, the processors of the machine); *open* are places
where which program runs could not be told.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from connlint.deployment.assembly.followed import follow
from connlint.deployment.assembly.gather import gather
from connlint.deployment.assembly.images import Images
from connlint.deployment.assembly.settings import material_of
from connlint.deployment.model import Concurrency
from connlint.formats.services import Stack
from connlint.project.configuration import load_configuration
from connlint.project.tree import Tree
from connlint.value import Value

KINDS = ("numbers", "named", "open")


def lines(root: Path) -> Iterator[tuple[str, str]]:
    """The place of each line that starts something, and what it comes to."""
    tree = Tree(root)
    gathered = gather(tree, load_configuration(tree))
    if not gathered.materials:
        return
    images = Images(tree, gathered.inventory, gathered.stacks)
    alone = (Stack(s.span.path, "dockerfile", s.span.path.rpartition("/")[0], (s,)) for s in images.unused())
    for stack in (*gathered.stacks, *alone):
        for service in stack.services:
            run = follow(stack, service, images, gathered)
            mine = [launch for launch in run.launched.found if material_of(launch, run, gathered) is not None]
            for launch in mine:
                if launch.started.concurrency is not Concurrency.COMMAND:
                    yield launch.span.place, kind_of(launch.started.processes, launch.started.threads)
            if mine or run.image is not None:
                yield from ((span.place, "open") for span, _ in run.launched.unresolved)


def kind_of(*numbers: Value) -> str:
    """`numbers`, or `named` where one of them is not known, for a reason; without one it would be neither."""
    if not any(number.is_unknown for number in numbers):
        return "numbers"
    return "named" if all(number.reason for number in numbers if number.is_unknown) else "open"


def row(name: str, count: Counter[str]) -> str:
    total = sum(count[kind] for kind in KINDS)
    share = f"{(count['numbers'] + count['named']) / total:.0%}" if total else ""
    return f"| {name} | {total} | {' | '.join(str(count[kind]) for kind in KINDS)} | {share} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="+", type=Path, metavar="TREE")
    parser.add_argument("--open", action="store_true", help="list the places that could not be followed")
    given = parser.parse_args()
    whole: Counter[str] = Counter()
    print("| project | lines | numbers | named unknown | open | share |\n|---|---|---|---|---|---|")
    for tree in given.trees:
        found = dict(sorted(set(lines(tree)), key=lambda line: KINDS.index(line[1])))
        count = Counter(found.values())
        whole += count
        if count:
            print(row(tree.name.replace("__", "/"), count))
        for place, kind in found.items():
            if given.open and kind == "open":
                print(place)
    print(row("all", whole))


if __name__ == "__main__":
    main()
