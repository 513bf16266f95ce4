"""Follows a script as a shell would, both ways where it parts, and notes the programs it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from connlint.formats.document import Problem
from connlint.formats.shell.buffer import SyntaxProblem
from connlint.formats.shell.cases import MOST_BRANCHES, Cases
from connlint.formats.shell.conditions import double_test
from connlint.formats.shell.expansion import Expander
from connlint.formats.shell.naming import (
    assigned_names,
    name_of,
    of_program,
    place_of,
    substitutes,
    tested_names,
    where,
)
from connlint.formats.shell.parsed import Parsed
from connlint.formats.shell.state import (
    MOST_WORDS,
    End,
    Part,
    State,
    Truth,
    Variable,
    Way,
    content,
    shown,
    text_of,
)
from connlint.formats.shell.syntax import (
    AndOr,
    Block,
    Calculation,
    Case,
    For,
    Function,
    Group,
    If,
    Loop,
    Node,
    Pipeline,
    Simple,
    Statement,
    Test,
    WordNode,
)
from connlint.formats.shell.ways import Outcome
from connlint.formats.words import Invocation, Text, Word
from connlint.records import dataclass, field, replace
from connlint.source import Span
from connlint.value import Origin, Value

MOST_STEPS: Final = 20_000
_NESTED: Final = 8  # frames that one command inside another takes
MOST_INVOCATIONS: Final = 1_000


@dataclass(slots=True)
class Capture:
    """The output of a substitution so far; `unknown` says why it is not known."""

    way: Way
    parts: list[Part] = field(default_factory=list)
    unknown: str = ""


class Interpreter(Cases):
    """`builtins` are what the shell itself can do; everything else that is no function is a program."""

    def __init__(
        self,
        source: Callable[[str, str], Text | None],
        cpus: Value,
        builtins: Mapping[str, Callable[[Interpreter, Simple, list[Word], State], Outcome]],
        parsed: Parsed,
    ) -> None:
        super().__init__(Expander(self.captured))
        self.source = source
        self.cpus = cpus
        self.builtins = builtins
        self.parsed = parsed
        self.invocations: list[Invocation] = []
        self.problems: list[Problem] = []
        self.captures: list[Capture] = []
        self.returns: list[list[State]] = []
        self.locals: list[dict[str, Variable | None]] = []
        self.steps = 0

    # -- texts

    def script(self, text: Text, state: State) -> Outcome:
        """Run a text; what cannot be parsed is a problem and changes nothing."""
        try:
            block = self.parsed.parse(text)
        except SyntaxProblem as problem:
            at = min(problem.at, max(len(text.text) - 1, 0))
            self.problem("syntax", f"the shell cannot read this: {problem}", text.span(at, at + 1))
            return state
        return self.nested(block, state)

    def nested(self, node: Node, state: State) -> Outcome:
        """Run something one level deeper, unless that is too deep."""
        if not self.enter(_NESTED):
            return state
        try:
            return self.run(node, state)
        finally:
            self.leave(_NESTED)

    def problem(self, code: str, message: str, span: Span) -> None:
        if len(self.problems) < 100:
            self.problems.append(Problem(code, message, span))

    def output(self, parts: Sequence[Part], state: State) -> None:
        """What a command prints, where somebody reads it."""
        if self.captures:
            capture = self.captures[-1]
            if state.way is not capture.way:
                capture.unknown = capture.unknown or "what is printed hangs on what is not known"
            capture.parts.extend(parts)

    def unknown_output(self, reason: str) -> None:
        if self.captures:
            self.captures[-1].unknown = self.captures[-1].unknown or reason

    def captured(self, body: Block, state: State, span: Span) -> tuple[Part, ...]:
        """The output of `$(commands)`, line ends at its end taken off."""
        capture = Capture(state.way)
        self.captures.append(capture)
        inner = state.copy()
        self.nested(body, inner)
        self.captures.pop()
        if capture.unknown or self.steps >= MOST_STEPS:
            return (Value.unknown(capture.unknown or "the script is too long to follow", Origin.at(span)),)
        parts = capture.parts
        while parts and (text := text_of(parts[-1])) is not None:
            kept = text.rstrip("\n")
            if kept:
                last = parts[-1]
                if kept != text:
                    parts[-1] = last.cut(0, len(kept)) if isinstance(last, Text) else Value.exact(kept, *last.origins)
                break
            parts.pop()
        return tuple(part if isinstance(part, Text) else part.because(Origin.at(span)) for part in parts)

    # -- commands

    def run(self, node: Node, state: State) -> Outcome:
        """Run a command in `state`, which it changes; where nothing follows, why."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            return state
        if isinstance(node, Block):
            return self._block(node, state)
        if isinstance(node, Simple):
            return self._simple(node, state)
        if isinstance(node, AndOr):
            return self._and_or(node, state)
        if isinstance(node, Pipeline):
            return self._pipeline(node, state)
        if isinstance(node, Group):
            return self._apart(node.body, state) if node.subshell else self.nested(node.body, state)
        if isinstance(node, If):
            return self._if(node, 0, state)
        if isinstance(node, Case):
            return self.follow_case(node, 0, state)
        if isinstance(node, For):
            return self.follow_for(node, state)
        if isinstance(node, Loop):
            return self.follow_while(node, state)
        if isinstance(node, Function):
            state.functions[node.name] = node.body
            state.settle(Truth(True))
            return state
        if isinstance(node, Calculation):
            value = self.expander.calculated(node.expression, state, node.span)
            self._changed_by(node.expression, state)
            outcomes = {shown(alternative) != "0" for alternative in value.alternatives}
            state.settle(Truth(outcomes.pop() if len(outcomes) == 1 else None, about="a calculation"))
            return state
        return self._tested(node, state)

    def _block(self, node: Block, state: State) -> Outcome:
        outcome: Outcome = state
        for statement in node.statements:
            if isinstance(outcome, End):
                break
            outcome = self._statement(statement, outcome)
        return outcome

    def _statement(self, node: Statement, state: State) -> Outcome:
        if not node.background:
            return self.run(node.command, state)
        inner = state.copy()
        inner.way = replace(state.way, background=True)
        self.nested(node.command, inner)
        state.settle(Truth(True))
        return state

    def _apart(self, node: Node, state: State) -> Outcome:
        """In a shell of its own: nothing it sets is left."""
        inner = state.copy()
        outcome = self.nested(node, inner)
        if isinstance(outcome, State):
            state.truth, state.status = outcome.truth, outcome.status
        else:
            state.settle(Truth(False if outcome is End.FAILED else None))
        return state

    def _pipeline(self, node: Pipeline, state: State) -> Outcome:
        if len(node.commands) == 1:
            outcome = self.run(node.commands[0], state)
            if isinstance(outcome, State):
                outcome.settle(outcome.truth.negated())
            return outcome
        self.unknown_output("it is printed by a pipe of commands")
        for command in node.commands:
            self._apart(command, state)
        truth = of_program(name_of(node.commands[-1]))
        state.settle(truth.negated() if node.negated else truth)
        return state

    def _tested(self, node: Test, state: State) -> Outcome:
        truth = self.in_test(lambda: double_test(node, self.expander, state))
        state.settle(replace(truth, about=tested_names(node.tokens)))
        return state

    # -- conditions

    def _if(self, node: If, at: int, state: State) -> Outcome:
        if at == len(node.branches):
            if node.otherwise is not None:
                return self.nested(node.otherwise, state)
            state.settle(Truth(True))
            return state
        condition, body = node.branches[at]
        outcome = self.nested(condition, state)
        if isinstance(outcome, End) or at > MOST_BRANCHES:
            return outcome
        return self.part(
            outcome,
            outcome.truth,
            lambda branch: self.nested(body, branch),
            lambda branch: self._if(node, at + 1, branch),
            where(condition, node.span),
        )

    def _and_or(self, node: AndOr, state: State) -> Outcome:
        outcome = self.run(node.first, state)
        for operator, command in node.rest:
            if isinstance(outcome, End):
                return outcome
            truth = outcome.truth
            if operator == "&&" and truth.value is None and truth.normal:
                outcome = self.run(command, outcome)  # what comes before is expected to work
                continue

            def follow(branch: State, command: Node = command) -> Outcome:
                return self.nested(command, branch)

            def stay(branch: State) -> Outcome:
                return branch

            yes, no = (follow, stay) if operator == "&&" else (stay, follow)
            outcome = self.part(outcome, truth, yes, no, place_of(command))
        return outcome

    # -- simple commands

    def _simple(self, node: Simple, state: State) -> Outcome:
        before = dict.fromkeys(assignment.name for assignment in node.assignments)
        words: list[Word] = []
        is_test = bool(node.words) and isinstance(node.words[0], WordNode) and node.words[0].literal in ("[", "test")
        if is_test:
            return self._test_command(node, state)
        for item in node.words:
            if isinstance(item, WordNode):
                words.extend(self.expander.words(item, state))
            if len(words) > MOST_WORDS:
                self.problem(
                    "too-large", f"a command has more than {MOST_WORDS} words; the rest is left out", node.span
                )
                unknown = Value.unknown("it has too many words", Origin.at(node.span))
                words = [*words[:MOST_WORDS], Word((unknown,), node.span, loose=True)]
                break
        if not words:
            for assignment in node.assignments:
                state.variables[assignment.name] = self.expander.assigned(assignment, state)
            open_ended = any(substitutes(assignment) for assignment in node.assignments)
            state.settle(Truth(None, normal=True, about="a command") if open_ended else Truth(True))
            return state
        name = words[0].exact
        if name in state.functions:
            kept = {each: state.variables.get(each) for each in before}
            self._assign(node, state, export=True)
            outcome = self.call(state.functions[name], words[1:], state)
            if isinstance(outcome, State):
                restore(outcome, kept)
            return outcome
        if name is not None and name in self.builtins and not words[0].loose:
            self._assign(node, state, export=False)
            return self.builtins[name](self, node, words, state)
        return self.start(node, words, state)

    def _test_command(self, node: Simple, state: State) -> Outcome:
        words: list[Word] = []

        def expanded() -> Truth:
            for item in node.words:
                if isinstance(item, WordNode):
                    words.extend(self.expander.words(item, state))
            outcome = self.builtins["["](self, node, words, state)
            return outcome.truth if isinstance(outcome, State) else Truth()

        truth = self.in_test(expanded)
        state.settle(replace(truth, about=tested_names(node.words)))
        return state

    def _assign(self, node: Simple, state: State, export: bool) -> None:
        for assignment in node.assignments:
            variable = self.expander.assigned(assignment, state)
            state.variables[assignment.name] = replace(variable, exported=variable.exported or export)

    def start(self, node: Simple, words: list[Word], state: State) -> State:
        """A program: noted, or where its output is read, asked what it prints."""
        name = words[0].exact or "a program that is not known"
        if self.captures:
            self.builtins[""](self, node, words, state)
        elif len(self.invocations) < MOST_INVOCATIONS:
            environment = state.environment()
            for assignment in node.assignments:
                word = self.expander.assigned(assignment, state).word
                if word is not None:
                    environment[assignment.name] = content(word)
            way, directory = state.way, state.directory or ""
            self.invocations.append(
                Invocation(
                    tuple(words),
                    environment,
                    directory,
                    way.sure,
                    way.background,
                    way.condition,
                    way.assumed,
                    way.excluded,
                )
            )
        state.settle(of_program(name))
        return state

    def call(self, body: Node, arguments: Sequence[Word], state: State) -> Outcome:
        """A function, with its own arguments and local variables."""
        outer, state.arguments = state.arguments, tuple(arguments)
        self.returns.append([])
        self.locals.append({})
        way, ended = state.way, self.ended
        outcome = self.nested(body, state)
        returned = self.returns.pop()
        outcome = self.back(self.meet(outcome, returned), way, ended) if returned else outcome
        kept = self.locals.pop()
        if isinstance(outcome, State):
            restore(outcome, kept)
            outcome.arguments = outer
        return outcome

    def _changed_by(self, expression: WordNode, state: State) -> None:
        """`((x += 1))` changes x; to what is not followed."""
        for name in assigned_names("".join(unit.text.text for unit in expression.units if hasattr(unit, "text"))):
            unknown = Value.unknown("the shell's arithmetic sets it", Origin.at(expression.span))
            exported = name in state.variables and state.variables[name].exported
            state.variables[name] = Variable(Word((unknown,), expression.span), None, exported)


def restore(state: State, kept: Mapping[str, Variable | None]) -> None:
    for name, variable in kept.items():
        if variable is None:
            state.variables.pop(name, None)
        else:
            state.variables[name] = variable
