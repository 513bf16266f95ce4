"""Keys, subscripts and methods of dicts, which are also namespaces and attributes of instances."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import combinations
from typing import TYPE_CHECKING, Final

from connlint.python.language.domain import (
    MISSING,
    REST,
    Abstract,
    Arguments,
    Class,
    Dict,
    External,
    Function,
    Instance,
    Known,
    Lazy,
    List,
    Mark,
    Module,
    OneOf,
    Special,
    Tuple,
    Unknown,
)
from connlint.python.language.operators import has_key, overlaid
from connlint.python.language.pedigree import marked
from connlint.python.language.plain import NotPlain, alternatives, hashable, names_of
from connlint.python.language.store import join_values, one_of

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_MOST_MAYBES: Final = 3
_CODE: Final = (Class, External, Function, Lazy, Module)  # what a namespace holds besides data


def present(value: Abstract) -> Abstract:
    """The same value in the cases where it is there; MISSING when it never is."""
    if not isinstance(value, OneOf) or MISSING not in value.choices:
        return value
    pairs = zip(value.choices, value.births, strict=True)
    return join_values([(option, born) for option, born in pairs if option is not MISSING])


def keys_of(value: Dict, mark: Mark) -> Abstract:
    """The keys in order, as a Tuple; one of several when some are there in one case only."""
    if value.rest is not None:
        return Unknown("not all of its keys are known", value.marks or (mark,))
    keys = list(value.known_keys())
    maybe = [key for key in keys if MISSING in value.cells[key].options]
    if len(maybe) > _MOST_MAYBES:
        return Unknown("which of its keys are there is not known", value.marks or (mark,))
    sets = [absent for size in range(len(maybe) + 1) for absent in combinations(maybe, size)]
    return one_of(Tuple(tuple(Known(key) for key in keys if key not in absent)) for absent in sets)


def read(run: Interpreter, target: Dict, key: Hashable) -> Abstract:
    """What a cell holds; MISSING when it is empty. Names imported lazily are loaded here."""
    value = target.cells.get(key, MISSING)
    if isinstance(value, Lazy):
        value = run.resolve(value)
        run.store.write(target, key, value)
    if target.kind == "module" and isinstance(key, str):
        run.read_names.add(key)
    if value is MISSING and target.rest is not None:
        return target.rest
    return value


def get_item(run: Interpreter, target: Dict, key: Abstract, mark: Mark) -> Abstract:
    """`target[key]`; a missing key fails with KeyError, or makes the default of a defaultdict."""
    try:
        keys = alternatives(key)
    except NotPlain as error:
        run.may_fail(names_of(KeyError), "the key may be missing", mark)
        return run.unknown_of([error.unknown], "the key is not known", mark)
    return one_of(_item(run, target, one, mark) for one in keys)


def _item(run: Interpreter, target: Dict, key: object, mark: Mark) -> Abstract:
    try:
        value = read(run, target, key)
    except TypeError:
        return run.fail(names_of(TypeError), "the key cannot be one", mark)
    if value is MISSING:
        if target.factory is not None:
            made = run.call(target.factory, Arguments(), mark)
            run.store.write(target, key, made)
            return made
        return run.fail(names_of(KeyError), "the key is missing", mark)
    if MISSING in value.options:
        run.may_fail(names_of(KeyError), "the key may be missing", mark)
    return present(value)


def set_item(run: Interpreter, target: Dict, key: Abstract, value: Abstract, mark: Mark) -> None:
    """`target[key] = value`; a key that is not known makes every key uncertain."""
    try:
        keys = alternatives(key)
        for one in keys:
            hash(one)
    except (NotPlain, TypeError):
        blur(run, target, Unknown("a key was set, and which is not known", (mark,)))
        return
    for one in keys:
        assert isinstance(one, Hashable)
        held = target.cells.get(one, MISSING)
        new = marked(value, mark)
        run.store.write(target, one, new if len(keys) == 1 else one_of([new, held]))


def delete_item(run: Interpreter, target: Dict, key: Abstract, mark: Mark) -> None:
    """`del target[key]`."""
    try:
        one = hashable(key)
    except NotPlain:
        blur(run, target, Unknown("a key was deleted, and which is not known", (mark,)))
        return
    if one not in target.cells and target.rest is None:
        run.fail(names_of(KeyError), "the key to delete is missing", mark)
    run.store.write(target, one, MISSING)


def blur(run: Interpreter, target: Dict, unknown: Unknown) -> None:
    """Make every key of a dict unknown: what an update with something unknown leaves."""
    for key in list(target.known_keys()):
        code = target.kind == "module" and (str(key).startswith("__") or isinstance(target.cells[key], _CODE))
        if not code:
            run.store.write(target, key, unknown)
    run.store.write(target, REST, unknown)


def update(run: Interpreter, target: Dict, more: Abstract, mark: Mark) -> None:
    """`target.update(more)` for a dict, an iterable of pairs, or something unknown."""

    def apply(source: Abstract) -> Abstract:
        if isinstance(source, Instance) and isinstance(source.base, Dict):
            source = source.base
        if isinstance(source, Special):
            source = source.mapping(run) or source
        if isinstance(source, Dict):
            if source.rest is not None:
                blur(
                    run, target, source.rest if isinstance(source.rest, Unknown) else Unknown("its keys are not known")
                )
            for key in list(source.known_keys()):
                value = read(run, source, key) if MISSING not in source.cells[key].options else source.cells[key]
                run.store.write(target, key, overlaid(target.cells.get(key, MISSING), value))
        elif isinstance(source, (List, Tuple)):
            _update_pairs(run, target, source, mark)
        else:
            blur(run, target, run.unknown_of([source], "it was updated with something unknown", mark))
        return Known(None, (mark,))

    run.each(more, apply)


def _update_pairs(run: Interpreter, target: Dict, source: List | Tuple, mark: Mark) -> None:
    content = source.content if isinstance(source, List) else source
    pairs = content.items if isinstance(content, Tuple) else None
    for pair in pairs or ():
        pair = pair.content if isinstance(pair, List) else pair
        if isinstance(pair, Tuple) and len(pair.items) == 2:
            set_item(run, target, pair.items[0], pair.items[1], mark)
        else:
            pairs = None
            break
    if pairs is None:
        blur(run, target, run.unknown_of([content], "it was updated with something unknown", mark))


def make(run: Interpreter, arguments: Arguments, mark: Mark) -> Dict:
    """`dict(...)` with these arguments."""
    made = run.make_dict({}, (mark,))
    for source in arguments.positional[:1]:
        update(run, made, source, mark)
    for key, value in arguments.named.items():
        run.store.write(made, key, value)
    if arguments.open:
        blur(run, made, Unknown("not all of its keys are known", (mark,)))
    return made


def view(run: Interpreter, target: Dict, name: str, mark: Mark) -> Abstract:
    """keys(), values() and items() as a list."""
    keys = keys_of(target, mark)

    def entry(key: Abstract) -> Abstract:
        assert isinstance(key, Known)
        if name == "keys":
            return key
        value = present(read(run, target, key.value))
        return value if name == "values" else Tuple((key, value))

    def entries(option: Abstract) -> Abstract:
        if isinstance(option, Tuple):
            return Tuple(tuple(entry(key) for key in option.items), target.marks)
        return option

    content = one_of(entries(option) for option in keys.options)
    return run.make_list_of(content, target.marks, "list")


def dict_method(run: Interpreter, target: Dict, name: str, arguments: Arguments, mark: Mark) -> Abstract:
    """Call a method of a dict; unknown for one that is not modelled."""
    first = arguments.get(0, "key")
    second = arguments.get(1, "default")
    nothing = Known(None, (mark,))
    if name in ("keys", "values", "items"):
        return view(run, target, name, mark)
    if name == "get" and first is not None:
        return look_up(run, target, first, second or nothing, mark)
    if name == "setdefault" and first is not None:
        held = look_up(run, target, first, second or nothing, mark)
        set_item(run, target, first, held, mark)
        return held
    if name == "pop" and first is not None:
        found = look_up(run, target, first, second, mark) if second else get_item(run, target, first, mark)
        if not isinstance(first, Known) or first.value in target.cells:
            delete_item(run, target, first, mark)
        return found
    if name == "popitem":
        return _pop_last(run, target, mark)
    if name == "update":
        for source in arguments.positional:
            update(run, target, source, mark)
        for word, value in arguments.named.items():
            run.store.write(target, word, value)
        if arguments.open:
            blur(run, target, Unknown("it was updated with something unknown", (mark,)))
        return nothing
    if name == "copy":
        return Dict(run.store.number(), target.marks, dict(target.cells), target.factory)
    if name == "clear":
        for key in list(target.cells):
            run.store.write(target, key, MISSING)
        return nothing
    if name == "__getitem__" and first is not None:
        return get_item(run, target, first, mark)
    if name == "__setitem__" and len(arguments.positional) == 2:
        set_item(run, target, arguments.positional[0], arguments.positional[1], mark)
        return nothing
    if name == "__init__":
        update(run, target, make(run, arguments, mark), mark)
        return nothing
    if name == "__contains__" and first is not None:
        known = has_key(target, first)
        return Unknown("whether it has the key is not known", (mark,)) if known is None else Known(known, (mark,))
    return Unknown(f"the method {name} of a dict is not modelled", (mark,))


def look_up(run: Interpreter, target: Dict, key: Abstract, default: Abstract, mark: Mark) -> Abstract:
    """`target.get(key, default)`."""
    try:
        keys = alternatives(key)
    except NotPlain as error:
        return run.unknown_of([error.unknown], "the key is not known", mark)
    found: list[Abstract] = []
    for one in keys:
        value = read(run, target, one) if isinstance(one, Hashable) else Unknown("the key cannot be one", (mark,))
        if MISSING not in value.options:
            found.append(value)
        elif value is MISSING:
            found.append(default)
        else:
            found.append(join_values([(present(value), None), (default, None)]))
    return found[0] if len(found) == 1 else one_of(found)


def _pop_last(run: Interpreter, target: Dict, mark: Mark) -> Abstract:
    keys = keys_of(target, mark)
    if not isinstance(keys, Tuple) or not keys.items:
        return run.unknown_of([keys], "its last key is not known", mark)
    key = keys.items[-1]
    value = get_item(run, target, key, mark)
    delete_item(run, target, key, mark)
    return Tuple((key, value), (mark,))
