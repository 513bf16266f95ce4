"""All objects that are applied together as one stack of services."""

from __future__ import annotations

from collections.abc import Sequence

from connlint.formats.document import Document
from connlint.formats.kubernetes.addresses import endpoints_of
from connlint.formats.kubernetes.data import Manifest
from connlint.formats.kubernetes.operators import operated
from connlint.formats.kubernetes.workloads import SCALERS, services_of
from connlint.formats.services import Service, Stack


def stack_of(
    name: str,
    kind: str,
    folder: str,
    manifests: Sequence[Manifest],
    documents: Sequence[Document],
    *,
    development: bool,
) -> Stack:
    """The stack that these objects make: ConfigMaps, Services and autoscalers joined to the workloads they name."""
    maps = {m.exact_name: m for m in manifests if m.kind == "ConfigMap" and m.exact_name is not None}
    scalers = [manifest for manifest in manifests if manifest.kind in SCALERS]
    endpoints = endpoints_of(manifests)
    services: list[Service] = []
    for manifest in manifests:
        services.extend(services_of(manifest, maps, scalers, endpoints))
        services.extend(operated(manifest))
    return Stack(name, kind, folder, tuple(services), tuple(documents), development)


def is_telling(stack: Stack) -> bool:
    """Whether a stack starts something, or has a file that cannot be read and might."""
    return bool(stack.services) or any(document.problems for document in stack.documents)
