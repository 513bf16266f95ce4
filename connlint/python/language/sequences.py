"""Iteration, subscripts and methods of lists, tuples, sets and strings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import (
    ITEMS,
    Abstract,
    Arguments,
    Class,
    Dict,
    Instance,
    Known,
    List,
    Mark,
    Special,
    Tuple,
    Unknown,
)
from connlint.python.language.fuel import MOST_ITEMS
from connlint.python.language.mappings import keys_of
from connlint.python.language.operators import contains, equal
from connlint.python.language.plain import NotPlain, compute, lift, names_of, plain
from connlint.python.language.store import join_values

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_MOST_COMPARED: Final = 300  # items that are compared with each other one by one
_UNIQUE: Final = frozenset({"set", "frozenset"})


def iterate(run: Interpreter, value: Abstract, mark: Mark) -> Abstract:
    """What a loop over `value` would see, as a Tuple; one of several, or unknown."""
    return run.each(value, lambda option: _iterate(run, option, mark))


def _iterate(run: Interpreter, value: Abstract, mark: Mark) -> Abstract:
    if isinstance(value, Tuple):
        return value
    if isinstance(value, List):
        return value.content
    if isinstance(value, Dict):
        return keys_of(value, mark)
    if isinstance(value, Special):
        return value.iterate(run, mark)
    if isinstance(value, Known):
        return _iterate_plain(run, value, mark)
    if isinstance(value, Class) and value.is_enum:
        members = [cell for cell in value.cells.values() if isinstance(cell, Instance)]
        return Tuple(tuple(members), (mark,))
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Instance) and value.base is not None and "__iter__" not in value.of.cells:
        return _iterate(run, value.base, mark)
    if isinstance(value, Instance):
        method = run.attribute(value, "__iter__", mark)
        return iterate(run, run.call(method, Arguments(), mark), mark)
    return Unknown("what it holds is not known", (mark,))


def _iterate_plain(run: Interpreter, value: Known, mark: Mark) -> Abstract:
    try:
        items = list(islice(iter(value.value), MOST_ITEMS + 1))  # type: ignore[call-overload]  # what cannot be iterated raises the TypeError below
    except TypeError:
        return run.fail(names_of(TypeError), "the loop is over something that is no container", mark)
    if len(items) > MOST_ITEMS:
        return Unknown("the loop is too long", (mark,))
    return Tuple(tuple(lift(run, item, value.marks) for item in items), value.marks)


def get_item(run: Interpreter, value: Abstract, key: Abstract, mark: Mark) -> Abstract:
    """`value[key]` of a list, tuple or string."""
    content = value.content if isinstance(value, List) else value
    return run.each(content, lambda option: run.each(key, lambda at: _item(run, value, option, at, mark)))


def _item(run: Interpreter, whole: Abstract, content: Abstract, key: Abstract, mark: Mark) -> Abstract:
    if isinstance(content, Known):
        return compute(run, "the subscript", lambda a, b: a[b], (content, key), mark)
    if isinstance(content, Unknown):
        return content
    if not isinstance(content, Tuple) or not isinstance(key, Known):
        return run.unknown_of([key], "the index is not known", mark)
    try:
        found = content.items[key.value]  # type: ignore[call-overload]  # TypeError is caught below
    except IndexError:
        return run.fail(names_of(IndexError), "the index is out of range", mark)
    except (TypeError, ValueError):
        return run.fail(names_of(TypeError), "the index is no number", mark)
    if isinstance(key.value, slice):
        return run.make_list(found, (mark,)) if isinstance(whole, List) else Tuple(found, (mark,))
    result: Abstract = found
    return result


def set_item(run: Interpreter, target: List, key: Abstract, value: Abstract, mark: Mark) -> None:
    """`target[key] = value` of a list."""
    content = target.content
    if not isinstance(content, Tuple) or not isinstance(key, Known):
        run.store.write(target, ITEMS, Unknown("an item was replaced, and which is not known", (mark,)))
        return
    items = list(content.items)
    try:
        if isinstance(key.value, slice):
            replaced = iterate(run, value, mark)
            if not isinstance(replaced, Tuple):
                run.store.write(target, ITEMS, run.unknown_of([replaced], "its items are not known", mark))
                return
            items[key.value] = replaced.items
        else:
            items[key.value] = value  # type: ignore[call-overload]  # what is no index raises what is caught below
    except (IndexError, TypeError, ValueError):
        run.fail(names_of(IndexError), "the index is out of range", mark)
        return
    run.store.write(target, ITEMS, Tuple(tuple(items), content.marks))


def delete_item(run: Interpreter, target: List, key: Abstract, mark: Mark) -> None:
    """`del target[key]` of a list."""
    content = target.content
    if not isinstance(content, Tuple) or not isinstance(key, Known):
        run.store.write(target, ITEMS, Unknown("an item was deleted, and which is not known", (mark,)))
        return
    items = list(content.items)
    try:
        del items[key.value]  # type: ignore[arg-type]  # what is no index raises what is caught below
    except (IndexError, TypeError):
        run.fail(names_of(IndexError), "the index is out of range", mark)
        return
    run.store.write(target, ITEMS, Tuple(tuple(items), content.marks))


def unique(items: Iterable[Abstract]) -> Abstract:
    """The content of a set of `items`; unknown when it cannot be told which of them are equal."""
    pending = list(items)
    if all(isinstance(item, Known) for item in pending):
        return _unique_known(pending)
    if len(pending) > _MOST_COMPARED:
        return Unknown("which of its items are equal is not known")
    kept: list[Abstract] = []
    for item in pending:
        verdicts = [equal(item, other) for other in kept]
        if True in verdicts:
            continue
        if None in verdicts:
            return Unknown("which of its items are equal is not known", item.where)
        kept.append(item)
    return Tuple(tuple(kept))


def _unique_known(items: Iterable[Abstract]) -> Abstract:
    kept: dict[object, Abstract] = {}
    for item in items:
        assert isinstance(item, Known)
        try:
            kept.setdefault(item.value, item)
        except TypeError:
            return Unknown("it holds something that no set can hold", item.marks)
    return Tuple(tuple(kept.values()))


def extend(run: Interpreter, target: List, more: Abstract, mark: Mark) -> None:
    """Add the items of `more`, an iterable."""
    added = iterate(run, more, mark)
    _change(run, target, lambda items: run.each(added, lambda extra: _extended(run, target, items, extra, mark)), mark)


def _extended(run: Interpreter, target: List, items: Tuple, extra: Abstract, mark: Mark) -> Abstract:
    if not isinstance(extra, Tuple):
        return run.unknown_of([extra], "not all of its items are known", mark)
    if len(items.items) + len(extra.items) > MOST_ITEMS:
        return Unknown("it has too many items", (mark,))
    run.fuel.burn(len(items.items) // 64 + len(extra.items))
    both = items.items + extra.items
    return unique(both) if target.kind in _UNIQUE else Tuple(both, items.marks)


def _change(run: Interpreter, target: List, change: Callable[[Tuple], Abstract], mark: Mark) -> None:
    def apply(content: Abstract) -> Abstract:
        if isinstance(content, Tuple):
            return change(content)
        return run.unknown_of([content], "its items are not known", mark)

    run.store.write(target, ITEMS, run.each(target.content, apply))


def list_method(run: Interpreter, target: List, name: str, arguments: Arguments, mark: Mark) -> Abstract:
    """Call a method of a list or set; unknown for one that is not modelled, and its content with it."""
    first = arguments.get(0, "key" if name == "sort" else "")
    nothing = Known(None, (mark,))
    if name in ("append", "add", "appendleft") and first is not None:
        item = first
        front = name == "appendleft"
        more = run.make_list([item], (mark,))
        if front:
            _change(run, target, lambda items: Tuple((item, *items.items), items.marks), mark)
        else:
            extend(run, target, more, mark)
        return nothing
    if name in ("extend", "update"):
        for more_items in arguments.positional:
            extend(run, target, more_items, mark)
        return nothing
    if name == "insert" and len(arguments.positional) == 2:
        return _insert(run, target, arguments.positional[0], arguments.positional[1], mark)
    if name in ("remove", "discard") and first is not None:
        return _remove(run, target, first, mark, strict=name == "remove")
    if name in ("pop", "popleft"):
        return _pop(run, target, Known(0) if name == "popleft" else first, mark)
    if name == "clear":
        run.store.write(target, ITEMS, Tuple((), (mark,)))
        return nothing
    if name == "copy":
        return run.make_list_of(target.content, target.marks, target.kind)
    if name == "reverse":
        _change(run, target, lambda items: Tuple(items.items[::-1], items.marks), mark)
        return nothing
    if name == "sort":
        ordered = sort(run, target.content, arguments, mark)
        run.store.write(target, ITEMS, ordered)
        return nothing
    if name in ("index", "count"):
        return compute(
            run, name, lambda items, *rest: getattr(items, name)(*rest), (target, *arguments.positional), mark
        )
    if target.kind in _UNIQUE:
        return compute(
            run, name, lambda items, *rest: getattr(items, name)(*rest), (target, *arguments.positional), mark
        )
    return Unknown(f"the method {name} of a list is not modelled", (mark,))


def _insert(run: Interpreter, target: List, at: Abstract, item: Abstract, mark: Mark) -> Abstract:
    def change(items: Tuple) -> Abstract:
        if not isinstance(at, Known) or not isinstance(at.value, int):
            return run.unknown_of([at], "where an item was put is not known", mark)
        changed = list(items.items)
        changed.insert(at.value, item)
        return Tuple(tuple(changed), items.marks)

    _change(run, target, change, mark)
    return Known(None, (mark,))


def _remove(run: Interpreter, target: List, item: Abstract, mark: Mark, *, strict: bool) -> Abstract:
    if strict and contains(run, target, item, mark) is False:
        return run.fail(names_of(ValueError), "the item to remove is not there", mark)

    def change(items: Tuple) -> Abstract:
        for index, other in enumerate(items.items):
            verdict = equal(other, item)
            if verdict is None:
                return run.unknown_of([other, item], "which item was removed is not known", mark)
            if verdict:
                return Tuple(items.items[:index] + items.items[index + 1 :], items.marks)
        return items

    _change(run, target, change, mark)
    return Known(None, (mark,))


def _pop(run: Interpreter, target: List, at: Abstract | None, mark: Mark) -> Abstract:
    index = at if at is not None else Known(-1)
    found = get_item(run, run.make_list_of(target.content, target.marks), index, mark)
    delete_item(run, target, index, mark)
    return found


def sort(run: Interpreter, content: Abstract, arguments: Arguments, mark: Mark) -> Abstract:
    """The items of a Tuple in the order that sorted() with these arguments gives."""
    if not isinstance(content, Tuple):
        return run.unknown_of([content], "its items are not known", mark)
    key, backwards = arguments.named.get("key"), arguments.named.get("reverse", Known(False))
    if key is not None and not (isinstance(key, Known) and key.value is None):
        keys = [run.call(key, Arguments((item,)), mark) for item in content.items]
    else:
        keys = list(content.items)
    try:
        ranks = [plain(value) for value in keys]
        order = sorted(range(len(ranks)), key=lambda i: ranks[i], reverse=bool(plain(backwards)))  # type: ignore[arg-type,return-value]
    except NotPlain as error:
        return run.unknown_of([error.unknown], "its order is not known", mark)
    except TypeError:
        return run.fail(names_of(TypeError), "its items cannot be ordered", mark)
    return Tuple(tuple(content.items[i] for i in order), content.marks)


def items_or_unknown(run: Interpreter, value: Abstract, mark: Mark) -> tuple[Abstract, ...] | Unknown:
    """The items of an iterable when they are known without alternatives."""
    found = iterate(run, value, mark)
    if isinstance(found, Tuple):
        return found.items
    tuples = [option for option in found.options if isinstance(option, Tuple)]
    sizes = {len(option.items) for option in tuples}
    if len(tuples) == len(found.options) and len(sizes) == 1:
        columns = zip(*(option.items for option in tuples), strict=True)
        return tuple(join_values([(item, None) for item in column]) for column in columns)
    return run.unknown_of([found], "its items are not known", mark)
