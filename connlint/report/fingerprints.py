"""Names of findings that stay when lines move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from connlint.finding import Finding


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """A stable name for each finding: it survives lines that move, and no two in a report are the same.

    It is made of the rule and its subject; the same mistake in several deployments is told apart by counting.
    """
    seen: Counter[tuple[str, str]] = Counter()
    result = []
    for finding in findings:
        key = (finding.rule, finding.subject)
        text = "\0".join((*key, str(seen[key])) if seen[key] else key)
        seen[key] += 1
        result.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20])
    return result
