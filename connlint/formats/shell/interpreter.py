"""Follows a script as a shell would, both ways where it parts, and notes the programs it starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from connlint.formats.document import Problem
from connlint.formats.shell.conditions import double_test
from connlint.formats.shell.expansion import Expander
from connlint.formats.shell.lexer import SyntaxProblem
from connlint.formats.shell.parser import parse
from connlint.formats.shell.patterns import matches
from connlint.formats.shell.state import (
    End,
    Part,
    State,
    Truth,
    Variable,
    Way,
    assume,
    content,
    join,
    shown,
    text_of,
)
from connlint.formats.shell.syntax import (
    AndOr,
    Assignment,
    Block,
    Calculation,
    Case,
    For,
    Function,
    Group,
    If,
    Loop,
    Node,
    Parameter,
    Pipeline,
    Simple,
    Statement,
    Substitution,
    Test,
    WordNode,
)
from connlint.formats.words import Invocation, Text, Word
from connlint.records import dataclass, field, replace
from connlint.source import Span
from connlint.value import Origin, Value

MOST_STEPS: Final = 20_000
MOST_DEPTH: Final = 40
MOST_INVOCATIONS: Final = 1_000
_MOST_ROUNDS: Final = 100
_MOST_BRANCHES: Final = 60
_ASKING: Final = frozenset({"grep", "egrep", "fgrep", "pgrep", "which", "diff", "cmp", "getent", "id", "mountpoint"})
_ASSIGNED: Final = re.compile(
    r"([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|([A-Za-z_]\w*)(?:\+\+|--)|(?:\+\+|--)([A-Za-z_]\w*)"
)

Outcome: TypeAlias = State | End


@dataclass(slots=True)
class Capture:
    """The output of a substitution so far; `unknown` says why it is not known."""

    way: Way
    parts: list[Part] = field(default_factory=list)
    unknown: str = ""


class Interpreter:
    """`builtins` are what the shell itself can do; everything else that is no function is a program."""

    def __init__(
        self,
        source: Callable[[str, str], Text | None],
        cpus: Value,
        builtins: Mapping[str, Callable[[Interpreter, Simple, list[Word], State], Outcome]],
    ) -> None:
        self.source = source
        self.cpus = cpus
        self.builtins = builtins
        self.expander = Expander(self.captured)
        self.invocations: list[Invocation] = []
        self.problems: list[Problem] = []
        self.captures: list[Capture] = []
        self.returns: list[list[State]] = []
        self.exits: list[list[State]] = []
        self.continues: list[list[State]] = []
        self.ended = 0  # ways on which the script ended, though not by failing
        self.locals: list[dict[str, Variable | None]] = []
        self.steps = 0
        self.depth = 0

    # -- texts

    def script(self, text: Text, state: State) -> Outcome:
        """Run a text; what cannot be parsed is a problem and changes nothing."""
        try:
            block = parse(text)
        except SyntaxProblem as problem:
            at = min(problem.at, max(len(text.text) - 1, 0))
            self.problem("syntax", f"the shell cannot read this: {problem}", text.span(at, at + 1))
            return state
        return self.nested(block, state)

    def nested(self, node: Node, state: State) -> Outcome:
        """Run something one level deeper, unless that is too deep."""
        if self.depth >= MOST_DEPTH:
            return state
        self.depth += 1
        try:
            return self.run(node, state)
        finally:
            self.depth -= 1

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
            return self._case(node, 0, state)
        if isinstance(node, For):
            return self._for(node, state)
        if isinstance(node, Loop):
            return self._loop(node, state)
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
        truth = _of_program(_name(node.commands[-1]))
        state.settle(truth.negated() if node.negated else truth)
        return state

    def _tested(self, node: Test, state: State) -> Outcome:
        truth = self.in_test(lambda: double_test(node, self.expander, state))
        state.settle(replace(truth, about=_tested_names(node.tokens)))
        return state

    def in_test(self, test: Callable[[], Truth]) -> Truth:
        """A test, in which a variable that no file sets reads as empty, on that assumption."""
        outer, self.expander.unset_is_empty, self.expander.met_unset = self.expander.unset_is_empty, True, []
        try:
            truth = test()
            return replace(truth, assumed=True) if self.expander.met_unset and truth.value is not None else truth
        finally:
            self.expander.unset_is_empty = outer

    # -- where ways part

    def part(
        self,
        state: State,
        truth: Truth,
        yes: Callable[[State], Outcome],
        no: Callable[[State], Outcome],
        where: str,
    ) -> Outcome:
        """Go the way a condition tells, or both where it does not."""
        if truth.value is not None and not truth.assumed:
            return (yes if truth.value else no)(state)
        base = state.way
        about = truth.about or "a condition"
        ways = tuple(
            base.on(f"{about} at {where} {'holds' if side else 'fails'}", truth.value is side) for side in (True, False)
        )
        ends: list[Outcome] = []
        for way, follow in zip(ways, (yes, no), strict=True):
            branch = state.copy()
            branch.way = way
            ends.append(follow(branch))
        return self._met(ends, ways, base, truth)

    def _met(self, ends: list[Outcome], ways: Sequence[Way], base: Way, truth: Truth) -> Outcome:
        first, second = ends
        if isinstance(first, End) or isinstance(second, End):
            if isinstance(first, End) and isinstance(second, End):
                return next(end for end in (End.JUMP, End.DONE, End.FAILED) if end in (first, second))
            survivor, end, way = (second, first, ways[1]) if isinstance(first, End) else (first, second, ways[0])
            if end is End.FAILED and isinstance(survivor, State) and survivor.way is way:
                survivor.way = base  # the other way is no deployment that works
            return survivor
        unchanged = first.way is ways[0] and second.way is ways[1]
        if truth.value is not None and truth.settled:
            chosen, other = (first, second) if truth.value else (second, first)
            result = assume(chosen, other, "what a variable that no file sets would change is left out")
        else:
            result = join(first, second)
        result.way = base if unchanged else min(first.way, second.way, key=lambda way: (way.sure, way.assumed))
        return result

    def _if(self, node: If, at: int, state: State) -> Outcome:
        if at == len(node.branches):
            if node.otherwise is not None:
                return self.nested(node.otherwise, state)
            state.settle(Truth(True))
            return state
        condition, body = node.branches[at]
        outcome = self.nested(condition, state)
        if isinstance(outcome, End) or at > _MOST_BRANCHES:
            return outcome
        return self.part(
            outcome,
            outcome.truth,
            lambda branch: self.nested(body, branch),
            lambda branch: self._if(node, at + 1, branch),
            _where(condition, node.span),
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
            outcome = self.part(outcome, truth, yes, no, _place(command))
        return outcome

    def _case(self, node: Case, at: int, state: State, subject: Word | None = None) -> Outcome:
        if subject is None:
            found: list[Word] = []

            def expand() -> Truth:
                found.append(self.expander.single(node.subject, state, node.subject.span))
                return Truth(True)

            self.in_test(expand)
            subject = found[0]
        if at == len(node.clauses) or at > _MOST_BRANCHES:
            state.settle(Truth(True))
            return state
        clause, word = node.clauses[at], subject
        truth = self._fits(node, clause.patterns, word, state)

        def taken(branch: State) -> Outcome:
            outcome: Outcome = branch
            for following in node.clauses[at:]:
                if isinstance(outcome, State):
                    outcome = self.nested(following.body, outcome)
                if following.ending != ";&":
                    break
            return outcome

        def passed(branch: State) -> Outcome:
            return self._case(node, at + 1, branch, word)

        return self.part(state, truth, taken, passed, clause.patterns[0].span.place)

    def _fits(self, node: Case, patterns: Sequence[WordNode], word: Word, state: State) -> Truth:
        value = content(word)
        outcome: bool | None = False
        for pattern in patterns:
            if pattern.literal == "*":
                return Truth(True)
            pieces = self.expander.pattern(pattern, state)
            found = (
                {matches(pieces, shown(alternative)) for alternative in value.alternatives}
                if pieces is not None
                else {None}
            )
            if found == {True}:
                outcome = True
                break
            if found != {False}:
                outcome = None
        assumed = outcome is not None and value.certainty.name == "ASSUMED"
        about = _tested_names((node.subject,))
        return Truth(outcome, assumed=assumed, settled=value.ever(lambda text: bool(text)), about=about)

    # -- loops

    def _for(self, node: For, state: State) -> Outcome:
        if not node.name:
            return self._unsure_round(node.body, state, f"in the loop at {node.span.place}")
        if node.words is None:
            words = list(state.arguments)
        else:
            words = [word for item in node.words for word in self.expander.words(item, state)]
        outcome: Outcome = state
        if any(word.loose for word in words) or len(words) > _MOST_ROUNDS:
            unknown = Value.unknown("it is one of a loop's words", Origin.at(node.span))
            state.variables[node.name] = Variable(Word((unknown,), node.span))
            return self._unsure_round(node.body, state, f"for each word of the loop at {node.span.place}")
        self._enter()
        for word in words:
            if isinstance(outcome, End):
                break
            exported = node.name in outcome.variables and outcome.variables[node.name].exported
            outcome.variables[node.name] = Variable(word, None, exported)
            outcome = self._round(node.body, outcome)
        return self._left(outcome)

    def _loop(self, node: Loop, state: State) -> Outcome:
        """`while`: round by round as long as its condition is known, and a server's endless loop once."""
        self._enter()
        for _ in range(_MOST_ROUNDS):
            outcome = self.nested(node.condition, state)
            if isinstance(outcome, End):
                return self._left(outcome)
            truth = outcome.truth.negated() if node.until else outcome.truth
            if truth.value is False and not truth.assumed:
                outcome.settle(Truth(True))
                return self._left(outcome)
            if truth.value is None or truth.assumed:
                outcome = self._unsure_round(node.body, outcome, f"in the loop at {node.span.place}")
                return self._left(outcome)
            outcome = self._round(node.body, outcome)
            if isinstance(outcome, End):
                return self._left(outcome)
            state = outcome
            if _is_constant(node.condition):
                break
        if self.exits[-1]:
            return self._left(End.DONE)
        self.exits.pop()
        self.continues.pop()
        return self.finished(End.DONE)  # it never ends

    def _unsure_round(self, body: Block, state: State, condition: str) -> Outcome:
        """A body that runs any number of times: once here, joined with not at all."""
        base = state.way
        inner = state.copy()
        inner.way = base.on(condition)
        before = dict(state.variables)
        self._enter()
        outcome = self._left(self._round(body, inner))
        if isinstance(outcome, End):
            return state
        for name, variable in outcome.variables.items():  # what a round changes, another changes again
            if variable is not before.get(name) and variable.word is not None:
                unknown = Value.unknown("it changes in a loop", Origin.at(variable.word.span))
                items = None if variable.items is None else (Word((unknown,), variable.word.span, loose=True),)
                outcome.variables[name] = Variable(Word((unknown,), variable.word.span), items, variable.exported)
        result = join(state, outcome)
        result.way = base
        result.settle(Truth(True))
        return result

    def _enter(self) -> None:
        self.exits.append([])
        self.continues.append([])

    def _round(self, body: Block, state: State) -> Outcome:
        way, finished = state.way, self.ended
        outcome = self.nested(body, state)
        continued, self.continues[-1] = self.continues[-1], []
        return self._back(self.meet(outcome, continued), way, finished) if continued else outcome

    def _left(self, outcome: Outcome) -> Outcome:
        """After a loop: the ways that broke out of it meet the one that ended it."""
        self.continues.pop()
        return self.meet(outcome, self.exits.pop())

    def _back(self, outcome: Outcome, way: Way, ended: int) -> Outcome:
        """Where every way that parted has met again, one is as sure as before."""
        if isinstance(outcome, State) and ended == self.ended:
            outcome.way = way
        return outcome

    def finished(self, end: End) -> End:
        """The script ends on this way."""
        self.ended += end is End.DONE
        return end

    def meet(self, outcome: Outcome, jumped: list[State]) -> Outcome:
        for state in jumped:
            if isinstance(outcome, End):
                outcome = state
            else:
                way = max(outcome.way, state.way, key=lambda way: (way.sure, way.assumed))
                outcome = join(outcome, state)
                outcome.way = way
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
        if not words:
            for assignment in node.assignments:
                state.variables[assignment.name] = self.expander.assigned(assignment, state)
            substitutes = any(_substitutes(assignment) for assignment in node.assignments)
            state.settle(Truth(None, normal=True, about="a command") if substitutes else Truth(True))
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
        state.settle(replace(truth, about=_tested_names(node.words)))
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
                Invocation(tuple(words), environment, directory, way.sure, way.background, way.condition, way.assumed)
            )
        state.settle(_of_program(name))
        return state

    def call(self, body: Node, arguments: Sequence[Word], state: State) -> Outcome:
        """A function, with its own arguments and local variables."""
        outer, state.arguments = state.arguments, tuple(arguments)
        self.returns.append([])
        self.locals.append({})
        way, ended = state.way, self.ended
        outcome = self.nested(body, state)
        returned = self.returns.pop()
        outcome = self._back(self.meet(outcome, returned), way, ended) if returned else outcome
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


