"""From abstract values to the values that the rest of connlint works with."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import MISSING, Abstract, Dict, External, Unknown, merge_marks, origins_of
from connlint.python.language.mappings import read
from connlint.python.language.plain import NotPlain, alternatives
from connlint.python.language.store import one_of
from connlint.value import ABSENT, Value

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_DEEPEST: Final = 6
_SECRET: Final = ("PASSWORD", "PASSWD", "SECRET", "TOKEN", "PASSPHRASE", "PASSFILE", "CREDENTIAL", "SSLKEY")


def is_secret(key: str) -> bool:
    """Whether a key's value is one that never leaves the evaluation."""
    last = key.rpartition(".")[2].upper()
    return any(word in last for word in _SECRET) and "FILE" not in last.replace("PASSFILE", "")


def to_value(value: Abstract, key: str = "") -> Value:
    """What is known about a value, its origins in order. A secret is unknown: rules never need its text."""
    origins = origins_of(value.where)
    if is_secret(key):
        return Value.unknown("it is a secret and not kept", *origins)
    found: list[object] = []
    for option in value.options:
        if option is MISSING:
            found.append(ABSENT)
            continue
        try:
            found += [_presentable(plain) for plain in alternatives(option)]
        except NotPlain as error:
            reason = error.unknown
            if isinstance(option, External):
                reason = Unknown(f"{option.name} is not part of the project", option.where)
            marks = merge_marks(reason.marks, value.where)
            return Value.unknown(reason.reason, *origins_of(marks), most=reason.most if reason is value else None)
    return Value.choice(found, *origins)


def _presentable(value: object) -> object:
    return str(value) if isinstance(value, PurePath) else value


def flatten(run: Interpreter, prefix: str, value: Abstract, depth: int = 0) -> dict[str, Abstract]:
    """The entries of nested dicts by dotted keys; what is no dict, or an empty one, stands under its own key.

    A dict that may have further keys stands under its own key too, as an unknown. A key that only some of
    several dicts have is MISSING in one case.
    """
    parts = [_flatten_one(run, prefix, option, depth) for option in value.options]
    if len(parts) == 1:
        return parts[0]
    keys = dict.fromkeys(key for part in parts for key in part)
    return {key: one_of(part.get(key, MISSING) for part in parts) for key in keys}


def _flatten_one(run: Interpreter, prefix: str, value: Abstract, depth: int) -> dict[str, Abstract]:
    run.fuel.burn()
    if not isinstance(value, Dict) or depth > _DEEPEST:
        return {prefix: value}
    entries: dict[str, Abstract] = {}
    if value.rest is not None:
        entries[prefix] = value.rest
    for key in value.known_keys():
        name = f"{prefix}.{key}" if prefix else str(key)
        entries |= flatten(run, name, read(run, value, key), depth + 1)
    if not entries and prefix:
        entries[prefix] = value
    return entries
