"""What servers answered beside what the files say: the differences, and the same as declarations for the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from connlint.deployment.model import Pooler, Server
from connlint.django.asking.answers import Answers, Cell, Fact
from connlint.facts import product
from connlint.records import dataclass
from connlint.report.model import Report
from connlint.value import Value

_PER_UNIT: Final = {("ms", "seconds"): 0.001, ("s", "milliseconds"): 1000}
# Keys of a declared pooler, by the names of PgBouncer's console.
_DECLARED: Final = (
    "pool_mode", "max_client_conn", "default_pool_size", "reserve_pool_size", "max_db_connections",
    "client_idle_timeout", "query_wait_timeout", "max_prepared_statements",
)  # fmt: skip
_AT_LEAST_ONE: Final = ("max_client_conn",)


@dataclass(frozen=True, slots=True)
class Compared:
    """One setting: what the server says, and what the files do. `differs` is None where they say nothing for sure."""

    fact: Fact
    stated: Value | None
    differs: bool | None


def found_on_map(report: Report, alias: str, module: str) -> tuple[Server | None, Pooler | None]:
    """The server and the pooler that the map has for an alias of the loaded settings; None where it has none."""
    server: Server | None = None
    pooler: Pooler | None = None
    for deployment in report.deployments:
        for route in deployment.routes:
            if not deployment.development and route.database.alias == alias and route.database.module == module:
                server, pooler = server or route.server, pooler or route.pooler
    return server, pooler


def compared(answers: Answers, known: Server | Pooler | None) -> tuple[Compared, ...]:
    """Each fact beside what the map knows of it."""
    return tuple(_one(fact, _stated(fact, known), _type(fact.name, known)) for fact in answers.facts)


def _stated(fact: Fact, known: Server | Pooler | None) -> Value | None:
    """What files or declarations say; the product's default where its configuration is known to be silent."""
    if isinstance(known, Server):
        if fact.name == "max_connections" and "max-connections" in known.declared:
            return known.declared["max-connections"]
        if known.document is None and not known.told:
            return None
    elif known is None or not known.configured:
        return None
    if fact.name not in product(_product(known)).settings:
        return None
    value = known.get(fact.name)
    return None if value.is_unknown else value


def _product(known: Server | Pooler) -> str:
    return (known.product or known.engine.value) if isinstance(known, Server) else known.kind


def _type(name: str, known: Server | Pooler | None) -> str:
    setting = product(_product(known)).settings.get(name) if known is not None else None
    return setting.type if setting is not None else ""


def _one(fact: Fact, stated: Value | None, type_: str) -> Compared:
    if stated is None or fact.value is None:
        return Compared(fact, stated, None)
    actual: object = fact.value
    if isinstance(fact.value, int):
        actual = fact.value * _PER_UNIT.get((fact.unit, type_), 1)
    if stated.ever(lambda value: _same(value, actual)):
        return Compared(fact, stated, False if stated.is_exact else None)
    bounds = stated.bounds()
    if not stated.alternatives and bounds is not None and isinstance(actual, (int, float)):
        inside = bounds[0] <= actual and (bounds[1] is None or actual <= bounds[1])
        return Compared(fact, stated, None if inside else True)
    return Compared(fact, stated, bool(stated.alternatives) or None)


def _same(value: object, actual: object) -> bool:
    if isinstance(value, (int, float)) and isinstance(actual, (int, float)):
        return value == actual
    return str(value).lower() == str(actual).lower()


def server_declarations(answers: Answers, server: Server) -> Iterator[str]:
    """What the engine is to know of a server, as `--set` takes it: what this user may open, and when idle ones end."""
    most = answers.number("max_connections")
    if most is None:
        return
    table = f"servers.{json.dumps(server.name)}"
    reserved = sum(answers.number(name) or 0 for name in ("superuser_reserved_connections", "reserved_connections"))
    own = [answers.number(f"connection limit of the {what}") for what in ("role", "database")]
    own.append(answers.number("max_user_connections"))
    least = min((limit for limit in own if limit), default=most)
    if least < most - reserved:
        most, reserved = least, 0
    yield f"{table}.max-connections={most}"
    yield f"{table}.reserved={reserved}"
    idle = answers.number("wait_timeout")
    if idle is None and answers.number("idle_session_timeout") is not None:
        idle = -(-(answers.number("idle_session_timeout") or 0) // 1000)
    if idle is not None:
        yield f"{table}.idle-timeout={idle}"


def pooler_declarations(answers: Answers, pooler: Pooler | None, host: str, port: Cell) -> Iterator[str]:
    """The same for PgBouncer; one that no file speaks of is declared at the address that answered."""
    table = f"poolers.{json.dumps(pooler.name if pooler is not None else 'pgbouncer')}"
    if pooler is None:
        yield f'{table}.kind="pgbouncer"'
        yield f"{table}.host={json.dumps(host)}"
        if isinstance(port, int):
            yield f"{table}.port={port}"
    for fact in answers.facts:
        if (
            fact.name in _DECLARED
            and fact.value not in (None, "")
            and not (fact.name in _AT_LEAST_ONE and not fact.value)
        ):
            yield f"{table}.{fact.name.replace('_', '-')}={json.dumps(fact.value)}"


def with_notes(declarations: Iterable[str], answers: Answers) -> tuple[tuple[str, str], ...]:
    """Each declaration with who said so, and when."""
    who = "PgBouncer" if answers.product == "pgbouncer" else "the server"
    return tuple((text, f"asked {who} at {answers.time}") for text in declarations)
