"""All workers restart at about the same request and reconnect at once.

https://docs.gunicorn.org/en/stable/settings.html#max-requests-jitter
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.model import Deployment
from connlint.facts import product
from connlint.finding import Fix, Severity
from connlint.fixing.lines import put_beside, write_number
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import Value

_JITTER = {"gunicorn": ("max_requests", "max_requests_jitter"), "uwsgi": ("max-requests", "max-requests-delta")}


@rule(severity=Severity.INFO, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for group in deployment.groups:
        if group.document is None or group.server not in _JITTER:
            continue
        limit_key, jitter_key = _JITTER[group.server]
        if product(group.server).knows(jitter_key, deployment.version(group.server)) is False:
            continue
        limit = group.document.settings.get(limit_key)
        jitter = group.document.settings.get(jitter_key) or product(group.server).default(jitter_key, None)
        bounds, processes = (limit.bounds() if limit is not None else None), group.processes.bounds()
        if limit is None or bounds is None or bounds[0] <= 0 or not jitter.always(lambda n: n == 0):
            continue
        if processes is None or processes[0] < 2:
            continue
        yield Found(
            f"the {group.processes} workers of {group.name} restart after {limit} requests each: all at about the same "
            "time, and all of them connect again at once",
            (Evidence(limit, "the same for every worker"), Evidence(group.processes, "workers")),
            subject=f"{group.name}: {limit_key}",
            help=f"set {jitter_key} to a tenth of {limit_key} or more",
            fix=_jitter(limit, group.document.settings.get(jitter_key), jitter_key),
        )


def _jitter(limit: Value, stated: Value | None, key: str) -> Fix | None:
    bounds = limit.bounds()
    if bounds is None or bounds[1] is None:
        return None
    number = max(int(bounds[1]) // 10, 1)
    title = f"set {key} to {number}"
    return put_beside((limit.span,), key, str(number), title) if stated is None else write_number(stated, number, title)
