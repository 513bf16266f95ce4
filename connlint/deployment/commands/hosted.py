"""Applications that a web server's own configuration starts, without a command: Apache's mod_wsgi and NGINX Unit."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.deployment.commands import plain
from connlint.deployment.commands.launch import Launch, Launches
from connlint.deployment.model import Concurrency
from connlint.deployment.processes import Started
from connlint.facts import product
from connlint.formats.services import Role, Service
from connlint.value import Origin, Value


def hosted(service: Service, environment: Mapping[str, Value]) -> Launches | None:
    """What a service without a command is, where its file says that a web server runs it; None for any other."""
    server = service.extra.get("server")
    if service.command is not None or server is None or not server.is_exact:
        return None
    if server.only == "mod-wsgi":
        facts = product("mod_wsgi")
        processes, threads = facts.default("processes", None), facts.default("daemon_threads", None)
    elif server.only == "nginx-unit":
        reason = "the configuration of NGINX Unit leaves it to Unit's default"
        processes = threads = Value.unknown(reason, *server.origins, least=1)
    else:
        return None
    concurrency = Concurrency.THREADS
    threads = service.extra.get("threads") or threads
    protocol = service.extra.get("protocol")
    if protocol is not None and protocol.always(lambda name: name == "asgi"):
        note = "an ASGI application serves as many requests at once as arrive"
        concurrency, threads = Concurrency.ASGI, Value.between(1, None, *protocol.origins, Origin.default(note))
    started = Started(
        str(server.only), concurrency, (service.extra.get("processes") or processes).counted(1), threads.counted(1),
        server, None, "", plain.FALSE, None, service.span,
    )  # fmt: skip
    launch = Launch(
        started=started,
        name=str(server.only),
        words=(),
        environment=environment,
        directory=service.directory or "",
        span=service.span,
        role=Role.SERVICE,
        settings=environment.get(plain.SETTINGS),
        application=service.extra.get("module") or service.extra.get("script"),
    )
    return Launches((launch,))
