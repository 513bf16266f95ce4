"""uWSGI's two XML readers, and the options they find: one goes over libxml2's tree, the other by expat's events.

Source: core/xmlconf.c. Which one a build has depends on the libraries of the machine it was compiled on. They agree on
`<key>value</key>` and `<key/>`; they differ on `<app>`, nested elements, comments, entities and lines in a value.
Declared entities are never expanded here, and nothing outside the file is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connlint.formats.uwsgi.row import MOST_ROWS, Row, Trouble, row_at
from connlint.formats.uwsgi.text import Expanded
from connlint.records import dataclass, field

MOST_NESTING: Final = 200
_MOST_EVENTS: Final = 10 * MOST_ROWS
_JUNK_AFTER_ROOT: Final = 9  # expat's XML_ERROR_JUNK_AFTER_DOC_ELEMENT, which uWSGI ignores


@dataclass(frozen=True, slots=True)
class Event:
    """A start tag, an end tag or a piece of content, at a place of the text."""

    kind: str  # start, end, text, cdata, comment, instruction
    text: str
    start: int
    end: int
    attributes: tuple[str, ...] = ()

    def get(self, name: str) -> str | None:
        """An attribute of a start tag."""
        pairs = dict(zip(self.attributes[::2], self.attributes[1::2], strict=True))
        return pairs.get(name)


@dataclass(slots=True)
class _Node:
    """An element of the tree, as far as uWSGI looks into it."""

    event: Event
    children: list[_Node] = field(default_factory=list)

    @property
    def content(self) -> str | None:
        return None if self.event.kind == "start" else self.event.text


def event_rows(expanded: Expanded, section: str, events: list[Event]) -> Iterator[Row]:
    """The options that the expat reader finds; `section` is the id asked for, empty for none."""
    inside = False
    key: Event | None = None
    for event in events:
        if event.kind == "start":
            if inside:
                key = event
            elif event.text == "uwsgi" and (not section or event.attributes[:2] == ("id", section)):
                inside = True
        elif not inside:
            continue
        elif event.kind in ("text", "cdata") and key is not None:
            yield _row(expanded, section, key, event)
            key = None
        elif event.kind == "end":
            if event.text == "uwsgi":
                inside = False
            elif key is not None:
                yield _row(expanded, section, key, None)
                key = None


def tree_rows(expanded: Expanded, section: str, events: list[Event]) -> Iterator[Row]:
    """The options that the libxml2 reader finds; `section` is the id asked for, empty for none."""
    root = _tree(events)
    if root is None:
        return
    if root.event.text != "uwsgi":
        named = [child for child in root.children if child.event.kind == "start" and child.event.text == "uwsgi"]
        wanted = [child for child in named if not section or child.event.get("id") in (None, section)]
        if not wanted:
            return
        root = wanted[0]
    for child in root.children:
        event = child.event
        if section and event.kind == "start" and event.get("id") not in (None, section):
            continue
        if event.kind == "cdata":
            row = _row(expanded, section, event, event)
            yield Row("eval", row.text, row.entry, row.magic)
        elif event.kind == "start" and event.text == "app":
            yield from _app_rows(expanded, section, child)
        elif event.kind == "start":
            first = child.children[0] if child.children else None
            if first is None or first.content is not None:
                yield _row(expanded, section, event, first.event if first else None)


def _app_rows(expanded: Expanded, section: str, node: _Node) -> Iterator[Row]:
    """`<app mountpoint="/x">module</app>` is a `mount` and an empty `app`."""
    children = node.children
    value: _Node | None = None
    if len(children) == 1 and children[0].content is not None:
        value = children[0]
    elif len(children) > 1 and children[1].children and children[1].children[0].content is not None:
        value = children[1].children[0]
    if children and value is None:
        return
    if value is not None:
        row = _row(expanded, section, node.event, value.event)
        mountpoint, domain = node.event.get("mountpoint"), node.event.get("domain")
        prefix = f"{mountpoint}=" if mountpoint is not None else f"{domain}|=" if domain is not None else ""
        yield Row("mount", f"{prefix}{row.text}", row.entry, row.magic)
    empty = _row(expanded, section, node.event, None)
    yield Row("app", "", empty.entry)


def _row(expanded: Expanded, section: str, key: Event, value: Event | None) -> Row:
    start = key.start + 1 if key.kind == "start" else key.start
    end = start + len(key.text) if key.kind == "start" else key.end
    if value is None:
        row = row_at(expanded, section, (start, end), None, "1")
    else:
        row = row_at(expanded, section, (start, end), (value.start, value.end), value.text)
    return Row(key.text, row.text, row.entry, row.magic, row.key_doubt)


def _tree(events: list[Event]) -> _Node | None:
    """The tree, adjacent text joined: one node for each element, text, CDATA section, comment, instruction."""
    top: _Node | None = None
    path: list[_Node] = []
    for event in events:
        if event.kind == "end":
            path.pop()
            continue
        node = _Node(event)
        if path:
            siblings = path[-1].children
            last = siblings[-1].event if siblings else None
            if event.kind == "text" and last is not None and last.kind == "text":
                siblings[-1] = _Node(Event("text", last.text + event.text, last.start, event.end))
                continue
            siblings.append(node)
        elif event.kind == "start" and top is None:
            top = node
        if event.kind == "start":
            path.append(node)
    return top


def parse(text: str) -> tuple[list[Event], Trouble | None]:
    """The events of a file, and what makes it unreadable. Entities that it declares are refused."""
    return _Parser(text).run()


class _Parser:
    """Collects expat's events with their places, counted in characters."""

    def __init__(self, text: str) -> None:
        from xml.parsers import expat

        self._data = text.encode("utf-8", "replace")
        self._ascii = len(self._data) == len(text)
        self._bytes = self._characters = 0  # how many characters the first bytes are
        self._found: list[tuple[str, str, int, tuple[str, ...]]] = []
        self._depth = 0
        self._in_cdata = False
        self._trouble: Trouble | None = None
        self._failed = expat.ExpatError
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = lambda data: self._add("cdata" if self._in_cdata else "text", data)
        parser.CommentHandler = lambda data: self._add("comment", data)
        parser.ProcessingInstructionHandler = lambda _, data: self._add("instruction", data)
        parser.StartCdataSectionHandler = lambda: self._cdata(True)
        parser.EndCdataSectionHandler = lambda: self._cdata(False)
        parser.EntityDeclHandler = self._entity

    def run(self) -> tuple[list[Event], Trouble | None]:
        try:
            self._parser.Parse(self._data, True)
        except _Stopped:
            return [], self._trouble
        except self._failed as error:
            if error.code != _JUNK_AFTER_ROOT:
                at = self._place(self._parser.ErrorByteIndex)
                return [], Trouble("syntax", f"this is no XML: {_words(error.code)}", at, fatal=True)
        self._add("done", "")
        places = [self._place(at) for _, _, at, _ in self._found]
        events = []
        for index, (kind, text, _, attributes) in enumerate(self._found[:-1]):
            if kind != "mark":
                events.append(Event(kind, text, places[index], places[index + 1], attributes))
        return events, None

    def _start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        if self._depth > MOST_NESTING:
            self._stop("too-large", f"elements are nested more than {MOST_NESTING} deep")
        self._add("start", name, tuple(attributes))

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._add("end", name)

    def _cdata(self, starts: bool) -> None:
        self._in_cdata = starts
        self._add("mark", "")

    def _entity(self, *_: object) -> None:
        self._stop("syntax", "the file declares entities, which are not expanded")

    def _add(self, kind: str, text: str, attributes: tuple[str, ...] = ()) -> None:
        if len(self._found) > _MOST_EVENTS:
            self._stop("too-large", "there are too many elements")
        at = self._parser.CurrentByteIndex
        self._found.append((kind, text, len(self._data) if kind == "done" else at, attributes))

    def _stop(self, code: str, message: str) -> None:
        self._trouble = Trouble(code, message, self._place(self._parser.CurrentByteIndex))
        raise _Stopped

    def _place(self, at: int) -> int:
        """How many characters the first `at` bytes are; asked in rising order."""
        if self._ascii:
            return at
        if at < self._bytes:
            self._bytes = self._characters = 0
        self._characters += len(self._data[self._bytes : at].decode("utf-8", "ignore"))
        self._bytes = at
        return self._characters


class _Stopped(Exception):
    """Raised out of expat's handlers to end the parse."""


def _words(code: int) -> str:
    from xml.parsers import expat

    return expat.ErrorString(code) or "it is not well-formed"
