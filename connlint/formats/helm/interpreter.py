"""Runs templates as Go's text/template does, as far as the values are known; the rest becomes unknown with its place.

What hangs on a condition that is not known leaves a mark in its place and is not run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from connlint.formats.helm.functions import FAULTS, PLAIN
from connlint.formats.helm.marked import NIL, Atom, Datum, Marked, Piece, Unknown, shown, span_of, truth
from connlint.formats.helm.operations import REFUSED, assign, indexed, moved, number, printf, text, touched
from connlint.formats.helm.parsing import parse, unquoted
from connlint.formats.helm.structures import LENIENT, STRICT, copied, doubt, raw, weight, wrapped
from connlint.formats.helm.syntax import Action, Branch, Call, Jump, Literal, Node, Operand, Pipeline, SyntaxFault
from connlint.formats.helm.values import parsed
from connlint.source import Source, Span

_MOST_STEPS: Final = 150_000
_MOST_TEXT: Final = 1_000_000
_MOST_DEPTH: Final = 40
_MOST_WEIGHT: Final = 500  # steps that an argument of a function counts for
_MOST_PIECES: Final = 20_000  # of one text
_LONGEST: Final = 300_000
_MOST_PRINTED: Final = 5_000  # values of a map or list
_CHEAP: Final = frozenset({"include", "dict", "list", "tuple", "hasKey", "not", "empty", "default", "index", "get"})
_LINE: Final = re.compile(r"\n([ \t]*)(?=[^ \t\r\n]|\Z)")
_CLUSTER: Final = "only the cluster knows it"
_UNFOLLOWED: Final = "the template does something here that is not followed"


Templates = Mapping[str, Sequence[Node]]
Reader = Callable[[str], "Source | None"]


class Exhausted(Exception):
    """The template does too much."""


class _Jumped(Exception):
    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Run:
    """One rendering. `templates`: all that the chart defines; `files`: reads a file of the chart for `.Files.Get`."""

    def __init__(self, templates: Templates, files: Reader) -> None:
        self._templates = templates
        self._files = files
        self._steps = 0
        self._size = 0
        self._depth = 0

    def render(self, nodes: Sequence[Node], dot: Datum) -> Marked:
        """What the nodes come to; raises `Exhausted`."""
        out: list[Piece] = []
        scopes: list[dict[str, Datum]] = [{"$": dot}]
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            self._depth -= 1
            raise Exhausted
        try:
            self._nodes(nodes, dot, scopes, out)
        except _Jumped:
            pass  # outside of a loop: Go refuses it
        finally:
            self._depth -= 1
        return Marked(tuple(out))

    def _nodes(self, nodes: Sequence[Node], dot: Datum, scopes: list[dict[str, Datum]], out: list[Piece]) -> None:
        for node in nodes:
            self._step()
            if isinstance(node, Literal):
                self._put(out, Piece(node.text, node.span, node.span.text == node.text))
            elif isinstance(node, Action):
                value = self._pipeline(node.pipeline, dot, scopes)
                if not node.pipeline.names:
                    self._print(value, node.pipeline.span, out)
            elif isinstance(node, Branch):
                scopes.append({})
                try:
                    self._branch(node, dot, scopes, out)
                finally:
                    scopes.pop()
            elif isinstance(node, Call):
                argument = self._pipeline(node.pipeline, dot, scopes) if node.pipeline is not None else NIL
                self._print(self._include(node.name, argument, node.span), node.span, out)
            elif isinstance(node, Jump):
                raise _Jumped(node.kind)

    def _print(self, value: Datum, span: Span, out: list[Piece]) -> None:
        if isinstance(value, (list, dict)):
            value = value if weight(value, _MOST_PRINTED) < _MOST_PRINTED else Unknown(_UNFOLLOWED, span)
        for piece in shown(value).pieces:
            self._put(out, piece if piece.span is not None else Piece(piece.text, span, False, piece.value))

    def _put(self, out: list[Piece], piece: Piece) -> None:
        self._size += len(piece.text)
        if self._size > _MOST_TEXT:
            raise Exhausted
        out.append(piece)

    def _step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > _MOST_STEPS:
            raise Exhausted

    def _branch(self, node: Branch, dot: Datum, scopes: list[dict[str, Datum]], out: list[Piece]) -> None:
        if node.kind == "range":
            self._range(node, dot, scopes, out)
            return
        value = self._pipeline(node.pipeline, dot, scopes)
        holds = truth(value)
        if isinstance(holds, Unknown):
            self._hole(node, holds, scopes, out)
        elif holds:
            self._nodes(node.body, value if node.kind == "with" else dot, scopes, out)
        else:
            self._nodes(node.otherwise, dot, scopes, out)

    def _range(self, node: Branch, dot: Datum, scopes: list[dict[str, Datum]], out: list[Piece]) -> None:
        names = node.pipeline.names
        over = self._pipeline(node.pipeline, dot, scopes, loops=True)
        for name in names:  # in `else`, too, they stand for what there was nothing in
            if node.pipeline.declares:
                scopes[-1][name] = over
            else:
                assign(scopes, name, over)
        pairs: list[tuple[Datum, Datum]]
        if isinstance(over, dict):
            pairs = [(Marked.of(key, span_of(over[key])), over[key]) for key in sorted(over)]
        elif isinstance(over, list):
            pairs = [(Atom(index), value) for index, value in enumerate(over)]
        elif isinstance(over, Atom) and not over.value:
            pairs = []
        elif isinstance(over, Atom) and isinstance(over.value, int) and 0 < over.value <= 1000:
            pairs = [(Atom(index), Atom(index)) for index in range(over.value)]
        else:
            reason = over if isinstance(over, Unknown) else Unknown(REFUSED, node.span)
            self._hole(node, reason, scopes, out)
            return
        if not pairs:
            self._nodes(node.otherwise, dot, scopes, out)
        for key, value in pairs:
            self._step()
            given = (value,) if len(names) == 1 else (key, value)
            if node.pipeline.declares:
                scopes.append(dict(zip(names, given, strict=False)))
            else:
                scopes.append({})
                for name, each in zip(names, given, strict=False):
                    assign(scopes, name, each)
            try:
                self._nodes(node.body, value, scopes, out)
            except _Jumped as jump:
                if jump.kind == "break":
                    break
            finally:
                scopes.pop()

    def _hole(self, node: Branch, why: Unknown, scopes: list[dict[str, Datum]], out: list[Piece]) -> None:
        """A mark where the body would stand: on a line of its own where the body is one."""
        first = node.body[0] if node.body else None
        line = _LINE.search(first.text) if isinstance(first, Literal) else None
        if line is not None:
            self._put(out, Piece(f"\n{line[1]}", node.span))
        self._print(Unknown(why.reason, node.span), node.span, out)
        for name in touched((*node.body, *node.otherwise)):
            assign(scopes, name, Unknown(why.reason, node.span))

    def _pipeline(
        self, pipeline: Pipeline, dot: Datum, scopes: list[dict[str, Datum]], *, loops: bool = False
    ) -> Datum:
        value: Datum | None = None
        for command in pipeline.commands:
            self._step()
            value = self._command(command, dot, scopes, value)
        result = value if value is not None else NIL
        if pipeline.names and not loops:
            if pipeline.declares:
                scopes[-1][pipeline.names[0]] = result
            else:
                assign(scopes, pipeline.names[0], result)
        return result

    def _command(
        self, command: tuple[Operand, ...], dot: Datum, scopes: list[dict[str, Datum]], piped: Datum | None
    ) -> Datum:
        first, *rest = command
        if first.kind == "name" and first.text not in ("true", "false", "nil"):
            found = self._function(first, rest, dot, scopes, piped)
            return self._fields(found, first.fields, first.span)
        if first.fields[:1] == ("Files",) or first.fields[1:2] == ("Files",):
            return self._file(first, [self._operand(operand, dot, scopes) for operand in rest])
        value = self._operand(first, dot, scopes)
        if rest or piped is not None:
            return value if isinstance(value, Unknown) else Unknown(_UNFOLLOWED, first.span)
        return value

    def _operand(self, operand: Operand, dot: Datum, scopes: list[dict[str, Datum]]) -> Datum:
        self._step()
        kind, span = operand.kind, operand.span
        value: Datum
        if kind in ("dot", "field"):
            value = dot
        elif kind == "variable":
            value = next((scope[operand.text] for scope in reversed(scopes) if operand.text in scope), NIL)
        elif kind in ("string", "raw"):
            constant = unquoted(operand.text)
            exact = operand.text[1:-1] == constant and span.text == operand.text
            inside = span.source.span(span.start + 1, span.end - 1)
            return Marked((Piece(constant, inside, True),)) if exact and constant else Marked.of(constant, span)
        elif kind == "number":
            return number(operand.text, span)
        elif kind == "group" and operand.group is not None:
            value = self._pipeline(operand.group, dot, scopes)
        elif kind == "name" and operand.text in ("true", "false"):
            return Atom(operand.text == "true", span)
        elif kind == "name" and operand.text == "nil":
            return NIL
        elif kind == "name":
            value = self._function(operand, [], dot, scopes, None)
        else:
            return Unknown(_UNFOLLOWED, span)
        return self._fields(value, operand.fields, span)

    def _fields(self, value: Datum, fields: Sequence[str], span: Span) -> Datum:
        """A chain of fields. Go lets one start at nothing, and refuses one that comes to nothing on its way."""
        if isinstance(value, Atom) and value.value is None:
            return value
        for name in fields:
            if isinstance(value, Unknown):
                return value
            if not isinstance(value, dict):
                return Unknown(REFUSED, span)
            value = value.get(name, NIL)
        return value

    def _file(self, operand: Operand, arguments: list[Datum]) -> Datum:
        """`.Files.Get "name"`: the text of a file of the chart."""
        if operand.fields[-1] == "Get" and len(arguments) == 1 and isinstance(arguments[0], Marked):
            source = self._files(arguments[0].text)
            if source is None:
                return Marked.of("", operand.span)
            whole = source.span(0, len(source.text))
            return Marked((Piece(source.text, whole, True),)) if source.text else Marked(())
        return Unknown(_UNFOLLOWED, operand.span)

    def _function(
        self,
        first: Operand,
        rest: Sequence[Operand],
        dot: Datum,
        scopes: list[dict[str, Datum]],
        piped: Datum | None,
    ) -> Datum:
        name, span = first.text, first.span
        if name in ("and", "or"):
            return self._logic(name, rest, dot, scopes, piped)
        arguments = [self._operand(operand, dot, scopes) for operand in rest]
        if piped is not None:
            arguments.append(piped)
        if name not in _CHEAP:
            self._step(sum(weight(each, _MOST_WEIGHT) for each in arguments))
        try:
            result = self._called(name, arguments, span)
        except FAULTS:
            return doubt(arguments) or Unknown(REFUSED, span)
        if isinstance(result, Marked) and not self._is_short(result):
            return Unknown("a text in the template is too long to be followed", span)
        return result

    def _is_short(self, result: Marked) -> bool:
        self._step(len(result.pieces) // 20)
        return len(result.pieces) < _MOST_PIECES and sum(len(piece.text) for piece in result.pieces) < _LONGEST

    def _called(self, name: str, arguments: list[Datum], span: Span) -> Datum:
        if name == "not":
            holds = truth(arguments[0])
            return holds if isinstance(holds, Unknown) else Atom(not holds, span)
        if name == "include":
            if not isinstance(arguments[0], Marked):
                return doubt(arguments) or Unknown(REFUSED, span)
            return self._include(arguments[0].text, arguments[1] if len(arguments) > 1 else NIL, span)
        if name == "tpl":
            return self._tpl(arguments, span)
        if name == "required":
            missing = truth(arguments[1])
            return (
                Unknown("the chart requires a value here that is not given", span) if missing is False else arguments[1]
            )
        if name in LENIENT:
            return LENIENT[name](*arguments)
        unknown = doubt(arguments)
        if unknown is not None:
            return unknown
        if name in STRICT:
            return STRICT[name](*arguments)
        if name == "printf":
            return printf(arguments)
        if name in ("fromYaml", "fromJson", "fromYamlArray", "mustFromJson"):
            return parsed(text(arguments[0]), span_of(arguments[0]) or span)
        if name in PLAIN:
            return self._plain(name, arguments, span)
        return Unknown(_CLUSTER if name == "lookup" else _UNFOLLOWED, span)

    def _plain(self, name: str, arguments: list[Datum], span: Span) -> Datum:
        if name == "index" and isinstance(arguments[0], (dict, list)):
            return indexed(arguments)
        if name == "hasKey" and isinstance(arguments[0], dict):
            return Atom(text(arguments[1]) in arguments[0], span)
        if name == "len" and isinstance(arguments[0], (dict, list)):
            return Atom(len(arguments[0]), span)
        place = next((found for each in arguments if (found := span_of(each)) is not None), span)
        for each in arguments:
            if isinstance(each, Marked) and each.reason:
                return Unknown(each.reason, span)
        return wrapped(PLAIN[name](*(raw(copied(each)) for each in arguments)), place)

    def _logic(
        self,
        name: str,
        rest: Sequence[Operand],
        dot: Datum,
        scopes: list[dict[str, Datum]],
        piped: Datum | None,
    ) -> Datum:
        """`and` ends with the first that is false, `or` with the first that is true; one that is not known leaves it open."""
        stops = name == "or"
        value: Datum = NIL
        open_: Unknown | None = None
        for operand in (*rest, None):
            if operand is None and piped is None:
                break
            value = self._operand(operand, dot, scopes) if operand is not None else piped if piped is not None else NIL
            holds = truth(value)
            if isinstance(holds, Unknown):
                open_ = open_ or holds
            elif holds is stops:
                return value if open_ is None else Atom(stops)
        return open_ or value

    def _include(self, name: str, argument: Datum, span: Span) -> Datum:
        nodes = self._templates.get(name)
        if nodes is None:
            return Unknown("it comes from a template that is not in this repository", span)
        return self.render(nodes, argument)

    def _tpl(self, arguments: list[Datum], span: Span) -> Datum:
        """A text as a template of its own."""
        given = arguments[0]
        if isinstance(given, Unknown):
            return given
        if not isinstance(given, Marked) or "{{" not in given.text:
            return shown(given)
        if given.reason or len(arguments) < 2:
            return Unknown(given.reason or REFUSED, span)
        place = given.span or span
        try:
            template = parse(Source(place.path, given.text))
        except SyntaxFault:
            return Unknown(REFUSED, span)
        rendered = self.render(template.nodes, arguments[1])
        return Marked(tuple(moved(piece, place) for piece in rendered.pieces))
