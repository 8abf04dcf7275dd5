"""Whether there is anybody left for whom a vanished child would be made again.

Watches of different kinds are not in step: garbage collection takes the children of a deleted farm, and their end may
be seen before that of the resources. A child that is made again then has no owner and is collected once more; until
the plan knows, its pod has begun to connect to machines that nobody asks for any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brownfield_operator import names
from brownfield_operator.children import Children
from brownfield_operator.desired import DesiredProcess, Owner, ProcessKey
from brownfield_operator.kube.kinds import Kind, kind_of
from brownfield_operator.kube.port import KubePort
from brownfield_operator.manifests.manifest import Manifest

_KINDS: Mapping[str, Kind] = {str(kind): kind for kind in (Kind.LEGACY_SOURCE, Kind.ASSET_MAPPING, Kind.TWIN_MODEL)}


@dataclass(slots=True)
class Owners:
    """Asks the API server, and only where something that was there is not there any more."""

    kube: KubePort
    children: Children
    _complete: set[ProcessKey] = field(default_factory=set)
    _abandoned: dict[ProcessKey, DesiredProcess] = field(default_factory=dict)

    async def want(self, process: DesiredProcess, manifests: tuple[Manifest, ...]) -> bool:
        """Whether children that are missing may be made. If not, the next plan will say that the process is over."""
        if self._abandoned.get(process.key) is process:  # the same plan still, and asked once
            return False
        if not self._has_lost_one(process.key, manifests):
            return True
        for owner in process.owners:
            if await self._lives(process.namespace, owner):
                self._abandoned.pop(process.key, None)
                return True
        self._abandoned[process.key] = process
        return False

    def complete(self, key: ProcessKey) -> None:
        """All children of the process are there."""
        self._complete.add(key)

    def forget(self, key: ProcessKey) -> None:
        """The process is over, by the plan."""
        self._complete.discard(key)
        self._abandoned.pop(key, None)

    def _has_lost_one(self, key: ProcessKey, manifests: tuple[Manifest, ...]) -> bool:
        """Whether a child is missing that was there: a StatefulSet of the same intent was applied after all others."""
        known = [self.children.get(_place(manifest)) for manifest in manifests]
        if None not in known:
            return False
        stateful_set = known[-1]
        if stateful_set is None:
            return key in self._complete
        intent: str = manifests[-1]["metadata"]["annotations"][names.INTENT]
        return stateful_set.intent == intent

    async def _lives(self, namespace: str, owner: Owner) -> bool:
        live = await self.kube.get(_KINDS[owner.kind], namespace, owner.name)
        if live is None or live["metadata"]["uid"] != owner.uid:
            return False
        return "deletionTimestamp" not in live["metadata"]


def _place(manifest: Manifest) -> tuple[Kind, str, str]:
    return kind_of(manifest), manifest["metadata"]["namespace"], manifest["metadata"]["name"]
