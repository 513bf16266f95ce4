"""What the command of a container, a unit or a Procfile starts, once wrappers are taken off and scripts are followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from connlint.deployment.commands.container import Container
from connlint.deployment.commands.context import Context
from connlint.deployment.commands.launch import Launch, Launches, Nested
from connlint.deployment.commands.management import launch_management
from connlint.deployment.commands.managers import foreman, supervised
from connlint.deployment.commands.programs import Reader, is_known, program_of_module, reader_of
from connlint.deployment.commands.python_scripts import launch_script
from connlint.deployment.commands.pythons import PythonRun, python_run
from connlint.deployment.commands.scripts import UNKNOWN, Language, Script, as_script, find_script
from connlint.deployment.commands.wrapping import is_python, is_shell, program, unwrap
from connlint.deployment.demand import times
from connlint.formats.services import ONE, Role
from connlint.formats.words import Command, Invocation, Text, Word
from connlint.records import replace
from connlint.source import Span
from connlint.value import Origin, Value

_MOST_STEPS: Final = 400  # wrappers, scripts and programs looked at for one command
_MOST_DEPTH: Final = 30
_SH: Final = ("/bin/sh", "-c")


def launches(
    entrypoint: Command | None,
    command: Command | None,
    environment: Mapping[str, Value],
    container: Container,
    *,
    directory: str = "",
    shell: tuple[str, ...] = ("/bin/sh", "-c"),
    cpus: Value,
    versions: Mapping[str, Value],
) -> Launches:
    """What `entrypoint` with `command` starts.

    They are joined as Docker joins them: an entrypoint in shell form takes no command; one of words has the command's
    words behind it (`moby`, daemon/commit and runtime's ENTRYPOINT/CMD table). `directory` is where it starts, absolute
    in a container, else relative to the project. `shell` runs scripts that are stated as text.
    """
    run = _Run(container, cpus, versions)
    first = entrypoint if entrypoint is not None and not entrypoint.is_empty else None
    behind = command if command is not None and not command.is_empty else None
    start = Invocation((), dict(environment), directory)
    if first is not None and first.script is not None:
        run.script(first.script, start, shell)
    elif first is not None:
        words = first.words
        if behind is not None:
            words += behind.words if behind.script is None else (*_words(shell, behind.span), Word.of(behind.script))
        run.program(replace(start, words=words))
    elif behind is not None and behind.script is not None:
        run.script(behind.script, start, shell)
    elif behind is not None:
        run.program(replace(start, words=behind.words))
    return Launches(tuple(run.found), tuple(dict.fromkeys(run.unresolved)), tuple(run.others))


def _words(texts: tuple[str, ...], span: Span) -> tuple[Word, ...]:
    return tuple(Word.of(Text.placed(text, span)) for text in texts)


class _Run:
    """Follows one command to the programs that do something."""

    def __init__(self, container: Container, cpus: Value, versions: Mapping[str, Value]) -> None:
        self.found: list[Launch] = []
        self.unresolved: list[tuple[Span, str]] = []
        self.others: list[Invocation] = []
        self._container, self._cpus, self._versions = container, cpus, versions
        self._wrappers: tuple[str, ...] = ()
        self._copies = ONE
        self._assumed: Origin | None = None
        self._depth = 0
        self._steps = 0

    def program(self, invocation: Invocation) -> None:
        """Look at one program that is run."""
        self._steps += 1
        words = invocation.words
        if not words:
            return
        if self._steps > _MOST_STEPS or self._depth > _MOST_DEPTH:
            self.unresolved.append((words[0].span, "too many programs run each other to follow them all"))
            return
        before = self._wrappers, self._assumed, self._copies
        self._depth += 1
        self._look(invocation)
        self._depth -= 1
        self._wrappers, self._assumed, self._copies = before

    def _look(self, invocation: Invocation) -> None:
        name = program(invocation.words[0])
        if not name:
            reason = invocation.words[0].value.reason or "one of several programs"
            self.unresolved.append((invocation.words[0].span, f"which program is run is not known: {reason}"))
            return
        wrapped = unwrap(invocation, self._container)
        if wrapped is not None:
            self._wrappers += (wrapped.wrapper,)
            if wrapped.script is not None:
                script, unknown = as_script(wrapped.script)
                self.script(script, replace(invocation, environment={**invocation.environment, **unknown}), _SH)
            elif wrapped.invocation is not None:
                self.program(wrapped.invocation)
            else:
                self.others.append(invocation)
        elif is_shell(name):
            self._shell(invocation)
        elif is_python(name):
            self._python(invocation)
        elif name in ("honcho", "foreman", "supervisord"):
            self._manager(name, invocation)
        else:
            self._start(name, invocation)

    def _start(self, name: str, invocation: Invocation) -> None:
        """A program by its name, or a script of the project."""
        reader = reader_of(name)
        if reader is not None:
            self._read(reader, invocation)
            return
        script = find_script(invocation.words[0], invocation.directory, self._container)
        self._assumed = (script.assumed if script is not None else None) or self._assumed
        if script is None:
            self._unknown(name, invocation)
        elif script.language is Language.SHELL:
            self._follow(
                Text.of(script.source.span(0, len(script.source.text))), name, invocation.words[1:], invocation
            )
        elif script.language is Language.PYTHON:
            self._python_file(script, invocation)
        else:
            self.unresolved.append(
                (invocation.words[0].span, f"{script.source.path} is no script that can be followed")
            )

    def _unknown(self, name: str, invocation: Invocation) -> None:
        """An entrypoint that is not in the project most likely runs what stands behind it."""
        rest = invocation.words[1:]
        following = program(rest[0]) if rest else ""
        given = invocation.words[0].exact or ""
        place = self._container.locate(given, invocation.directory) if "/" in given else None
        trouble = self._container.trouble(place) if place is not None else ""
        if trouble:
            self.unresolved.append((invocation.words[0].span, f"{place} cannot be read: {trouble}"))
            return
        is_entry = "/" in given or name.endswith(".sh") or "entrypoint" in name
        if is_entry and (is_known(following) or is_python(following) or is_shell(following)):
            self._assumed = Origin.assumed(f"{name}, which is not here, runs the command behind it", rest[0].span)
            self.program(replace(invocation, words=rest))
        else:
            self.others.append(invocation)

    def _read(self, reader: Reader, invocation: Invocation) -> None:
        launches = reader(Context(invocation, self._container, self._cpus, self._versions))
        if launches is None:
            self.others.append(invocation)
            return
        for launch in launches:
            if isinstance(launch, Nested):
                self._nested(launch, invocation)
                continue
            started = launch.started
            if self._assumed is not None:
                started = replace(started, processes=started.processes.because(self._assumed))
            self.found.append(
                replace(
                    launch, started=started, wrappers=self._wrappers, copies=times(self._copies, launch.copies),
                    sure=invocation.sure, assumed=invocation.assumed, excluded=invocation.excluded,
                    background=invocation.background,
                    condition=invocation.condition,
                )
            )  # fmt: skip

    def _nested(self, nested: Nested, invocation: Invocation) -> None:
        """A command that a server runs beside its own work."""
        if nested.problem is not None:
            self.unresolved.append(nested.problem)
            return
        before = len(self.found)
        start = replace(
            invocation, words=nested.words, environment=dict(nested.environment), directory=nested.directory
        )
        if nested.script is not None:
            self.script(nested.script, start, _SH)
        else:
            self.program(start)
        lasts = nested.role in (None, Role.SERVICE)
        self.found[before:] = [
            replace(each, role=each.role or nested.role if lasts else nested.role) for each in self.found[before:]
        ]

    # -- Python ----------------------------------------------------------------------------------------------------

    def _python(self, invocation: Invocation) -> None:
        run = python_run(invocation.words[1:])
        if run is None or run.kind == "code":
            self.others.append(invocation)
            return
        name = run.what.exact
        if name is None:
            reason = run.what.value.reason or "one of several"
            self.unresolved.append((run.what.span, f"which {run.kind} Python runs is not known: {reason}"))
        elif run.kind == "file":
            self._python_path(run, invocation)
        else:
            self._python_module(name, run, invocation)

    def _python_path(self, run: PythonRun, invocation: Invocation) -> None:
        name = program(run.what)
        inner = replace(invocation, words=(run.what, *run.rest))
        reader = reader_of(name)
        if reader is not None:
            self._read(reader, inner)
            return
        wrapped = unwrap(inner, self._container)
        if wrapped is not None and wrapped.invocation is not None:
            self._wrappers += (wrapped.wrapper,)
            self.program(wrapped.invocation)
            return
        path = run.what.exact or ""
        source = self._container.text(path, invocation.directory)
        if source is None:
            self.others.append(invocation)
        else:
            self._python_file(Script(source, Language.PYTHON), inner)

    def _python_module(self, name: str, run: PythonRun, invocation: Invocation) -> None:
        known = program_of_module(name) or name
        inner = replace(invocation, words=(run.what, *run.rest))
        reader = reader_of(known)
        if reader is not None:
            self._read(reader, inner)
            return
        named = replace(inner, words=(Word.of(Text.placed(known, run.what.span)), *run.rest))
        wrapped = unwrap(named, self._container)
        if wrapped is not None and wrapped.invocation is not None:
            self._wrappers += (wrapped.wrapper,)
            self.program(wrapped.invocation)
            return
        path = name.replace(".", "/")
        for place in (f"{path}.py", f"{path}/__main__.py"):
            source = self._container.text(place, invocation.directory)
            if source is not None:
                self._python_file(Script(source, Language.PYTHON), inner)
                return
        self.others.append(invocation)

    def _python_file(self, script: Script, invocation: Invocation) -> None:
        if script.is_manage:
            self._read(launch_management, invocation)
        else:
            self._read(partial(launch_script, source=script.source), invocation)

    # -- shells ----------------------------------------------------------------------------------------------------

    def _shell(self, invocation: Invocation) -> None:
        """`sh -c "script" name arguments`, `sh script arguments`."""
        words = invocation.words[1:]
        if program(invocation.words[0]) == "busybox":
            words = words[1:]
        index, as_text = 0, False
        while index < len(words) and words[index].known[:1] in ("-", "+") and len(words[index].known) > 1:
            text = words[index].known
            index += 1
            if text == "--":
                break
            if not text.startswith("--"):
                as_text = as_text or "c" in text[1:]
                index += 1 if text[1:].endswith(("o", "O")) else 0
            elif text in ("--rcfile", "--init-file"):
                index += 1
        if index >= len(words):
            self.others.append(invocation)
            return
        if as_text:
            script, unknown = as_script(words[index])
            invocation = replace(invocation, environment={**invocation.environment, **unknown})
            rest = words[index + 1 :]
            self._follow(script, rest[0].exact or "sh" if rest else "sh", rest[1:], invocation)
            return
        source = self._container.text(words[index].exact or "", invocation.directory)
        if source is None:
            rest = words[index + 1 :]
            self._unknown(program(words[index]) or "sh", replace(invocation, words=(words[index], *rest)))
            return
        whole = Text.of(source.span(0, len(source.text)))
        self._follow(whole, words[index].exact or "", words[index + 1 :], invocation)

    def script(self, text: Text, start: Invocation, shell: tuple[str, ...]) -> None:
        """Follow a shell script that is stated as text."""
        if not is_shell(shell[0].rpartition("/")[2]):
            self.unresolved.append((text.span(), f"{shell[0]} is no shell that can be followed"))
            return
        self._follow(text, shell[0], (), start)

    def _follow(self, text: Text, name: str, arguments: tuple[Word, ...], start: Invocation) -> None:
        from connlint.formats.shell.reader import run_shell  # many a deployment has no script

        result = run_shell(
            text, name=name, arguments=arguments, environment=start.environment, directory=start.directory,
            source=self._container.whole, cpus=self._cpus, parsed=self._container.lookups.parsed,
        )  # fmt: skip
        before, parts, open_ends = len(self.found), [], []
        others, unclear = len(self.others), len(self.unresolved)
        for invocation in result.invocations:
            first, others, unclear = len(self.found), len(self.others), len(self.unresolved)
            self.program(_within(start, invocation))
            parts.append((first, len(self.found)))
            if len(self.found) == first and not invocation.background:
                open_ends += self.unresolved[unclear:]
            elif len(self.found) > first:  # what was not followed prepares what was found
                self.unresolved = [each for each in self.unresolved if each not in open_ends]
        last = result.invocations[-1].span if result.invocations else None
        if len(self.others) > others and len(self.unresolved) == unclear:  # or what else the script comes to
            self.unresolved = [each for each in self.unresolved if each not in open_ends]
        else:
            last = None
        if len(self.found) == before:
            self.unresolved += [
                (each.span, each.message) for each in result.problems if not _is_before(each.span, last)
            ]
        for index, (first, end) in enumerate(parts):
            if _ends_before(result.invocations[index], result.invocations[index + 1 :]):
                self.found[first:end] = [
                    replace(each, role=each.role or Role.RELEASE) for each in self.found[first:end]
                ]

    # -- programs that start several others ------------------------------------------------------------------------

    def _manager(self, name: str, invocation: Invocation) -> None:
        """A program that starts what a file of the project lists."""
        managed = (supervised if name == "supervisord" else foreman)(invocation, self._container)
        if managed is None:
            self.others.append(invocation)
            return
        self.unresolved += managed.problems
        self._wrappers += (name,)
        self._assumed = managed.assumed or self._assumed
        copies = self._copies
        for service, number in managed.services:
            self._copies = times(copies, times(service.replicas, number))
            environment = {**invocation.environment, **service.environment}
            folder = service.directory or invocation.directory
            start = replace(invocation, words=(), environment=environment, directory=folder, background=True)
            if service.command is None:
                continue
            if service.command.script is not None:
                self.script(service.command.script, start, _SH)
            else:
                self.program(replace(start, words=service.command.words))


def _is_before(span: Span, last: Span | None) -> bool:
    """Whether something comes before what a script ends with; what it sources comes before, too."""
    return last is not None and (span.source is not last.source or span.start < last.start)


def _within(start: Invocation, inner: Invocation) -> Invocation:
    """What a script runs, in the circumstances in which the script itself is run."""
    runs = (start.sure or start.assumed) and (inner.sure or inner.assumed)
    sure = start.sure and inner.sure
    condition = " and ".join(dict.fromkeys(c for c in (start.condition, inner.condition) if c))
    background = start.background or inner.background
    environment = {name: value for name, value in inner.environment.items() if not name.startswith(UNKNOWN)}
    return replace(
        inner, environment=environment, sure=sure, assumed=runs and not sure, background=background, condition=condition,
        excluded=start.excluded or inner.excluded,
    )  # fmt: skip


def _ends_before(invocation: Invocation, later: Sequence[Invocation]) -> bool:
    """Whether a script waits for a program's end before it runs another one."""
    if invocation.background:
        return False
    return any(other.sure or other.condition == invocation.condition for other in later)
