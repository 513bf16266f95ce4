"""Reads app.yaml, which is App Engine's, or the app spec of DigitalOcean's App Platform; the content tells which.

Sources: App Engine's app.yaml reference (`entrypoint` is run by a shell) and DigitalOcean's app specification
(`run_command` is run by a shell; `${db.DATABASE_URL}` and secrets have no value in the file).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connlint.formats.platforms import values
from connlint.formats.services import ONE, Build, Role, Service, Stack
from connlint.formats.yaml_nodes import MappingNode, Node
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.value import Origin, Value

_COMPONENTS: Final = ("services", "workers", "jobs")
_JOBS: Final = {"PRE_DEPLOY": Role.RELEASE, "POST_DEPLOY": Role.RELEASE, "SCHEDULED": Role.SCHEDULED}


def read_appengine(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each app.yaml of App Engine or DigitalOcean; other files of this name have none.

    `extra` has `platform` ("appengine" or "digitalocean") and may have `plan` (instance class or size), `cpus` and
    `database-plan`. An App Engine service that scales by itself without an upper bound has unknown replicas. Never raises.
    """
    del environment
    return tuple(stack for path in paths if (stack := _stack(tree, path)) is not None)


def _stack(tree: Tree, path: str) -> Stack | None:
    root, document = values.load(tree, path, "appengine")
    folder, development = posixpath.dirname(path), is_for_development(path)
    inner = values.at(root, "spec")
    spec = inner if isinstance(inner, MappingNode) else root
    if spec is None:
        return None
    if values.at(spec, "runtime") is not None:
        return Stack(path, "appengine", folder, (_google(spec),), (document,), development)
    services = tuple(_components(tree, spec, folder))
    return Stack(path, "digitalocean", folder, services, (document,), development) if services else None


def _google(root: MappingNode) -> Service:
    command = values.script(values.at(root, "entrypoint"))
    extra = {"platform": Value.exact("appengine", Origin.at(root.span))}
    size, cpus = values.at(root, "instance_class"), values.amount(values.at(root, "resources", "cpu"))
    if size is not None:
        extra["plan"] = values.value(size)
    if cpus is not None:
        extra["cpus"] = cpus
    return Service(
        values.text(values.at(root, "service")) or "default", command.span if command is not None else root.span,
        command, environment=values.variables(values.at(root, "env_variables")), replicas=_instances(root), extra=extra,
    )  # fmt: skip


def _instances(root: MappingNode) -> Value:
    stated = values.count(values.at(root, "manual_scaling", "instances"))
    if stated is not None:
        return stated
    for kind, least, most in (
        ("basic_scaling", "", "max_instances"),
        ("automatic_scaling", "min_instances", "max_instances"),
        ("automatic_scaling", "min_num_instances", "max_num_instances"),
    ):
        top = values.count(values.at(root, kind, most))
        bottom = values.count(values.at(root, kind, least)) if least else None
        if top is not None and top.is_exact:
            low = int(str(bottom.only)) if bottom is not None and bottom.is_exact else 0
            origins = (*top.origins, *(bottom.origins if bottom is not None else ()))
            return Value.between(min(low, int(str(top.only))), int(str(top.only)), *origins)
    node = values.at(root, "automatic_scaling")
    place = node.place if node is not None else root.span
    return Value.unknown("App Engine scales by itself, and the file states no most", Origin.at(place), least=0)


def _components(tree: Tree, spec: MappingNode, folder: str) -> Iterator[Service]:
    common = _envs(spec)
    plan = next((s for db in values.items(values.at(spec, "databases")) if (s := values.at(db, "size"))), None)
    for kind in _COMPONENTS:
        for node in values.items(values.at(spec, kind)):
            variables = {name: _bound(value) for name, value in {**common, **_envs(node)}.items()}
            command = values.script(values.at(node, "run_command"))
            extra = {"platform": Value.exact("digitalocean", Origin.at(spec.span))}
            for name, held in (("plan", values.at(node, "instance_size_slug")), ("database-plan", plan)):
                if held is not None:
                    extra[name] = values.value(held)
            name_node = values.at(node, "name")
            role = _JOBS.get(values.text(values.at(node, "kind")), Role.ONCE) if kind == "jobs" else Role.SERVICE
            yield Service(
                values.text(name_node) or kind, (name_node or node).place, command, environment=variables,
                build=_build(tree, folder, node), replicas=_count(node), role=role, extra=extra,
                names=frozenset({values.text(name_node)} - {""}),
            )  # fmt: skip


def _envs(node: Node) -> dict[str, Value]:
    found = values.listed(values.at(node, "envs"), "key")
    for item in values.items(values.at(node, "envs")):
        key = values.text(values.at(item, "key"))
        if key and (key not in found or values.text(values.at(item, "type")) == "SECRET"):
            found[key] = Value.unknown(f"the value of {key} is kept on the platform", Origin.at(item.place))
    return found


def _bound(value: Value) -> Value:
    """`${db.HOSTNAME}` is what the platform puts in."""
    if value.is_exact and "${" in str(value.only):
        return Value.unknown("the platform puts a part of it in", *value.origins)
    return value


def _count(node: Node) -> Value:
    least = values.count(values.at(node, "autoscaling", "min_instance_count"))
    most = values.count(values.at(node, "autoscaling", "max_instance_count"))
    if most is not None and most.is_exact:
        low = int(str(least.only)) if least is not None and least.is_exact else 1
        origins = (*most.origins, *(least.origins if least is not None else ()))
        return Value.between(min(low, int(str(most.only))), int(str(most.only)), *origins)
    return values.count(values.at(node, "instance_count")) or ONE


def _build(tree: Tree, folder: str, node: Node) -> Build | None:
    """The Dockerfile, whose path starts at the root of the repository: the folder that a `.do` folder lies in."""
    file = values.at(node, "dockerfile_path")
    base = posixpath.dirname(folder) if posixpath.basename(folder) == ".do" else folder
    return (
        values.build(tree, base, values.text(file), values.text(values.at(node, "source_dir")), file) if file else None
    )
