"""Whether a host and port lead to a container: by its names, or from outside by the ports it publishes."""

from __future__ import annotations

from typing import Final, Protocol

from connlint.value import Certainty, Origin, Value

# What stands for the machine that containers run on, from there or from inside of one.
_MACHINE: Final = frozenset(
    {
        "localhost",
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "host.docker.internal",
        "gateway.docker.internal",
        "172.17.0.1",
    }  # addresses to compare with
)


class Reachable(Protocol):
    """A server or a pooler that may run in a container."""

    @property
    def name(self) -> str: ...

    @property
    def hosts(self) -> frozenset[str]: ...

    @property
    def ports(self) -> tuple[tuple[int, int], ...]: ...


def is_called(host: Value, thing: Reachable) -> bool:
    """Whether HOST is one of the names of a container; inside Kubernetes also followed by its namespace."""
    if not host.is_exact:
        return False
    text = str(host.only).lower().rstrip(".")
    return text in thing.hosts or (".svc" in text and text.partition(".")[0] in thing.hosts)


def publishes(host: Value, port: Value, thing: Reachable) -> Origin | None:
    """What is assumed when HOST and PORT are a port that a container publishes on the machine; None if they are not."""
    if not (host.is_exact and port.is_exact and str(host.only).lower() in _MACHINE):
        return None
    if any(str(published) == str(port.only) for published, _ in thing.ports):
        return Origin.assumed(f"assumed: port {port.only} of the machine is the one {thing.name} publishes")
    return None


def leads_to(port: Value, own: Value, thing: Reachable) -> bool:
    """Whether PORT is one that a container listens on: its `own`, or one that its service maps to it."""
    if not port.is_exact or not own.is_exact:
        return True
    return str(port.only) in {str(own.only), *(str(published) for published, _ in thing.ports)}


def is_left_open(host: Value) -> bool:
    """Whether HOST is no more than a default of the code for want of a variable, and one that leads to no container."""
    return host.is_exact and host.certainty is Certainty.ASSUMED and (host.only or "localhost") in _MACHINE


def elsewhere(host: Value, thing: Reachable) -> bool:
    """Whether HOST is certain to be no name of a container, and not the machine it runs on either."""
    return host.is_exact and not is_called(host, thing) and str(host.only).lower() not in {*_MACHINE, "", "none"}
