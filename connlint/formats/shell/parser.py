"""The commands of a shell script, as POSIX sh and the usual extensions of bash have them."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from connlint.formats.shell.buffer import SyntaxProblem
from connlint.formats.shell.lexer import MOST_DEPTH, Lexer, heredoc
from connlint.formats.shell.syntax import (
    AndOr,
    Assignment,
    Block,
    Calculation,
    Case,
    Clause,
    For,
    Function,
    Group,
    If,
    Loop,
    Node,
    Pipeline,
    Redirect,
    Simple,
    Statement,
    Test,
    WordNode,
)
from connlint.formats.words import Text

LARGEST_SCRIPT: Final = 400_000  # characters
_RESERVED: Final = re.compile(r"[A-Za-z]+(?![^\s;&|()<>])|[{}!](?![^\s;&|()<>])|\[\[(?!\S)")
_ASSIGNS: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]\n]*\])?(\+?)=")
_REDIRECT: Final = re.compile(r"(\d*|\{[A-Za-z_]\w*\})(&>>|&>|>>|>\||>&|<>|<&|<<<|<<-|<<|>|<)")
_FUNCTION: Final = re.compile(r"([^\s;&|()<>'\"\\$`=]+)[ \t]*\([ \t]*\)")
_SEPARATOR: Final = re.compile(r";;&|;;|;&|&&|\|\||\|&|[;&|()\n]")
_DECLARING: Final = frozenset({"export", "local", "readonly", "declare", "typeset"})
_CLOSING: Final = frozenset({"then", "else", "elif", "fi", "do", "done", "esac", "}"})


def parse(text: Text, depth: int = 0) -> Block:
    """The commands of a script; raises `SyntaxProblem` where a shell would refuse it."""
    if len(text.text) > LARGEST_SCRIPT:
        raise SyntaxProblem(f"it has more than {LARGEST_SCRIPT} characters", 0)
    parser = _Parser(text, depth)
    block = parser.block()
    if parser.lexer.at < len(text.text):
        raise parser.lexer.fail("this is not expected here")
    return block


class _Parser:
    def __init__(self, text: Text, depth: int) -> None:
        self.lexer = Lexer(text, depth)
        self.lexer.parse_inner = self.block
        self.lexer.parse_text = parse
        self._heredocs: list[Redirect] = []

    # -- lists

    def block(self, closing: Collection[str] = ()) -> Block:
        """Commands up to a word of `closing`, a `)`, a `;;` or the end, which is not consumed."""
        statements: list[Statement] = []
        while True:
            self._skip_lines()
            if self._ends(closing):
                return Block(tuple(statements))
            command = self._and_or()
            operator = self._operator()
            statements.append(Statement(command, operator == "&"))
            if operator in (";", "&"):
                self.lexer.at += 1
            elif operator == "\n":
                self._newline()
            else:
                self._skip_lines()
                if not self._ends(closing):
                    raise self.lexer.fail("this is not expected here")

    def _ends(self, closing: Collection[str]) -> bool:
        if self.lexer.at >= len(self.lexer.characters) or self._operator() in (")", ";;", ";&", ";;&"):
            return True
        word = self._reserved()
        if word in closing:
            return True
        if word in _CLOSING:
            raise self.lexer.fail(f"{word} is not expected here")
        return False

    def _operator(self) -> str:
        self.lexer.skip_blank()
        found = _SEPARATOR.match(self.lexer.characters, self.lexer.at)
        return found[0] if found else ""

    def _reserved(self) -> str:
        self.lexer.skip_blank()
        found = _RESERVED.match(self.lexer.characters, self.lexer.at)
        return found[0] if found else ""

    def _take(self, word: str) -> bool:
        if self._reserved() != word:
            return False
        self.lexer.at += len(word)
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self.lexer.fail(f"{word} is expected here")

    def _newline(self) -> None:
        """A line end, and the heredocs that start after it."""
        self.lexer.at += 1
        pending, self._heredocs = self._heredocs, []
        for redirect in pending:
            redirect.body = heredoc(self.lexer, redirect)

    def _skip_lines(self) -> None:
        while self._operator() == "\n":
            self._newline()

    def _and_or(self) -> Node:
        first = self._pipeline()
        rest: list[tuple[str, Node]] = []
        while (operator := self._operator()) in ("&&", "||"):
            self.lexer.at += 2
            self._skip_lines()
            rest.append((operator, self._pipeline()))
        return AndOr(first, tuple(rest)) if rest else first

    def _pipeline(self) -> Node:
        negated = False
        while (word := self._reserved()) in ("!", "time"):
            self.lexer.at += len(word)
            negated ^= word == "!"
            if word == "time" and self.lexer.peek(" -p "):
                self.lexer.at += 3
        commands = [self._command()]
        while (operator := self._operator()) in ("|", "|&"):
            self.lexer.at += len(operator)
            self._skip_lines()
            commands.append(self._command())
        return Pipeline(tuple(commands), negated) if negated or len(commands) > 1 else commands[0]

    # -- commands

    def _command(self) -> Node:
        self.lexer.depth += 1
        if self.lexer.depth > MOST_DEPTH:
            raise self.lexer.fail("commands are nested too deeply")
        node = self._compound() or self._function() or self._simple()
        self.lexer.depth -= 1
        return node

    def _compound(self) -> Node | None:
        lexer, start = self.lexer, self.lexer.at
        word = self._reserved()
        node: Node
        if lexer.peek("((") and (end := lexer.arithmetic_end(lexer.at + 2)) is not None:
            start = lexer.at
            expression = lexer.inner_word(start + 2, end)
            lexer.at = end + 2
            node = Calculation(expression, lexer.span(start))
        elif lexer.peek("("):
            lexer.at += 1
            body = self.block()
            self._symbol(")")
            node = Group(body, True)
        elif word == "{":
            lexer.at += 1
            body = self.block(("}",))
            self._expect("}")
            node = Group(body, False)
        elif word == "if":
            node = self._if()
        elif word == "case":
            node = self._case()
        elif word in ("for", "select"):
            node = self._for(word)
        elif word in ("while", "until"):
            start = lexer.at
            lexer.at += len(word)
            condition = self.block(("do",))
            node = Loop(condition, self._do(), lexer.span(start), word == "until")
        elif word == "function":
            node = self._named_function()
        elif word == "[[":
            node = self._test()
        else:
            return None
        self._redirects([])
        return node

    def _symbol(self, symbol: str) -> None:
        self.lexer.skip_blank()
        if not self.lexer.peek(symbol):
            raise self.lexer.fail(f"{symbol} is expected here")
        self.lexer.at += len(symbol)

    def _do(self) -> Block:
        if self._operator() == ";":
            self.lexer.at += 1
        self._skip_lines()
        self._expect("do")
        body = self.block(("done",))
        self._expect("done")
        return body

    def _if(self) -> Node:
        start = self.lexer.at
        branches: list[tuple[Block, Block]] = []
        otherwise = None
        while self._take("if" if not branches else "elif"):
            condition = self.block(("then",))
            self._expect("then")
            branches.append((condition, self.block(("elif", "else", "fi"))))
        if self._take("else"):
            otherwise = self.block(("fi",))
        self._expect("fi")
        return If(tuple(branches), otherwise, self.lexer.span(start))

    def _case(self) -> Node:
        lexer, start = self.lexer, self.lexer.at
        lexer.at += len("case")
        subject = self._word()
        self._skip_lines()
        self._expect("in")
        clauses: list[Clause] = []
        while True:
            self._skip_lines()
            if self._take("esac"):
                return Case(subject, tuple(clauses), lexer.span(start))
            if lexer.peek("("):
                lexer.at += 1
            patterns = [self._word()]
            while self._operator() == "|":
                lexer.at += 1
                patterns.append(self._word())
            self._symbol(")")
            body = self.block(("esac",))
            ending = self._operator()
            if ending in (";;", ";&", ";;&"):
                lexer.at += len(ending)
            elif self._reserved() != "esac":
                raise lexer.fail("this case is never closed")
            clauses.append(Clause(tuple(patterns), body, ending))

    def _word(self) -> WordNode:
        self.lexer.skip_blank()
        word = self.lexer.word()
        if word is None:
            raise self.lexer.fail("a word is expected here")
        return word

    def _for(self, keyword: str) -> Node:
        lexer, start = self.lexer, self.lexer.at
        lexer.at += len(keyword)
        lexer.skip_blank()
        words: tuple[WordNode, ...] | None = None
        if lexer.peek("(("):
            end = lexer.arithmetic_end(lexer.at + 2)
            if end is None:
                raise lexer.fail("this (( is never closed")
            lexer.at = end + 2
            return For("", (), self._do_or_braces(), lexer.span(start))
        name = self._word().literal or ""
        self._skip_lines()
        if self._take("in"):
            found: list[WordNode] = []
            while not self._operator():
                found.append(self._word())
            words = tuple(found)
        return For(name, words, self._do_or_braces(), lexer.span(start))

    def _do_or_braces(self) -> Block:
        if self._operator() == ";":
            self.lexer.at += 1
        self._skip_lines()
        if self._take("{"):
            body = self.block(("}",))
            self._expect("}")
            return body
        return self._do()

    def _function(self) -> Node | None:
        found = _FUNCTION.match(self.lexer.characters, self.lexer.at)
        if found is None:
            return None
        self.lexer.at = found.end()
        return self._function_body(found[1])

    def _named_function(self) -> Node:
        self.lexer.at += len("function")
        name = self._word().literal or ""
        self.lexer.skip_blank()
        if self.lexer.peek("("):
            self.lexer.at += 1
            self._symbol(")")
        return self._function_body(name)

    def _function_body(self, name: str) -> Node:
        self._skip_lines()
        body = self._compound()
        if body is None:
            raise self.lexer.fail("the body of a function is expected here")
        return Function(name, body)

    def _test(self) -> Node:
        lexer, start = self.lexer, self.lexer.at
        lexer.at += 2
        tokens: list[str | WordNode] = []
        while True:
            self._skip_lines()
            if lexer.peek("]]"):
                lexer.at += 2
                return Test(tuple(tokens), lexer.span(start))
            pattern = bool(tokens) and isinstance(tokens[-1], WordNode) and tokens[-1].literal == "=~"
            operator = next((symbol for symbol in ("&&", "||", "(", ")", "<", ">") if lexer.peek(symbol)), None)
            if operator and not pattern:
                lexer.at += len(operator)
                tokens.append(operator)
                continue
            word = lexer.word(frozenset(" \t\n;&") if pattern else frozenset(" \t\n;&|()<>"), pattern)
            if word is None:
                raise lexer.fail("this [[ is never closed", start)
            tokens.append(word)

    # -- simple commands

    def _simple(self) -> Node:
        lexer, start = self.lexer, self.lexer.at
        assignments: list[Assignment] = []
        words: list[WordNode | Assignment] = []
        redirects: list[Redirect] = []
        end = start
        while True:
            self._redirects(redirects)
            if self._operator() or lexer.at >= len(lexer.characters):
                break
            first = words[0] if words else None
            declares = isinstance(first, WordNode) and first.literal in _DECLARING
            assignment = self._assignment() if not words or declares else None
            if assignment is not None:
                (words if declares else assignments).append(assignment)
            else:
                words.append(self._word())
            end = lexer.at
        if not assignments and not words and not redirects:
            raise lexer.fail("a command is expected here")
        return Simple(tuple(assignments), tuple(words), tuple(redirects), lexer.text.span(start, max(end, start)))

    def _assignment(self) -> Assignment | None:
        lexer, start = self.lexer, self.lexer.at
        found = _ASSIGNS.match(lexer.characters, start)
        if found is None:
            return None
        lexer.at = found.end()
        adds, index = bool(found[3]), bool(found[2])
        if lexer.peek("(") and not index:
            lexer.at += 1
            items: list[WordNode] = []
            self._skip_lines()
            while not lexer.peek(")"):
                items.append(self._word())
                self._skip_lines()
            lexer.at += 1
            return Assignment(found[1], lexer.span(start), None, tuple(items), adds)
        value = lexer.word()
        return Assignment(found[1], lexer.span(start), value, None, adds, index)

    def _redirects(self, found: list[Redirect]) -> None:
        """The redirections here, added to `found`; bodies of heredocs follow at the end of the line."""
        lexer = self.lexer
        while True:
            lexer.skip_blank()
            match = _REDIRECT.match(lexer.characters, lexer.at)
            if match is None or lexer.characters.startswith("(", match.end()):
                return
            lexer.at = match.end()
            redirect = Redirect(match[2], self._word(), match[1])
            found.append(redirect)
            if match[2] in ("<<", "<<-"):
                self._heredocs.append(redirect)
