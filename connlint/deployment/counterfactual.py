"""What a setting would be if its variable were set: a default may be a number where the variable gives text.

`os.environ.get("AGE", 60)` is 60 while AGE is unset and "60" when it is 60. Only a second evaluation with the
variable set tells whether something on the way converts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from connlint.facts import product
from connlint.value import Certainty, Origin, Value

_UNSET: Final = re.compile(r"(?:used while (?P<a>\w+) is unset|^(?:the variable )?(?P<b>\w+) is not set\b.*)$")
_CONVERTED: Final = re.compile(r"(?:[\w.]*\.)?(?:int|float|bool|strtobool)\(|[\"']")
_TYPES: Final = ("bool", "seconds")
_PLAIN: Final = "1"  # a text that every conversion to a number or a bool takes


def suspects(settings: Mapping[str, Value]) -> Mapping[str, tuple[str, str]]:
    """The keys whose type hangs on a variable that is unset: each with the variable and a text to set it to.

    Left out, for the sake of speed, is what is converted where it is read.
    """
    found = {}
    for key, setting in product("django").settings.items():
        value = settings.get(key)
        if value is None or setting.type not in _TYPES or value.ever(lambda v: isinstance(v, str)):
            continue
        named = next(_unset(value), None)
        if named is not None:
            found[key] = (named, _text(value))
    return found


def variable_of(value: Value) -> str | None:
    """The unset variable that `value`, or what is missing of it, hangs on; None when it hangs on none."""
    match = _UNSET.search(value.reason) if value.is_unknown else None
    notes = (match, *(_UNSET.search(origin.note) for origin in value.origins))
    return next((found["a"] or found["b"] for found in notes if found is not None), None)


def _unset(value: Value) -> Iterator[str]:
    spans = [origin.span for origin in value.origins if origin.certainty is Certainty.EXACT and origin.span]
    if any(_CONVERTED.match(span.text) for span in spans[-1:]) or any(map(_is_text, value.origins)):
        return
    name = variable_of(value)
    if name is not None:
        yield name


def _is_text(origin: Origin) -> bool:
    """Whether a default is itself text, so that what the setting is now has been converted already."""
    return origin.certainty is Certainty.ASSUMED and origin.span is not None and origin.span.text[:1] in ("'", '"')


def _text(value: Value) -> str:
    held = next(iter(value.alternatives), None)
    return str(held) if isinstance(held, (int, float)) else _PLAIN
