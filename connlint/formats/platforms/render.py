"""Reads render.yaml: Render's services, cron jobs, their commands before a deploy, and the plans of its databases.

Source: Render's Blueprint specification. `startCommand` is run by a shell, `dockerCommand` takes the place of the
image's CMD. Variables from databases, other services, groups elsewhere, or `sync: false` have no value in the file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.formats.platforms import values
from connlint.formats.services import ONE, Build, Role, Service, Stack
from connlint.formats.words import Command
from connlint.formats.yaml_nodes import MappingNode, Node
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.records import replace
from connlint.source import Span
from connlint.value import Origin, Value

_NO_PROCESS: Final = frozenset({"redis", "keyvalue", "static"})
_ROLES: Final = {"cron": Role.SCHEDULED}


def read_render(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each render.yaml. `replicas` is numInstances, or what scaling allows.

    `extra` has `platform`, "render", and may have `plan` and `database-plan` (of the database that a variable of the
    service comes from). What runs before a deploy is RELEASE and called `NAME-release`. Never raises.
    """
    del environment
    return tuple(stack for path in paths if (stack := _stack(tree, path)) is not None)


def _stack(tree: Tree, path: str) -> Stack | None:
    root, document = values.load(tree, path, "render")
    folder = posixpath.dirname(path)
    development = is_for_development(path)
    if root is None:
        return Stack(path, "render", folder, (), (document,), development) if document.problems else None
    found: list[Service] = []
    groups = {values.text(values.at(group, "name")): group for group in values.items(values.at(root, "envVarGroups"))}
    for node in _services(root):
        found += _service(tree, folder, root, node, groups)
    return Stack(path, "render", folder, tuple(found), (document,), development)


def _services(root: MappingNode) -> list[Node]:
    """The services of the file, and of its projects' environments."""
    found = [*values.items(values.at(root, "services"))]
    for project in values.items(values.at(root, "projects")):
        for environment in values.items(values.at(project, "environments")):
            found += values.items(values.at(environment, "services"))
    return found


def _service(tree: Tree, folder: str, root: MappingNode, node: Node, groups: Mapping[str, Node]) -> list[Service]:
    kind = values.text(values.at(node, "type"))
    runtime = values.at(node, "runtime") or values.at(node, "env")
    if kind in _NO_PROCESS or values.text(runtime) == "static":
        return []
    variables, elsewhere, plan = _variables(root, values.at(node, "envVars"), groups)
    extra = {"platform": Value.exact("render", Origin.at(node.place))}
    for key, held in (("plan", values.at(node, "plan")), ("database-plan", plan)):
        if held is not None:
            extra[key] = values.value(held)
    is_image = values.text(runtime) in ("docker", "image")
    command = values.at(node, "dockerCommand") if is_image else values.at(node, "startCommand")
    url = values.at(node, "image", "url")
    name = values.at(node, "name")
    service = Service(
        values.text(name) or kind or "service", (name or node).place, _command(command, is_image),
        environment=variables, elsewhere=tuple(elsewhere), image=values.value(url) if url is not None else None,
        build=_build(tree, folder, node) if values.text(runtime) == "docker" else None, replicas=_replicas(node),
        role=_ROLES.get(kind, Role.SERVICE), extra=extra, names=frozenset({values.text(name)} - {""}),
    )  # fmt: skip
    before = _command(values.at(node, "preDeployCommand"), is_image)
    if before is None:
        return [service]
    release = replace(service, name=f"{service.name}-release", span=before.span, command=before, role=Role.RELEASE)
    return [service, replace(release, replicas=ONE, names=frozenset())]


def _command(node: Node | None, is_image: bool) -> Command | None:
    return values.words(node) if is_image else values.script(node)


def _replicas(node: Node) -> Value:
    scaling = values.at(node, "scaling")
    if scaling is not None:
        least, most = values.count(values.at(scaling, "minInstances")), values.count(values.at(scaling, "maxInstances"))
        if least is not None and most is not None and least.is_exact and most.is_exact:
            low, high = int(str(least.only)), int(str(most.only))
            return Value.between(low, high, *most.origins, *least.origins)
        return Value.unknown("its scaling states no bounds", Origin.at(scaling.place), least=1)
    return values.count(values.at(node, "numInstances")) or ONE


def _variables(
    root: MappingNode, node: Node | None, groups: Mapping[str, Node]
) -> tuple[dict[str, Value], list[tuple[Span, str]], Node | None]:
    """The variables, what of them comes from elsewhere, and the plan of the database that one of them comes from."""
    found: dict[str, Value] = {}
    elsewhere: list[tuple[Span, str]] = []
    plan: Node | None = None
    for item in values.items(node):
        group = values.at(item, "fromGroup")
        if group is not None:
            held = groups.get(values.text(group))
            if held is None:
                elsewhere.append((group.place, "a group of variables that is kept on Render"))
            else:
                more, outside, _ = _variables(root, values.at(held, "envVars"), {})
                found |= more
                elsewhere += outside
            continue
        key, stated = values.text(values.at(item, "key")), values.at(item, "value")
        if not key:
            continue
        if stated is not None:
            found[key] = values.value(stated)
            continue
        found[key] = Value.unknown(f"the value of {key} is kept on Render", Origin.at(item.place))
        plan = plan or _plan(root, values.text(values.at(item, "fromDatabase", "name")))
    return found, elsewhere, plan


def _plan(root: MappingNode, name: str) -> Node | None:
    for database in values.items(values.at(root, "databases")):
        if name and values.text(values.at(database, "name")) == name:
            return values.at(database, "plan")
    return None


def _build(tree: Tree, folder: str, node: Node) -> Build | None:
    base = tree.locate(values.text(values.at(node, "rootDir")) or ".", folder)
    file = values.at(node, "dockerfilePath")
    if base is None:
        return None
    return values.build(
        tree, base, values.text(file) or "Dockerfile", values.text(values.at(node, "dockerContext")), file
    )
