"""Reads ECS task definitions and Elastic Beanstalk's Dockerrun.aws.json: containers with their words and variables."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from connlint.formats.platforms import values
from connlint.formats.services import Service, Stack
from connlint.formats.yaml_nodes import MappingNode, Node
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.source import Span
from connlint.value import Origin, Value


def read_ecs(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each task definition. How many tasks run is said elsewhere: one is assumed.

    `extra` has `platform`, "ecs", and may have `cpus` (CPU units by 1024). Secrets and files of variables are elsewhere.
    Source: Amazon ECS, "Task definition parameters". Never raises.
    """
    del environment
    return tuple(stack for path in paths if (stack := _stack(tree, path)) is not None)


def _stack(tree: Tree, path: str) -> Stack | None:
    root, document = values.load(tree, path, "ecs")
    inner = values.at(root, "taskDefinition")
    task = inner if isinstance(inner, MappingNode) else root
    containers = values.items(values.at(task, "containerDefinitions") or values.at(task, "ContainerDefinitions"))
    services = tuple(_service(node) for node in containers)
    if not services and not document.problems:
        return None
    return Stack(path, "ecs", posixpath.dirname(path), services, (document,), is_for_development(path))


def _service(node: Node) -> Service:
    name, image = values.at(node, "name"), values.at(node, "image")
    place = (name or node).place
    variables = values.listed(values.at(node, "environment"))
    elsewhere: list[tuple[Span, str]] = []
    for secret in values.items(values.at(node, "secrets")):
        key = values.text(values.at(secret, "name"))
        if key:
            variables[key] = Value.unknown(f"the value of {key} is a secret of AWS", Origin.at(secret.place))
    for file in values.items(values.at(node, "environmentFiles")):
        elsewhere.append((file.place, "a file of variables that is kept in S3"))
    extra = {"platform": Value.exact("ecs", Origin.at(place))}
    units = values.count(values.at(node, "cpu"))
    if units is not None and units.is_exact and int(str(units.only)) > 0:
        extra["cpus"] = Value.exact(int(str(units.only)) / 1024, *units.origins)
    command, entrypoint = values.at(node, "command"), values.at(node, "entryPoint")
    text = values.text(name) or "container"
    return Service(
        text, place, values.words(command), values.words(entrypoint), variables, tuple(elsewhere),
        image=values.value(image) if image is not None else None,
        replicas=Value.exact(1, Origin.assumed("a task definition does not say how many tasks run", place)),
        directory=values.text(values.at(node, "workingDirectory")) or None, extra=extra,
        names=frozenset({text}),
    )  # fmt: skip
