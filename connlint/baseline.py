"""What a project has accepted: findings by rule and subject, never by line, with the amount they had at that time.

A finding that has an amount stays quiet up to the amount that was accepted, and speaks as soon as more is asked or less is
granted. docs/adr/0018 says why the file only ever gets smaller by itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from connlint.finding import Amount, Finding
from connlint.project.configuration_file import ConfigurationError
from connlint.project.tree import Tree, Unreadable
from connlint.records import dataclass, replace
from connlint.report.cells import printable
from connlint.report.redact import Redactor
from connlint.source import Source
from connlint.value import Number

_VERSION: Final = 1
_FEW: Final = 3
_KEYS: Final = ("rule", "subject", "amount", "granted")
_WRITE_IT: Final = "connlint baseline writes it"


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding that was accepted; `amount` is None where it has none."""

    rule: str
    subject: str
    amount: Amount | None = None

    def accepts(self, amount: Amount | None) -> bool:
        """Whether a finding of the same name and this amount is no worse than what was accepted."""
        return self.amount is None or amount is None or not amount.exceeds(self.amount)


@dataclass(frozen=True, slots=True)
class Settled:
    """The findings that nobody accepted; those that were, each with its entry; and the entries without a finding."""

    kept: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, Entry], ...]
    unused: tuple[Entry, ...]


def entries(findings: Iterable[Finding], clean: Redactor) -> tuple[Entry, ...]:
    """What accepts exactly these findings, in the order of the file."""
    return tuple(sorted((_entry(finding, clean) for finding in findings), key=_order))


def settle(
    findings: Iterable[Finding], known: Iterable[Entry], clean: Redactor, told: str = "is what was accepted"
) -> Settled:
    """Set the findings that are accepted apart; each entry accepts one.

    `told` is said of the amount of an entry whose finding has got worse.
    """
    left: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for each in sorted(known, key=_order):
        left[each.rule, each.subject].append(each)
    several = tuple(findings)
    named = {id(finding): _entry(finding, clean) for finding in several}
    pairs: dict[int, Entry] = {}
    for finding in sorted(several, key=lambda each: _order(named[id(each)])):
        mine = named[id(finding)]
        there = left[mine.rule, mine.subject]
        entry = next((each for each in there if each.accepts(mine.amount)), None)
        if entry is not None:
            there.remove(entry)
            pairs[id(finding)] = entry
    kept = (_told(f, left[named[id(f)].rule, named[id(f)].subject], told) for f in several if id(f) not in pairs)
    accepted = ((each, pairs[id(each)]) for each in several if id(each) in pairs)
    return Settled(tuple(kept), tuple(accepted), tuple(entry for there in left.values() for entry in there))


def lowered(settled: Settled, clean: Redactor) -> tuple[Entry, ...]:
    """The entries that are still needed, each with the amount its finding has now."""
    return tuple(sorted((_now(finding, entry, clean) for finding, entry in settled.accepted), key=_order))


def listed(known: Sequence[Entry]) -> str:
    """A few of these entries in words."""
    few = ", ".join(f"{entry.rule} of {entry.subject}" for entry in known[:_FEW])
    return f"{few} and {len(known) - _FEW} more" if len(known) > _FEW else few


def read(tree: Tree, path: str) -> tuple[Entry, ...]:
    """The entries of a baseline, a project-relative path; raises `ConfigurationError`, with the line of the mistake."""
    try:
        source = tree.read(path)
    except Unreadable as error:
        hint = _WRITE_IT if error.code == "missing" else ""
        raise ConfigurationError(f"the baseline {printable(path)} cannot be read: {error}", None, hint) from None
    return tuple(_accepted(source))


def written(known: Iterable[Entry]) -> str:
    """The text of a baseline: one line for each entry, so that changes can be read and merged."""
    import json

    lines = ",\n".join(f"    {json.dumps(_as_json(entry))}" for entry in sorted(known, key=_order))
    body = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "version": {_VERSION},\n  "accepted": {body}\n}}\n'


def _entry(finding: Finding, clean: Redactor) -> Entry:
    return Entry(finding.rule, printable(clean(finding.subject)), finding.amount)


def _now(finding: Finding, entry: Entry, clean: Redactor) -> Entry:
    mine = _entry(finding, clean)
    return entry if mine.amount is None else mine


def _told(finding: Finding, there: list[Entry], told: str) -> Finding:
    """The finding; where less of the same was accepted, its help says how much."""
    most = max((entry.amount for entry in there if entry.amount is not None), key=lambda a: a.asked, default=None)
    if most is None:
        return finding
    of = "" if most.granted is None else f" of {most.granted}"
    said = f"{most.asked}{of} {told}"
    return replace(finding, help=f"{finding.help}; {said}" if finding.help else said)


def _order(entry: Entry) -> tuple[str, str, Number, Number]:
    amount = entry.amount or Amount(math.inf)  # what accepts any amount is used last
    return entry.rule, entry.subject, amount.asked, -(amount.granted or 0)


def _as_json(entry: Entry) -> dict[str, object]:
    found: dict[str, object] = {"rule": entry.rule, "subject": entry.subject}
    if entry.amount is not None:
        found["amount"] = entry.amount.asked
        if entry.amount.granted is not None:
            found["granted"] = entry.amount.granted
    return found


def _accepted(source: Source) -> Iterator[Entry]:
    import json

    try:
        content = json.loads(source.text)
    except json.JSONDecodeError as error:
        raise _mistake(source, error.pos, f"not valid JSON: {error.msg.lower()}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets without end
        raise _mistake(source, 0, "not valid JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("accepted"), list):
        raise _mistake(source, 0, 'expected an object with a list called "accepted"')
    if content.get("version") != _VERSION:
        raise _mistake(source, 0, f'expected "version": {_VERSION}')
    for item, start in zip(content["accepted"], _starts(source.text), strict=False):
        why = _wrong(item)
        if why:
            raise _mistake(source, start, why)
        amount = Amount(item["amount"], item.get("granted")) if "amount" in item else None
        yield Entry(item["rule"], item["subject"], amount)


def _starts(text: str) -> Iterator[int]:
    """Where each item of the list "accepted" begins, in a text that is valid JSON."""
    import json
    import re

    found = re.search(r'"accepted"\s*:\s*\[', text)
    at, blank, decoder = found.end() if found else 0, re.compile(r"[\s,]*"), json.JSONDecoder()
    while True:
        match = blank.match(text, at)
        at = match.end() if match else at
        if text[at : at + 1] in ("]", ""):
            return
        yield at
        at = decoder.raw_decode(text, at)[1]


def _wrong(item: Any) -> str:
    if not isinstance(item, dict):
        return "expected an object for each finding that is accepted"
    unknown = next((key for key in item if key not in _KEYS), None)
    if unknown is not None:
        return f"unknown key in an entry; known keys: {', '.join(_KEYS)}"
    if not all(isinstance(item.get(key), str) and item[key] for key in ("rule", "subject")):
        return '"rule" and "subject" must be strings that are not empty'
    if not all(_is_number(item[key]) for key in ("amount", "granted") if key in item):
        return '"amount" and "granted" must be numbers'
    return '"granted" says nothing without "amount"' if "granted" in item and "amount" not in item else ""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _mistake(source: Source, at: int, why: str) -> ConfigurationError:
    line = source.position(at)[0]
    start = source.offset(line, 1)
    hint = "connlint baseline writes it anew once the file is deleted"
    return ConfigurationError(
        f"the baseline cannot be read: {why}", source.span(start, start + len(source.line(line))), hint
    )
