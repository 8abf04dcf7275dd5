"""A door to the API server that only a leader can write through.

The election's loop ends the process when the lease is lost, but everything else runs in the same event loop: where
that (or the whole machine) stood still for longer than the lease, the work wakes up together with the loop and may be
first. So the question is asked where a write leaves. One that has left may arrive a little later: that is what the
time between `Terms.deadline` and `Terms.duration` is for.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from brownfield_operator.kube.election import Election, LeadershipLost
from brownfield_operator.kube.kinds import Json, Kind, kind_of
from brownfield_operator.kube.port import KubePort, Listing, Page, WatchEvent


@dataclass(frozen=True, slots=True)
class LeaderOnly:
    """`KubePort` for the work of a leader: reads go through; once it leads no more, writes raise `LeadershipLost`."""

    port: KubePort
    election: Election

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        return await self.port.get(kind, namespace, name)

    async def serves(self, kind: Kind) -> bool:
        return await self.port.serves(kind)

    def pages(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> AsyncGenerator[Page, None]:
        return self.port.pages(kind, namespace=namespace, labels=labels, fields=fields, metadata_only=metadata_only)

    async def list(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        return await self.port.list(
            kind, namespace=namespace, labels=labels, fields=fields, metadata_only=metadata_only
        )

    def watch(
        self,
        kind: Kind,
        resource_version: str,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> AsyncGenerator[WatchEvent, None]:
        return self.port.watch(
            kind, resource_version, namespace=namespace, labels=labels, fields=fields, metadata_only=metadata_only
        )

    async def create(self, manifest: Json) -> Json | None:
        self._ask("create", kind_of(manifest), manifest["metadata"]["name"])
        return await self.port.create(manifest)

    async def apply(self, manifest: Json, *, force: bool = True) -> Json:
        self._ask("apply", kind_of(manifest), manifest["metadata"]["name"])
        return await self.port.apply(manifest, force=force)

    async def replace(self, manifest: Json) -> Json:
        self._ask("replace", kind_of(manifest), manifest["metadata"]["name"])
        return await self.port.replace(manifest)

    async def merge_patch(self, kind: Kind, namespace: str, name: str, body: Json) -> Json:
        self._ask("patch", kind, name)
        return await self.port.merge_patch(kind, namespace, name, body)

    async def patch_status(self, kind: Kind, namespace: str, name: str, status: Json, *, uid: str) -> Json:
        self._ask("patch the status of", kind, name)
        return await self.port.patch_status(kind, namespace, name, status, uid=uid)

    async def delete(self, kind: Kind, namespace: str, name: str, *, uid: str = "", orphan: bool = False) -> None:
        self._ask("delete", kind, name)
        await self.port.delete(kind, namespace, name, uid=uid, orphan=orphan)

    def _ask(self, verb: str, kind: Kind, name: str) -> None:
        if not self.election.leads:
            raise LeadershipLost(
                f"this operator leads no more, so it does not {verb} it",
                f"{kind}/{name}",
                "The process ends and starts again as a candidate; whoever leads now does it",
            )
