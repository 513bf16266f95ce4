"""Load balancers told by the host name that clients connect to, and how soon they end an idle connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connlint.deployment.model import Database, IdleKill
from connlint.facts import product
from connlint.value import Origin

# Names that AWS gives: NAME.elb.REGION.amazonaws.com is a Network Load Balancer, NAME.REGION.elb.amazonaws.com a
# classic one (an application load balancer has such a name too, but passes no database protocol on).
_BY_HOST: Final = (
    (re.compile(r"\.elb\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\.?$"), "aws-nlb", "an AWS Network Load Balancer"),
    (re.compile(r"\.[a-z0-9-]+\.elb\.amazonaws\.com(\.cn)?\.?$"), "aws-elb", "an AWS Classic Load Balancer"),
)


def recognised(database: Database) -> Iterator[IdleKill]:
    """The load balancer that HOST names, with its default idle timeout in seconds; none when HOST is not known."""
    host = database.get("HOST")
    if not host.is_exact or not isinstance(host.only, str):
        return
    for pattern, name, of in _BY_HOST:
        if pattern.search(host.only.lower()):
            told = Origin.assumed(f"assumed: the name of HOST is that of {of}", host.span)
            yield IdleKill("idle-timeout", product("middleboxes").default(name, None).because(told), of, silent=True)
            return
