"""A frame: where a piece of evaluated code runs."""

from __future__ import annotations

import ast

from connlint.python.language.domain import Abstract, Dict, Function, List, Mark
from connlint.python.modules import Unit
from connlint.records import dataclass, field


@dataclass(slots=True)
class Frame:
    """Where code runs: names are bound in `scope` and looked up along `scopes`, then in the module."""

    unit: Unit
    module: Dict
    scope: Dict
    scopes: tuple[Dict, ...] = ()
    outer: frozenset[str] = frozenset()  # declared global
    free: frozenset[str] = frozenset()  # declared nonlocal
    function: Function | None = None
    first: Abstract | None = None  # the first argument, which a bare super() speaks of
    yields: List | None = None
    methods: list[Function] = field(default_factory=list)  # made in a class body, decorated or not

    def mark(self, node: ast.AST, note: str = "") -> Mark:
        return Mark(self.unit, node, note)
