"""Which deployments a repository holds."""

from __future__ import annotations

from collections.abc import Iterator

from connlint.deployment.assembly import loose
from connlint.deployment.assembly.joined import joined
from connlint.deployment.assembly.material import Gathered
from connlint.deployment.model import Deployment


def deployments(gathered: Gathered) -> tuple[Deployment, ...]:
    """Every deployment, those of loose files last."""
    return tuple(_deployments(gathered))


def _deployments(gathered: Gathered) -> Iterator[Deployment]:
    found = tuple(joined(gathered))
    yield from (deployment for deployment, _ in found)
    deployed = [(deployment, materials) for deployment, materials in found if not deployment.development]
    claimed = {document.path for deployment, _ in deployed for document in deployment.documents}
    for material in gathered.materials:
        covered = any(material in materials for _, materials in deployed)
        yield from loose.deployments(material, claimed, covered=covered)
