"""Servers and poolers that operators run: what their objects state, and no default that the operator may change."""

from __future__ import annotations

from connlint.deployment.commands.container import Container
from connlint.deployment.containers.poolers import pooler_of
from connlint.deployment.containers.servers import server_of
from connlint.deployment.model import Pooler, Server
from connlint.formats.kubernetes.reader import read_kubernetes
from connlint.project.tree import Tree

CLUSTER = """apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: shop
spec:
  instances: 3
  postgresql:
    parameters:
      max_connections: "250"
---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata:
  name: shop-pooler
spec:
  cluster:
    name: shop
  instances: 2
  type: rw
  pgbouncer:
    poolMode: transaction
    parameters:
      default_pool_size: "40"
"""
ZALANDO = """apiVersion: acid.zalan.do/v1
kind: postgresql
metadata:
  name: acid-shop
spec:
  numberOfInstances: 2
  enableConnectionPooler: true
  postgresql:
    version: "15"
"""


def found(text: str) -> tuple[list[Server], list[Pooler]]:
    tree = Tree(None, {"db.yaml": text})
    services = [service for stack in read_kubernetes(tree, ["db.yaml"], {}) for service in stack.services]
    inside = Container(tree)
    servers = [server_of(each, each.image, (), each.environment, inside, {}) for each in services]
    poolers = [pooler_of(each, each.image, (), each.environment, inside, {}) for each in services]
    return [server for server in servers if server is not None], [pooler for pooler in poolers if pooler is not None]


def test_cloudnative_pg() -> None:
    (server,), (pooler,) = found(CLUSTER)
    assert (server.get("max_connections").only, server.get("max_connections").place) == (250, "db.yaml:9")
    assert {"shop-rw", "shop-ro", "shop-r"} <= server.hosts
    assert server.get("statement_timeout").is_unknown
    assert (pooler.get("pool_mode").only, pooler.get("default_pool_size").only) == ("transaction", 40)
    assert (pooler.get("max_client_conn").only, pooler.instances.only) == (100, 2)
    assert pooler.databases["*"]["host"].only == "shop-rw"
    assert "shop-pooler" in pooler.hosts


def test_zalandos_operator_has_defaults_of_its_own() -> None:
    (server,), (pooler,) = found(ZALANDO)
    assert (str(server.version), server.get("max_connections").is_unknown) == ("15", True)
    assert pooler.get("pool_mode").is_unknown
    assert pooler.get("default_pool_size").is_unknown
    assert pooler.databases["*"]["host"].only == "acid-shop"
