"""What stands beside a Procfile: app.json (variables, formation, add-ons, postdeploy) and Dokku's DOKKU_SCALE.

Sources: Heroku's app.json schema, Dokku's documentation of scaling. Heroku applies app.json when an app is set up;
later on people change what it runs on the platform, so numbers of this file are assumed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from connlint.formats.document import Document
from connlint.formats.opening import opened, stated
from connlint.formats.platforms import values
from connlint.formats.words import Command
from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode
from connlint.project.tree import Tree
from connlint.records import dataclass, field
from connlint.source import Span
from connlint.value import Origin, Value

_NOTE: Final = "what a new app is set up with"
_SCALE: Final = re.compile(r"^(?P<name>[A-Za-z0-9_-]+)[ \t]*[:=][ \t]*(?P<count>[0-9]{1,6})[ \t]*$", re.M)
_SET_BY: Final = {  # add-ons and the variable that each of them sets
    "heroku-postgresql": "DATABASE_URL", "heroku-redis": "REDIS_URL", "jawsdb": "JAWSDB_URL",
    "jawsdb-maria": "JAWSDB_MARIA_URL", "cleardb": "CLEARDB_DATABASE_URL",
}  # fmt: skip
_OF_HEROKU: Final = ("stack", "addons", "formation", "buildpacks", "success_url", "environments")


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What the files beside say. `replicas` and `plans` by process; `extra` is for each of its services."""

    environment: Mapping[str, Value] = field(default_factory=dict)
    replicas: Mapping[str, Value] = field(default_factory=dict)
    plans: Mapping[str, Value] = field(default_factory=dict)
    extra: Mapping[str, Value] = field(default_factory=dict)
    postdeploy: Command | None = None
    documents: tuple[Document, ...] = ()


def beside(tree: Tree, folder: str) -> Beside:
    """What app.json and DOKKU_SCALE of a folder say; nothing where there are none."""
    documents: list[Document] = []
    root: MappingNode | None = None
    path = posixpath.join(folder, "app.json")
    if tree.names_file(path):
        root, document = values.load(tree, path, "app_json")
        documents.append(document)
    replicas = {name: _assumed(count) for name, node in _formation(root) if (count := _quantity(node)) is not None}
    plans = {
        name: values.value(size) for name, node in _formation(root) if (size := values.at(node, "size")) is not None
    }
    extra: dict[str, Value] = {}
    if root is not None and any(values.at(root, key) is not None for key in _OF_HEROKU):
        extra["platform"] = Value.exact("heroku", Origin.at(root.span))
    given: dict[str, Value] = {}
    for item in values.items(values.at(root, "addons")):
        _add_on(item, given, extra)
    scale = posixpath.join(folder, "DOKKU_SCALE")
    if tree.is_file(scale):
        source, troubles = opened(tree, scale)
        documents.append(stated("dokku", source, troubles))
        for match in _SCALE.finditer(source.text.replace("\r", " ")):
            replicas[match["name"]] = Value.exact(int(match["count"]), Origin.at(source.span(*match.span("count"))))
        extra["platform"] = Value.exact("dokku", Origin.at(source.span(0, 0)))
    postdeploy = values.script(values.at(root, "scripts", "postdeploy"))
    return Beside({**given, **_environment(root)}, replicas, plans, extra, postdeploy, tuple(documents))


def set_by_platform(platform: Value, span: Span) -> dict[str, Value]:
    """What Heroku and Dokku set in every process without a line in any file: the attached database's address."""
    if platform.only not in ("heroku", "dokku"):
        return {}
    return {"DATABASE_URL": Value.unknown("the platform sets DATABASE_URL to the attached database", Origin.at(span))}


def _environment(root: MappingNode | None) -> dict[str, Value]:
    """`env`: `X: "v"`, or `X: {value: "v"}`; one without a value is set by people or generated."""
    found: dict[str, Value] = {}
    for name, key, node in values.members(values.at(root, "env")):
        held = values.at(node, "value") if isinstance(node, MappingNode) else node
        if isinstance(held, ScalarNode) and not held.is_null:
            found[name] = values.value(held).because(Origin.assumed(_NOTE, held.place))
        elif values.text(values.at(node, "required")) != "false":
            found[name] = Value.unknown(f"the value of {name} is kept on the platform", Origin.at(key.place))
    return found


def _formation(root: MappingNode | None) -> list[tuple[str, Node]]:
    """The process types, of the form that Heroku reads today and of the older list."""
    node = values.at(root, "formation")
    listed = [(values.text(values.at(item, "process")), item) for item in values.items(node)]
    return [*((name, held) for name, _, held in values.members(node)), *((n, i) for n, i in listed if n)]


def _quantity(node: Node) -> Value | None:
    return values.count(values.at(node, "quantity"))


def _assumed(count: Value) -> Value:
    return count.because(Origin.assumed(_NOTE)) if not count.is_unknown else count


def _add_on(item: Node, environment: dict[str, Value], extra: dict[str, Value]) -> None:
    """What an add-on, `heroku-postgresql:standard-0` or `{plan: ...}`, sets, and the plan of a database."""
    node = values.at(item, "plan") if isinstance(item, MappingNode) else item
    name = values.text(node).partition(":")[0]
    if node is None or name not in _SET_BY:
        return
    variable = f"{values.text(values.at(item, 'as'))}_URL" if values.at(item, "as") is not None else _SET_BY[name]
    environment.setdefault(variable, Value.unknown(f"the add-on {name} sets {variable}", Origin.at(node.place)))
    if name != "heroku-redis":
        extra.setdefault("database-plan", values.value(node))
