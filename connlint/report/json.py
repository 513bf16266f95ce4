"""Reports for machines: the JSON of `check`, `budget` and `show`, whose fields stay (version 1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from connlint.deployment.budget import Limit
from connlint.deployment.fitting import Fit
from connlint.finding import Finding, Fix
from connlint.report.edits import shown_edits
from connlint.report.fingerprints import fingerprints
from connlint.report.listing import as_listing, databases, document_listing, pooler_values, server_values
from connlint.report.model import Report
from connlint.report.redact import Redactor
from connlint.report.values import as_json
from connlint.source import Span

if TYPE_CHECKING:
    from connlint.report.change import Base

_VERSION = 1


def check(report: Report, clean: Redactor) -> str:
    """The findings of `connlint check`."""
    marks = fingerprints(report.findings)
    return _written(
        {
            "version": _VERSION,
            "findings": [_finding(f, mark, clean) for f, mark in zip(report.findings, marks, strict=True)],
            "unknowns": [
                {"fact": clean(lack.fact), "needed_by": list(lack.needed_by), "declare": clean(lack.declare)}
                for lack in report.lacks
            ],
            "files": {"read": report.files_read, "parsed": report.files_parsed},
            **_compared(report.base, clean),
        }
    )


def _compared(base: Base | None, clean: Redactor) -> dict[str, Any]:
    if base is None:
        return {}
    from connlint.report.change import as_json_of

    return {"diff_base": as_json_of(base, clean)}


def budget(
    rows: Iterable[tuple[str, Iterable[Limit]]], clean: Redactor, fits: Sequence[Fit] = (), base: Base | None = None
) -> str:
    """The limits of each deployment (its name and limits) with demand and verdict; `fits` where --max asks."""
    content: dict[str, Any] = {
        "version": _VERSION,
        "deployments": [{"name": name, "limits": [_limit(x, clean) for x in limits]} for name, limits in rows],
    }
    if fits:
        content["fits"] = [_fit(fit, clean) for fit in fits]
    return _written({**content, **_compared(base, clean)})


def _fit(fit: Fit, clean: Redactor) -> dict[str, Any]:
    """`most`: null where no known limit is in the way, or `unknown` says what is not known."""
    return {
        "deployment": fit.deployment,
        "key": clean(fit.key),
        "now": as_json(fit.now, clean),
        "most": fit.most,
        "at": _limit(fit.at, clean) if fit.at is not None else None,
        "unknown": clean(fit.unknown) if fit.unknown else None,
    }


def show(report: Report, clean: Redactor) -> str:
    """What was understood: settings modules, configuration files and deployments."""
    return _written(
        {
            "version": _VERSION,
            "settings": [
                {"module": module.name, "path": module.path, "databases": databases(module, clean)}
                for module in report.modules
            ],
            "documents": [
                {
                    "path": document.path,
                    "kind": document.kind,
                    "settings": as_listing(document_listing(document), clean),
                }
                for document in report.documents
            ],
            "deployments": list(_deployments(report, clean)),
        }
    )


def _deployments(report: Report, clean: Redactor) -> Iterator[dict[str, Any]]:
    for deployment in report.deployments:
        yield {
            "name": deployment.name,
            "processes": [
                {
                    "name": group.name,
                    "server": group.server,
                    "processes": as_json(group.processes, clean),
                    "threads": as_json(group.threads, clean),
                    "replicas": as_json(group.replicas, clean),
                    "settings": group.module.name if group.module else None,
                    "role": group.role.value,
                    "started": {"path": group.span.path, "line": group.span.line} if group.span else None,
                    "databases": databases(group.module, clean) if group.module else {},
                }
                for group in deployment.groups
            ],
            "poolers": [
                {"name": clean(p.name), "kind": p.kind, "settings": as_listing(pooler_values(p), clean)}
                for p in deployment.poolers
            ],
            "servers": [
                {"name": clean(s.name), "engine": s.engine.value, "settings": as_listing(server_values(s), clean)}
                for s in deployment.servers
            ],
        }


def _finding(finding: Finding, fingerprint: str, clean: Redactor) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "message": clean(finding.message),
        "help": clean(finding.help),
        "deployment": finding.deployment,
        "location": _location(finding.primary.span),
        "related": [{**_location(label.span), "label": clean(label.text)} for label in finding.labels[1:]],
        "fix": _fix(finding.fix, clean) if finding.fix else None,
        "fingerprint": fingerprint,
    }


def _location(span: Span) -> dict[str, Any]:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _fix(fix: Fix, clean: Redactor) -> dict[str, Any]:
    """A fix; without its edits when they hold what must not be shown, for a masked edit would be a wrong one."""
    return {
        "safety": fix.safety.value,
        "title": clean(fix.title),
        "edits": [{**_location(edit.span), "text": edit.text} for edit in shown_edits(fix, clean)],
    }


def _limit(limit: Limit, clean: Redactor) -> dict[str, Any]:
    return {
        "at": clean(limit.at),
        "kind": limit.kind,
        "usable": as_json(limit.usable, clean),
        "steady": as_json(limit.steady, clean),
        "deploy": as_json(limit.deploy, clean),
        "verdict": limit.verdict,
        "terms": [
            {
                "process": clean(term.process),
                "formula": clean(term.connections.formula),
                "connections": as_json(term.connections, clean),
            }
            for term in limit.terms
        ],
    }


def _written(content: dict[str, Any]) -> str:
    # ASCII only: paths may hold bytes that are no UTF-8, and a terminal may know no other characters.
    return json.dumps(content, indent=2, ensure_ascii=True, allow_nan=False) + "\n"
