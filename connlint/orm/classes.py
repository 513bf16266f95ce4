"""Classes: their bases in order, what an attribute of an instance is, and which classes are models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from connlint.orm import values
from connlint.orm.loaded import Binding
from connlint.orm.values import UNKNOWN, Class, External, Func, Inherited, Instance, Query, Thing, join

if TYPE_CHECKING:
    from connlint.orm.interpreter import Run

MOST_CLASSES: Final = 60
_RELATIONS: Final = ("ForeignKey", "OneToOneField", "ParentalKey")
_MANY: Final = ("ManyToManyField", "ParentalManyToManyField", "GenericRelation", "TaggableManager")
_NO_MODELS: Final = (
    "pydantic",
    "mongoengine",
    "sqlalchemy",
    "peewee",
    "tortoise",
    "odmantic",
    "torch",
    "keras",
    "sqlmodel",
)


def class_node(run: Run, of: Class) -> ast.ClassDef | None:
    module = run.modules.load(of.path)
    node = module.definition(of.line, of.column) if module else None
    return node if isinstance(node, ast.ClassDef) else None


def bases(run: Run, of: Class) -> tuple[Thing, ...]:
    """What the bases of a class statement are."""
    if of not in run.bases:
        run.bases[of] = ()  # a class that is its own base has none
        module = run.modules.load(of.path)
        node = module.header(of.line, of.column) if module else None
        frame = run.scope(of)
        found: list[Thing] = []
        for base in node.bases if node else ():
            found.extend(values.alternatives(run.resolved(run.quietly(base, frame))))
        run.bases[of] = tuple(found)
    return run.bases[of]


def lineage(run: Run, of: Class) -> tuple[Class | External, ...]:
    """The class and all above it, each once, roughly in the order Python looks attributes up; unknown ones left out."""
    known = run.lineages.get(of)
    if known is not None:
        return known
    found: dict[Class | External, None] = {of: None}
    for base in bases(run, of):
        if isinstance(base, Class) and base != of and len(found) < MOST_CLASSES:
            found.update(dict.fromkeys(lineage(run, base)))
        elif isinstance(base, External):
            found[base] = None
    run.lineages[of] = tuple(found)
    return run.lineages[of]


def ancestors(run: Run, of: Class | External) -> tuple[Class | External, ...]:
    return lineage(run, of) if isinstance(of, Class) else (of,)


def has_unknown_base(run: Run, of: Class) -> bool:
    return any(base == UNKNOWN for each in lineage(run, of) if isinstance(each, Class) for base in bases(run, each))


def is_model(run: Run, of: Thing) -> bool:
    """Whether a class is a Django model, told from the classes above it."""
    if not isinstance(of, (Class, External)):
        return False
    return any(isinstance(each, External) and is_model_name(each.name) for each in ancestors(run, of))


def is_model_name(name: str) -> bool:
    """Whether an external class is a model: it comes from a module called `models`, or says that it is one."""
    *modules, last = name.split(".")
    if not modules or modules[0] in _NO_MODELS or not last[:1].isupper():
        return name == "django.contrib.auth.get_user_model()" or name == "django.apps.apps.get_model()"
    if modules[:2] == ["django", "db"] or modules[:4] == ["django", "contrib", "gis", "db"]:
        return last == "Model"
    if last.endswith(("Manager", "QuerySet", "Mixin", "Field", "Choices", "Form", "Key", "Serializer", "Admin")):
        return False
    return "models" in modules or (last.endswith("Model") and "db" in modules)


def is_query_class(run: Run, of: Thing) -> bool:
    """Whether a class is a manager or a queryset."""
    if not isinstance(of, (Class, External)):
        return False
    for each in ancestors(run, of):
        if isinstance(each, External):
            last = each.name.removesuffix("()").rpartition(".")[2]
            if last.endswith(("Manager", "QuerySet", "from_queryset")) and not each.name.startswith("multiprocessing"):
                return "models" in each.name or "manager" in each.name.lower() or "query" in each.name.lower()
    return False


def members(run: Run, of: Class) -> dict[str, list[Binding]]:
    """What the body of a class binds."""
    node = class_node(run, of)
    module = run.modules.load(of.path)
    return module.body_of(node) if node and module else {}


def method(run: Run, of: Class, name: str, bound: Thing) -> Thing | None:
    """The function `name` of this very class as seen through `bound`; None when it has none."""
    if not _mentions(run, of, name):
        return None
    for binding in reversed(members(run, of).get(name, ())):
        if isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return _method(run, of, binding.node, bound)
        if binding.kind == "class" and isinstance(binding.node, ast.ClassDef):
            return Class(of.path, binding.node.lineno, binding.node.col_offset, name)
        if binding.kind in ("value", "annotation", "element"):
            return _member(run, of, name, binding, bound)
    return None


def _mentions(run: Run, of: Class, name: str) -> bool:
    """Whether the text of a class has a name: if not, the class need not be parsed."""
    module = run.modules.load(of.path)
    return module is not None and module.mentions(of.line, name)


def _method(run: Run, of: Class, node: ast.FunctionDef | ast.AsyncFunctionDef, bound: Thing) -> Thing:
    words = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
    receiver: Thing | None = bound
    if "staticmethod" in words:
        receiver = None
    elif "classmethod" in words:
        receiver = bound.of if isinstance(bound, Instance) else bound
    elif isinstance(bound, Class):
        receiver = None
    function = Func(of.path, node.lineno, node.col_offset, f"{of.name}.{node.name}", of.scope, of, receiver)
    plain = {"staticmethod", "classmethod", "property", "cached_property", "abstractmethod", "override"}
    decorated = run.decorated(function, node, plain)
    if words & {"property", "cached_property"} and not isinstance(bound, Class):
        return run.property_value(decorated)
    return decorated


def _member(run: Run, of: Class, name: str, binding: Binding, bound: Thing) -> Thing | None:
    node = binding.node
    if isinstance(bound, Instance) and isinstance(node, ast.Call) and is_model(run, of):
        word = ast.unparse(node.func).rpartition(".")[2]
        if word.endswith(_RELATIONS):
            return run.relation(of, name, related(run, of, node))
        if word.endswith(_MANY):
            return Query(related(run, of, node))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "as_manager":
        kind = run.resolved(run.quietly(node.func.value, run.scope(of)))
        if is_query_class(run, kind):
            return Query(bound.of if isinstance(bound, Instance) else bound, kind if isinstance(kind, Class) else None)
    found = run.binding_value(binding, run.scope(of), of.path)
    if isinstance(found, Instance) and is_query_class(run, found.of):
        owner = bound.of if isinstance(bound, Instance) else bound
        return Query(owner, found.of if isinstance(found.of, Class) else None)
    if isinstance(found, External) and found.name.endswith("()") and is_query_class(run, External(found.name[:-2])):
        return Query(bound.of if isinstance(bound, Instance) else bound)
    if isinstance(found, Func) and found.scope is None and found.owner is None and isinstance(bound, Instance):
        return found
    return found


def related(run: Run, of: Class, call: ast.Call) -> Thing:
    """The instance that a relation's field leads to; unknown where it is named by a text that leads nowhere."""
    target = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "to"), None)
    if target is None:
        return UNKNOWN
    if isinstance(target, ast.Constant) and isinstance(target.value, str):
        if target.value == "self":
            return of
        found = run.resolved(run.module_name(of.path, target.value.rpartition(".")[2]))
        return found if isinstance(found, Class) else UNKNOWN
    found = run.resolved(run.quietly(target, run.scope(of)))
    return found if isinstance(found, (Class, External)) else UNKNOWN


