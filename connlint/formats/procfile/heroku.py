"""Reads heroku.yml: containers that Heroku builds and runs.

Source: Heroku's "Building Docker images with heroku.yml": the build's context is the Dockerfile's folder, `run` takes
the place of the image's CMD and is run by a shell, a process without one runs the CMD.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from connlint.formats.platforms import values
from connlint.formats.procfile.app_json import Beside, beside, set_by_platform
from connlint.formats.services import ONE, Build, Role, Service, Stack
from connlint.formats.words import Command
from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode
from connlint.project.deployment_files import is_for_development
from connlint.project.tree import Tree
from connlint.records import replace
from connlint.source import Span
from connlint.value import Origin, Value


def read_heroku(tree: Tree, paths: Sequence[str], environment: Mapping[str, Value]) -> tuple[Stack, ...]:
    """One stack for each heroku.yml, with what app.json beside it says; `release` is RELEASE. `extra` as of a Procfile."""
    del environment
    return tuple(_stack(tree, path) for path in paths)


def _stack(tree: Tree, path: str) -> Stack:
    folder, development = posixpath.dirname(path), is_for_development(path)
    root, document = values.load(tree, path, "heroku")
    more = beside(tree, folder)
    documents = (document, *more.documents)
    if root is None:
        return Stack(path, "heroku", folder, (), documents, development)
    builds = {name: _build(tree, folder, node) for name, _, node in values.members(values.at(root, "build", "docker"))}
    arguments = values.variables(values.at(root, "build", "config"))
    builds = {name: replace(build, arguments=arguments) if build else None for name, build in builds.items()}
    config = values.variables(values.at(root, "setup", "config"))
    extra = {"platform": Value.exact("heroku", Origin.at(root.span)), **more.extra}
    base = Service(
        "",
        root.span,
        environment={**set_by_platform(extra["platform"], root.span), **config, **more.environment},
        extra=extra,
    )
    runs = {name: (key.place, node) for name, key, node in values.members(values.at(root, "run"))}
    places = {name: key.place for name, key, _ in values.members(values.at(root, "build", "docker"))}
    found = [_service(base, name, place, node, builds, more) for name, (place, node) in runs.items()]
    found += [_service(base, name, place, None, builds, more) for name, place in places.items() if name not in runs]
    release = values.at(root, "release")
    if release is not None:
        made = _service(base, "release", release.place, release, builds, more)
        found.append(replace(made, role=Role.RELEASE))
    if more.postdeploy is not None:
        build = builds.get("web")
        span = more.postdeploy.span
        found.append(
            replace(base, name="postdeploy", span=span, command=more.postdeploy, build=build, role=Role.RELEASE)
        )
    return Stack(path, "heroku", folder, tuple(found), documents, development)


def _service(
    base: Service, name: str, place: Span, node: Node | None, builds: Mapping[str, Build | None], more: Beside
) -> Service:
    image = values.text(values.at(node, "image")) or name
    plan = more.plans.get(name)
    variables = dict(base.environment)
    if name == "web":
        variables.setdefault("PORT", Value.unknown("the platform chooses PORT", Origin.at(place)))
    return replace(
        base,
        name=name,
        span=place,
        command=_command(node),
        environment=variables,
        build=builds.get(image),
        replicas=more.replicas.get(name, ONE),
        extra=base.extra if plan is None else {**base.extra, "plan": plan},
    )


def _command(node: Node | None) -> Command | None:
    """A text, or `command:` with a list of texts, which a shell runs one after the other."""
    if isinstance(node, ScalarNode):
        return values.script(node)
    lines = values.at(node, "command")
    if isinstance(lines, ScalarNode):
        return values.script(lines)
    held = [item for item in values.items(lines) if isinstance(item, ScalarNode)]
    if len(held) == 1:
        return values.script(held[0])
    joined = None
    for item in held:
        between = replace(item.text.cut(0, 1), text="\n") if joined is not None and item.value else None
        joined = item.text if joined is None else joined + between + item.text if between else joined
    return Command(lines.place, script=joined) if lines is not None and joined is not None else None


def _build(tree: Tree, folder: str, node: Node) -> Build | None:
    file = values.at(node, "dockerfile") if isinstance(node, MappingNode) else node
    name = values.text(file)
    found = values.build(tree, folder, name, posixpath.dirname(name), file) if name else None
    return replace(found, target=values.text(values.at(node, "target"))) if found is not None else None
