"""Loading modules of the project: finding them, running their statements, handing out their names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from connlint.project.tree import Unreadable
from connlint.python.language.domain import (
    MISSING,
    Abstract,
    Dict,
    External,
    Known,
    Lazy,
    List,
    Mark,
    Module,
    Tuple,
    Unknown,
)
from connlint.python.language.flow import Failed
from connlint.python.language.frame import Frame
from connlint.python.language.fuel import MODULES, OutOfFuel
from connlint.python.language.giving_up import abandon, give_up
from connlint.python.language.mappings import blur, present, read
from connlint.python.language.plain import names_of
from connlint.python.modules import ModuleNotFound, ModuleUnparsable, Unit

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

# Modules that the evaluator knows to be there, besides the standard library.
_PRESENT: Final = frozenset(
    {
        "django",
        "environ",
        "environs",
        "decouple",
        "dotenv",
        "dj_database_url",
        "split_settings",
        "configurations",
        "yaml",
    }
)


def find_module(run: Interpreter, name: str, mark: Mark) -> Abstract:
    """The module of a dotted name: of the project, external, or a failed import."""
    if name in run.modules:
        return run.modules[name]
    located = run.finder.find(name)
    if located is not None:
        module = Module(run.store.number(), (mark,), {}, name, located.path, located.is_package)
        module.names = namespace(run, module)
        run.modules[name] = module
        return module
    top = name.partition(".")[0]
    if run.finder.in_project(top):
        return run.fail(names_of(ModuleNotFoundError), f"there is no module {name} in the project", mark)
    if top not in sys.stdlib_module_names and top not in _PRESENT:
        run.may_fail(names_of(ModuleNotFoundError), f"{name} may not be installed", mark)
    return External(name, (mark,))


def namespace(run: Interpreter, module: Module) -> Dict:
    """The names of a module before its first statement has run."""
    names = Dict(run.store.number(), module.marks, {}, None, "module")
    names.cells["__name__"] = Known(module.name)
    names.cells["__doc__"] = Known(None)
    names.cells["__package__"] = Known(module.name if module.is_package else module.name.rpartition(".")[0])
    names.cells["__spec__"] = Unknown("the import machinery is not modelled")
    if module.path:
        names.cells["__file__"] = Known(f"{run.finder.tree.base}/{module.path}")
    if module.is_package:
        folder = module.path.rpartition("/")[0]
        names.cells["__path__"] = run.make_list([Known(f"{run.finder.tree.base}/{folder}")], ())
    return names


def load(run: Interpreter, module: Module) -> Dict:
    """Run a module's statements once; its names, none when it cannot be read or parsed."""
    assert module.names is not None
    if module.state != "found":
        return module.names
    module.state = "loading"
    if not module.path:
        module.state = "loaded"
        return module.names
    if len(run.modules) > MODULES:
        return _not_loaded(module, f"{module.name} is not read: there are too many modules")
    try:
        module.unit = run.finder.parse(module.path, module.name, is_package=module.is_package)
    except ModuleUnparsable as error:
        run.problems.setdefault((error.span.path, error.span.start, str(error)), (error.span, str(error)))
        return _not_loaded(module, f"{module.path} cannot be read: {error}")
    except ModuleNotFound as error:
        return _not_loaded(module, f"{module.path} cannot be read: {error}")
    run.note_unit(module.unit)
    _run_apart(run, module.unit, module.names)
    module.state = "loaded"
    return module.names


def _not_loaded(module: Module, reason: str) -> Dict:
    assert module.names is not None
    module.state, module.reason = "failed", reason
    module.names.fallback = Unknown(reason, module.marks)
    return module.names


def _run_apart(run: Interpreter, unit: Unit, names: Dict) -> None:
    """Run a module outside of the branches under way: what it defines is there in all of them."""
    statement, catchers, forks = run.fuel.statement, run.catchers, run.forks
    run.catchers, run.forks = [], 0
    run.store.open()
    try:
        run_module(run, unit, names)
    finally:
        run.store.forget()
        run.fuel.statement, run.catchers, run.forks = statement, catchers, forks


