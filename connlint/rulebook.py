"""The registry of rules, found by name: `checks/<family>/<rule_name>.py` and `rules/<family>/<rule-name>.md`.

A rule is a generator over the map. It yields `Found` (a mistake, with its evidence) and `Missing` (a fact
it needs and nobody states). Confidence is computed here from the evidence; a rule never sets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TypeAlias, TypeVar

from connlint.deployment.model import Deployment
from connlint.finding import Amount, Confidence, Fix, Label, Safety, Severity
from connlint.ignores import Aftermath
from connlint.records import dataclass, field, replace
from connlint.source import Span
from connlint.value import Certainty, Value, Verdict

Words: TypeAlias = str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A value or a place that makes a finding true, and what it says there."""

    what: Value | Span
    text: Words = ""

    def labels(self) -> Iterator[Label]:
        """One label for the place itself, and for a derived value one for each operand."""
        if isinstance(self.what, Span):
            yield Label(self.what, self.text)
            return
        if self.what.operands:
            for operand in self.what.operands:
                yield from Evidence(operand, f"{operand} {operand.name}" if operand.name else self.text).labels()
            return
        span = self.what.span
        if span is not None:
            yield Label(span, self.text)

    @property
    def certainty(self) -> Certainty:
        return Certainty.EXACT if isinstance(self.what, Span) else self.what.certainty


@dataclass(frozen=True, slots=True)
class Found:
    """A mistake a rule has seen. The first evidence with a place is where it is reported.

    `severity` overrides the rule's own where RULES.md gives a case another one. `subject` names the thing,
    never a line. `verdict` is MUST unless the evidence only allows for the failure.
    """

    message: Words
    evidence: tuple[Evidence, ...]
    subject: str
    help: Words = ""
    severity: Severity | None = None
    verdict: Verdict = Verdict.MUST
    fix: Fix | None = None
    harmless: bool = False  # the fix changes nothing in a case without the mistake
    amount: Amount | None = None  # for rules that compare two numbers: a baseline accepts up to this one

    @property
    def confidence(self) -> Confidence:
        weakest = max((e.certainty for e in self.evidence), default=Certainty.EXACT)
        if self.verdict is not Verdict.MUST or weakest is Certainty.UNKNOWN:
            return Confidence.POSSIBLE
        return Confidence.LIKELY if weakest is Certainty.ASSUMED else Confidence.CERTAIN

    @property
    def offered(self) -> Fix | None:
        """The fix as it may be offered: what is only likely is no definite error, and then only a harmless fix is safe."""
        if self.fix is None or self.harmless or self.confidence is Confidence.CERTAIN:
            return self.fix
        return replace(self.fix, safety=Safety.UNSAFE)

    def labels(self) -> tuple[Label, ...]:
        """Every label once, in the order of the evidence."""
        return tuple(dict.fromkeys(label for evidence in self.evidence for label in evidence.labels()))


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that no file states, and the line of `[tool.connlint]` that would."""

    fact: Words
    declare: str


Check: TypeAlias = Callable[[Deployment], Iterator[Found | Missing]]
Generator = TypeVar("Generator", bound=Callable[..., Iterator[object]])
Afterthought: TypeAlias = Callable[[Aftermath], Iterator[Found]]  # asked once every rule about the map has spoken


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    family: str
    severity: Severity
    since: str
    check: Check | None = None
    afterthought: Afterthought | None = None  # in place of `check`, for rules about ignore comments
    fixable: tuple[str, ...] = ()

    @property
    def generator(self) -> Check | Afterthought:
        """The function of the rule's module, whichever it is asked about."""
        found = self.check or self.afterthought
        assert found is not None
        return found


@dataclass(slots=True)
class _Mark:
    severity: Severity
    since: str
    fixes: tuple[str, ...] = field(default=())
    after: bool = False


def rule(
    *, severity: Severity, since: str, fixes: tuple[str, ...] = (), after: bool = False
) -> Callable[[Generator], Generator]:
    """Mark the generator of a rule module. `fixes` names the safeties of the fixes it can offer.

    `after`: it is asked about the `Aftermath` once every other rule has spoken, not about a deployment.
    """

    def mark(check: Generator) -> Generator:
        check.__dict__["rule"] = _Mark(severity, since, fixes, after)
        return check

    return mark


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every rule, by family and name. Importing this module imports none; the first call does."""
    found = []
    checks = Path(__file__).resolve().parent / "checks"
    for family in sorted(path.name for path in checks.iterdir() if path.is_dir()):
        if family.startswith("_"):
            continue
        for path in checks.joinpath(family).iterdir():
            if path.name.endswith(".py") and not path.name.startswith("_"):
                found.append(_load(family, path.name.removesuffix(".py")))
    return tuple(sorted(found, key=lambda r: (r.family, r.name)))


def _load(family: str, stem: str) -> Rule:
    module = import_module(f"connlint.checks.{family}.{stem}")
    checks = [value for value in vars(module).values() if callable(value) and "rule" in getattr(value, "__dict__", {})]
    if len(checks) != 1:
        raise RuntimeError(f"connlint.checks.{family}.{stem}: expected one function marked @rule, found {len(checks)}")
    mark: _Mark = checks[0].__dict__["rule"]
    asked = {"afterthought" if mark.after else "check": checks[0]}
    return Rule(stem.replace("_", "-"), family, mark.severity, mark.since, fixable=mark.fixes, **asked)


def families() -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.family for r in rules()))


def page(rule_: Rule) -> str:
    """The rule's page, from the installed rule book or, in a checkout, from `rules/`."""
    return _page_file(rule_).read_text(encoding="utf-8")


def page_address(name: str) -> str | None:
    """The `file:` address of a rule's page; None when it has none."""
    rule_ = next((r for r in rules() if r.name == name), None)
    file = _page_file(rule_) if rule_ else None
    return file.as_uri() if file is not None and file.is_file() else None


def _page_file(rule_: Rule) -> Path:
    name = f"{rule_.family}/{rule_.name}.md"
    package = Path(__file__).resolve().parent
    packed = package / "_rulebook" / name
    return packed if packed.is_file() else package.parent / "rules" / name


def summary(rule_: Rule) -> str:
    """The first paragraph of the page, on one line."""
    paragraphs = page(rule_).split("\n\n")
    return " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""
