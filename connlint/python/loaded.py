"""The settings that a running Django has loaded, laid over what reading their module could tell.

Reading knows where a value is written, the loaded settings know what it is. Where both agree the line stays; where they
differ, or where reading did not know, the loaded value holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Final

from connlint.facts import Version, product
from connlint.python.export import is_secret
from connlint.python.settings import EvaluatedDatabase, EvaluatedSettings, is_nested, is_wanted
from connlint.records import dataclass, field, replace
from connlint.source import Span
from connlint.value import ABSENT, Certainty, Origin, Value

_DEEPEST: Final = 6
_NOTE: Final = "loaded settings"
_EMPTY: Final[tuple[object, ...]] = (None, "", {})
_NO_DATABASE: Final = "django.db.backends.dummy"  # what Django puts in the place of a `default` that nobody states
# Keys that Django adds to every alias when the settings leave them out: there a value that says nothing states nothing.
_ADDED: Final = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS", "TEST", "TIME_ZONE", "ENGINE")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What Django loaded from the module `module`: the names that it sets, with their values.

    `secrets`: texts among them that no output may repeat. Neither is ever shown by `repr`.
    """

    module: str
    settings: Mapping[str, object] = field(repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


class _Opaque:
    """In the place of an object that is no plain value: a function, a class, a lock."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


def overlay(
    found: EvaluatedSettings, plain: EvaluatedSettings, loaded: Loaded, django: Version | None
) -> EvaluatedSettings:
    """`found` with the loaded values.

    `plain` is the same module under the environment that is declared for all processes. What the environment of one
    process makes different from it stays as its files say: the process that loaded the settings was another one.
    """
    return replace(
        found,
        databases=_databases(found, plain, loaded, django) if "DATABASES" in loaded.settings else found.databases,
        names=_names(found, plain, loaded),
        databases_problem="" if "DATABASES" in loaded.settings else found.databases_problem,
    )


def _databases(
    found: EvaluatedSettings, plain: EvaluatedSettings, loaded: Loaded, django: Version | None
) -> dict[str, EvaluatedDatabase]:
    stated = loaded.settings["DATABASES"]
    real = {str(alias): each for alias, each in stated.items()} if isinstance(stated, Mapping) else {}
    made: dict[str, EvaluatedDatabase] = {}
    for alias, each in real.items():
        read = found.databases.get(alias)
        if not isinstance(each, Mapping) or (read is None and each.get("ENGINE") == _NO_DATABASE):
            continue
        place = read.span if read is not None else found.span
        known = read.settings if read is not None else {}
        usual = plain.databases[alias].settings if alias in plain.databases else {}
        entries = {key: v for key, v in _flat("", each) if key in known or not _says_nothing(key, v, django)}
        made[alias] = EvaluatedDatabase(alias, _settled(known, usual, entries, place), place)
    for alias, read in found.databases.items():
        if alias not in real and alias not in plain.databases:  # of a process with an environment of its own
            made[alias] = read
    return made


def _says_nothing(key: str, value: object, django: Version | None) -> bool:
    """Whether Django itself puts this value under a key that the settings do not state."""
    top, _, below = key.partition(".")
    if below:
        return top == "TEST" and (value in _EMPTY or (below == "MIGRATE" and value is True))
    if top in _ADDED and (value in _EMPTY or value == _NO_DATABASE):
        return True
    return product("django").default(key, django).ever(lambda default: _same(default, value))


def _names(found: EvaluatedSettings, plain: EvaluatedSettings, loaded: Loaded) -> dict[str, Value]:
    entries: dict[str, object] = {}
    for name, value in loaded.settings.items():
        if not is_wanted(name):
            continue
        entries[name] = _plain(value, _DEEPEST)
        if is_nested(name) and isinstance(value, Mapping):
            entries |= dict(_flat(name, value))
    return _settled(found.names, plain.names, entries, found.span)


def _settled(
    found: Mapping[str, Value], plain: Mapping[str, Value], real: Mapping[str, object], place: Span
) -> dict[str, Value]:
    made = {key: _one(key, found.get(key), plain.get(key), value, place) for key, value in real.items()}
    for key, value in found.items():
        if key not in made and _is_its_own(value, plain.get(key)):
            made[key] = value
    return made


def _one(key: str, found: Value | None, plain: Value | None, real: object, place: Span) -> Value:
    """What holds for one key, whose loaded value is `real`."""
    if found is not None and _is_its_own(found, plain):
        return found
    span = (found.span if found is not None else None) or place
    if isinstance(real, _Opaque):
        return found if found is not None else Value.unknown(f"it is an object: {real.kind}", Origin.at(span))
    if is_secret(key):
        return Value.unknown("it is a secret and not kept", Origin.at(span))
    if found is not None and found.is_exact and _same(found.only, real) and found.certainty < Certainty.ASSUMED:
        return found
    return Value.exact(real, Origin.declared(span, _NOTE))


def _is_its_own(found: Value, plain: Value | None) -> bool:
    """Whether the environment of the process makes this value, and makes it for sure."""
    if not found.is_exact or found.certainty > Certainty.DECLARED:
        return False
    return plain is None or not plain.is_exact or not _same(plain.only, found.only)


def _same(one: object, other: object) -> bool:
    """Equal, and of one kind: 0, 0.0 and False differ; lists and tuples do not."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return one is other or (one is not ABSENT and type(one) is type(other) and one == other)


def _flat(prefix: str, value: object, depth: int = _DEEPEST) -> Iterator[tuple[str, object]]:
    """The entries of nested dictionaries by dotted keys, as the evaluation has them."""
    if not isinstance(value, Mapping) or not depth or (prefix and not value):
        yield prefix, _plain(value, depth)
        return
    for key, inner in value.items():
        yield from _flat(f"{prefix}.{key}" if prefix else str(key), inner, depth - 1)


def _plain(value: object, depth: int) -> object:
    """The value itself where it is one of Python's plain ones, without subclasses; else `_Opaque`."""
    if value is None or isinstance(value, bool):
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return value if type(value) is kind else kind(value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, (list, tuple)) and depth:
        parts = [_plain(each, depth - 1) for each in value]
        return _Opaque("a list of objects") if any(isinstance(part, _Opaque) for part in parts) else parts
    if isinstance(value, Mapping) and depth:
        kept = {str(key): _plain(each, depth - 1) for key, each in value.items() if not is_secret(str(key))}
        return {key: each for key, each in kept.items() if not isinstance(each, _Opaque)}
    return _Opaque(type(value).__name__)
