"""The rule book's pages, read: sections, error messages, and how a page looks on a terminal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from connlint.records import dataclass
from connlint.report.style import Style
from connlint.rulebook import Rule, page

ERRORS: Final = "Error messages"  # the section that lists the texts users see, one in code quotes per line
_ITEM = re.compile(r"\s*[-*]\s+`+\s?(.+?)\s?`+")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
_QUOTED = re.compile(r"[\"'`“”‘’«»]")
_WORD = re.compile(r"[^\W_]+|#")
_ENOUGH: Final = 0.5  # of the weight of a message's words
_LONE: Final = 3  # words of a message that a single word still stands for


@dataclass(frozen=True, slots=True)
class Match:
    """A rule whose page lists an error like the one asked about; `score` from 0 to 1."""

    rule: Rule
    message: str
    score: float


def sections(text: str) -> Mapping[str, str]:
    """The text under each `## ` heading; headings inside code blocks do not count."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if line.startswith("## ") and not fenced:
            current = found.setdefault(line[3:].strip(), [])
        else:
            current.append(line)
    return {heading: "\n".join(lines).strip() for heading, lines in found.items()}


def error_messages(text: str) -> tuple[str, ...]:
    """The error texts that a page lists under `## Error messages`."""
    items = map(_ITEM.match, sections(text).get(ERRORS, "").splitlines())
    return tuple(item.group(1) for item in items if item)


def search(query: str, rules: Iterable[Rule]) -> list[Match]:
    """The rules whose pages list an error like `query`, best first; case, numbers and quotes do not matter."""
    listed = [(rule, message, _words(message)) for rule in rules for message in error_messages(page(rule))]
    rarity = Counter(word for _, _, words in listed for word in set(words))
    asked = _words(query)
    best: dict[str, Match] = {}
    for rule, message, words in listed:
        score = _score(asked, words, rarity)
        if score >= _ENOUGH and score > best.get(rule.name, Match(rule, "", 0.0)).score:
            best[rule.name] = Match(rule, message, score)
    return sorted(best.values(), key=lambda match: (-match.score, match.rule.severity.rank, match.rule.name))


def _words(text: str) -> list[str]:
    return _WORD.findall(re.sub(r"\d+(?:\.\d+)*", "#", _QUOTED.sub(" ", text.lower())))


def _score(asked: list[str], words: list[str], rarity: Mapping[str, int]) -> float:
    """How much of the shorter text the longer one holds; rare words weigh more than common ones."""
    if not asked or not words:
        return 0.0
    shorter, longer = (asked, words) if len(asked) <= len(words) else (words, asked)
    if len(shorter) == 1 and len(longer) > _LONE:
        return 0.0  # a common word of a long message is no error text
    if f" {' '.join(shorter)} " in f" {' '.join(longer)} " and any(word != "#" for word in shorter):
        return 1.0
    weights = {word: 1 / rarity.get(word, 1) if word != "#" else 0.1 for word in {*asked, *words}}
    common = sum(weights[word] for word in set(asked) & set(words))
    return 0.95 * common / sum(weights[word] for word in set(shorter))


def facts(rule: Rule) -> str:
    """What the registry knows of a rule, on one line."""
    fixes = ", ".join(rule.fixable) or "none"
    return f"severity: {rule.severity.value} · family: {rule.family} · since: {rule.since} · fix: {fixes}"


def with_facts(text: str, rule: Rule) -> str:
    """The page with the registry's line below its heading."""
    heading, _, rest = text.partition("\n")
    return f"{heading}\n\n{facts(rule)}\n{rest.rstrip()}\n"


def painted(text: str, style: Style) -> str:
    """A page for the terminal: headings, code and links in their own look, the marks of Markdown left out."""
    return "\n".join(_painted(text.splitlines(), style)) + "\n"


def _painted(lines: Iterable[str], style: Style) -> Iterator[str]:
    fenced = False
    for line in lines:
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced:
            yield f"    {line}".rstrip()
        elif line.startswith("#"):
            yield style.paint(line.lstrip("#").strip(), "bold")
        else:
            linked = _LINK.sub(lambda m: style.link(m[1], m[2]) if style.links else f"{m[1]} <{m[2]}>", line)
            yield _CODE.sub(lambda m: style.paint(m[1], "gutter"), linked)
