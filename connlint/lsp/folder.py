"""One workspace folder in the server: its buffers, the look that is under way, and what the last one showed."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final

from lsprotocol import types

from connlint.engine import Options
from connlint.lsp.diagnostics import diagnostic
from connlint.lsp.hints import Counted, counted
from connlint.lsp.looking import Look, Seen
from connlint.lsp.positions import Units
from connlint.records import dataclass, field
from connlint.source import Source

_SLOW: Final = 0.1  # seconds; a folder whose looks take longer is looked at once typing pauses
_LONGEST_PAUSE: Final = 0.4
_COLLECTED_AFTER: Final = 100  # looks; what they leave behind in cycles is collected between two of them


@dataclass(slots=True)
class Buffer:
    """A document that is open in the editor."""

    uri: str
    path: str  # relative to its folder, with `/`
    text: str
    version: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What an editor was last told about a folder, and for which texts."""

    seen: Seen
    texts: dict[str, str]
    counted: tuple[Counted, ...] = ()
    diagnostics: dict[str, list[types.Diagnostic]] = field(default_factory=dict)


class Folder:
    """Looks at its folder whenever something has changed, on the one thread for looks, and publishes what it saw.

    `place` is the folder as the editor names it; `root` where the project starts.
    """

    def __init__(
        self,
        place: str,
        options: Options,
        units: Units,
        executor: Executor,
        publish: Callable[[types.PublishDiagnosticsParams], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.place = place
        self.buffers: dict[str, Buffer] = {}
        self.shown: Shown | None = None
        self._look = Look(place, options)
        self._units, self._executor = units, executor
        self._publish, self._failed = publish, failed
        self._published: dict[str, str] = {}  # path -> address under which something was published
        self._changed = asyncio.Event()
        self._asked = self._answered = 0
        self._settled = asyncio.Condition()
        self._spent = 0.0
        self._looks = 0
        self._task = asyncio.get_running_loop().create_task(self._run())

    def path_of(self, file: str) -> str | None:
        """The project-relative path of a file of the system; None when it is not in this folder."""
        try:
            path = os.path.relpath(file, self.place)
        except ValueError:  # on another drive
            return None
        return None if path == os.pardir or path.startswith(os.pardir + os.sep) else path.replace(os.sep, "/")

    def touch(self, paths: tuple[str, ...] | None = ()) -> None:
        """Something has changed: buffers, or on the disk `paths` (None: nobody knows which)."""
        self._look.changed(paths)
        self._asked += 1
        self._changed.set()

    async def settled(self) -> Shown | None:
        """What is shown once every change so far has been looked at."""
        wanted = self._asked
        async with self._settled:
            await self._settled.wait_for(lambda: self._answered >= wanted or self._task.done())
        return self.shown

    def close(self) -> None:
        """Stop, and take back what was published."""
        self._task.cancel()
        self._tell({})

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._spent > _SLOW:
                await asyncio.sleep(min(self._spent, _LONGEST_PAUSE))
                self._changed.clear()
            number, texts = self._asked, {path: buffer.text for path, buffer in self.buffers.items()}
            loop = asyncio.get_running_loop()
            try:
                shown = await loop.run_in_executor(self._executor, self._shown, texts, number)
            except Exception as error:  # a defect: the last answer stays, and the server goes on
                self._failed(error)
                shown = None
            if shown is not None:
                self.shown = shown
                self._tell(shown.diagnostics)
            if shown is not None or number == self._asked:
                async with self._settled:
                    self._answered = number
                    self._settled.notify_all()
            self._looks += 1
            if self._looks == 1 or self._spent > _SLOW or self._looks % _COLLECTED_AFTER == 0:  # a slow one leaves much
                await loop.run_in_executor(self._executor, _collect, self._looks == 1)

    def _shown(self, texts: dict[str, str], number: int) -> Shown | None:
        """Look, on the thread for looks; None where something newer has come meanwhile."""
        started = time.perf_counter()
        seen = self._look(texts, lambda: self._asked != number)
        if seen is None:
            return None
        found: dict[str, list[types.Diagnostic]] = {}
        for finding in seen.findings:
            said = diagnostic(finding, seen.clean, self._units, self.uri)
            found.setdefault(finding.primary.span.path, []).append(said)
        sums = counted(seen.report.deployments)
        self._spent = time.perf_counter() - started
        return Shown(seen, texts, sums, found)

    def uri(self, path: str) -> str:
        """The address of a project-relative path: the editor's own where the file is open."""
        buffer = self.buffers.get(path)
        if buffer is not None:
            return buffer.uri
        from pygls.uris import from_fs_path

        return from_fs_path(os.path.join(self.place, path)) or ""

    def _tell(self, diagnostics: dict[str, list[types.Diagnostic]]) -> None:
        """Publish what is found now, and nothing for files in which nothing is found any more."""
        before, self._published = self._published, {path: self.uri(path) for path in diagnostics}
        for path, uri in before.items():
            if self._published.get(path) != uri:
                self._publish(types.PublishDiagnosticsParams(uri, []))
        for path, found in diagnostics.items():
            buffer = self.buffers.get(path)
            version = buffer.version if buffer is not None else None
            self._publish(types.PublishDiagnosticsParams(self.uri(path), found, version))

    def source(self, path: str) -> Source | None:
        """The text of an open file as it was looked at."""
        text = self.shown.texts.get(path) if self.shown is not None else None
        return None if text is None else Source(path, text)


def _collect(first: bool) -> None:
    """Collect garbage where nobody waits; what the first look found lives on, and is not searched again."""
    gc.collect()
    if first:
        gc.freeze()