def run_module(run: Interpreter, unit: Unit, names: Dict) -> None:
    """Run the statements of a module one by one; one that cannot be finished leaves unknowns behind."""
    frame = Frame(unit, names, names)
    run.frames.append(frame)
    try:
        for number, statement in enumerate(unit.tree.body):
            if run.fuel.is_empty:
                abandon(run, unit.tree.body[number:], frame, "the settings take too many steps")
                break
            run.fuel.refill()
            run.store.open()
            try:
                run.execute([statement], frame)
            except Failed as error:
                give_up(run, statement, frame, error.error.reason, half_way=False)
            except OutOfFuel as error:
                give_up(run, statement, frame, str(error), half_way=True)
            except RecursionError:
                give_up(run, statement, frame, "it is nested too deeply", half_way=True)
            run.store.layer.parked.clear()  # what raises here ends the module, and tells nothing of the rest
            run.store.keep()
    finally:
        run.frames.pop()


def resolve(run: Interpreter, lazy: Lazy) -> Abstract:
    """The value of a name that was imported from a project module."""
    module = run.modules.get(lazy.module)
    if module is None:
        return Unknown(f"{lazy.module} is not loaded", (lazy.mark,))
    name = (lazy.module, lazy.name)
    if name in run.resolving:  # two modules import it from each other, and none of them makes it
        return Unknown(f"{lazy.module}.{lazy.name} is imported in a circle", (lazy.mark,))
    run.resolving.add(name)
    try:
        return member(run, module, lazy.name, lazy.mark)
    finally:
        run.resolving.discard(name)


def member(run: Interpreter, module: Module, name: str, mark: Mark) -> Abstract:
    """`module.name`: a name it defines, or a module inside it; fails with ImportError otherwise."""
    submodule = f"{module.name}.{name}"
    if (
        module.state == "found"
        and module.is_package
        and run.finder.find(submodule)
        and not _mentions(run, module, name)
    ):
        return find_module(run, submodule, mark)
    names = load(run, module)
    value = read(run, names, name)
    if value is not MISSING:
        return present(value)
    if module.is_package and run.finder.find(submodule):
        return find_module(run, submodule, mark)
    if names.fallback is not None:
        return names.fallback
    if module.state == "loading":
        return Unknown(f"{module.name} is imported in a circle", (mark,))
    function = names.cells.get("__getattr__")
    if function is not None:
        return Unknown(f"{module.name} makes {name} when asked", (mark,))
    return run.fail(names_of(ImportError), f"{module.name} has no {name}", mark)


def _mentions(run: Interpreter, module: Module, name: str) -> bool:
    """Whether a package's own file speaks of a name at all, so that it must be run to tell."""
    if not module.path:
        return False
    try:
        return name in run.finder.tree.read(module.path).text
    except Unreadable:
        return True


def star_import(run: Interpreter, module: Abstract, frame: Frame, mark: Mark) -> None:
    """`from module import *`; of a module that is not part of the project nothing is known to come."""
    if not isinstance(module, Module):
        name = module.name if isinstance(module, External) else "a module"
        if frame.scope.fallback is None:
            frame.scope.fallback = Unknown(f"it may come from {name}, which is not part of the project", (mark,))
        return
    names = load(run, module)
    if names.fallback is not None and frame.scope.fallback is None:
        frame.scope.fallback = names.fallback
    if isinstance(names.rest, Unknown):
        blur(run, frame.scope, names.rest)
    for key in exported(run, names):
        value = names.cells.get(key, MISSING)
        if value is not MISSING:
            if MISSING in value.options:
                from connlint.python.language.operators import overlaid

                value = overlaid(frame.scope.cells.get(key, MISSING), value)
            run.store.write(frame.scope, key, value)


def exported(run: Interpreter, names: Dict) -> list[str]:
    """The names a star import takes: those of `__all__`, else all without a leading underscore."""
    every = read(run, names, "__all__")
    content = every.content if isinstance(every, List) else every
    if isinstance(content, Tuple):
        return [str(item.value) for item in content.items if isinstance(item, Known)]
    return [key for key in names.known_keys() if isinstance(key, str) and not key.startswith("_")]
