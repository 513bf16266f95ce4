"""One look at a workspace folder: the report an editor shows, from the disk with unsaved buffers over it.

While a file is half typed its last good text is judged in its place, so that a bracket that is not closed yet does not take
the map of everything else away; what is wrong with the text itself is reported as the command line would.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from connlint.engine import Options, inspect
from connlint.finding import Confidence, Finding, Label, Severity
from connlint.lsp.moving import Moved
from connlint.project.configuration import ConfigurationError
from connlint.project.live import LiveTree, Stale
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass, field
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.secrets import redactor
from connlint.source import Source

_UNREADABLE = "unreadable-file"
CONFIGURATION = "configuration"  # in the place of a rule's name, for a mistake in connlint's own configuration


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look gave. `findings` are those of `report`, their places moved into the texts of the buffers.

    `moved`: by path, how the places of the report lead into a buffer whose last good text was judged.
    """

    report: Report
    clean: Redactor
    findings: tuple[Finding, ...]
    moved: Mapping[str, Moved] = field(default_factory=dict)


_AS_USUAL: Final = Options()


class Look:
    """Looks at one folder again and again; remembers the last text of each buffer that could be read."""

    def __init__(self, root: str | None, options: Options = _AS_USUAL) -> None:
        self.root = root
        self._stale: Callable[[], bool] = lambda: False
        self.options = options
        self._good: dict[str, str] = {}
        self._last: Report | None = None
        self._tree = LiveTree(root)
        self._touched: deque[tuple[str, ...] | None] = deque()  # filled by another thread than the one that looks

    def changed(self, paths: tuple[str, ...] | None) -> None:
        """Files have changed on the disk; None: nobody knows which."""
        if paths is None or paths:
            self._touched.append(paths)

    def __call__(self, buffers: Mapping[str, str], stale: Callable[[], bool] = lambda: False) -> Seen | None:
        """The report of the folder under these buffers (project-relative path -> text); None once it is `stale`."""
        try:
            return self._looked(buffers, stale)
        except Stale:
            return None

    def _looked(self, buffers: Mapping[str, str], stale: Callable[[], bool]) -> Seen:
        self._stale = stale
        self._good = {path: text for path, text in self._good.items() if path in buffers}
        try:
            report = self._inspect(buffers)
        except ConfigurationError as error:
            fault = _fault(error)
            path = fault.primary.span.path if fault is not None else ""
            if fault is None or not self._is_half_typed(path, buffers, Tree(self.root)):
                return self._misconfigured(fault)
            return self._over(Report(findings=(fault,)), buffers, (path,))
        broken = self._half_typed(report, buffers)
        if not broken:
            self._good = dict(buffers)
            self._last = report
            return Seen(report, redactor(report), report.findings)
        return self._over(report, buffers, broken)

    def _over(self, report: Report, buffers: Mapping[str, str], broken: tuple[str, ...]) -> Seen:
        """The report under the last good texts of what is half typed, and what is wrong with these files."""
        steady = {**buffers, **{path: self._good[path] for path in broken}}
        try:
            good = self._inspect(steady)
        except ConfigurationError as error:
            return self._misconfigured(_fault(error))
        self._good.update({path: text for path, text in buffers.items() if path not in broken})
        self._last = good
        moved = {path: Moved.between(Source(path, self._good[path]), Source(path, buffers[path])) for path in broken}
        faults = tuple(
            f for f in report.findings if f.rule in (_UNREADABLE, CONFIGURATION) and f.primary.span.path in broken
        )
        findings = (*faults, *_moved(good.findings, moved))
        return Seen(good, redactor(good), findings, moved)

    def _inspect(self, buffers: Mapping[str, str]) -> Report:
        touched: list[str] = []
        while self._touched:
            paths = self._touched.popleft()
            if paths is None or not all(map(self._tree.is_plain, paths)):
                self._tree = LiveTree(self.root)
            else:
                touched += paths
        self._tree.renew(buffers, touched, self._stale)
        return inspect(self._tree, self.options)

    def _half_typed(self, report: Report, buffers: Mapping[str, str]) -> tuple[str, ...]:
        """The unsaved buffers that cannot be read, although an earlier text of them could."""
        paths = dict.fromkeys(f.primary.span.path for f in report.findings if f.rule == _UNREADABLE)
        disk = Tree(self.root)
        return tuple(path for path in paths if self._is_half_typed(path, buffers, disk))

    def _is_half_typed(self, path: str, buffers: Mapping[str, str], disk: Tree) -> bool:
        text, saved = buffers.get(path), _saved(disk, path)
        if text is None or text == saved:
            return False
        if path not in self._good and saved is not None:
            self._good[path] = saved  # it was broken before the first look at it
        return self._good.get(path, text) != text

    def _misconfigured(self, fault: Finding | None) -> Seen:
        """What was last known, and the mistake in connlint's configuration that keeps it from being known better."""
        report = self._last or Report()
        return Seen(report, redactor(report), (*((fault,) if fault is not None else ()), *report.findings))


def _fault(error: ConfigurationError) -> Finding | None:
    """The mistake as a finding; None for one that has no place in a file."""
    if error.span is None:
        return None
    label = Label(error.span)
    return Finding(
        CONFIGURATION, Severity.ERROR, Confidence.CERTAIN, str(error), (label,), CONFIGURATION, error.suggestion
    )


def _saved(disk: Tree, path: str) -> str | None:
    try:
        return disk.read(path).text
    except Unreadable:
        return None


def _moved(findings: tuple[Finding, ...], moved: Mapping[str, Moved]) -> tuple[Finding, ...]:
    result = []
    for finding in findings:
        found: Finding | None = finding
        for path, way in moved.items():
            if found is not None and any(label.span.path == path for label in found.labels):
                found = way.finding(found)
        if found is not None:
            result.append(found)
    return tuple(result)
