"""The words of a shell script: quoting, expansions and heredocs, each character with its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from connlint.formats.shell.buffer import Buffer, SyntaxProblem
from connlint.formats.shell.syntax import Arithmetic, Block, Literal, Parameter, Redirect, Substitution, Unit, WordNode
from connlint.formats.words import Text
from connlint.source import Span

MOST_DEPTH: Final = 40  # of commands and expansions in each other
_META: Final = frozenset(" \t\n;&|()<>")
_BLANK: Final = re.compile(r"(?:[ \t]+|\r(?=\n)|\\\r?\n|#[^\n]*)*")
_PLAIN: Final = re.compile(r"[^ \t\r\n;&|()<>\\'\"$`]+")  # what is neither in _META nor quotes or expands anything
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!-]")
_BRACED_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_OPERATOR: Final = re.compile(r":?[-=?+]|%%|%|##|#|//|/[#%]|/|\^\^|\^|,,|,|:|@")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b",
                   "E": "\x1b", "\\": "\\", "'": "'", '"': '"', "?": "?"}  # fmt: skip
_CODE: Final = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")


class Lexer:
    """Reads words at `at`; `parse_block(text)` reads the commands of a substitution, which need the parser."""

    def __init__(self, text: Text, depth: int = 0) -> None:
        self.text = text
        self.characters = text.text
        self.at = 0
        self.depth = depth
        self.parse_inner: Callable[[], Block]  # commands up to a closing parenthesis that is not consumed
        self.parse_text: Callable[[Text, int], Block]

    def fail(self, message: str, at: int | None = None) -> SyntaxProblem:
        return SyntaxProblem(message, min(self.at if at is None else at, max(len(self.characters) - 1, 0)))

    def peek(self, text: str) -> bool:
        return self.characters.startswith(text, self.at)

    def span(self, start: int) -> Span:
        return self.text.span(start, self.at)

    def skip_continuation(self) -> bool:
        for ending in ("\\\n", "\\\r\n"):
            if self.peek(ending):
                self.at += len(ending)
                return True
        return False

    def skip_blank(self) -> None:
        """Blanks, continued lines and a comment, up to the next token or line end."""
        blank = _BLANK.match(self.characters, self.at)
        self.at = blank.end() if blank is not None else self.at

    def word(self, stop: frozenset[str] = _META, pattern: bool = False) -> WordNode | None:
        """The word that starts here; None where none does. `pattern`: parentheses and bars belong to it."""
        start, buffer = self.at, Buffer(self.text)
        nested = 0
        simple = stop is _META and not pattern
        while self.at < len(self.characters):
            if simple and not nested and (plain := _PLAIN.match(self.characters, self.at)):
                buffer.add_run(self.at, plain.end(), False)
                self.at = plain.end()
                continue
            char = self.characters[self.at]
            if self.skip_continuation():
                continue
            if pattern and char in "(|)<>" and not (char == ")" and not nested):
                nested += {"(": 1, ")": -1}.get(char, 0)
                buffer.add(self.at, False)
                self.at += 1
            elif char in stop and not (nested and char in "|)"):
                if char in "<>" and self._process_substitution(buffer):
                    continue
                if char != "(" or self.at == start or self.characters[self.at - 1] not in "?*+@!":
                    break
                nested += 1  # an extended pattern
                buffer.add(self.at, False)
                self.at += 1
            elif char == "\r" and self.characters.startswith("\n", self.at + 1):
                break
            else:
                if nested and char == ")":
                    nested -= 1
                self._piece(buffer, quoted=False)
        return buffer.word(self.span(start)) if self.at > start else None

    def _piece(self, buffer: Buffer, quoted: bool) -> None:
        char = self.characters[self.at]
        if char == "\\" and not quoted:
            if self.at + 1 < len(self.characters):
                buffer.add(self.at + 1, True)
            else:
                buffer.add(self.at, True)
            self.at = min(self.at + 2, len(self.characters))
        elif char == "'" and not quoted:
            end = self._find("'", self.at + 1)
            buffer.add_run(self.at + 1, end, True)
            self.at = end + 1
        elif char == '"':
            self._double(buffer)
        elif char == "$" and self.characters.startswith(("'", '"'), self.at + 1) and not quoted:
            self.at += 1
            if self.peek("'"):
                self._ansi(buffer)
        elif char == "$":
            self._dollar(buffer, quoted)
        elif char == "`":
            self._backquotes(buffer, quoted)
        else:
            buffer.add(self.at, quoted)
            self.at += 1

    def _find(self, what: str, start: int) -> int:
        end = self.characters.find(what, start)
        if end < 0:
            raise self.fail(f"this {what} is never closed", start - 1)
        return end

    def _double(self, buffer: Buffer) -> None:
        start = self.at
        self.at += 1
        if self.peek('"'):
            buffer.add_run(self.at, self.at, True)
        while True:
            if self.at >= len(self.characters):
                raise self.fail('this " is never closed', start)
            if self.peek('"'):
                self.at += 1
                return
            self.quoted_piece(buffer, '$`"\\')

    def quoted_piece(self, buffer: Buffer, escapable: str) -> None:
        """One piece inside double quotes or a heredoc, where a backslash only escapes `escapable`."""
        char = self.characters[self.at]
        if char == "\\":
            if self.skip_continuation():
                return
            following = self.characters[self.at + 1 : self.at + 2]
            if following and following in escapable:
                self.at += 1
            buffer.add(self.at, True)
            self.at += 1
        elif char == "$":
            self._dollar(buffer, quoted=True)
        elif char == "`":
            self._backquotes(buffer, quoted=True)
        else:
            start = self.at
            while self.at < len(self.characters) and self.characters[self.at] not in '\\$`"':
                self.at += 1
            if self.at == start:  # a quote in a heredoc
                self.at += 1
            buffer.add_run(start, self.at, True)

    def _ansi(self, buffer: Buffer) -> None:
        start = self.at
        self.at += 1
        buffer.add_run(self.at, self.at, True)
        while not self.peek("'"):
            if self.at >= len(self.characters):
                raise self.fail("this $' is never closed", start)
            if not self.peek("\\"):
                buffer.add(self.at, True)
                self.at += 1
                continue
            code = _CODE.match(self.characters, self.at + 1)
            following = self.characters[self.at + 1 : self.at + 2]
            if code:
                number = int(code[4], 8) & 255 if code[4] else int(code[1] or code[2] or code[3], 16)
                buffer.add(self.at, True, chr(number) if number < 0x110000 else "\ufffd")
                self.at = code.end()
            else:
                known = _ESCAPES.get(following)
                buffer.add(self.at, True, known if known is not None else "\\" + following)
                self.at += 1 + len(following)
        self.at += 1

    def _dollar(self, buffer: Buffer, quoted: bool) -> None:
        start = self.at
        if self.peek("$(("):
            end = self.arithmetic_end(start + 3)
            if end is not None:
                expression = self.inner_word(start + 3, end)
                self.at = end + 2
                buffer.unit(Arithmetic(expression, quoted, self.span(start)))
                return
        if self.peek("$("):
            self.at += 2
            body = self._nested()
            buffer.unit(Substitution(body, quoted, self.span(start)))
        elif self.peek("${"):
            buffer.unit(self._braced(quoted))
        else:
            name = _NAME.match(self.characters, start + 1)
            if name is None:
                buffer.add(start, quoted)
                self.at += 1
                return
            self.at = name.end()
            buffer.unit(Parameter(name[0], quoted, self.span(start)))

    def _nested(self) -> Block:
        if self.depth >= MOST_DEPTH:
            raise self.fail("expansions are nested too deeply")
        self.depth += 1
        body = self.parse_inner()
        self.depth -= 1
        if not self.peek(")"):
            raise self.fail("this substitution is never closed")
        self.at += 1
        return body

    def arithmetic_end(self, start: int) -> int | None:
        """The index of the `))` that closes an expression; None when it is a subshell in a substitution."""
        level = 0
        for index in range(start, len(self.characters)):
            char = self.characters[index]
            if char == "(":
                level += 1
            elif char == ")":
                if not level:
                    return index if self.characters.startswith("))", index) else None
                level -= 1
        return None

    def inner_word(self, start: int, end: int) -> WordNode:
        """The characters from `start` up to `end` as if they stood in double quotes."""
        if self.depth + 1 >= MOST_DEPTH:
            raise self.fail("expansions are nested too deeply", start)
        return Lexer(self.text.cut(start, end), self.depth + 1).quoted(self.parse_text)

    def quoted(self, parse_text: Callable[[Text, int], Block]) -> WordNode:
        """All of the text, read as a heredoc is: expansions, no splitting."""

        def nested() -> Block:
            rest = self.text.cut(self.at)
            close = _closing(rest.text)
            self.at += close
            return parse_text(rest.cut(0, close), self.depth)

        self.parse_inner, self.parse_text = nested, parse_text
        buffer = Buffer(self.text)
        while self.at < len(self.characters):
            self.quoted_piece(buffer, "$`\\")
        return buffer.word(self.text.span())

    def _braced(self, quoted: bool) -> Unit:
        start = self.at
        if self.depth >= MOST_DEPTH:
            raise self.fail("expansions are nested too deeply")
        self.at += 2
        length = self.peek("#") and not self.characters.startswith(("}", ":", "-", "%", "#", "/"), self.at + 1)
        indirect = self.peek("!")
        self.at += length or indirect
        name = _BRACED_NAME.match(self.characters, self.at)
        if name is None:
            raise self.fail("this ${ names no variable", start)
        self.at = name.end()
        index = None
        if self.peek("["):
            end = self._find("]", self.at)
            index = self.characters[self.at + 1 : end]
            self.at = end + 1
        operator, argument, replacement = "", None, None
        found = _OPERATOR.match(self.characters, self.at)
        if found and not self.peek("}"):
            operator = found[0]
            self.at = found.end()
            self.depth += 1
            argument = self._argument(quoted and operator[-1] in "-=?+", "/" if operator.startswith("/") else "")
            if operator.startswith("/") and self.peek("/"):
                self.at += 1
                replacement = self._argument(False, "")
            self.depth -= 1
        if not self.peek("}"):
            raise self.fail("this ${ is never closed or not understood", start)
        self.at += 1
        return Parameter(name[0], quoted, self.span(start), operator, argument, replacement, index, length, indirect)

    def _argument(self, quoted: bool, stop: str) -> WordNode:
        start, buffer = self.at, Buffer(self.text)
        while not self.peek("}") and not (stop and self.peek(stop)):
            if self.at >= len(self.characters):
                raise self.fail("this ${ is never closed", start)
            if self.skip_continuation():
                continue
            if quoted and not self.peek('"'):
                if self.peek("\\}"):
                    self.at += 1
                    buffer.add(self.at, True)
                    self.at += 1
                else:
                    self._quoted_step(buffer)
            else:
                self._piece(buffer, quoted=False)
        return buffer.word(self.span(start))

    def _quoted_step(self, buffer: Buffer) -> None:
        if self.characters[self.at] in "\\$`":
            self.quoted_piece(buffer, '$`"\\')
        else:
            buffer.add(self.at, True)
            self.at += 1

    def _backquotes(self, buffer: Buffer, quoted: bool) -> None:
        start = self.at
        characters: list[str] = []
        offsets: list[int] = []
        self.at += 1
        escapable = '$`\\"' if quoted else "$`\\"
        while not self.peek("`"):
            if self.at >= len(self.characters):
                raise self.fail("this ` is never closed", start)
            if self.peek("\\") and self.characters[self.at + 1 : self.at + 2] in tuple(escapable):
                self.at += 1
            characters.append(self.characters[self.at])
            offsets.append(self.text.offsets[self.at])
            self.at += 1
        self.at += 1
        if self.depth >= MOST_DEPTH:
            raise self.fail("expansions are nested too deeply", start)
        inner = Text("".join(characters), self.text.source, tuple(offsets))
        buffer.unit(Substitution(self.parse_text(inner, self.depth + 1), quoted, self.span(start)))

    def _process_substitution(self, buffer: Buffer) -> bool:
        if not self.characters.startswith("(", self.at + 1):
            return False
        start = self.at
        self.at += 2
        body = self._nested()
        buffer.unit(Substitution(body, False, self.span(start), "a pipe to other commands"))
        return True


def _closing(text: str) -> int:
    """The index of the parenthesis that closes what is open before `text`; its end when none does."""
    level, quote, index = 0, "", 0
    while index < len(text):
        char = text[index]
        if quote:
            if char == "\\" and quote == '"':
                index += 1
            elif char == quote:
                quote = ""
        elif char == "\\":
            index += 1
        elif char in "'\"":
            quote = char
        elif char == "(":
            level += 1
        elif char == ")":
            if not level:
                return index
            level -= 1
        index += 1
    return len(text)


def heredoc(lexer: Lexer, redirect: Redirect) -> WordNode:
    """The lines that start here and belong to a `<<` of the line before."""
    start = lexer.at
    units = redirect.target.units
    literal = any(isinstance(unit, Literal) and unit.quoted for unit in units)
    delimiter = "".join(unit.text.text for unit in units if isinstance(unit, Literal))
    lines: list[tuple[int, int]] = []
    while lexer.at < len(lexer.characters):
        end = lexer.characters.find("\n", lexer.at)
        end = len(lexer.characters) if end < 0 else end
        begin = lexer.at
        while redirect.operator == "<<-" and lexer.characters.startswith("\t", begin):
            begin += 1
        lexer.at = min(end + 1, len(lexer.characters))
        if lexer.characters[begin:end].rstrip("\r") == delimiter:
            break
        lines.append((begin, lexer.at))
    offsets = [offset for begin, end in lines for offset in lexer.text.offsets[begin:end]]
    body = Text("".join(lexer.characters[begin:end] for begin, end in lines), lexer.text.source, offsets)
    if literal or not body.text:
        return WordNode((Literal(body, True),), lexer.span(start))
    return Lexer(body, lexer.depth).quoted(lexer.parse_text)
