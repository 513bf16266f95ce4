"""The settings of an alias that a rule needs and nobody can tell, as facts for the list of unknowns."""

from __future__ import annotations

from typing import Final

from connlint.deployment.declaring import variable_behind
from connlint.deployment.model import Database
from connlint.rulebook import Missing
from connlint.value import Value

_EXAMPLES: Final = {"CONN_MAX_AGE": "60"}


def unknown_setting(database: Database, key: str, value: Value | None = None, what: str = "") -> Missing:
    """`key` of `database` as a lack: with the variable that would make it known, else with why it is not.

    `value` is what is not known, where that is not simply the setting; `what` the words for it.
    """
    value = database.get(key) if value is None else value
    fact = f'{what or key} of "{database.alias}" in {database.module}'
    declare = variable_behind(value, _EXAMPLES.get(key, "True"))
    return Missing(fact if declare or not value.reason else f"{fact}: {value.reason}", declare)
