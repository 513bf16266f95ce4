"""Which deployments a repository holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connlint.deployment.application import uses_django
from connlint.deployment.assembly import loose
from connlint.deployment.assembly.maps import assemble
from connlint.deployment.assembly.material import Gathered, Material
from connlint.deployment.model import Deployment
from connlint.formats.document import Document
from connlint.records import replace


def deployments(gathered: Gathered) -> tuple[Deployment, ...]:
    """Every deployment, those of loose files last; of a library only its code, which runs in other people's."""
    found = tuple(_deployments(gathered))
    gathered.tree.syntax.clear()  # the code is analysed next, and needs the room
    if found or not gathered.materials or not uses_django(gathered.tree):
        return found
    return (assemble("library", gathered.materials[0], (), (), ()),)


def _deployments(gathered: Gathered) -> Iterator[Deployment]:
    found: tuple[tuple[Deployment, Sequence[Material]], ...] = ()
    faulty: tuple[Document, ...] = ()
    lacks: tuple[tuple[str, str], ...] = ()
    if gathered.inventory.started_by:
        from connlint.deployment.assembly.joined import joined  # with the images and commands that nothing else needs

        all_of_it = joined(gathered)
        found, faulty, lacks = all_of_it.deployments, all_of_it.faulty, all_of_it.lacks
    for deployment in _all(gathered, found):
        if (faulty or lacks) and not deployment.development:
            documents, more = (*deployment.documents, *faulty), (*deployment.lacks, *lacks)
            deployment, faulty, lacks = replace(deployment, documents=documents, lacks=more), (), ()
        yield deployment


def _all(gathered: Gathered, found: Sequence[tuple[Deployment, Sequence[Material]]]) -> Iterator[Deployment]:
    yield from (deployment for deployment, _ in found)
    deployed = [(deployment, materials) for deployment, materials in found if not deployment.development]
    claimed = {document.path for deployment, _ in deployed for document in deployment.documents}
    for material in gathered.materials:
        covered = any(material in materials for _, materials in deployed)
        yield from loose.deployments(material, claimed, covered=covered)
