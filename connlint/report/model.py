"""What one inspection gives back: everything the faces (command line, editor, Django) show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connlint.deployment.model import Deployment, SettingsModule
from connlint.finding import Finding, Lack, Severity
from connlint.formats.document import Document
from connlint.records import dataclass, field

if TYPE_CHECKING:  # only where something is compared
    from connlint.report.change import Base


@dataclass(frozen=True, slots=True)
class Report:
    """The result of `engine.inspect`. Findings are sorted: worst first, then by place."""

    findings: tuple[Finding, ...] = ()
    lacks: tuple[Lack, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    modules: tuple[SettingsModule, ...] = ()
    documents: tuple[Document, ...] = ()
    files_read: int = 0
    files_parsed: int = 0
    suppressed: int = 0  # findings that an ignore comment or the configuration silenced
    accepted: int = 0  # findings that the baseline accepts
    base: Base | None = None  # what this is compared with; then only what is new or worse is among the findings
    notes: tuple[str, ...] = ()  # for stderr: what was not followed, and why
    fail_on: Severity = Severity.WARNING  # what the configuration asks for; the command line may say otherwise
    secrets: frozenset[str] = field(default=frozenset(), repr=False)  # met while reading; nothing printed repeats them
