"""Compare the cost of connlint with that of ruff and rg, on trees given by path.

    make bench TREES="../netbox ../saleor"        or: python bench/run.py [--runs N] [--json FILE] TREE...

Two things are compared. On each tree: `connlint check --no-cache`, once whole and once for settings and config files
alone (without the rules that follow Python through the tree), with `ruff check --no-cache` (default rules, no configuration) and `rg` (one search for five words over Python files). Without a tree: `connlint --version` with
`python -c pass`. The commands of a comparison take turns, so that a busy machine slows all of them alike, and the
order changes from round to round. What counts is the CPU time of the process and its children (user + system); the
wall clock is printed beside it. Ratios are those of the medians, to ruff (or `python -c pass`). Nothing is asserted.

The page cache is warm: one round that is not counted comes first. Needs a system with os.wait4 (Linux, macOS).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

WORDS = "Thread|DATABASES|Executor|CONN_MAX_AGE|to_thread"
MEBI = 1024 * 1024
OF_CODE = "code,connection-before-fork,uwsgi-threads-disabled"  # the rules that read Python beyond the settings
# An installed package has its bytecode beside it. In a checkout the round that is not counted must be let to write it,
# or every run would compile every module anew, which costs more than the run itself.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes per unit of ru_maxrss


@dataclass
class Series:
    """The runs of one command on one tree: CPU and wall time in seconds, peak memory in MiB."""

    name: str
    command: list[str]
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def run(self, folder: Path, count: bool) -> None:
        """Run the command once in `folder`, its output thrown away."""
        start = time.perf_counter()
        process = subprocess.Popen(
            self.command,
            cwd=folder,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)  # reaped here, so that Popen does not try again
        if count:
            self.cpu.append(usage.ru_utime + usage.ru_stime)
            self.wall.append(wall)
            self.peak.append(usage.ru_maxrss * RSS_UNIT / MEBI)
            self.codes.append(process.returncode)


def compare(series: list[Series], folder: Path, runs: int) -> None:
    """Run each command `runs` times, in turns."""
    for each in series:
        each.run(folder, count=False)
    for number in range(runs):
        turn = number % len(series)
        for each in series[turn:] + series[:turn]:
            each.run(folder, count=True)


def size(folder: Path) -> tuple[int, int, float]:
    """How many files, how many of Python, and how many MiB of Python a tree has, hidden folders left out."""
    files = python = read = 0
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += len(names)
        for name in names:
            if name.endswith(".py"):
                python += 1
                read += os.lstat(os.path.join(place, name)).st_size
    return files, python, read / MEBI


def table(series: list[Series], base: str) -> str:
    """The figures of one comparison, the CPU time of the command called `base` as the measure of all."""
    measure = next((statistics.median(each.cpu) for each in series if each.name == base), 0.0)
    rows = [("", "cpu ms", "min..max", "wall ms", "peak MiB", f"x {base}", "exit")]
    for each in series:
        cpu, codes = statistics.median(each.cpu), ",".join(str(code) for code in sorted(set(each.codes)))
        rows.append((
            each.name,
            f"{cpu * 1000:.0f}",
            f"{min(each.cpu) * 1000:.0f}..{max(each.cpu) * 1000:.0f}",
            f"{statistics.median(each.wall) * 1000:.0f}",
            f"{statistics.median(each.peak):.0f}",
            f"{cpu / measure:.2f}" if measure else "?",
            codes,
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) if not column else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines)


def program(name: str) -> str | None:
    """The path of a program: beside this interpreter (a virtual environment's) or on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def on_tree(connlint: str) -> list[Series]:
    """The commands that are compared on a tree; one that is not installed is left out, and named."""
    check = [connlint, "check", "--no-cache", "--allow-empty"]
    series = [Series("connlint", check), Series("connlint, files alone", [*check, "--ignore", OF_CODE])]
    ruff, ripgrep = program("ruff"), program("rg")
    if ruff:
        series.append(Series("ruff", [ruff, "check", "--isolated", "--no-cache", "--quiet"]))
    else:
        print("ruff is not installed: nothing to compare with\n")
    if ripgrep:
        series.append(Series("rg", [ripgrep, "--count", "--type=py", WORDS, "."]))
    else:
        print("rg is not installed: grep -r, which is slower, stands in for it\n")
        series.append(Series("grep", ["grep", "-rcE", "--include=*.py", WORDS, "."]))
    return series


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the cost of connlint with ruff and rg.")
    parser.add_argument("trees", nargs="*", type=Path, metavar="TREE", help="the folder of a project")
    parser.add_argument("--runs", type=int, default=7, help="how often each command is run (default: 7)")
    parser.add_argument("--json", type=Path, help="also write every measurement to this file")
    arguments = parser.parse_args()
    connlint = program("connlint")
    if connlint is None:
        parser.error("connlint is not installed for this interpreter; make bench installs it")

    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {arguments.runs} runs each, medians\n")
    results = []
    start = [Series("connlint --version", [connlint, "--version"]), Series("python -c pass", [sys.executable, "-c", "pass"])]  # fmt: skip
    compare(start, Path.cwd(), max(arguments.runs, 20))  # they are short: more of them for a steady median
    print(f"start-up\n{table(start, start[-1].name)}\n")
    results.append({"tree": None, "series": [asdict(each) for each in start]})
    for tree in arguments.trees:
        if not tree.is_dir():
            parser.error(f"{tree} is no folder")
        series = on_tree(connlint)
        compare(series, tree, arguments.runs)
        files, python, megabytes = size(tree)
        print(f"{tree.name}: {files} files, {python} of Python with {megabytes:.1f} MiB\n{table(series, 'ruff')}\n")
        if not {0, 1} >= set(series[0].codes):
            print(f"connlint did not get to the end here, so its figures mean nothing: run connlint check {tree}\n")
        results.append({"tree": tree.name, "series": [asdict(each) for each in series]})
    if not arguments.trees:
        print('name trees to compare the cost of a check: make bench TREES="path path"')
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
