"""The budget for people: at each limit what is granted, who asks for how much and why, and whether it fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from connlint.deployment.budget import Limit, Term
from connlint.deployment.fitting import Fit
from connlint.report.cells import printable, width
from connlint.report.redact import Redactor
from connlint.report.style import PLAIN, Style
from connlint.report.values import amount
from connlint.value import Value, Verdict

_WIDEST: Final = 100
_NARROWEST: Final = 30  # cells for a formula, however long the names before it are
_KINDS: Final = {"server": "server", "pooler-clients": "clients of", "pooler-servers": "pools of"}
_COLOURS: Final = {"fits": "good", "exceeds": "bad", "can-exceed": "doubtful", "unknown": "dim"}
_BREAK = re.compile(r" (?=[x+-] )|(?<=,) ")


def render(rows: Iterable[tuple[str, Sequence[Limit]]], clean: Redactor, style: Style = PLAIN) -> str:
    """The limits of each deployment, given as its name and its limits."""
    parts = []
    for name, limits in rows:
        head = style.paint(f"deployment {printable(name)}", "bold")
        if not limits:
            parts.append(f"{head}\n\n  nothing is counted: no process of it leads to a pooler or server that is known")
        else:
            parts.append("\n\n".join([head, *("\n".join(_limit(limit, clean, style)) for limit in limits)]))
    return ("\n\n".join(parts) or "no deployment was found: nothing is counted") + "\n"


def render_fits(fits: Iterable[Fit], clean: Redactor, style: Style = PLAIN) -> str:
    """How many of something fit in each deployment, and what one more would break."""
    return "\n\n".join("\n".join(_fit(fit, clean, style)) for fit in fits) + "\n"


def _fit(fit: Fit, clean: Redactor, style: Style) -> Iterator[str]:
    yield style.paint(f"deployment {printable(fit.deployment)}", "bold")
    key = _said(fit.key, clean)
    if fit.unknown:
        yield f"  {key}: how many fit is not known: {_said(fit.unknown, clean)}"
        return
    if fit.most is None or fit.at is None:
        yield f"  {key}: no limit that is known is in the way (now {amount(fit.now)})"
        return
    colour = "bad" if fit.now.compare(Value.exact(fit.most)) is Verdict.MUST else "good"
    yield f"  {key}: at most {style.paint(str(fit.most), colour)} fit (now {amount(fit.now)})"
    asked = fit.at.steady if fit.at.steady.compare(fit.at.usable) is not Verdict.HOLDS else fit.at.deploy
    when = "" if asked is fit.at.steady else " during a deploy"
    word = "would" if asked.compare(fit.at.usable) is Verdict.MUST else "may"
    yield (
        f"  {fit.most + 1} {word} ask {_KINDS.get(fit.at.kind, fit.at.kind)} {_said(fit.at.at, clean)}"
        f" for {amount(asked)} of {amount(fit.at.usable)}{when}"
    )


def _limit(limit: Limit, clean: Redactor, style: Style) -> Iterator[str]:
    setting = f", {limit.setting}" if limit.setting else ""
    verdict = style.paint(limit.verdict.replace("-", " "), _COLOURS[limit.verdict])
    yield f"  {_KINDS.get(limit.kind, limit.kind)} {_said(limit.at, clean)}{setting}: {verdict}"
    table = [("usable", limit.usable), *((_said(_name(term), clean), term.connections) for term in limit.terms)]
    totals = [("steady", limit.steady)]
    if limit.deploy.bounds() != limit.steady.bounds() or limit.deploy.least != limit.steady.least:
        totals.append(("deploy", limit.deploy))
    names = max(width(name) for name, _ in [*table, *totals])
    amounts = max(len(amount(value)) for _, value in [*table, *totals])
    for name, value in table:
        head = f"    {name}{' ' * (names - width(name))}  {amount(value):>{amounts}}"
        yield from _wrapped(head, _proof(value, clean), min(style.width, _WIDEST))
    for name, value in totals:
        outcome, colour = _outcome(value, limit.usable)
        yield f"    {name:<{names}}  {amount(value):>{amounts}}   {style.paint(outcome, colour)}"
    for line in dict.fromkeys(_declarations(limit)):
        yield f"    to know more, put into [tool.connlint]: {style.paint(_said(line, clean), 'bold')}"


def _name(term: Term) -> str:
    return f"{term.process}, on deploy" if term.deploying else term.process


def _said(text: str, clean: Redactor) -> str:
    return printable(clean(text))


def _proof(value: Value, clean: Redactor) -> str:
    """Where an amount comes from: its sum, its place, or why it is not known."""
    place = value.place if value.span else clean(value.place)
    source = f"= {_said(value.formula, clean)}" if value.operands else f"({printable(place)})" if place else ""
    if not value.is_unknown:
        return source
    return f"{source}: {_said(value.reason, clean)}" if source else _said(value.reason, clean)


def _wrapped(head: str, text: str, most: int) -> Iterator[str]:
    """`head` and `text` on lines of at most `most` cells, broken before the signs of a sum."""
    room = max(most - width(head) - 1, _NARROWEST)
    lines = [""]
    for piece in _BREAK.split(text):
        joined = f"{lines[-1]} {piece}" if lines[-1] else piece
        if lines[-1] and width(joined) > room:
            lines.append(f"  {piece}" if text.startswith("=") else piece)
        else:
            lines[-1] = joined
    pad = " " * (width(head) + 1)
    yield f"{head} {lines[0]}".rstrip()
    yield from (pad + line for line in lines[1:])


def _outcome(asked: Value, usable: Value) -> tuple[str, str]:
    """The verdict on one demand in words, and its colour."""
    verdict = asked.compare(usable)
    mine, theirs = asked.bounds(), usable.bounds()
    exact = mine is not None and theirs is not None and mine[0] == mine[1] and theirs[0] == theirs[1]
    left = theirs[0] - mine[0] if exact and mine and theirs else None
    if verdict is Verdict.MUST:
        return ("exceeds" if left is None else f"exceeds by {-left}"), "bad"
    if verdict is Verdict.HOLDS:
        return ("fits" if left is None else f"fits, {left} left"), "good"
    return ("can exceed", "doubtful") if verdict is Verdict.CAN else ("unknown", "dim")


def _declarations(limit: Limit) -> Iterator[str]:
    if limit.usable.is_unknown and limit.declare:
        yield limit.declare
    yield from (term.declare for term in limit.terms if term.connections.is_unknown and term.declare)