def assigned_names(text: str) -> set[str]:
    """The variables that an arithmetic expression sets."""
    return {name for names in _ASSIGNED.findall(text) for name in names if name}


def restore(state: State, kept: Mapping[str, Variable | None]) -> None:
    for name, variable in kept.items():
        if variable is None:
            state.variables.pop(name, None)
        else:
            state.variables[name] = variable


def _is_constant(condition: Block) -> bool:
    """Whether a loop's condition is `true`, `:` or the like, which no round changes."""
    command = condition.statements[0].command if len(condition.statements) == 1 else None
    if isinstance(command, Calculation):
        return command.expression.plain is not None
    return isinstance(command, Simple) and all(isinstance(w, WordNode) and w.plain is not None for w in command.words)


def _substitutes(assignment: Assignment) -> bool:
    value = assignment.value
    return value is not None and any(isinstance(unit, Substitution) for unit in value.units)


def _name(node: Node) -> str:
    first = node.words[0] if isinstance(node, Simple) and node.words else None
    return (first.plain if isinstance(first, WordNode) else None) or "a command"


def _of_program(name: str) -> Truth:
    """How a program ends: well, is to be expected, unless asking is what it is for."""
    base = posixpath.basename(name)
    return Truth(normal=base not in _ASKING, about=f"the command {base}" if " " not in base else base)


def _tested_names(tokens: Sequence[str | WordNode | Assignment]) -> str:
    """What a test is about: the names of its variables, never their values."""
    units = [unit for token in tokens if isinstance(token, WordNode) for unit in token.units]
    names = dict.fromkeys(f"${unit.name}" for unit in units if isinstance(unit, Parameter))
    return f"the test of {', '.join(names)}" if names else "a test"


def _place(node: Node) -> str:
    span = getattr(node, "span", None)
    if isinstance(span, Span):
        return span.place
    if isinstance(node, Block) and node.statements:
        return _place(node.statements[0].command)
    if isinstance(node, Group):
        return _place(node.body)
    if isinstance(node, AndOr):
        return _place(node.first)
    return _place(node.commands[0]) if isinstance(node, Pipeline) else "its place"


def _where(condition: Block, span: Span) -> str:
    place = _place(condition)
    return place if place != "its place" else span.place
