"""Reads fly.toml: the process groups of a Fly app, its release command and its environment.

Source: fly.io's reference of fly.toml and internal/appconfig/machines.go of flyctl: commands of `[processes]` and
`release_command` are split as shlex does and given to the image's entrypoint, FLY_PROCESS_GROUP tells machines their group;
a blue-green deploy starts as many machines again, a canary one more.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.formats.platforms import values
from connlint.formats.services import Build, Role, Service, Stack
from connlint.formats.words import Command
from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.records import replace
from connlint.value import Origin, Value

_SIZE: Final = re.compile(r"(?:shared-cpu|performance|dedicated-cpu)-(\d{1,3})x\Z")


def read_fly(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each fly.toml. How many machines run is not in the file: one, or `min_machines_running`, is assumed.

    `extra` may have `cpus` and `plan` ([[vm]]), `concurrency-limit` (hard_limit) and has `platform`, "fly".
    `surge` follows the deploy strategy: none for rolling and immediate ones. Never raises.
    """
    del environment
    return tuple(stack for path in paths if (stack := _stack(tree, path)) is not None)


def _stack(tree: Tree, path: str) -> Stack | None:
    root, document = values.load(tree, path, "fly")
    folder = posixpath.dirname(path)
    if root is None:
        return Stack(path, "fly", folder, (), (document,), is_for_development(path)) if document.problems else None
    base = Service(
        "app", root.span, environment={"DATABASE_URL": _attached(root), **values.variables(values.at(root, "env"))}, build=_build(tree, folder, root),
        image=_image(root), entrypoint=values.words(values.at(root, "experimental", "entrypoint")),
        command=values.words(values.at(root, "experimental", "cmd")),
    )  # fmt: skip
    executed = values.words(values.at(root, "experimental", "exec"))
    if executed is not None:  # in the place of all others
        base = replace(base, entrypoint=Command(executed.span), command=executed)
    groups: list[tuple[str, Command | None, Node]] = [
        (name, executed or values.words(node) or base.command, key)
        for name, key, node in values.members(values.at(root, "processes"))
    ]
    if not groups:
        groups = [("app", base.command, root)]
    services = [_group(root, base, name, command, node) for name, command, node in groups]
    release = values.words(values.at(root, "deploy", "release_command"))
    if release is not None:
        told = {"RELEASE_COMMAND": _told("1"), "FLY_PROCESS_GROUP": _told("fly_app_release_command")}
        variables = {**base.environment, **told}
        services.append(
            replace(base, name="release", span=release.span, command=release, environment=variables, role=Role.RELEASE)
        )
    return Stack(path, "fly", folder, tuple(services), (document,), is_for_development(path))


def _group(root: MappingNode, base: Service, name: str, command: Command | None, node: Node) -> Service:
    extra = {"platform": Value.exact("fly", Origin.at(root.span)), **_machine(root, name)}
    listeners = [values.at(root, "http_service"), *values.items(values.at(root, "services"))]
    own = [listener for listener in listeners if listener is not None and _is_for(listener, name)]
    limit = next((v for each in own if (v := values.count(values.at(each, "concurrency", "hard_limit")))), None)
    if limit is not None:
        extra["concurrency-limit"] = limit
    span = node.place
    replicas = Value.exact(1, Origin.assumed("fly.toml does not say how many machines run", span))
    for listener in own:
        least = values.count(values.at(listener, "min_machines_running"))
        if least is not None and least.is_exact and isinstance(least.only, int) and least.only > 1:
            replicas = least.because(Origin.assumed("more may run: fly.toml states the least"))
    command_span = command.span if command is not None and command is not base.command else span
    return replace(
        base,
        name=name,
        span=command_span,
        command=command,
        replicas=replicas,
        surge=_surge(root, replicas),
        extra=extra,
        environment={**base.environment, "FLY_PROCESS_GROUP": _told(name)},
    )


def _attached(root: MappingNode) -> Value:
    """`fly postgres attach` keeps the database's address as a secret of the app."""
    return Value.unknown("DATABASE_URL is a secret of the app on Fly", Origin.at(root.span))


def _told(text: str) -> Value:
    return Value.exact(text, Origin.default("what flyctl sets"))


def _is_for(node: Node, name: str) -> bool:
    """Whether a section is for the process group: its `processes` name it, or there are none."""
    named = values.at(node, "processes")
    return named is None or name in [values.text(item) for item in values.items(named)] or values.text(named) == name


def _machine(root: MappingNode, name: str) -> dict[str, Value]:
    """`cpus` and `plan` of the [[vm]] for a group."""
    machines = values.items(values.at(root, "vm")) or tuple(n for n in (values.at(root, "vm"),) if n is not None)
    for machine in machines:
        if not _is_for(machine, name):
            continue
        size = values.at(machine, "size")
        cpus = values.amount(values.at(machine, "cpus"))
        match = _SIZE.match(values.text(size))
        if cpus is None and match is not None and size is not None:
            cpus = Value.exact(float(match[1]), Origin.at(size.place))
        found = {"cpus": cpus, "plan": values.value(size) if size is not None else None}
        return {key: value for key, value in found.items() if value is not None}
    return {}


def _surge(root: MappingNode, replicas: Value) -> Value:
    node = values.at(root, "deploy", "strategy")
    strategy = values.text(node)
    origin = Origin.at(node.place) if node is not None else Origin.default("fly's rolling strategy")
    if strategy == "bluegreen":
        return replicas.because(origin)
    return Value.exact(1 if strategy == "canary" else 0, origin)


def _image(root: MappingNode) -> Value | None:
    node = values.at(root, "build", "image")
    return values.value(node) if isinstance(node, ScalarNode) else None


def _build(tree: Tree, folder: str, root: MappingNode) -> Build | None:
    section, file = values.at(root, "build"), values.at(root, "build", "dockerfile")
    if values.at(section, "image") is not None or values.at(section, "builder") is not None:
        return None
    name = values.text(file) or "Dockerfile"
    found = values.build(tree, folder, name, node=file)
    if found is None or (file is None and not tree.is_file(found.dockerfile)):
        return None
    target, arguments = values.text(values.at(section, "build-target")), values.variables(values.at(section, "args"))
    return replace(found, target=target, arguments=arguments)
