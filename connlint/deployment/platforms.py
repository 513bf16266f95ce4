"""What a managed server grants, by the service and plan that are declared of it."""

from __future__ import annotations

from connlint.deployment.model import Server
from connlint.facts.platforms import Platform, platform
from connlint.value import Origin, Value


def granted(server: Server) -> tuple[Value, Platform] | None:
    """What ordinary users may open on a server of its plan, and whose dated table says so; None where none does."""
    declared = server.declared.get("platform")
    if declared is None or not declared.is_exact:
        return None
    service, _, plan = str(declared.only).partition(":")
    found = platform(service)
    limit = None if found is None else found.limit(plan)
    if found is None or limit is None:
        return None
    note = Origin.default(f"{found.title} as of {found.as_of}")
    most = Value.exact(limit, *declared.origins, note).named("in all")
    reserved = server.declared.get("reserved", Value.exact(found.reserved, note))
    return (most if reserved.always(lambda n: n == 0) else most - reserved.named("reserved")), found
