"""Reads nginx unit's configuration: its Python applications, their processes and threads.

Source: unit.nginx.org, "Configuration". `processes` is a number, or an object with `max` (and `spare`), between which
unit starts and stops processes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from connlint.formats.platforms import values
from connlint.formats.services import Service, Stack
from connlint.formats.yaml_nodes import MappingNode, Node
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.value import Origin, Value


def read_nginx_unit(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each file, one service without a command for each Python application.

    What unit is told stands in the service's `extra`: `server` (always the text "nginx-unit"), `processes` (a number, or
    a range up to `max`), `threads`, `protocol` ("asgi" or "wsgi"), `module`, `callable`, `timeout` and `max-requests`
    (of `limits`); only what the file states is there. Never raises.
    """
    del environment
    return tuple(stack for path in paths if (stack := _stack(tree, path)) is not None)


def _stack(tree: Tree, path: str) -> Stack | None:
    root, document = values.load(tree, path, "nginx_unit")
    folder = posixpath.dirname(path)
    applications = list(values.members(values.at(root, "applications")))
    services = tuple(
        _service(name, key, node)
        for name, key, node in applications
        if values.text(values.at(node, "type")).startswith("python")
    )
    if not services and not document.problems:
        return None
    return Stack(path, "nginx_unit", folder, services, (document,), is_for_development(path))


def _service(name: str, key: Node, node: Node) -> Service:
    kind = values.at(node, "type")
    found: dict[str, Value | None] = {
        "server": Value.exact("nginx-unit", Origin.at((kind or key).place)),
        "processes": _processes(values.at(node, "processes")),
        "threads": values.count(values.at(node, "threads")),
        "timeout": values.count(values.at(node, "limits", "timeout")),
        "max-requests": values.count(values.at(node, "limits", "requests")),
    }
    for entry in ("protocol", "module", "callable"):
        held = values.at(node, entry)
        found[entry] = values.value(held) if held is not None else None
    return Service(
        name,
        key.place,
        environment=values.variables(values.at(node, "environment")),
        directory=values.text(values.at(node, "working_directory")) or None,
        extra={entry: value for entry, value in found.items() if value is not None},
    )


def _processes(node: Node | None) -> Value | None:
    if not isinstance(node, MappingNode):
        return values.count(node)
    most, spare = values.count(values.at(node, "max")), values.count(values.at(node, "spare"))
    if most is None or not most.is_exact:
        return Value.unknown("the most processes are not stated", Origin.at(node.place), least=0)
    low = int(str(spare.only)) if spare is not None and spare.is_exact else 0
    return Value.between(min(low, int(str(most.only))), int(str(most.only)), *most.origins)
