"""Makes a tree of a template's tokens."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.formats.helm.syntax import (
    MOST_NESTING,
    Action,
    Branch,
    Call,
    Jump,
    Literal,
    Node,
    Operand,
    Part,
    Pipeline,
    SyntaxFault,
    Template,
    Token,
    parts,
)
from connlint.source import Source


def parse(source: Source) -> Template:
    """The template that a file is; raises `SyntaxFault`."""
    parser = _Parser(source)
    nodes, end = parser.body(0)
    if end is not None:
        raise SyntaxFault("there is an end or else here without what it belongs to", end.start)
    return Template(nodes, parser.defined)


class _Parser:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._parts: Iterator[Part] = parts(source)
        self.defined: dict[str, tuple[Node, ...]] = {}

    def body(self, depth: int) -> tuple[tuple[Node, ...], Part | None]:
        """The nodes up to an `end` or `else`, which comes second; None where the file ends."""
        if depth > MOST_NESTING:
            raise SyntaxFault(f"it is nested more than {MOST_NESTING} deep", 0)
        nodes: list[Node] = []
        for part in self._parts:
            if part.tokens is None:
                nodes.append(self._literal(part))
                continue
            word = _word(part)
            if word in ("end", "else"):
                return tuple(nodes), part
            node = self._node(word, part, depth)
            if node is not None:
                nodes.append(node)
        return tuple(nodes), None

    def _literal(self, part: Part) -> Literal:
        return Literal(self._source.text[part.start : part.end], self._source.span(part.start, part.end))

    def _node(self, word: str, part: Part, depth: int) -> Node | None:
        if word in ("if", "with", "range"):
            return self._branch(word, part, 1, depth)
        if word in ("define", "block"):
            name = self._name(part)
            nodes, end = self.body(depth + 1)
            if end is None or _word(end) != "end":
                raise SyntaxFault("a definition is not ended", part.start)
            self.defined[name] = nodes
            return (
                None if word == "define" else Call(name, self._rest(part, 2), self._source.span(part.start, part.end))
            )
        if word == "template":
            return Call(self._name(part), self._rest(part, 2), self._source.span(part.start, part.end))
        if word in ("break", "continue") and len(_solid(part)) == 1:
            return Jump(word)
        if not _solid(part):
            raise SyntaxFault("an action is empty", part.start)
        return Action(self._pipeline(part, 0))

    def _branch(self, kind: str, part: Part, skip: int, depth: int) -> Branch:
        """A control structure; `else if` and `else with` are structures within the `else`."""
        pipeline = self._pipeline(part, skip)
        body, end = self.body(depth + 1)
        otherwise: tuple[Node, ...] = ()
        if end is not None and _word(end) == "else":
            solid = _solid(end)
            if len(solid) > 1 and solid[1].text in ("if", "with"):
                otherwise = (self._branch(solid[1].text, end, 2, depth + 1),)
                return Branch(kind, pipeline, body, otherwise, self._source.span(part.start, part.end))
            otherwise, end = self.body(depth + 1)
        if end is None or _word(end) != "end":
            raise SyntaxFault(f"this {kind} is not ended", part.start)
        return Branch(kind, pipeline, body, otherwise, self._source.span(part.start, part.end))

    def _name(self, part: Part) -> str:
        solid = _solid(part)
        if len(solid) < 2 or solid[1].kind not in ("string", "raw"):
            raise SyntaxFault("the name of a template is expected", part.start)
        return unquoted(solid[1].text)

    def _rest(self, part: Part, skip: int) -> Pipeline | None:
        return self._pipeline(part, skip) if len(_solid(part)) > skip else None

    def _pipeline(self, part: Part, skip: int) -> Pipeline:
        """The pipeline of an action, less its first `skip` words."""
        tokens = list(part.tokens or ())
        while skip and tokens:
            skip -= tokens.pop(0).kind != "space"
        reader = _Words(self._source, tokens, part.start, part.end)
        return reader.pipeline(0)


def _word(part: Part) -> str:
    first = next((token for token in part.tokens or () if token.kind != "space"), None)
    return first.text if first is not None and first.kind == "name" else ""


def _solid(part: Part) -> list[Token]:
    return [token for token in part.tokens or () if token.kind != "space"]


class _Words:
    """Reads pipelines off a list of tokens."""

    def __init__(self, source: Source, tokens: list[Token], start: int, end: int) -> None:
        self._source = source
        self._tokens = tokens
        self._at = 0
        self._start, self._end = start, end

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _skip(self) -> Token | None:
        while (token := self._peek()) is not None and token.kind == "space":
            self._at += 1
        return token

    def pipeline(self, depth: int) -> Pipeline:
        """Up to the closing parenthesis of a group, or the end of the action."""
        if depth > MOST_NESTING:
            raise SyntaxFault(f"parentheses are nested more than {MOST_NESTING} deep", self._start)
        names, declares = self._declared() if depth == 0 else ((), False)
        commands: list[tuple[Operand, ...]] = []
        operands: list[Operand] = []
        while (token := self._skip()) is not None and token.kind != "close":
            if token.kind == "pipe":
                self._at += 1
                commands.append(tuple(operands))
                operands = []
            else:
                operands.append(self._operand(token, depth))
        commands.append(tuple(operands))
        if not all(commands) or (depth == 0 and self._peek() is not None):
            raise SyntaxFault("a command is missing", self._start)
        return Pipeline(tuple(commands), self._source.span(self._start, self._end), names, declares)

    def _declared(self) -> tuple[tuple[str, ...], bool]:
        """The variables before `:=` or `=`, when the pipeline starts with some."""
        solid = [token for token in self._tokens if token.kind != "space"]
        names: list[str] = []
        for index, token in enumerate(solid[:4]):
            if token.kind == "variable" and index in (0, 2):
                names.append(token.text)
            elif token.kind == "assign" and index in (1, 3):
                self._at = self._tokens.index(token) + 1
                return tuple(names), token.text == ":="
            elif token.kind != "comma" or index != 1:
                break
        return (), False

    def _operand(self, token: Token, depth: int) -> Operand:
        self._at += 1
        group = None
        kind = token.kind
        if kind == "open":
            group = self.pipeline(depth + 1)
            closing = self._peek()
            if closing is None:
                raise SyntaxFault("a parenthesis is not closed", token.start)
            self._at += 1
            kind = "group"
        elif kind not in ("dot", "field", "variable", "string", "raw", "char", "number", "name"):
            raise SyntaxFault("a sign does not belong here", token.start)
        fields: list[str] = []
        end = token.end
        while (follower := self._peek()) is not None and follower.kind == "field":
            fields.append(follower.text[1:])
            end = follower.end
            self._at += 1
        if kind == "field":
            fields.insert(0, token.text[1:])
        return Operand(kind, token.text, self._source.span(token.start, end), tuple(fields), group)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unquoted(text: str) -> str:
    """The value of a string constant of Go, quoted by `"` or a backquote."""
    if text.startswith("`"):
        return text[1:-1].replace("\r", "")
    found, at, inside = [], 0, text[1:-1]
    while at < len(inside):
        character = inside[at]
        if character != "\\" or at + 1 >= len(inside):
            found.append(character)
            at += 1
            continue
        sign = inside[at + 1]
        width = {"x": 2, "u": 4, "U": 8}.get(sign, 0)
        digits = inside[at + 2 : at + 2 + width]
        if width and len(digits) == width and all(d in "0123456789abcdefABCDEF" for d in digits):
            code = int(digits, 16)
            found.append(chr(code) if code < 0x110000 else "\ufffd")
        else:
            found.append(_ESCAPES.get(sign, sign))
            width = 0
        at += 2 + width
    return "".join(found)
