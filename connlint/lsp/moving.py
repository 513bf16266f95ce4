"""Where the places of an older text are in a newer one, while a file is half typed and its last good text is judged."""

from __future__ import annotations

from connlint.finding import Finding, Label
from connlint.records import dataclass, replace
from connlint.source import Source, Span


@dataclass(frozen=True, slots=True)
class Moved:
    """What two texts share: the characters before and after everything that differs."""

    old: Source
    new: Source
    before: int
    after: int

    @classmethod
    def between(cls, old: Source, new: Source) -> Moved:
        """Compare two texts of one file."""
        shorter = min(len(old.text), len(new.text))
        before = _shared(old.text[:shorter], new.text[:shorter])
        rest = shorter - before
        after = _shared(old.text[len(old.text) - rest :][::-1], new.text[len(new.text) - rest :][::-1])
        return cls(old, new, before, after)

    def span(self, span: Span) -> Span | None:
        """The same characters in the new text; None for a span of this file that what was typed touches."""
        if span.source != self.old:
            return span
        if span.end <= self.before:
            return self.new.span(span.start, span.end)
        if span.start >= len(self.old.text) - self.after:
            by = len(self.new.text) - len(self.old.text)
            return self.new.span(span.start + by, span.end + by)
        return None

    def finding(self, finding: Finding) -> Finding | None:
        """The finding in the new text, without a fix; None when its place is just being typed."""
        spans = [(label, self.span(label.span)) for label in finding.labels]
        if spans[0][1] is None:
            return None
        labels = tuple(Label(span, label.text) for label, span in spans if span is not None)
        return replace(finding, labels=labels, fix=None)


def _shared(one: str, other: str) -> int:
    """How many characters two texts of the same length begin with in common."""
    low, high = 0, len(one)
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
