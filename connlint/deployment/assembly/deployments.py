"""Which deployments a repository holds."""

from __future__ import annotations

from connlint.deployment.assembly import loose
from connlint.deployment.assembly.material import Gathered
from connlint.deployment.model import Deployment


def deployments(gathered: Gathered) -> tuple[Deployment, ...]:
    """Every deployment, those of loose files last."""
    return tuple(d for material in gathered.materials for d in loose.deployments(material))
