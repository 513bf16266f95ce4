"""Compare the cost of connlint with that of ruff and rg, on trees given by path, and with the size of a tree.

    make bench TREES="../netbox ../saleor ../django-DefectDojo ../awx"
    python bench/run.py [--runs N] [--json FILE] TREE...            what is in the table of docs/performance.md
    python bench/run.py --grow TREE                                 1, 2, 4 and 8 copies of a tree in one
    python bench/run.py --large 90 TREE...                          copies of the trees, up to so many MiB of Python

On each tree, in turns: `connlint check` whole; for settings and config files alone (without the rules that follow Python
through the tree); for one changed file, as a hook runs it; and warm, with what an earlier run kept. Beside them `ruff check`
(default rules, no configuration), cold and warm, and with the rules for Django alone, whose warm runs have nothing to say
and show what ruff's cache costs at the least (it keeps no file that has a diagnostic), and `rg` (five words in Python
files). Without a tree: `connlint --version` with `python -c pass`. The commands take turns, so that a busy machine slows
all of them alike, and the order changes from round to round. What counts is the CPU time of the process and its children
(user + system); the wall clock is printed beside it. Ratios are those of the medians, to ruff cold (or `python -c pass`).
Below each table: how many bytes of Python were parsed of those in the tree. Nothing is asserted.

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
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

WORDS = "Thread|DATABASES|Executor|CONN_MAX_AGE|to_thread"
MEBI = 1024 * 1024
OF_CODE = "code,connection-before-fork,uwsgi-threads-disabled"  # the rules that read Python beyond the settings
# An installed package has its bytecode beside it. In a checkout the round that is not counted must be let to write it,
# or every run would compile every module anew, which costs more than the run itself.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
GROWTH = (1, 2, 4, 8)
PARSED = """
import sys
from connlint.engine import Options, inspect
from connlint.project.tree import Tree
tree = Tree(".")
report = inspect(tree, Options())
of_settings = sum(len(tree.read_bytes(path)) for path in tree.parsed)
print(of_settings + max((each.code.bytes_parsed for each in report.deployments), default=0))
"""
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes per unit of ru_maxrss


@dataclass
class Series:
    """The runs of one command on one tree: CPU and wall time in seconds, peak memory in MiB."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
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
            env={**ENVIRONMENT, **self.environment},
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
    return aligned(rows)


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Rows as a table: the first column to the left, figures to the right."""
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


def on_tree(connlint: str, tree: Path, caches: Path) -> list[Series]:
    """The commands that are compared on a tree; one that is not installed is left out, and named."""
    check, warm = [connlint, "check", "--allow-empty"], {"CONNLINT_CACHE_DIR": str(caches / "connlint")}
    cold = [*check, "--no-cache"]
    series = [Series("connlint", cold), Series("connlint, files alone", [*cold, "--ignore", OF_CODE])]
    edited = some_module(tree)
    if edited is not None:
        series.append(Series("connlint, one file", [*cold, str(edited)]))
    series.append(Series("connlint, warm", check, warm))
    ruff, ripgrep = program("ruff"), program("rg")
    if ruff:
        lint, kept = [ruff, "check", "--isolated", "--quiet"], ["--cache-dir", str(caches / "ruff")]
        series.append(Series("ruff", [*lint, "--no-cache"]))
        series.append(Series("ruff, warm", [*lint, *kept]))
        series.append(Series("ruff DJ, warm", [*lint, *kept, "--select", "DJ"]))
    else:
        print("ruff is not installed: nothing to compare with\n")
    if ripgrep:
        series.append(Series("rg", [ripgrep, "--count", "--type=py", WORDS, "."]))
    else:
        print("rg is not installed: grep -r, which is slower, stands in for it\n")
        series.append(Series("grep", ["grep", "-rcE", "--include=*.py", WORDS, "."]))
    return series


def some_module(tree: Path) -> Path | None:
    """A Python file of medium size, as somebody may have edited it."""
    found = sorted((file.stat().st_size, file) for file in tree.rglob("*.py") if file.is_file())
    return found[len(found) // 2][1].relative_to(tree) if found else None


def parsed(tree: Path) -> int:
    """How many bytes of Python connlint parses for a whole check of a tree."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", PARSED], cwd=tree, env=ENVIRONMENT, capture_output=True, text=True
    )
    return int(done.stdout or 0)


def grow(connlint: str, tree: Path, runs: int) -> None:
    """The cost of a check of 1, 2, 4 and 8 copies of a tree that lie side by side."""
    rows = [("copies", "MiB of Python", "cpu ms", "ms per MiB", "peak MiB")]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for number in range(1, GROWTH[-1] + 1):
            shutil.copytree(tree, place / f"copy{number}", symlinks=True)
            if number in GROWTH:
                series = [Series("connlint", [connlint, "check", "--allow-empty", "--no-cache"])]
                compare(series, place, runs)
                cpu, megabytes = statistics.median(series[0].cpu) * 1000, size(place)[2]
                peak = statistics.median(series[0].peak)
                rows.append((str(number), f"{megabytes:.1f}", f"{cpu:.0f}", f"{cpu / megabytes:.1f}", f"{peak:.0f}"))
    print(f"{tree.name}, copies of it side by side\n{aligned(rows)}\n")


def large(connlint: str, trees: list[Path], megabytes: float, runs: int) -> None:
    """The peak memory of a check of a tree of so many MiB of Python."""
    with tempfile.TemporaryDirectory() as name:
        place, number = Path(name), 0
        while size(place)[2] < megabytes:
            number += 1
            shutil.copytree(trees[number % len(trees)], place / f"part{number}", symlinks=True)
        series = [Series("connlint", [connlint, "check", "--allow-empty", "--no-cache"])]
        if ruff := program("ruff"):
            series.append(Series("ruff", [ruff, "check", "--isolated", "--no-cache", "--quiet"]))
        compare(series, place, runs)
        files, python, found = size(place)
        print(
            f"{number} trees in one: {files} files, {python} of Python with {found:.1f} MiB\n{table(series, 'ruff')}\n"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the cost of connlint with ruff and rg.")
    parser.add_argument("trees", nargs="*", type=Path, metavar="TREE", help="the folder of a project")
    parser.add_argument("--runs", type=int, default=7, help="how often each command is run (default: 7)")
    parser.add_argument("--grow", action="store_true", help="measure 1, 2, 4 and 8 copies of each tree instead")
    parser.add_argument("--large", type=float, metavar="MIB", help="measure one tree of so many MiB of Python instead")
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
    if arguments.large:
        large(connlint, arguments.trees, arguments.large, arguments.runs)
    for tree in () if arguments.large else arguments.trees:
        if arguments.grow:
            grow(connlint, tree, arguments.runs)
            continue
        with tempfile.TemporaryDirectory() as caches:
            series = on_tree(connlint, tree, Path(caches))
            compare(series, tree, arguments.runs)
        files, python, megabytes = size(tree)
        print(f"{tree.name}: {files} files, {python} of Python with {megabytes:.1f} MiB\n{table(series, 'ruff')}")
        bytes_parsed = parsed(tree)
        print(f"parsed: {bytes_parsed / MEBI:.2f} MiB, {100 * bytes_parsed / MEBI / (megabytes or 1):.1f} %\n")
        if not {0, 1} >= set(series[0].codes):
            print(f"connlint did not get to the end here, so its figures mean nothing: run connlint check {tree}\n")
        results.append({"tree": tree.name, "series": [asdict(each) for each in series], "parsed": bytes_parsed})
    if not arguments.trees:
        print('name trees to compare the cost of a check: make bench TREES="path path"')
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
