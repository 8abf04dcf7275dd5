"""The one door to the API server: raw JSON in and out, every verb the operator uses, and no other.

Reconcilers, store and election see only this Protocol; `client.KubeClient` implements it. Every method raises
`errors.KubeError`, and none retries.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from brownfield_operator.kube.kinds import Json, Kind

EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]

PAGE = 200
"""Objects per request of a list. With 500, as client-go has it, the lists of 20,000 objects leave 8 MB more resident
for good; with 100, 1.5 MB less.
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, all parts of one state of the cluster (`resource_version`); `following` is the token of the
    next part, "" in the last.
    """

    objects: tuple[Json, ...]
    resource_version: str
    following: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A complete list and the state of the cluster it shows."""

    objects: tuple[Json, ...]
    resource_version: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """What happened to an object. A BOOKMARK carries nothing but a newer `metadata.resourceVersion`."""

    type: EventType
    object: Json

    @property
    def resource_version(self) -> str:
        return str(self.object["metadata"]["resourceVersion"])


class KubePort(Protocol):
    """`namespace` is "" for kinds without one, None in lists and watches for all; `labels` and `fields` are selectors
    in the API's syntax; `metadata_only` gives PartialObjectMetadata (no spec, data or status).
    """

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """The object, or None if it does not exist."""

    async def serves(self, kind: Kind) -> bool:
        """Whether the API server has the kind now; a CRD may come and go."""

    def pages(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> AsyncGenerator[Page, None]:
        """The list, `PAGE` objects at a time; `Gone` if the server forgot the list meanwhile: begin anew."""

    async def list(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        """The complete list; begins anew when the server forgot it half-way. All of it is in memory: where that
        may be thousands of objects, use `pages`.
        """

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
        """What happens after `resource_version`, bookmarks included, until the server ends the stream (minutes) or
        has been silent for a while: watch on from the last version then. `Gone`: list again.
        """

    async def create(self, manifest: Json) -> Json | None:
        """Create the object; None if its name is taken."""

    async def apply(self, manifest: Json, *, force: bool = True) -> Json:
        """Server-side apply as `names.FIELD_MANAGER`; `force` takes fields over from other managers. Unknown fields
        are refused. Returns the live object. With `metadata.uid`, `Conflict` if another object has the name.
        """

    async def replace(self, manifest: Json) -> Json:
        """PUT the whole object. `Conflict` if `metadata.resourceVersion` is no longer the live one's."""

    async def merge_patch(self, kind: Kind, namespace: str, name: str, body: Json) -> Json:
        """JSON merge patch (RFC 7386): for one key of an object that others write too."""

    async def patch_status(self, kind: Kind, namespace: str, name: str, status: Json, *, uid: str) -> Json:
        """Replace the whole status, which nobody else writes; fields that an older CRD does not know are dropped.
        `Conflict` if the resource `uid` is gone and another one has its name.
        """

    async def delete(self, kind: Kind, namespace: str, name: str, *, uid: str = "", orphan: bool = False) -> None:
        """Delete the object; that it does not exist is success. With `uid`, `Conflict` if another object has the
        name. `orphan` keeps its dependents, otherwise they are collected in the background.
        """
