"""A process as the cluster should run it: the planner's process and what Kubernetes needs to know beside it.

This is the border between deciding (planning, last good versions) and rendering (`manifests`): frozen, complete,
and without anything that changes from one moment to the next, so that equal plans give equal manifests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brownfield_api.resources.pod import PodSpec

ProcessKey = tuple[str, str, str]
"""Kind (adapter, pipeline, twin), namespace and name of a process: the unit of reconcile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A resource a process runs for; garbage collection takes the process with the last of them."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """Where a process may connect to: address ranges, or pods by label in a namespace (never both)."""

    port: int
    cidrs: tuple[str, ...] = ()
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MountedVolume:
    """A PersistentVolumeClaim of the process's namespace, mounted at `brownfield_operator.paths.volume(name)`."""

    name: str
    read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredProcess:
    """One process. `content` is its configuration (JSON), `endpoints` the keys of the legacy endpoints it connects
    to, `storage` the bytes of the volume it keeps state on (0: an emptyDir).
    """

    kind: str
    namespace: str
    name: str
    content: bytes = field(repr=False)
    owners: tuple[Owner, ...]
    endpoints: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    volumes: tuple[MountedVolume, ...] = ()
    egress: tuple[Egress, ...] = ()
    storage: int = 0
    pod: PodSpec = field(default_factory=PodSpec)

    @property
    def key(self) -> ProcessKey:
        return self.kind, self.namespace, self.name

    @property
    def idents(self) -> frozenset[tuple[str, str, str]]:
        """Kind, namespace and name of each resource it runs for."""
        return frozenset((owner.kind, self.namespace, owner.name) for owner in self.owners)
