"""What words of a script become: variables, operators on them, arithmetic and the output of commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from connlint.formats.shell.arithmetic import calculate, number_of
from connlint.formats.shell.emptiness import UNSET, absence, assumed, emptiness, slice_of, stretch
from connlint.formats.shell.fields import Fields, cut
from connlint.formats.shell.patterns import Piece, compiled, replaced, trimmed
from connlint.formats.shell.state import Part, State, Variable, content, mapped, of_parts, shown, text_of
from connlint.formats.shell.syntax import Arithmetic, Assignment, Block, Literal, Parameter, Substitution, WordNode
from connlint.formats.words import Word
from connlint.records import replace
from connlint.source import Span
from connlint.value import Origin, Value

_LISTS: Final = ("@", "*")
_MOST_DEPTH: Final = 30
_WORKS: Final = Origin.assumed("a program is expected to work")


class Expander:
    """Expands words in a state; `captured` runs a substitution and gives its output."""

    def __init__(self, captured: Callable[[Block, State, Span], tuple[Part, ...]]) -> None:
        self._captured = captured
        self._depth = 0
        self.unset_is_empty = False  # in a test
        self.met_unset: list[str] = []  # names of variables no file sets that were met while it was

    # -- words

    def words(self, node: WordNode, state: State) -> list[Word]:
        """The words of a command that one word as written becomes: none, one or several."""
        fields = Fields(node.span, self._separators(state))
        self._units(node, state, fields, lone=len(node.units) == 1)
        fields.end_word()
        return fields.words

    def single(self, node: WordNode | None, state: State, span: Span) -> Word:
        """One word without splitting, as the value of an assignment; its texts stay where they were written."""
        return of_parts(self.parts(node, state), span) if node is not None else Word((), span)

    def parts(self, node: WordNode, state: State) -> tuple[Part, ...]:
        found: list[Part] = []
        for unit in node.units:
            if isinstance(unit, Literal):
                found.append(unit.text)
            elif isinstance(unit, Parameter) and (listed := self._list(unit, state)) is not None:
                for at, word in enumerate(listed):
                    found.extend((*((Value.exact(" "),) if at else ()), *word.parts))
            else:
                found.extend(self._expanded(unit, state))
        return tuple(found)

    def _separators(self, state: State) -> str | None:
        variable = state.variables.get("IFS")
        if variable is None or variable.word is None:
            return " \t\n"
        value = content(variable.word)
        return str(value.only) if value.is_exact else None

    def _units(self, node: WordNode, state: State, fields: Fields, lone: bool = False, split: bool = False) -> None:
        for unit in node.units:
            if isinstance(unit, Literal):
                fields.literal(unit.text, unit.quoted, split)
                continue
            kept = unit.quoted
            if isinstance(unit, Parameter):
                listed = self._list(unit, state)
                if listed is not None:
                    self._listed(listed, unit, kept, lone, fields)
                    continue
                if not kept and unit.argument is not None and self._takes_argument(unit, state):
                    outer = fields.assumed
                    if self.lookup(unit.name, state, unit.span)[1]:
                        fields.assumed = Origin.assumed(f"used while {unit.name} is unset", unit.span)
                    self._units(unit.argument, state, fields, split=True)
                    fields.assumed = outer
                    continue
            if kept:
                fields.empty()
            for part in self._expanded(unit, state):
                (fields.kept if kept else fields.split)(part)

    def _listed(self, listed: list[Word], unit: Parameter, kept: bool, lone: bool, fields: Fields) -> None:
        """`$@`, `$*` and `${array[@]}`."""
        together = unit.name == "*" if unit.index is None else unit.index == "*"
        if kept and not together and lone:
            for word in listed:
                fields.whole(word)
            return
        if kept and together:
            fields.empty()
        for at, word in enumerate(listed):
            if at and kept and together:
                fields.kept(Value.exact(" ", Origin.at(unit.span)))
            elif at:
                fields.end_word()
            if kept:
                fields.empty()
            if word.loose and len(word.parts) == 1 and not together:
                fields.split(word.parts[0])
                continue
            for part in word.parts:
                (fields.kept if kept else fields.split)(part)

    # -- variables

    def _list(self, unit: Parameter, state: State) -> list[Word] | None:
        """The words of a list parameter without an operator (or a slice of it); None for any other."""
        if unit.length or unit.indirect:
            return None
        if unit.name in _LISTS and unit.index is None:
            words = list(state.arguments)
        elif unit.index in _LISTS:
            variable = state.variables.get(unit.name)
            if variable is None:
                return None
            words = list(variable.items if variable.items is not None else (variable.word,) if variable.word else ())
        else:
            return None
        if unit.operator == ":":
            return self._sliced(words, unit, state)
        if unit.operator in (":-", "-", ":+", "+"):
            chosen = bool(words) != (unit.operator in (":+", "+"))
            return words if chosen and "-" in unit.operator else None if unit.argument and not chosen else []
        return words if not unit.operator else None

    def _sliced(self, words: list[Word], unit: Parameter, state: State) -> list[Word] | None:
        bounds = self._bounds(unit, state)
        if bounds is None or any(word.loose for word in words):
            return None
        first, length = bounds
        words = words if unit.index is not None else [state.name, *words]
        first = max(first + len(words), 0) if first < 0 else first
        return words[first:] if length is None else words[first : first + max(length, 0)]

    def _bounds(self, unit: Parameter, state: State) -> tuple[int, int | None] | None:
        text = "".join(text_of(part) or "?" for part in self.parts(unit.argument, state)) if unit.argument else ""
        pieces = [piece.strip() for piece in text.split(":")]
        numbers = [calculate([piece], lambda name: self.number(name, state, unit.span)) for piece in pieces]
        if len(pieces) > 2 or not all(number.is_exact for number in numbers):
            return None
        first, *rest = [int(str(number.only)) for number in numbers]
        return first, rest[0] if rest else None

    def number(self, name: str, state: State, span: Span) -> Value:
        """A variable in arithmetic, as text; unset is nothing there, so 0 as long as nobody sets it."""
        word, nowhere = self.lookup(name, state, span)
        if word is not None:
            return content(word)
        return Value.unknown(f"{name} {UNSET}", Origin.at(span)) if nowhere else Value.exact("")

    def lookup(self, name: str, state: State, span: Span) -> tuple[Word | None, bool]:
        """What a variable holds, or None; and whether None means that no file sets it, which is not to say unset."""
        if name.isdigit():
            if name == "0":
                return state.name, False
            at = int(name[:6])
            before = state.arguments[:at]
            if any(word.loose for word in before):
                unknown = Value.unknown("which argument it is hangs on what is not known", Origin.at(span))
                return Word((unknown,), span), False
            return (state.arguments[at - 1], False) if at <= len(state.arguments) else (None, False)
        if name in _LISTS:
            words = state.arguments
            parts = [part for at, word in enumerate(words) for part in ((Value.exact(" "),) * bool(at) + word.parts)]
            return (of_parts(parts, span), False) if words else (None, False)
        if name in ("?", "#", "$", "!", "-"):
            return Word((self._special(name, state, span),), span), False
        variable = state.variables.get(name)
        if variable is not None:
            return variable.word, variable.nowhere
        if name == "PWD" and state.directory:
            return Word((Value.exact(state.directory, Origin.at(span)),), span), False
        return None, True

    def _special(self, name: str, state: State, span: Span) -> Value:
        if name == "#" and not any(word.loose for word in state.arguments):
            return Value.exact(str(len(state.arguments)), Origin.at(span))
        if name == "?" and state.status is not None:
            return Value.exact(str(state.status), Origin.at(span))
        if name == "?" and state.truth.normal:
            return Value.exact("0", Origin.at(span), _WORKS)
        return Value.unknown(f"${name} is known only when it runs", Origin.at(span))

    def _takes_argument(self, unit: Parameter, state: State) -> bool:
        """Whether `${X:-words}` certainly comes to the words of its argument, which are split on their own."""
        if unit.length or unit.indirect or unit.index not in (None, "0") or unit.operator.lstrip(":") not in ("-", "+"):
            return False
        word, _ = self.lookup(unit.name, state, unit.span)
        empty = word is None or (unit.operator.startswith(":") and emptiness(word) is True)
        full = word is not None and (not unit.operator.startswith(":") or emptiness(word) is False)
        return empty if "-" in unit.operator else full

    def _expanded(self, unit: Parameter | Substitution | Arithmetic, state: State) -> tuple[Part, ...]:
        if self._depth >= _MOST_DEPTH:
            return (Value.unknown("expansions are nested too deeply", Origin.at(unit.span)),)
        self._depth += 1
        try:
            if isinstance(unit, Parameter):
                return self._parameter(unit, state)
            if isinstance(unit, Arithmetic):
                return (self.calculated(unit.expression, state, unit.span),)
            if unit.unsupported:
                return (Value.unknown(f"it is {unit.unsupported}", Origin.at(unit.span)),)
            return self._captured(unit.body, state, unit.span)
        finally:
            self._depth -= 1

    def calculated(self, expression: WordNode, state: State, span: Span) -> Value:
        """The number of `$((...))`, as text where it is known; a range stays one."""
        pieces: list[str | Value] = []
        for unit in expression.units:
            if isinstance(unit, Literal):
                pieces.append(unit.text.text)
            else:
                parts = self._expanded(unit, state)
                whole = content(Word(parts, span))
                plain = number_of(whole) if whole.alternatives else whole
                pieces.append(str(whole.only) if whole.is_exact and plain.is_unknown else whole)
        value = calculate(pieces, lambda name: self.number(name, state, span))
        return (mapped(value, str, "") if value.alternatives else value).because(Origin.at(span))

    def _parameter(self, unit: Parameter, state: State) -> tuple[Part, ...]:
        if unit.index is not None:
            return self._element(unit, state)
        name = unit.name
        if unit.indirect:
            word, _ = self.lookup(name, state, unit.span)
            target = content(word) if word is not None else None
            if target is None or not target.is_exact or not str(target.only).isidentifier():
                return (Value.unknown("which variable it names is not known", Origin.at(unit.span)),)
            name = str(target.only)
        word, nowhere = self.lookup(name, state, unit.span)
        return self._operated(replace(unit, name=name), word, nowhere, state)

    def _element(self, unit: Parameter, state: State) -> tuple[Part, ...]:
        variable = state.variables.get(unit.name)
        items = variable.items if variable is not None else None
        unknown = Value.unknown(f"which element of {unit.name} it is, is not known", Origin.at(unit.span))
        if variable is not None and items is None and unit.index in ("0", "@", "*"):
            return self._operated(unit, variable.word, False, state)
        if items is None or any(word.loose for word in items):
            return (unknown,)
        if unit.index in _LISTS:
            if unit.length:
                return (Value.exact(str(len(items)), Origin.at(unit.span)),)
            if unit.operator.lstrip(":") in ("-", "+", "="):
                joined = of_parts([p for at, w in enumerate(items) for p in ((Value.exact(" "),) * bool(at) + w.parts)],
                                  unit.span)  # fmt: skip
                return self._operated(unit, joined if items else None, False, state)
            return (unknown,)
        index = calculate([unit.index or ""], lambda name: self.number(name, state, unit.span))
        if not index.is_exact or not isinstance(index.only, int) or not -len(items) <= index.only:
            return (unknown,)
        return self._operated(unit, items[index.only] if index.only < len(items) else None, False, state)

    def _operated(self, unit: Parameter, word: Word | None, nowhere: bool, state: State) -> tuple[Part, ...]:
        kind = unit.operator.lstrip(":")
        if kind in ("-", "=", "+", "?") and unit.operator:
            return self._defaulted(unit, word, nowhere, state)
        if word is None and nowhere:
            if not self.unset_is_empty:
                return (Value.unknown(f"{unit.name} {UNSET}", Origin.at(unit.span)),)
            self.met_unset.append(unit.name)
            word = Word((Value.exact("", Origin.assumed(f"{unit.name} {UNSET}", unit.span)),), unit.span)
        if word is None:
            word = Word((), unit.span)
        if unit.length:
            return (mapped(content(word), lambda text: str(len(text)), "its length is not known"),)
        if not unit.operator:
            return word.parts
        return self._changed(unit, word, state)

    def _defaulted(self, unit: Parameter, word: Word | None, nowhere: bool, state: State) -> tuple[Part, ...]:
        """`${X:-d}`, `${X:=d}`, `${X:+r}` and `${X:?message}`."""
        colon, kind = unit.operator.startswith(":"), unit.operator[-1]
        empty = True if word is None else emptiness(word) if colon else absence(word)
        note = f"used while {unit.name} is unset" if nowhere else ""

        def argument() -> tuple[Part, ...]:
            parts = self.parts(unit.argument, state) if unit.argument is not None else ()
            if not nowhere:
                return parts
            return tuple(assumed(part, note, unit.span) for part in parts) or (
                Value.exact("", Origin.assumed(note, unit.span)),
            )

        if kind == "+":
            if empty is True:
                return (Value.exact("", Origin.assumed(f"{unit.name} {UNSET}", unit.span)),) if nowhere else ()
            return argument() if empty is False else self._either(word, argument(), unit, instead=True)
        if empty is False and word is not None:
            return word.parts
        if kind == "?":
            reason = f"{unit.name} {UNSET}" if nowhere else "it is not known whether it is set"
            return (Value.unknown(reason, Origin.at(unit.span)),) if word is None else word.parts
        parts = argument() if empty is True else self._either(word, argument(), unit, instead=False)
        if kind == "=" and unit.name.isidentifier():
            exported = unit.name in state.variables and state.variables[unit.name].exported
            state.variables[unit.name] = Variable(of_parts(parts, unit.span), None, exported or state.exports_all)
        return parts

    def _either(
        self, word: Word | None, argument: tuple[Part, ...], unit: Parameter, instead: bool
    ) -> tuple[Part, ...]:
        """Where a variable may be empty: what its default (or replacement) makes of each possible text."""
        value = content(word) if word is not None else Value.exact("")
        default = content(Word(argument, unit.span))
        if not value.alternatives or not default.is_exact:
            return (Value.unknown(value.reason or default.reason or f"{unit.name} may be empty", Origin.at(unit.span)),)
        text = str(default.only)
        chosen = mapped(value, lambda found: ("" if not found else text) if instead else (found or text), "")
        return (chosen.because(*default.origins),)

    def _changed(self, unit: Parameter, word: Word, state: State) -> tuple[Part, ...]:
        """The operators that cut and replace."""
        value, operator = content(word), unit.operator
        reason = f"what becomes of {unit.name} here is not known"
        if operator in ("^", "^^", ",", ",,"):
            if unit.argument is not None and unit.argument.units:
                return (Value.unknown(reason, Origin.at(unit.span)),)
            change = str.upper if operator[0] == "^" else str.lower
            whole = len(operator) == 2
            return (mapped(value, lambda text: change(text) if whole else change(text[:1]) + text[1:], reason),)
        if operator == ":":
            bounds = self._bounds(unit, state)
            if bounds is None:
                return (Value.unknown(reason, Origin.at(unit.span)),)
            first, length = bounds
            if len(word.parts) == 1 and text_of(word.parts[0]) is not None:
                text = text_of(word.parts[0]) or ""
                start, end = stretch(len(text), first, length)
                return (cut(word.parts[0], start, end),) if start < end else ()
            return (mapped(value, lambda text: slice_of(text, first, length), reason),)
        if operator == "@":
            return (Value.unknown(reason, Origin.at(unit.span)),)
        pieces = self.pattern(unit.argument, state)
        by = content(self.single(unit.replacement, state, unit.span))
        if pieces is None or not by.is_exact:
            return (Value.unknown(reason, Origin.at(unit.span)),)
        if operator.startswith("/"):
            text = str(by.only)
            return (mapped(value, lambda found: replaced(pieces, found, text, operator), reason),)
        return (mapped(value, lambda found: trimmed(pieces, found, operator), reason),)

    def pattern(self, node: WordNode | None, state: State) -> tuple[Piece, ...] | None:
        """A word as a pattern; None where a part of it is not known."""
        pieces: list[Piece] = []
        for unit in node.units if node is not None else ():
            if isinstance(unit, Literal):
                found = compiled(unit.text.text, unit.quoted)
            else:
                value = content(Word(self._expanded(unit, state), unit.span))
                found = compiled(shown(value.only), unit.quoted) if value.is_exact else None
            if found is None:
                return None
            pieces.extend(found)
        return tuple(pieces)

    def assigned(self, node: Assignment, state: State) -> Variable:
        """The variable that an assignment makes of the one there is."""
        before = state.variables.get(node.name)
        exported = (before is not None and before.exported) or state.exports_all
        if node.index:
            unknown = Value.unknown(f"the elements of {node.name} are set one by one", Origin.at(node.span))
            word = Word((unknown,), node.span, loose=True)
            return Variable(word, (word,), exported)
        if node.items is not None:
            items = tuple(word for item in node.items for word in self.words(item, state))
            if node.adds and before is not None:
                items = (*(before.items if before.items is not None else (before.word,) if before.word else ()), *items)
            first = items[0] if items else Word((), node.span)
            return Variable(first, items[:2000], exported)
        span = node.value.span if node.value is not None else node.span
        word = self.single(node.value, state, span)
        if node.adds and before is not None and before.items is None and before.word is not None:
            word = of_parts((*before.word.parts, *word.parts), span)
        elif node.adds and node.name not in state.variables:
            nowhere = Value.unknown(f"{node.name} {UNSET}", Origin.at(node.span))
            word = of_parts((nowhere, *word.parts), span)
        return Variable(word, None, exported)
