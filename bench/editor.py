"""Measure what an editor waits for: from a change of one file to the diagnostics of the whole project.

    python bench/editor.py [--edits N] [--json FILE] TREE:PATH...      PATH: the file that is edited, relative to TREE
    python bench/editor.py --memory N TREE:PATH                        how memory grows over N edits

For each tree a real `connlint server` is started and the file is opened. Each edit inserts a line at a place drawn with a fixed
seed, takes it out again the next time, and waits for the diagnostics of that version of the file (every answer carries the
version; where a file has none, a finding is typed into it first). Beside the wall clock stands the CPU time that the server
took, which a busy machine changes less. Percentiles are of all edits but the first five. `parse` is what `ast.parse` alone
takes for the text, in the same run: what no Python linter goes below. Nothing is asserted. Needs /proc (Linux).
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
WARM = 5


@dataclass
class Figures:
    """The edits of one file, in milliseconds; memory in MiB."""

    tree: str
    size: int
    first: float
    median: float
    p95: float
    worst: float
    cpu: float  # mean of an edit: the clock of processes is coarse
    parse: float
    memory: float


class Server:
    """A language server over its streams."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "connlint", "server"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
        capabilities = {"textDocument": {"publishDiagnostics": {"versionSupport": True}}}
        self.send("initialize", 1, processId=os.getpid(), rootUri=root.as_uri(), capabilities=capabilities)
        while self.take().get("id") != 1:
            pass
        self.send("initialized")

    def send(self, method: str, number: int | None = None, **params: Any) -> None:
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        content = json.dumps(message if number is None else {**message, "id": number}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self.process.stdin.flush()

    def take(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not line:
            raise SystemExit("the server has gone")
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def until(self, uri: str, version: int) -> None:
        """Wait for the diagnostics of a version of a file."""
        while True:
            message = self.take()
            params = message.get("params") or {}
            if message.get("method") != "textDocument/publishDiagnostics":
                continue
            if params["uri"] == uri and params.get("version") == version:
                return

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory(self) -> float:
        """Resident memory in MiB."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    def stop(self) -> None:
        self.send("shutdown", 2)
        self.send("exit")
        self.process.wait(60)


def measure(root: Path, path: str, edits: int, every: int = 0) -> Figures:
    """Edit one file of a tree; with `every`, print the memory after so many edits."""
    file = root / path
    original = file.read_text(encoding="utf-8")
    # A comment that ignores nothing is a finding of its own, so that each version of the file has diagnostics.
    text = original.rstrip("\n") + "\n# connlint: ignore[no-such-rule] -- measured\n"
    parsing = []
    for _ in range(5 if path.endswith(".py") else 0):
        start = time.perf_counter()
        ast.parse(text)
        parsing.append((time.perf_counter() - start) * 1000)
    server, uri, chance = Server(root), file.as_uri(), random.Random(1)
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    start = time.perf_counter()
    server.send("textDocument/didOpen", textDocument=document)
    server.until(uri, 1)
    first, taken, cpu = time.perf_counter() - start, [], 0.0
    lines, at = text.count("\n"), 0
    for number in range(2, edits + 2):
        if number % 2 == 0:
            at = chance.randrange(lines)
            change = {"range": _range(at, at), "text": f"# {number}\n"}
        else:
            change = {"range": _range(at, at + 1), "text": ""}
        if number == WARM + 2:
            cpu = server.cpu
        start = time.perf_counter()
        server.send("textDocument/didChange", textDocument={"uri": uri, "version": number}, contentChanges=[change])
        server.until(uri, number)
        taken.append((time.perf_counter() - start) * 1000)
        if every and number % every == 0:
            print(f"{number} edits: {server.memory:.0f} MiB", flush=True)
    counted = sorted(taken[WARM:])
    mean = (server.cpu - cpu) * 1000 / len(counted)
    memory = server.memory
    server.stop()
    p95 = counted[min(int(len(counted) * 0.95), len(counted) - 1)]
    name = f"{root.name}:{path}"
    least = min(parsing, default=0.0)
    return Figures(name, len(original), first * 1000, statistics.median(counted), p95, counted[-1], mean, least, memory)


def _range(first: int, last: int) -> dict[str, dict[str, int]]:
    return {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="TREE:PATH")
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--memory", type=int, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    figures = []
    for each in arguments.files:
        tree, _, path = each.rpartition(":")
        edits = arguments.memory or arguments.edits
        found = measure(Path(tree).resolve(), path, edits, max(arguments.memory // 10, 1) if arguments.memory else 0)
        figures.append(found)
        print(
            f"{found.tree}: {found.size / 1024:.0f} KB, first {found.first:.0f} ms, then {found.median:.1f} ms, "
            f"p95 {found.p95:.1f}, worst {found.worst:.1f}; cpu {found.cpu:.1f}, parse {found.parse:.1f}; "
            f"{found.memory:.0f} MiB",
            flush=True,
        )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps([asdict(each) for each in figures], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
