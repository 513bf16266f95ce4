"""The passes over the list of options once everything is read: references replaced, then what is inherited."""

from __future__ import annotations

from collections.abc import Iterable

from connlint.formats.uwsgi.export import Exporter
from connlint.formats.uwsgi.files import safe
from connlint.formats.uwsgi.references import Fuel, computed, is_variable, resolve
from connlint.formats.uwsgi.worlds import Case, Guard
from connlint.project.tree import Unreadable
from connlint.records import replace
from connlint.value import Origin


def replace_references(exporter: Exporter) -> None:
    """Replace `$(VARIABLE)` in all options, then `@(file)`, then `%(placeholder)`; not in those that acted at once."""
    around, fuel = exporter.around, Fuel()

    def variable(name: str, guard: Guard) -> Iterable[Case]:
        if not is_variable(name):
            return [Case(guard, None)]
        if name not in around.environment and not around.is_open:
            return [Case(guard, None, f"the environment variable {name} is not declared")]
        return [Case(branch.guard, branch.item, branch.doubt, branch.origins) for branch in around.variable(name)]

    def content(name: str, guard: Guard) -> Iterable[Case]:
        return [_content(exporter, name, guard)]

    def placeholder(key: str, guard: Guard) -> Iterable[Case]:
        return computed(key, guard, find)

    def find(name: str, guard: Guard) -> Iterable[Case]:
        matches = exporter.first(name, guard)
        if matches is None:
            return [Case(guard, None, "it depends on too many conditions")]
        return [Case(part, None) if case is None else replace(case, guard=part) for part, case in matches]

    for symbol, hook in (("$", variable), ("@", content), ("%", placeholder)):
        for option in exporter.options:
            if not option.immediate:
                option.cases = [new for case in option.cases for new in resolve(case, symbol, hook, fuel)]
    for option in exporter.options:
        if option.immediate:
            option.cases = [_unresolved(case) for case in option.cases]


def load_inherited(exporter: Exporter) -> None:
    """Load what `inherit` names: it comes after all other options, and its references stay as they are."""
    position = 0
    while position < len(exporter.options):
        option = exporter.options[position]
        position += 1
        if option.key == "inherit":
            for case in list(option.cases):
                exporter.load("include", option.entry, case)


def _content(exporter: Exporter, name: str, guard: Guard) -> Case:
    """What `@(name)` stands for: the text of a file of the project, without its last line end."""
    around = exporter.around
    bases = around.bases(exporter.includes.folder)
    place = around.tree.locate(name, bases[0])
    if (len(bases) > 1 and not name.startswith("/")) or not place or not around.tree.is_file(place):
        return Case(guard, None, f"it is read from {safe(name)} where uWSGI runs")
    try:
        source = around.tree.read(place)
    except Unreadable as error:
        return Case(guard, None, f"{safe(name)} cannot be read: {error}")
    text = source.text.partition("\0")[0]
    origin = Origin.assumed("the files are those of the project", source.span(0, 0))
    return Case(guard, text[:-1] if text.endswith(("\n", "\r")) else text, "", (origin,))


def _unresolved(case: Case) -> Case:
    """Releases differ in which options act at once; one with a reference is 0 in one and a number in another."""
    if any(f"{symbol}(" in (case.text or "") for symbol in "$@%"):
        return replace(case, doubt=case.doubt or "the option takes effect before references are replaced")
    return case
