"""A key of DATABASES stands at module level, where Django never looks: the setting is as good as not there.

https://docs.djangoproject.com/en/stable/ref/settings/#databases (each is a key of an alias); lab T18: ignored without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from connlint.checks.lifetimes._words import at
from connlint.checks.settings._keys import DJANGO, PLAIN_KEYS
from connlint.deployment.model import Database, Deployment
from connlint.finding import Fix, Severity
from connlint.fixing.keys import move_into_alias
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.value import ABSENT, Certainty, Value, Verdict


@rule(severity=Severity.ERROR, since="0.1", fixes=("unsafe",))
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    read = frozenset().union(*(module.read_names for module in deployment.modules))
    seen = set()
    for module in deployment.modules:
        for key in sorted(PLAIN_KEYS & module.names.keys() - read):
            value = module.names[key]
            lacking = [d for d in module.databases.values() if _is_at_default(d.get(key), key)]
            if value.span is None or value.span in seen or not lacking or _says_nothing(value, key):
                continue
            seen.add(value.span)  # settings modules that share it
            yield Found(
                f"{key} at module level does nothing: Django looks for it in each alias of DATABASES, and no code puts it there",
                (
                    Evidence(value.span, "nothing reads this name"),
                    *at(lacking[0].get("ENGINE"), f'"{lacking[0].alias}" goes without it'),
                ),
                subject=f"{module.name}:{key}",
                help=f'put "{key}" into DATABASES["{lacking[0].alias}"]',
                fix=_move(deployment, lacking, key, value),
                verdict=Verdict.CAN if value.ever(lambda v: v is ABSENT) else Verdict.MUST,
            )


def _move(deployment: Deployment, lacking: list[Database], key: str, value: Value) -> Fix | None:
    """Into the alias it can only be meant for."""
    if len(lacking) != 1:
        return None
    return move_into_alias(deployment, lacking[0], key, value, f'move {key} into DATABASES["{lacking[0].alias}"]')


def _is_at_default(value: Value, key: str) -> bool:
    """Whether an alias goes without the key, which helper libraries write out at its default."""
    default = DJANGO.default(key, None)
    return value.always(lambda v: v in default.alternatives)


def _says_nothing(value: Value, key: str) -> bool:
    """Whether the name is not there at all, or holds Django's default, and not only while a variable is unset."""
    if value.always(lambda v: v is ABSENT):
        return True
    return value.certainty < Certainty.ASSUMED and _is_at_default(value, key)
