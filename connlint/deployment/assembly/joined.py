"""Deployments of what compose files, Procfiles, units, manifests and Dockerfiles start together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connlint.deployment.assembly import running
from connlint.deployment.assembly.contained import contained
from connlint.deployment.assembly.followed import Running, follow
from connlint.deployment.assembly.images import Images
from connlint.deployment.assembly.maps import Containers, assemble
from connlint.deployment.assembly.material import Gathered, Material
from connlint.deployment.assembly.running import Crew
from connlint.deployment.containers.poolers import buildpack_pooler, pooler_of
from connlint.deployment.containers.servers import server_of
from connlint.deployment.model import Deployment, Pooler, Server, SettingsModule
from connlint.deployment.unread import unread
from connlint.formats.document import Document
from connlint.formats.services import Role, Stack
from connlint.records import dataclass

_START_PGBOUNCER = "start-pgbouncer"
_MANAGED = "supervisor"


@dataclass(frozen=True, slots=True)
class Joined:
    """The deployments with the projects each runs.

    `faulty`: files that could not be read, and belong to none of them; `lacks`: what is not known of services that are
    built here and start nothing that is known.
    """

    deployments: tuple[tuple[Deployment, Sequence[Material]], ...] = ()
    faulty: tuple[Document, ...] = ()
    lacks: tuple[tuple[str, str], ...] = ()


def joined(gathered: Gathered) -> Joined:
    """A deployment for each stack that runs processes of Django projects, with these projects.

    Where none of them is meant for production, an image that nobody builds is a deployment of its own.
    """
    if not gathered.materials or not gathered.inventory.started_by:
        return Joined()
    images = Images(gathered.tree, gathered.inventory, gathered.stacks, frozenset(_names(gathered)))
    stacks = contained(gathered.stacks, images)
    followed = [_followed(stack, images, gathered) for stack in stacks if not stack.spare]
    deployed = [each for each in followed if each.crew.groups and not each.development]
    unused = (Stack(s.span.path, "dockerfile", _folder(s.span.path), (s,)) for s in images.unused())
    if not deployed:
        spare_ones = (stack for stack in stacks if stack.spare)
        followed += [_followed(stack, images, gathered) for stack in (*spare_ones, *unused)]
    elif any(each.stack.kind == _MANAGED for each in deployed):
        followed = _inside(followed, [_followed(stack, images, gathered) for stack in unused])
    found = [each for each in followed if each.crew.groups]
    used = {group.module.name for each in found for group in each.crew.groups if group.module is not None}
    spare = {id(m): m.evaluated(name for name in m.project.modules if name not in used) for m in gathered.materials}
    deployments: list[tuple[Deployment, Sequence[Material]]] = []
    for each in sorted(found, key=lambda each: each.development):
        modules = [module for material in each.crew.materials for module in spare.pop(id(material), ())]
        deployments.append((_deployment(each, modules), each.crew.materials))
    told = {document.path for deployment, _ in deployments for document in deployment.documents}
    stated = (document for stack in gathered.stacks if not stack.development for document in stack.documents)
    faulty = [each for each in (*stated, *images.documents) if each.path not in told and any(unread(each))]
    idle = (each for each in followed if not each.crew.groups and not each.development)
    lacks = dict.fromkeys(lack for each in idle for lack in each.crew.lacks)
    return Joined(tuple(deployments), tuple(faulty), tuple(lacks))


@dataclass(frozen=True, slots=True)
class _Followed:
    stack: Stack
    runs: Sequence[Running]
    crew: Crew

    @property
    def places(self) -> frozenset[str]:
        """The files that its processes are started from."""
        return frozenset(group.span.path for group in self.crew.groups if group.span is not None)

    @property
    def development(self) -> bool:
        """Whether it is for developers: its files say so, or compose runs a server for them, as nobody deploys it."""
        serving = [group for group in self.crew.groups if group.role is Role.SERVICE]
        theirs = self.crew.reloads or any(group.server == "runserver" for group in serving)
        return self.stack.development or (self.stack.kind == "compose" and theirs)


def _followed(stack: Stack, images: Images, gathered: Gathered) -> _Followed:
    """Without process groups where nothing of a Django project runs in it."""
    runs = [follow(stack, service, images, gathered) for service in stack.services]
    return _Followed(stack, runs, running.crew(runs, gathered))


def _inside(found: Sequence[_Followed], unused: Sequence[_Followed]) -> list[_Followed]:
    """Without supervisor's programs that run inside a container, with its variables: the container is the deployment."""
    kept = list(found)
    for each in (*(each for each in found if not each.development), *unused):
        started = each.places if each.stack.kind != _MANAGED else frozenset[str]()
        inner = [other for other in kept if other.stack.kind == _MANAGED and not started.isdisjoint(other.places)]
        if inner:
            kept = [other for other in kept if other not in inner]
            kept += [each] if each not in kept else []
    return kept


def _names(gathered: Gathered) -> Iterator[str]:
    """What the projects are called: the packages of their settings, and their folders."""
    for material in gathered.materials:
        yield material.project.folder.rpartition("/")[2]
        yield from (module.partition(".")[0] for module in material.project.modules if "." in module)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _deployment(each: _Followed, modules: Sequence[SettingsModule]) -> Deployment:
    """`modules`: settings that no process runs with, to be judged with this deployment all the same."""
    stack, runs, found = each.stack, each.runs, each.crew
    material = found.materials[0]
    return assemble(
        stack.name,
        material,
        found.groups,
        modules,
        (*found.documents, *stack.documents, *_loose(material, runs, found)),
        containers=_containers(runs, material),
        lacks=found.lacks,
        development=each.development,
    )


def _containers(runs: Sequence[Running], material: Material) -> Containers:
    """The database servers and poolers that run beside the processes."""
    servers: list[Server] = []
    poolers: list[Pooler] = []
    for run in runs:
        base = run.image.base if run.image is not None and run.service.image is None else run.service.image
        about = (run.service, base, run.words, run.environment, run.container, material.configuration.versions)
        recipe = run.image.document.source if run.image is not None and run.image.document is not None else None
        server, pooler = server_of(*about, recipe), pooler_of(*about)
        servers += [server] if server is not None else []
        poolers += [pooler] if pooler is not None else []
        if any(_START_PGBOUNCER in launch.wrappers for launch in run.launched.found):
            versions = material.configuration.versions
            poolers.append(buildpack_pooler(run.service, run.environment, run.container, versions))
    return Containers(tuple(servers), tuple(poolers))


def _loose(material: Material, runs: Sequence[Running], found: Crew) -> Iterator[Document]:
    """The project's files that no service names: a postgresql.conf, a pgbouncer.ini that it can only be meant for."""
    named = {document.path for document in found.documents}
    mounted = {mount.source for run in runs for mount in run.service.mounts}
    for document in material.documents:
        if document.kind in ("gunicorn", "uwsgi") or document.path in named or document.path in mounted:
            continue
        yield document
