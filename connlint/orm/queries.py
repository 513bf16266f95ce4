"""Managers, querysets and model instances: what their attributes are, and what of it queries."""

from __future__ import annotations

import ast
from typing import Final

from connlint.orm import classes, values
from connlint.orm.effects import Place, used
from connlint.orm.frame import Frame
from connlint.orm.interpreter import Run
from connlint.orm.values import (
    UNKNOWN,
    Class,
    External,
    Func,
    Inherited,
    Instance,
    Items,
    Query,
    QueryMethod,
    Thing,
)

MANAGERS: Final = frozenset({"objects", "_default_manager", "_base_manager", "all_objects"})
_ROWS: Final = frozenset(
    {"get", "create", "first", "last", "earliest", "latest", "aget", "acreate", "afirst", "alast"}
)  # fmt: skip
_PAIRS: Final = frozenset({"get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"})
_SAME: Final = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "annotate", "distinct", "using",
     "only", "defer", "reverse", "iterator", "select_for_update", "union", "none", "get_queryset", "alias", "complex_filter",
     "extra", "raw", "bulk_create", "aiterator", "difference", "intersection", "_clone", "_chain"}
)  # fmt: skip
_LAZY: Final = (_SAME | {"values", "values_list", "dates", "datetimes", "as_manager", "in_bulk_"}) - {"bulk_create"}
_NO_QUERY: Final = frozenset({"as_manager", "from_queryset", "contribute_to_class", "deconstruct", "none", "as_view", "model", "query",
                              "db", "_meta", "clear_cache", "use_for_related_fields", "name"})  # fmt: skip
_ASYNC: Final = frozenset(
    {"aget", "acreate", "afirst", "alast", "aget_or_create", "aupdate_or_create", "acount", "aexists", "adelete", "aupdate",
     "aiterator", "abulk_create", "abulk_update", "aaggregate", "acontains", "ain_bulk", "aearliest", "alatest", "aexplain",
     "aadd", "aremove", "aset", "aclear", "asave", "arefresh_from_db"}
)  # fmt: skip
_SYNCHRONOUS: Final = frozenset(
    {"get", "create", "count", "exists", "first", "last", "earliest", "latest", "aggregate", "update", "delete", "get_or_create",
     "update_or_create", "bulk_create", "bulk_update", "in_bulk", "explain", "contains"}
)  # fmt: skip
INSTANCE_USES: Final = frozenset(
    {"save", "delete", "refresh_from_db", "full_clean", "validate_unique", "save_base", "get_next_by_created", "has_perm",
     "has_perms", "get_all_permissions", "get_group_permissions", "email_user_"}
)  # fmt: skip
_SAVERS: Final = ("ModelSerializer()", "ListSerializer()")
_PLAIN_SAVERS: Final = ("rest_framework.serializers.Serializer()", "rest_framework.serializers.BaseSerializer()")
_VIEWS: Final = ("rest_framework.", "django.views.generic.")
_RELATED: Final = frozenset(
    {"all", "filter", "exclude", "exists", "first", "last", "create", "get_or_create", "update_or_create", "order_by",
     "values_list", "select_related", "prefetch_related", "annotate", "aggregate", "bulk_create", "latest", "earliest"}
)  # fmt: skip
_ADDING: Final = frozenset({"count", "get", "add", "set", "clear", "remove", "values", "update", "delete", "iterator"})
_EVALUATORS: Final = frozenset(
    f"builtins.{name}"
    for name in ("list", "tuple", "set", "sorted", "enumerate", "iter", "next", "len", "any", "all", "bool", "sum", "max",
                 "min", "dict", "zip", "reversed", "frozenset", "map", "filter")
)  # fmt: skip


def member(run: Run, query: Query, name: str) -> Thing:
    """An attribute of a manager or queryset: a method that the project wrote, or one of Django's."""
    if query.kind is not None:
        for each in classes.lineage(run, query.kind):
            if isinstance(each, Class):
                found = classes.method(run, each, name, query)
                if found is not None:
                    return found
    if name == "model":
        return query.model
    return QueryMethod(query, name)


def call_method(run: Run, method: QueryMethod, frame: Frame, node: ast.AST | Place | None) -> Thing:
    """Call a method of a queryset: a query, or the promise of one."""
    name, query = method.name, method.query
    if frame.asynchronous and name in _SYNCHRONOUS and node is not None:
        run.awaited.setdefault(run.placed(frame.path, node), f"{word(query.model)}.objects.{name}()")
    if (
        name not in _NO_QUERY
        and not (run.strict and name in _LAZY)
        and not (name in _ASYNC or (frame.asynchronous and name in _SAME))
    ):
        _use(run, frame, node, f"{word(query.model)}.objects.{name}()")
    if name in _ROWS:
        return row(query)
    if name in _PAIRS:
        return Items((row(query), UNKNOWN))
    if name in ("values", "values_list"):
        return Query(UNKNOWN)  # rows that are no objects
    return query if name in _SAME else UNKNOWN


