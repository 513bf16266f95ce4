"""Reads a Dockerfile for what the processes of its image find: variables, commands, folders and project files.

RUN is not executed: what it installs, writes or moves is not followed, nor are ONBUILD, HEALTHCHECK, STOPSIGNAL,
VOLUME, USER, .dockerignore, archives that ADD unpacks, and files from other images or the network. The variables
of the base image are not known: one that this file does not set is "set in no file".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from connlint.formats.dockerfile.copying import located, project_path
from connlint.formats.dockerfile.stages import Builder, Stage
from connlint.formats.dockerfile.syntax import Instruction, instructions
from connlint.formats.dockerfile.words import json_words
from connlint.formats.document import Document, Problem
from connlint.formats.services import Image
from connlint.formats.shell.state import content
from connlint.formats.words import Text
from connlint.project.tree import Tree, Unreadable
from connlint.records import replace
from connlint.source import Source
from connlint.value import Value

_FILE: Final = re.compile(r"[\w./-]{1,200}\.(?:py|sh|txt|toml|ini|cfg|conf|json|ya?ml)\b")
_MOST_FOLDERS: Final = 6
_MOST_TEXT: Final = 5_000


def read_image(
    tree: Tree, path: str, *, target: str = "", arguments: Mapping[str, Value] | None = None, context: str | None = None
) -> Image:
    """The image that the Dockerfile at project-relative `path` builds, up to stage `target` (the last where empty).

    `arguments` are `--build-arg`s; `context` is the project-relative folder it is built from, told by which one holds
    the files it copies where it is None. Problems stand in the image's document; nothing is raised.
    """
    try:
        source = tree.read(path)
    except Unreadable as error:
        empty = Source(path, "")
        problem = Problem(error.code, f"the Dockerfile cannot be read: {error}", empty.span(0, 0))
        document = Document("dockerfile", empty, problems=(problem,))
        return Image(empty.span(0, 0), None, {}, None, None, "", (), document=document)
    text = Text.of(source.span(0, len(source.text)))
    return read_text(tree, text, path, target=target, arguments=arguments, context=context)


def read_text(
    tree: Tree,
    text: Text,
    path: str,
    *,
    target: str = "",
    arguments: Mapping[str, Value] | None = None,
    context: str | None = None,
) -> Image:
    """The same of a Dockerfile that stands inside another file, as compose's `dockerfile_inline`."""
    found, problems = instructions(text)
    if context is None:
        context = _guessed_context(tree, path, found)
    builder = Builder(tree, context, arguments or {}, problems)
    for instruction in found:
        builder.take(instruction)
    stage = _chosen(builder.stages, target)
    if stage is None:
        said = "names no stage of this file" if target and builder.stages else "the Dockerfile has no FROM"
        message = f"the build target {said}" if target and builder.stages else said
        problems.append(Problem("bad-value", message, text.span(0, 0), fatal=True))
    document = Document("dockerfile", text.source, problems=tuple(problems))
    if stage is None:
        return Image(text.span(0, 0), None, {}, None, None, "", (), document=document)
    return replace(stage.image(), document=document)


def _chosen(stages: list[Stage], target: str) -> Stage | None:
    if not target:
        return stages[-1] if stages else None
    named = [stage for stage in stages if stage.name == target.lower()]
    if named:
        return named[-1]
    return stages[int(target)] if target.isdigit() and int(target[:6]) < len(stages) else None


def _guessed_context(tree: Tree, path: str, found: list[Instruction]) -> str:
    """The folder that holds most of what the file copies and then uses: its own, or one of those above it."""
    folders = [posixpath.dirname(path)]
    while folders[-1] and len(folders) < _MOST_FOLDERS:
        folders.append(posixpath.dirname(folders[-1]))
    if folders[-1]:
        folders.append("")
    copied = [_sources(instruction) for instruction in found if instruction.keyword in ("COPY", "ADD")]
    sources = [source for each in copied for source in each if source.strip("./")][:100]

    def held(folder: str) -> tuple[int, int]:
        return sum(bool(located(tree, folder, source)) for source in sources), _used(tree, folder, found)

    return max(folders, key=held)  # the first of equals: the nearest


def _used(tree: Tree, context: str, found: list[Instruction]) -> int:
    """How many of the files that commands name are there, when it is built from this folder."""
    builder = Builder(tree, context, {}, [])
    count = 0
    for instruction in found:
        builder.take(instruction)
        if builder.stages and instruction.keyword in ("RUN", "CMD", "ENTRYPOINT"):
            stage = builder.stages[-1]
            for name in _FILE.findall(instruction.rest.text[:_MOST_TEXT])[:50]:
                count += project_path(tree, stage.mounts, stage.place(name)) is not None
    return count


def _sources(instruction: Instruction) -> list[str]:
    if instruction.flag("from"):
        return []
    listed = json_words(instruction.rest)
    words = [content(word) for word in listed] if listed is not None else None
    texts = [str(word.only) for word in words if word.is_exact] if words is not None else instruction.rest.text.split()
    return [text for text in texts[:-1] if "$" not in text and "://" not in text and not text.startswith("<<")]
