"""What the list of options comes to: the value of every setting, in every possible world.

Source: core/uwsgi.c, the uwsgi_opt_ functions. Most options are variables, so the last one wins; some collect their
values; a flag is on unless it says false, off, no or 0; a number is what C's atoi makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from connlint.facts import Product
from connlint.formats.includes import Includes
from connlint.formats.units import atoi, fits
from connlint.formats.uwsgi.export import DIRECTIVES, Exported, Exporter, custom_options, placed
from connlint.formats.uwsgi.worlds import ALWAYS, MOST_PARTS, Case, Guard, Worlds, both, first_match
from connlint.records import replace
from connlint.value import ABSENT, Origin, Value, union

_FALSE: Final = frozenset({"false", "off", "no"})
_Reader: TypeAlias = Callable[[str, "str | None", "tuple[Origin, ...]"], Value]
_Gatherer: TypeAlias = Callable[["tuple[str, ...]"], object]
_TOO_MANY: Final = "it depends on too many conditions"


class Effective:
    """The settings of one document, computed from its list of options."""

    def __init__(self, exporter: Exporter) -> None:
        self._facts: Product = exporter.facts
        self._worlds: Worlds = exporter.around.worlds
        self._includes: Includes = exporter.includes
        self._list = [*exporter.direct, *_expanded(exporter.options, exporter.facts)]
        self._places: dict[str, list[int]] = {}
        for place, option in enumerate(self._list):
            self._places.setdefault(self._facts.canonical(option.key), []).append(place)
        self._lost = [place for place, option in enumerate(self._list) if option.lost]

    def settings(self) -> dict[str, Value]:
        """Every option that is set, by its canonical name; not those that only steer the reading of files."""
        names = [name for name in self._places if name in self._facts.names and name not in DIRECTIVES]
        if self._lost:
            names += [name for name in self._facts.settings if name not in self._places]
        found = {name: self._value(name) for name in names}
        if "master" not in found and (implied := self._implied_master()) is not None:
            found["master"] = implied
        return found

    def environment(self) -> dict[str, Value]:
        """The variables that `env` sets and `unenv` removes."""
        changes: dict[str, list[tuple[int, Case]]] = {}
        for place, option in enumerate(self._list):
            if option.key not in ("env", "unenv"):
                continue
            for case in option.cases:
                name, equals, text = (case.text or "").partition("=")
                value = text if equals and option.key == "env" else None
                if name.isidentifier():
                    changes.setdefault(name, []).append((place, replace(case, text=value)))
        return {name: self._variable(found) for name, found in changes.items()}

    def placeholders(self, names: Iterable[str]) -> dict[str, Value]:
        """The values of options that are none: the first one counts, as for a reference."""
        found = {}
        for name in names:
            places = sorted([*self._places.get(name, ()), *self._lost])
            found[name] = self._joined(name, places, self._text, ABSENT)
        return found

    # -- values ----------------------------------------------------------------------------------------------------

    def _value(self, name: str) -> Value:
        places = sorted([*self._places.get(name, ()), *self._lost])
        sets = self._facts.sets
        if name == "mules":
            return self._collected(places, lambda texts: sum(max(atoi(text)[0], 0) for text in texts))
        if name in sets["repeated"]:
            return self._collected(places, lambda texts: texts)
        read = self._flag if name in sets["flags"] else self._number if name in sets["numbers"] else self._text
        return self._joined(name, places[::-1], read, self._default(name))

    def _default(self, name: str) -> object:
        """What stands for an option that only some worlds set."""
        setting = self._facts.settings.get(name)
        return self._facts.default(name, None) if setting is not None and setting.defaults else ABSENT

    def _joined(self, name: str, places: Sequence[int], read: _Reader, absent: object) -> Value:
        """One of the values of the first of `places` that is there."""
        matches = first_match(self._worlds, ALWAYS, (self._cases(place) for place in places))
        if matches is None:
            return Value.unknown(_TOO_MANY, *self._origins(places))
        values = []
        for _, case in matches:
            if case is not None:
                values.append(self._read(name, case, read))
            else:
                values.append(absent if isinstance(absent, Value) else Value.exact(absent))
        return union(values)

    def _read(self, name: str, case: Case, read: _Reader) -> Value:
        origins = _unique(case.origins)
        if case.value is not None and name in self._facts.sets["numbers"]:
            return replace(case.value, origins=_unique((*origins, *case.value.origins)))
        if case.doubt:
            return Value.unknown(case.doubt, *origins)
        return read(name, case.text, origins)

    def _flag(self, _: str, text: str | None, origins: tuple[Origin, ...]) -> Value:
        return Value.exact(is_on(text), *origins)

    def _text(self, _: str, text: str | None, origins: tuple[Origin, ...]) -> Value:
        return Value.exact(text or "", *origins)

    def _number(self, name: str, text: str | None, origins: tuple[Origin, ...]) -> Value:
        number = 1 if text is None else atoi(text)[0]
        if number < 0 and name in self._facts.sets["counts"]:
            return Value.unknown("a negative number is refused", *origins)
        if number < 0 or not fits(number, 32 if name in self._facts.sets["counts"] else 64):
            return Value.unknown("the number is out of range", *origins)
        return Value.exact(number, *origins)

    def _collected(self, places: Sequence[int], read: _Gatherer) -> Value:
        """What the values of all of `places` come to together. Unresolved references stay in the texts."""
        states: list[tuple[Guard, tuple[str, ...], tuple[Origin, ...], str]] = [(ALWAYS, (), (), "")]
        for place in places:
            option = self._list[place]
            after = []
            for guard, texts, origins, lost in states:
                rest = [guard]
                for case in option.cases:
                    common = both(guard, case.guard)
                    if common is None:
                        continue
                    rest = [part for old in rest for part in self._worlds.outside(old, case.guard)]
                    more = () if option.lost else (case.text or "",)
                    places_of = (*origins, *_here(option), *case.origins, *_doubtful(case, option))
                    after.append((common, (*texts, *more), places_of, lost or option.lost))
                after += [(part, texts, origins, lost) for part in rest]
            states = after
            if len(states) > MOST_PARTS:
                return Value.unknown(_TOO_MANY, *self._origins(places))
        return union(
            Value.unknown(lost, *_unique(origins)) if lost else Value.exact(read(texts), *_unique(origins))
            for _, texts, origins, lost in states
        )

    def _variable(self, changes: Sequence[tuple[int, Case]]) -> Value:
        lost = [(place, case) for place in self._lost for case in self._list[place].cases]
        ordered = sorted([*changes, *lost], key=lambda change: change[0], reverse=True)
        cases = ([placed(case, self._list[place].entry)] for place, case in ordered)
        matches = first_match(self._worlds, ALWAYS, cases)
        if matches is None:
            return Value.unknown(_TOO_MANY)
        values = []
        for _, case in matches:
            if case is not None and case.doubt:
                values.append(Value.unknown(case.doubt, *_unique(case.origins)))
            else:
                text = case.text if case is not None else None
                values.append(Value.exact(ABSENT if text is None else text, *_unique(case.origins if case else ())))
        return union(values)

    def _implied_master(self) -> Value | None:
        """The master process is on wherever an option that needs it is there."""
        places = [p for p, option in enumerate(self._list) if option.key in self._facts.sets["implies-master"]]
        if not places:
            return None
        matches = first_match(self._worlds, ALWAYS, (self._cases(place) for place in places))
        if matches is None:
            return Value.unknown(_TOO_MANY)
        default = self._facts.default("master", None)
        return union(Value.exact(True, *_unique(case.origins)) if case else default for _, case in matches)

    def _cases(self, place: int) -> list[Case]:
        option = self._list[place]
        return [placed(case, option.entry) for case in option.cases]

    def _origins(self, places: Sequence[int]) -> tuple[Origin, ...]:
        return _unique(origin for place in places[:10] for origin in _here(self._list[place]))

    # -- what is wrong with values ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Report numbers that are none, and flags that a comment turns on."""
        reported = set()
        for option in self._list:
            name, entry = self._facts.canonical(option.key), option.entry
            if entry is None or len(option.cases) != 1 or option.cases[0].doubt or entry.span in reported:
                continue
            reported.add(entry.span)
            text, certain = option.cases[0].text, option.cases[0].guard == ALWAYS
            problem = self._problem(name, text)
            if problem is not None:
                code, message, fatal = problem
                self._includes.report(code, f"{option.key} {message}", entry.span, fatal=fatal and certain)

    def _problem(self, name: str, text: str | None) -> tuple[str, str, bool] | None:
        sets = self._facts.sets
        if text is None:
            return None
        if name in sets["flags"]:
            word, _, rest = text.partition(" ")
            if rest.lstrip().startswith(("#", ";")) and not is_on(word):
                return "inline-comment", "is on: the comment is part of its value, so it does not say false", False
        elif name in sets["numbers"] and name in self._facts.settings:
            number, whole = atoi(text)
            rest = text.lstrip().lstrip("+-0123456789").lstrip()
            if number < 0 and name in sets["counts"]:
                return "bad-value", "is negative, and uWSGI does not start", True
            if not whole and not rest.startswith(("#", ";")) and (rest or not text.strip()):
                return "bad-value", f"wants a number; uWSGI reads {number} here", False
        return None


def is_on(text: str | None) -> bool:
    """Whether a flag with this value is on; None for one without a value."""
    return text is None or not (text.lower() in _FALSE or text == "0")


def _expanded(options: Sequence[Exported], facts: Product) -> Iterator[Exported]:
    """The options with those made by `declare-option2` replaced by what they set, from there on."""
    custom: dict[str, str] = {}
    for option in options:
        yield option
        for case in option.cases:
            name, equals, template = (case.text or "").partition("=")
            if option.key == "declare-option2" and equals and name not in facts.names:
                custom[name] = template
            elif option.key in custom:
                yield from custom_options(option.entry, case, custom[option.key])


def _here(option: Exported) -> tuple[Origin, ...]:
    return (Origin.at(option.entry.span),) if option.entry is not None else ()


def _doubtful(case: Case, option: Exported) -> tuple[Origin, ...]:
    return (Origin.assumed(case.doubt, option.entry.span if option.entry else None),) if case.doubt else ()


def _unique(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys(origins))


__all__ = ["Effective", "is_on"]
