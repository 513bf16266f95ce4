"""A tree that outlives an inspection: what an earlier one found out is used again where nothing it rests on has changed.

A question is a function of the tree and of values, asked by `Tree.recall`. While it is answered, everything it asks the tree is
written down with what the tree said: texts, names, whether a file holds some bytes, and other questions. The answer holds as
long as the tree says the same. After a change only what rests on the changed paths is asked again, innermost first; a question
whose own answers come out equal is not asked itself. Nothing else is trusted: no times, and no guesses about what matters.

An answer is never changed by whoever gets it. Not for hostile hosts of a file system: the disk counts as changed where the
caller says so (an editor's watcher), as `Tree` itself takes it not to change during a run.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, TypeVar

from connlint.project.tree import FOLDER, LARGEST_FILE, OTHER, Tree, Unreadable
from connlint.records import dataclass, field
from connlint.source import Source

T = TypeVar("T")
Key = tuple[Any, ...]

MOST_ANSWERS: Final = 3_000
# Steps of all evaluations after which each further one is given fewer, so that its answer depends on those before it.
PLENTY: Final = 800_000
_NAMES: Final = "\0"  # stands for the set of names in the tree, among the paths an answer rests on


class Stale(Exception):
    """The inspection is not wanted any more: something has changed meanwhile."""


@dataclass(slots=True, eq=False)
class _Answer:
    """An answer and what it rests on: by path what the tree was asked, the questions in between, and all paths of both."""

    answer: Any = None
    asked: dict[str, dict[Key, object]] = field(default_factory=dict)
    questions: dict[Key, Any] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    verified: int = 0
    spent: int = 0
    parsed: frozenset[str] = frozenset()


class LiveTree(Tree):
    """The files below `root` with an editor's buffers over them, for many inspections one after the other."""

    def __init__(self, root: str | os.PathLike[str] | None) -> None:
        super().__init__(root)
        self._now = 0
        self._changes: dict[str, int] = {}  # path -> when it last changed
        self._since: dict[int, set[str]] = {}  # of this inspection: what has changed since a point in time
        self._answers: OrderedDict[Key, _Answer] = OrderedDict()
        self._small: dict[Key, tuple[object, object]] = {}  # about single files: the file's state and the answer
        self._names: dict[Key, Any] = {}  # what is there, by what was asked
        self._open: list[_Answer] = []  # the questions that are being answered
        self._stale: Callable[[], bool] = lambda: False

    def renew(
        self, buffers: Mapping[str, str], touched: Iterable[str] = (), stale: Callable[[], bool] = lambda: False
    ) -> None:
        """Begin another inspection under these buffers; `touched`: paths of the disk that have changed.

        Once `stale` says so, the inspection ends with `Stale`.
        """
        self._now += 1
        self._since.clear()
        self._open.clear()
        self._stale = stale
        self.spent, self.parsed, self.notes = 0, set(), []
        changed = {path for path in {*buffers, *self._buffers} if buffers.get(path) != self._buffers.get(path)}
        names = buffers.keys() != self._buffers.keys()
        links = [path for path, kind in self._entries.items() if kind == OTHER]
        for path in touched:
            changed.update((path, *links))
            names = names or (path in self._entries) != os.path.lexists(f"{self.root}/{path}")
        self._buffers = dict(buffers)
        for path in changed:
            self._sources.pop(path, None)
            self._changes[path] = self._now
        if names:
            self._names.clear()
            self._changes[_NAMES] = self._now
            self._paths = None
            self._folders, self._entries, self._walked = {}, {}, set()

    def is_plain(self, path: str) -> bool:
        """Whether a path that was touched is that of a file, or was, and of no folder."""
        return self.root is None or not (
            os.path.isdir(os.path.join(self.root, path)) or self._entries.get(path) == FOLDER
        )

    def recall(self, question: Callable[..., T], *given: Hashable) -> T:
        """The answer of an earlier time where it still holds, else that of now."""
        if self._stale():
            raise Stale
        if self.spent > PLENTY:
            return question(self, *given)
        key = (question, *given)
        kept = self._answers.get(key)
        if kept is not None and self._holds(kept):
            self.spent += kept.spent
            self.parsed |= kept.parsed
        else:
            kept = self._answered(key)
        self._answers[key] = kept
        self._answers.move_to_end(key)
        if len(self._answers) > MOST_ANSWERS:
            self._answers.popitem(last=False)
        if self._open:
            self._open[-1].questions[key] = kept.answer
            self._open[-1].paths |= kept.paths
        answer: T = kept.answer
        return answer

    def _answered(self, key: Key) -> _Answer:
        question, *given = key
        made = _Answer()
        spent, parsed, self.parsed = self.spent, self.parsed, set()
        self._open.append(made)
        try:
            made.answer = question(self, *given)
        except BaseException:  # whoever asked rests on all of this, too
            if len(self._open) > 1:
                above = self._open[-2]
                for path, asked in made.asked.items():
                    above.asked.setdefault(path, {}).update(asked)
                above.questions.update(made.questions)
                above.paths |= made.paths
            raise
        finally:
            self._open.pop()
            made.parsed = frozenset(self.parsed)
            self.parsed |= parsed
        made.spent = self.spent - spent
        made.verified = self._now
        return made

    def _holds(self, kept: _Answer) -> bool:
        """Whether everything an answer rests on is as it was."""
        changed = self._changed_since(kept.verified)
        if not changed.isdisjoint(kept.paths):
            spent, parsed = self.spent, set(self.parsed)
            self._open.append(_Answer())  # what is asked here is nobody else's
            try:
                if not self._same(kept, changed):
                    return False
            finally:
                self._open.pop()
                self.spent, self.parsed = spent, parsed
        kept.verified = self._now
        return True

    def _same(self, kept: _Answer, changed: set[str]) -> bool:
        for path in changed & kept.asked.keys():
            if any(self._said(*key) != said for key, said in kept.asked[path].items()):
                return False
        moved = False
        for key, answer in kept.questions.items():
            inner = self._answers.get(key)
            if inner is None or inner.answer is not answer or not changed.isdisjoint(inner.paths):
                moved = True
                try:
                    now = self.recall(*key)
                except Stale:
                    raise
                except Exception:  # what it is, whoever asks for the answer anew will see
                    return False
                if now is not answer and now != answer:
                    return False
        if moved:
            inners = (self._answers[key].paths for key in kept.questions if key in self._answers)
            kept.paths = set(kept.asked).union(*inners)
        return True

    def _changed_since(self, then: int) -> set[str]:
        if then not in self._since:
            self._since[then] = {path for path, when in self._changes.items() if when > then}
        return self._since[then]

    def _note(self, path: str, key: Key, said: object) -> None:
        if self._open:
            frame = self._open[-1]
            frame.asked.setdefault(path, {})[key] = said
            frame.paths.add(path)

    def _said(self, method: str, *given: Any) -> object:
        """What the tree says now; what it refuses, it says too."""
        try:
            if method == "state":
                return self._state(given[0])
            if method == "of_file":
                return self._of_file(*given)
            answer: object = getattr(Tree, method)(self, *given)
        except Unreadable as error:
            return "refused", error.code, str(error)
        return answer

    def _told(self, path: str, method: str, *given: Any) -> Any:
        """What the tree says, written down."""
        try:
            if path is _NAMES:
                answer = self._named(method, *given)
            else:
                answer = self._of_file(*given) if method == "of_file" else getattr(Tree, method)(self, *given)
        except Unreadable as error:
            self._note(path, (method, *given), ("refused", error.code, str(error)))
            raise
        self._note(path, (method, *given), answer)
        return answer

    def _named(self, *key: Any) -> Any:
        if key not in self._names:
            self._names[key] = getattr(Tree, key[0])(self, *key[1:])
        return self._names[key]

    def _state(self, path: str) -> object:
        buffer = self._buffers.get(path)
        return buffer if buffer is not None else self._changes.get(path, 0)

    def of_file(self, question: Callable[..., T], path: str, limit: int, *given: Hashable) -> T:
        answer: T = self._told(path, "of_file", question, path, limit, *given)
        return answer

    def _of_file(self, *key: Any) -> object:
        question, path, limit, *given = key
        state, known = self._state(path), self._small.get(key)
        if known is None or known[0] != state:
            known = self._small[key] = state, question(path, Tree.read_bytes(self, path, limit), *given)
        return known[1]

    def paths(self) -> tuple[str, ...]:
        answer: tuple[str, ...] = self._told(_NAMES, "paths")
        return answer

    def is_file(self, path: str) -> bool:
        return bool(self._told(_NAMES, "is_file", path))

    def leads_out(self, path: str) -> bool:
        return bool(self._told(_NAMES, "leads_out", path))

    def names_file(self, path: str) -> bool:
        return bool(self._told(_NAMES, "names_file", path))

    def is_dir(self, path: str) -> bool:
        return bool(self._told(_NAMES, "is_dir", path))

    def listdir(self, path: str) -> tuple[str, ...]:
        answer: tuple[str, ...] = self._told(_NAMES, "listdir", path)
        return answer

    def read(self, path: str, limit: int = LARGEST_FILE) -> Source:
        if self._stale():
            raise Stale
        answer: Source = self._told(path, "read", path, limit)
        return answer

    def holds(self, path: str, text: bytes, limit: int = LARGEST_FILE) -> bool:
        return bool(self._told(path, "holds", path, text, limit))

    def read_bytes(self, path: str, limit: int = LARGEST_FILE) -> bytes:
        self._note(path, ("state", path), self._state(path))
        return Tree.read_bytes(self, path, limit)
