"""What an editor shows under the pointer: the effective values that a line makes, and the rules that speak about it."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.finding import Finding
from connlint.lsp.figures import Figure, at
from connlint.lsp.looking import Seen
from connlint.report.cells import printable
from connlint.report.redact import Redactor
from connlint.report.text import header
from connlint.report.values import in_words, where
from connlint.rulebook import page_address, rules, summary
from connlint.source import Source

_MOST = 12  # lines of values


def markdown(seen: Seen, source: Source, offset: int) -> str:
    """The text for the place `offset` of a file, in Markdown; empty when nothing is known there."""
    line = source.position(offset)[0]
    found = at(seen.report, source.path, line, offset)
    parts = ["\n".join(_values(found, seen.clean))] if found else []
    parts += ["\n\n".join(_rule(f, seen.clean)) for f in seen.findings if _touches(f, source.path, line)]
    return "\n\n---\n\n".join(parts)


def _values(found: tuple[Figure, ...], clean: Redactor) -> Iterator[str]:
    for name in dict.fromkeys(figure.name for figure in found[:_MOST]):
        yield f"**{_text(clean(name))}**\n"
        for figure in found[:_MOST]:
            if figure.name == name:
                place = where(figure.value, clean)
                came = f" from {_text(place)}" if place else ""
                yield f"- {_text(clean(figure.of))}: {_code(in_words(figure.value, clean))}{came}"
                if figure.value.operands:
                    yield f"  - {_code(clean(figure.value.proof))}"
        yield ""
    if len(found) > _MOST:
        yield f"and {len(found) - _MOST} more: `connlint show`"


def _rule(finding: Finding, clean: Redactor) -> Iterator[str]:
    address = page_address(finding.rule)
    name = f"[{finding.rule}]({address})" if address else finding.rule
    yield f"**{finding.severity.value}** {name}: {_text(header(finding, clean))}"
    known = next((rule for rule in rules() if rule.name == finding.rule), None)
    if known is not None:
        yield summary(known)


def _touches(finding: Finding, path: str, line: int) -> bool:
    return any(label.span.path == path and label.span.line <= line <= label.span.end_line for label in finding.labels)


def _text(words: str) -> str:
    """Words of a project, with nothing in them that Markdown or HTML would take for its own."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+!|~&" else c for c in printable(words))


def _code(words: str) -> str:
    return f"`{printable(words).replace('`', chr(0x2019))}`"
