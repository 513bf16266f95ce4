"""The environment of a container: `envFrom`, `env`, and what `$(NAME)` stands for, by the rules of the kubelet.

Sources: kubelet_pods.go (`makeEnvironmentVariables`: envFrom first, then env in order, a later name wins) and
third_party/forked/golang/expansion of Kubernetes: `$(NAME)` of a variable that is not defined before stays as it is, and
`$$` stands for one `$`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.kubernetes.data import (
    Data,
    Leaf,
    Manifest,
    Table,
    child,
    doubt,
    items,
    key_span,
    pairs,
    tables,
    text,
    truth,
    value_of,
)  # fmt: skip
from connlint.formats.kubernetes.quantities import cores
from connlint.formats.words import Text, Word
from connlint.records import dataclass, field
from connlint.source import Span
from connlint.value import Origin, Value

_REFERENCE: Final = re.compile(r"\$(?:\$|\(([^)]*)\))")
_LONGEST: Final = 100_000  # characters of one expanded value


@dataclass(slots=True)
class Environment:
    """The variables of one container, by name, as words; and the sources of variables that the files do not hold."""

    words: dict[str, Word] = field(default_factory=dict)
    elsewhere: list[tuple[Span, str]] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Value]:
        return {name: word.value for name, word in self.words.items()}


def environment_of(container: Table, maps: Mapping[str, Manifest]) -> Environment:
    """What a container finds in its environment. `maps`: the ConfigMaps of its stack by name."""
    found = Environment()
    env_from = child(container, "envFrom")
    for item in tables(env_from):
        _take_all(found, item, maps)
    env = child(container, "env")
    for data in (env_from, env):
        found.elsewhere.extend((hole_span(hole, container), hole.reason) for hole in doubt(data))
    for item in tables(env):
        name = child(item, "name")
        if isinstance(name, Leaf) and name.exact:
            word = _variable(item, container, maps, found)
            if word is not None:
                found.words[name.exact] = word
        elif name is not None:
            found.elsewhere.append((item.span, "the name of a variable is not known"))
    return found


def hole_span(hole: Value, data: Data) -> Span:
    """Where something that is not known stands."""
    return hole.span or data.span


def unknown_word(reason: str, span: Span) -> Word:
    """A word of which nothing is known."""
    return Word((Value.unknown(reason, Origin.at(span)),), span)


def _take_all(found: Environment, item: Table, maps: Mapping[str, Manifest]) -> None:
    """One entry of envFrom: all keys of a ConfigMap that are names of variables."""
    prefix = text(item, "prefix") or ""
    secret = child(item, "secretRef")
    if secret is not None:
        found.elsewhere.append((secret.span, f"variables from the Secret {_named(secret)}"))
    reference = child(item, "configMapRef")
    if reference is None:
        return
    manifest = maps.get(text(reference, "name") or "")
    if manifest is None:
        found.elsewhere.append((reference.span, f"variables from the ConfigMap {_named(reference)}"))
        return
    data = child(manifest.data, "data")
    for key, value in pairs(data):
        found.words[prefix + key] = _plain_word(value)
    found.elsewhere.extend((hole_span(hole, manifest.data), hole.reason) for hole in doubt(data))


def _named(reference: Data) -> str:
    name = text(reference, "name")
    return name if name is not None else "whose name is not known"


def _plain_word(data: Data) -> Word:
    if isinstance(data, Leaf):
        return data.word
    return Word((value_of(data),), data.span)


def _variable(item: Table, container: Table, maps: Mapping[str, Manifest], found: Environment) -> Word | None:
    """The word of one variable; None where it is certain not to be set."""
    origin = child(item, "valueFrom")
    if origin is None:
        data = child(item, "value")
        span = key_span(item, "value") or item.span
        return expand(_plain_word(data), found.words) if data is not None else Word((), span)
    secret = child(origin, "secretKeyRef")
    if secret is not None:
        return unknown_word("it is kept in a Secret", origin.span)
    reference = child(origin, "configMapKeyRef")
    if isinstance(reference, Table):
        return _looked_up(reference, maps)
    resource = child(origin, "resourceFieldRef")
    if isinstance(resource, Table) and child(resource, "containerName") is None:
        limit = child(container, "resources", "limits", "cpu")
        if text(resource, "resource") == "limits.cpu" and isinstance(limit, Leaf):
            return _as_count(limit, text(resource, "divisor"), origin.span)
    return unknown_word("only the cluster knows it", origin.span)


def _looked_up(reference: Table, maps: Mapping[str, Manifest]) -> Word | None:
    manifest = maps.get(text(reference, "name") or "")
    if manifest is None:
        return unknown_word(f"the ConfigMap {_named(reference)} is not among these files", reference.span)
    key = text(reference, "key")
    if key is None:
        return unknown_word("the key in the ConfigMap is not known", reference.span)
    data = child(manifest.data, "data")
    stated = data.pairs.get(key) if isinstance(data, Table) else None
    if stated is not None:
        return _plain_word(stated[1])
    if doubt(data):
        return Word((doubt(data)[0],), reference.span)
    if truth(reference, "optional"):
        return None
    return unknown_word("the ConfigMap has no such key, and the container does not start", reference.span)


def _as_count(limit: Leaf, divisor: str | None, span: Span) -> Word:
    """The limit as the kubelet writes it: in whole divisors (one core), rounded up."""
    value, unit = cores(limit), 1.0
    if divisor not in (None, "0", "1"):
        unit = 0.001 if divisor == "1m" else 0.0
    if not value.is_exact or not isinstance(value.only, (int, float)) or not unit:
        return unknown_word(value.reason or "its divisor is not known", span)
    count = math.ceil(round(value.only / unit, 6))
    return Word((Value.exact(str(count), *value.origins, Origin.at(span)),), span)


def expand(word: Word, variables: Mapping[str, Word]) -> Word:
    """A word with each `$(NAME)` put in place of it."""
    if not any(isinstance(part, Text) and "$" in part.text for part in word.parts):
        return word
    parts: list[Text | Value] = []
    for part in word.parts:
        if isinstance(part, Text):
            parts.extend(_expanded(part, variables))
        else:
            parts.append(part)
    length = sum(len(part.text) if isinstance(part, Text) else len(str(part.only)) for part in parts if _sized(part))
    if length > _LONGEST:
        return unknown_word("it is too long once its variables are put in", word.span)
    return Word(tuple(parts), word.span, word.loose)


def _sized(part: Text | Value) -> bool:
    return isinstance(part, Text) or part.is_exact


def _expanded(part: Text, variables: Mapping[str, Word]) -> Iterator[Text | Value]:
    at = 0
    for match in _REFERENCE.finditer(part.text):
        name = match[1]
        if name is None:  # $$
            yield part.cut(at, match.start() + 1)
            at = match.end()
        elif name in variables:
            if match.start() > at:
                yield part.cut(at, match.start())
            yield variables[name].value
            at = match.end()
    if at < len(part.text):
        yield part.cut(at)


def words_of(data: Data | None, variables: Mapping[str, Word]) -> tuple[Word, ...]:
    """The words of `command` or `args`, variables put in."""
    words = [expand(_plain_word(item), variables) for item in items(data)]
    words.extend(Word((hole,), hole_span(hole, data), loose=True) for hole in _unknown_words(data) if data is not None)
    return tuple(words)


def _unknown_words(data: Data | None) -> Sequence[Value]:
    return doubt(data)