def attribute(run: Run, instance: Instance, name: str) -> Thing:
    """What `instance.name` is: from the class body, then from what methods assign, then from outside."""
    outside: list[str] = []
    for held, thing in instance.holding:
        if held == name:
            return thing
    if isinstance(instance.of, Class):
        for each in lineage(run, instance.of):
            if isinstance(each, External):
                outside.append(f"{each.name}().{name}")
                continue
            found = method(run, each, name, instance)
            if found is not None and found != values.NONE:
                return found
        assigned = assigned_attribute(run, instance.of, name)
        if assigned != UNKNOWN:
            return assigned
        if is_model(run, instance.of) and name.endswith("_set"):
            return Query(UNKNOWN)
    else:
        outside.append(f"{instance.of.name}().{name}")
    return Inherited(instance, tuple(outside)) if outside else UNKNOWN


def class_attribute(run: Run, of: Class, name: str) -> Thing:
    """What `of.name` is for a class of the project."""
    for each in lineage(run, of):
        if isinstance(each, Class):
            found = method(run, each, name, of)
            if found is not None:
                return found
    if name in ("objects", "_default_manager", "_base_manager", "all_objects") and (
        is_model(run, of) or has_unknown_base(run, of)
    ):
        return Query(of)
    outside = [each.name for each in lineage(run, of) if isinstance(each, External)]
    return values.external(f"{outside[0]}.{name}") if outside else UNKNOWN


def assigned_attribute(run: Run, of: Class, name: str) -> Thing:
    """What the methods of a class and of those above it assign to `self.name`."""
    key = (of, name)
    if key not in run.assigned:
        run.assigned[key] = UNKNOWN  # while it is being found out
        found = join(
            value for each in lineage(run, of) if isinstance(each, Class) for value in _assigned(run, of, each, name)
        )
        run.assigned[key] = UNKNOWN if found == values.NONE else found  # not every object of the class was seen
    return run.assigned[key]


def _assigned(run: Run, of: Class, within: Class, name: str) -> Iterator[Thing]:
    node = class_node(run, within) if _mentions(run, within, name) else None
    module = run.modules.load(within.path)
    for statement, function in module.attributes_of(node).get(name, ()) if node and module else ():
        yield run.assigned_in(statement, function, within, Instance(of))