def row(query: Query) -> Thing:
    """One object of a queryset."""
    return Instance(query.model) if isinstance(query.model, (Class, External)) else UNKNOWN


def iterated(run: Run, thing: Thing, frame: Frame, node: ast.AST | Place) -> None:
    """A loop over this thing: a queryset is evaluated by it."""
    for each in values.alternatives(thing):
        if isinstance(each, Query):
            evaluated(run, each, frame, node)


def evaluated(run: Run, query: Query, frame: Frame, node: ast.AST | Place) -> None:
    if not frame.asynchronous:
        _use(run, frame, node, f"iterates over {word(query.model)} rows")


def lazy(run: Run, owner: Instance, name: str, frame: Frame, node: ast.AST | Place | None) -> Thing:
    """An attribute of an instance; a relation of a model is loaded by it, a property is run."""
    outer, before = run.at, run.current
    run.at, run.current = (run.placed(frame.path, node) if node is not None else None), frame
    try:
        if isinstance(owner.of, External) and name in MANAGERS:
            return UNKNOWN
        return classes.attribute(run, owner, name)
    finally:
        run.at, run.current = outer, before


def inherited_call(run: Run, method: Inherited, frame: Frame, node: ast.AST | Place | None) -> bool:
    """Whether a method from outside of the project is one of a model, a serializer or a form that queries; if so, it does."""
    of = method.instance.of
    name = method.names[0].rpartition(".")[2]
    if classes.is_model(run, of):
        if name in INSTANCE_USES or name.startswith(("get_next_by_", "get_previous_by_")):
            _use(run, frame, node, f"{word(of)}.{name}()")
            return True
        return False
    if name == "get_object" and any(outside.startswith(_VIEWS) for outside in method.names):
        _use(run, frame, node, f"{word(of)}.get_object()")
        return True
    if name == "save":
        return _saves(run, method, frame, node)
    return False


def _saves(run: Run, method: Inherited, frame: Frame, node: ast.AST | Place | None) -> bool:
    """`save()` of a form or serializer: of a model's it queries, of another's what the project wrote does."""
    of = method.instance.of
    owners = [outside.rpartition(".")[0] for outside in method.names]
    if any((owner.endswith(_SAVERS) and "serializers" in owner) or owner.endswith("ModelForm()") for owner in owners):
        _use(run, frame, node, f"{word(of)}.save()")
        return True
    if any(owner in _PLAIN_SAVERS for owner in owners) and not frame.scan:
        from connlint.orm import calls

        for name in ("create", "update"):
            calls.call(run, classes.attribute(run, method.instance, name), (), (), frame, node)
        return True
    return False


def reverse(run: Run, relation: Inherited, name: str) -> Thing:
    """`shop.lines.all`: what a model does not define and a manager has is the relation of another model to it."""
    of, own = relation.instance.of, relation.names[0].rpartition(".")[2]
    if own.startswith("_") or not classes.is_model(run, of):
        return UNKNOWN
    plain = isinstance(of, Class) and not classes.has_unknown_base(run, of)
    plain = plain and all(
        isinstance(e, Class) or e.name.endswith("db.models.Model") for e in classes.ancestors(run, of)
    )
    return QueryMethod(Query(UNKNOWN), name) if name in _RELATED or (plain and name in _ADDING) else UNKNOWN


def builtin_call(
    run: Run, name: str, arguments: tuple[Thing, ...], frame: Frame, node: ast.AST | Place
) -> Thing | None:
    """A builtin that goes through a queryset; None when it is another call."""
    if name not in _EVALUATORS:
        return None
    queries = [each for each in arguments if isinstance(each, Query)]
    for query in queries:
        evaluated(run, query, frame, node)
    last = name.rpartition(".")[2]
    if last in ("list", "tuple", "set", "sorted", "iter", "reversed", "frozenset") and arguments:
        held = arguments[0]
        return Items((row(held),)) if isinstance(held, Query) else held  # the rows are there: no more queries
    if last == "enumerate" and arguments:
        from connlint.orm.expressions import element

        return Items((Items((UNKNOWN, element(arguments[0]))),))
    if last == "zip":
        from connlint.orm.expressions import element

        return Items((Items(tuple(element(each) for each in arguments)),))
    if last in ("next", "max", "min") and arguments:
        from connlint.orm.expressions import element

        return element(arguments[0])
    return None if last in ("map", "filter", "sum", "any", "all", "dict", "len", "bool") and not queries else UNKNOWN


def _use(run: Run, frame: Frame, node: ast.AST | Place | None, text: str) -> None:
    if frame.scan:
        return
    place = run.placed(frame.path, node) if node is not None else run.at
    if place is not None:
        frame.emit(used(place, text))


def word(thing: Thing) -> str:
    if isinstance(thing, Class):
        return thing.name
    if isinstance(thing, External):
        return thing.name.removesuffix("()").rpartition(".")[2]
    return "Model"


__all__ = [
    "MANAGERS",
    "Func",
    "builtin_call",
    "call_method",
    "evaluated",
    "inherited_call",
    "iterated",
    "lazy",
    "member",
    "row",
]
