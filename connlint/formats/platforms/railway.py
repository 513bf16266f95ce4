"""Reads railway.json, railway.toml and nixpacks.toml: the command that Railway starts, its replicas and its cron jobs.

Source: Railway's "Config as Code" reference and "Set a Start Command". A start command of an image built of a Dockerfile
takes the place of its entrypoint and is executed as it is, that of a Nixpacks or Railpack build is run by a shell. Nixpacks' own `[start]` counts where Railway's file has none.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Final

from connlint.formats.platforms import values
from connlint.formats.services import ONE, Role, Service, Stack
from connlint.formats.words import Command
from connlint.formats.yaml_nodes import MappingNode, Node
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.records import replace
from connlint.source import Span
from connlint.value import Origin, Value, total

_RAILWAY: Final = ("railway.json", "railway.toml")


def read_railway(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each file, with one service, `web`, and its `release` where there is a command before the deploy.

    `replicas` is numReplicas, in all regions together. One with a cronSchedule is SCHEDULED. Never raises.
    """
    del environment
    return tuple(stack for path in paths if (stack := _railway(tree, path)) is not None)


def read_nixpacks(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each nixpacks.toml whose start command no railway file beside it replaces. Never raises."""
    del environment
    found = []
    for path in paths:
        folder = posixpath.dirname(path)
        root, document = values.load(tree, path, "nixpacks")
        command = values.script(values.at(root, "start", "cmd"))
        if _railway_command(tree, folder) is not None or (command is None and not document.problems):
            continue
        variables = values.variables(values.at(root, "variables"))
        services = (Service("web", command.span, command, environment=variables),) if command is not None else ()
        found.append(Stack(path, "nixpacks", folder, services, (document,), is_for_development(path)))
    return tuple(found)


def _railway_command(tree: Tree, folder: str) -> Node | None:
    for name in _RAILWAY:
        path = posixpath.join(folder, name)
        if tree.is_file(path):
            root, _ = values.load(tree, path, "railway")
            return values.at(root, "deploy", "startCommand")
    return None


def _railway(tree: Tree, path: str) -> Stack | None:
    root, document = values.load(tree, path, "railway")
    folder, development = posixpath.dirname(path), is_for_development(path)
    if root is None:
        return Stack(path, "railway", folder, (), (document,), development) if document.problems else None
    file = values.at(root, "build", "dockerfilePath")
    is_image = values.text(values.at(root, "build", "builder")).upper() == "DOCKERFILE" or file is not None
    build = values.build(tree, folder, values.text(file) or "Dockerfile", node=file) if is_image else None
    deploy = values.at(root, "deploy")
    command = _command(values.at(deploy, "startCommand"), is_image)
    variables, documents = {}, [document]
    beside = posixpath.join(folder, "nixpacks.toml")
    if command is None and not is_image and tree.is_file(beside):
        nixpacks, more = values.load(tree, beside, "nixpacks")
        documents.append(more)
        command = values.script(values.at(nixpacks, "start", "cmd"))
        variables = values.variables(values.at(nixpacks, "variables"))
    schedule = values.at(deploy, "cronSchedule")
    service = Service(
        "web", command.span if command is not None else _place(root, deploy), command, Command(command.span) if command is not None and is_image else None,
        environment={**_kept(root), **variables}, build=build, replicas=_replicas(deploy), role=Role.SCHEDULED if schedule is not None else Role.SERVICE,
        extra={"platform": Value.exact("railway", Origin.at(root.span))},
    )  # fmt: skip
    services = [service]
    before = _before(values.at(deploy, "preDeployCommand"), is_image)
    if before is not None:
        release = replace(service, name="release", span=before.span, command=before, role=Role.RELEASE, replicas=ONE)
        services.append(release)
    return Stack(path, "railway", folder, tuple(services), tuple(documents), development)


def _kept(root: MappingNode) -> dict[str, Value]:
    """Variables are kept on Railway; a database's address is called DATABASE_URL there."""
    return {"DATABASE_URL": Value.unknown("DATABASE_URL is a variable that is kept on Railway", Origin.at(root.span))}


def _place(root: MappingNode, deploy: Node | None) -> Span:
    return deploy.place if deploy is not None else root.span


def _command(node: Node | None, is_image: bool) -> Command | None:
    return values.words(node) if is_image else values.script(node)


def _before(node: Node | None, is_image: bool) -> Command | None:
    """The command before a deploy, which may stand in a list of one."""
    held = values.items(node)
    return _command(held[0] if held else node, is_image)


def _replicas(deploy: Node | None) -> Value:
    regions = [
        count
        for _, _, region in values.members(values.at(deploy, "multiRegionConfig"))
        if (count := values.count(values.at(region, "numReplicas"))) is not None
    ]
    if regions:
        return total(regions)
    return values.count(values.at(deploy, "numReplicas")) or ONE
