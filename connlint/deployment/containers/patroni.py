"""PostgreSQL under Patroni: `bootstrap.dcs.postgresql.parameters` of its YAML file.

Source: Patroni's documentation (dynamic_configuration): max_connections and some others are taken from the cluster's dynamic
configuration only, which is made out of `bootstrap.dcs` when the cluster is; without it Patroni sets 100.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from connlint.deployment.containers.recognising import Running
from connlint.deployment.containers.stated import Stated, typed
from connlint.facts import product
from connlint.formats.postgresql.values import typed as parsed
from connlint.formats.yaml_nodes import MappingNode, Node, ScalarNode, read_yaml
from connlint.value import Origin, Value

_PATH: Final = ("bootstrap", "dcs", "postgresql", "parameters")
_NOTE: Final = "assumed: the cluster was made with it, and nobody changed it since"


def stated(running: Running) -> Stated:
    """What Patroni's file states of the server, where the command names a file of the project."""
    named = next((word.exact for word in running.arguments if word.exact and not word.exact.startswith("-")), None)
    paths = [named, *running.facts.files] if named is not None else list(running.facts.files)
    source = next((text for path in paths if (text := running.container.text(path)) is not None), None)
    if source is None:
        return Stated(missing="Patroni's configuration is not in the repository")
    found = read_yaml(source)
    node: Node | None = found.documents[0] if found.documents else None
    for name in _PATH:
        node = node.get(name) if isinstance(node, MappingNode) else None
    known = product("postgresql").settings
    settings: dict[str, Value] = {}
    for pair in node.pairs if isinstance(node, MappingNode) else ():
        key, value = pair.key.value, pair.value
        if key in known and known[key].defaults and isinstance(value, ScalarNode):
            written = Value.exact(value.value, Origin.at(value.place), Origin.assumed(_NOTE))
            settings[key] = typed(written, partial(parsed, known[key]), f"PostgreSQL refuses the value of {key}")
    return Stated(settings, missing="Patroni decides about what its file does not state")
