"""Running connlint's commands in process over small projects, and what must hold of whatever they print.

The streams are real ones, with UTF-8 and nothing more, so that a character that no terminal can take fails here too.
"""

from __future__ import annotations

import io
import json
import re
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from connlint.cli import main

ENOUGH = 3.0  # seconds of CPU for one command over a small hostile project: a limit, not a benchmark
INSPECTIONS = tuple((command, form) for command in ("check", "show", "budget") for form in ("text", "json"))
FEW = (("check", "text"), ("show", "json"))  # for what takes long
STEERING = re.compile(r"[^\n\x20-\x7e\u00a0-\U0010ffff]|[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Ran:
    """One command that has run: its exit code, what it wrote, and the CPU seconds it took."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def told(self) -> str:
        return self.out + self.err


def run(*arguments: str) -> Ran:
    """Run one command."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    before = time.process_time()
    with patch.object(sys, "stdout", out), patch.object(sys, "stderr", err):
        code = main(list(arguments))
    seconds = time.process_time() - before
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))
    return Ran(code, texts[0], texts[1], seconds)


def survived(
    root: Path,
    *flags: str,
    hidden: Iterable[str] = (),
    enough: float = ENOUGH,
    inspections: Iterable[tuple[str, str]] = INSPECTIONS,
) -> dict[str, Ran]:
    """Run inspections of a project and hold each against what is promised; what they printed, by `check json`.

    No traceback and no defect, an exit code that means something, JSON that parses, nothing that steers a terminal,
    none of the `hidden` texts, and little CPU.
    """
    done = {}
    for command, form in inspections:
        ran = done[f"{command} {form}"] = run(command, str(root), "--output-format", form, *flags)
        name = f"{command} --output-format {form}"
        assert ran.code in (0, 1, 2), name
        assert "internal error" not in ran.err, f"{name}: {ran.err}"
        assert "Traceback" not in ran.told, f"{name}: {ran.told}"
        assert ran.out or ran.err, f"{name} said nothing"
        assert not STEERING.search(ran.told), f"{name}: {STEERING.search(ran.told)}"
        if form == "json" and ran.out:
            json.loads(ran.out)
        assert ran.seconds < enough, f"{name} took {ran.seconds:.1f} s"
        for secret in hidden:
            assert secret not in ran.told, name
    return done


def laid_out(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below `root`, which is given back; text becomes UTF-8, surrogates and all."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return root
