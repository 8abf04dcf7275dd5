"""An API server in memory: enough of `kube.port.KubePort` for what the core does to single objects.

It keeps objects and counts versions; it knows nothing of field managers, validation or ownership. What depends on
those is tested on a real API server (`tests/api_server`).
"""

# ruff: noqa: ARG002 - parameters of the Protocol that a memory has no use for

import copy
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from itertools import count

from brownfield_operator.kube.errors import Conflict, KubeError, NotFound
from brownfield_operator.kube.kinds import Json, Kind, kind_of
from brownfield_operator.kube.port import Listing, Page, WatchEvent

Key = tuple[str, str, str]


@dataclass
class FakeKube:
    """`asked` are the requests so far, `verb Kind/name`; a verb and kind in `refused` raise that error; kinds in
    `unknown` are not served.
    """

    objects: dict[Key, Json] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: dict[tuple[str, Kind], KubeError] = field(default_factory=dict)
    unknown: set[Kind] = field(default_factory=lambda: {Kind.PROMETHEUS_RULE})
    _versions: "count[int]" = field(default_factory=lambda: count(100))

    @property
    def writes(self) -> list[str]:
        return [request for request in self.asked if request.split()[0] not in {"get", "list", "serves"}]

    def hold(self, *objects: Json) -> None:
        """As if somebody else had made them."""
        for item in objects:
            self._store(item)

    async def get(self, kind: Kind, namespace: str, name: str) -> Json | None:
        self._note("get", kind, name)
        return copy.deepcopy(self.objects.get((kind, namespace, name)))

    async def serves(self, kind: Kind) -> bool:
        self._note("serves", kind, "")
        return kind not in self.unknown

    async def list(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> Listing:
        self._note("list", kind, fields)
        wanted = fields.removeprefix("metadata.name=") if fields.startswith("metadata.name=") else ""
        found = [
            copy.deepcopy(item)
            for (of, space, name), item in self.objects.items()
            if of == kind and namespace in {None, space} and wanted in {"", name}
        ]
        return Listing(tuple(found), "1")

    async def pages(
        self,
        kind: Kind,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> AsyncGenerator[Page, None]:
        listing = await self.list(kind, namespace=namespace, labels=labels, fields=fields)
        yield Page(listing.objects, "1", "")

    async def watch(
        self,
        kind: Kind,
        resource_version: str,
        *,
        namespace: str | None = None,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> AsyncGenerator[WatchEvent, None]:
        raise NotImplementedError("events are handed to the sink by the test")
        yield

    async def create(self, manifest: Json) -> Json | None:
        kind, metadata = kind_of(manifest), manifest["metadata"]
        self._note("create", kind, metadata["name"])
        if (kind, metadata["namespace"], metadata["name"]) in self.objects:
            return None
        return self._store(manifest)

    async def apply(self, manifest: Json, *, force: bool = True) -> Json:
        self._note("apply", kind_of(manifest), manifest["metadata"]["name"])
        entry = {"manager": "brownfield", "operation": "Apply", "fieldsV1": {"f:spec": {}}}
        return self._store({**manifest, "metadata": {**manifest["metadata"], "managedFields": [entry]}})

    async def replace(self, manifest: Json) -> Json:
        self._note("replace", kind_of(manifest), manifest["metadata"]["name"])
        return self._store(manifest)

    async def merge_patch(self, kind: Kind, namespace: str, name: str, body: Json) -> Json:
        self._note("patch", kind, name)
        live = self.objects.get((kind, namespace, name))
        if live is None:
            raise NotFound(f"{kind} {name} not found", "fake", code=404)
        return self._store(_merged(live, body))

    async def patch_status(self, kind: Kind, namespace: str, name: str, status: Json, *, uid: str = "") -> Json:
        self._note("patch_status", kind, name)
        return self._store({**self.objects[kind, namespace, name], "status": status})

    async def delete(self, kind: Kind, namespace: str, name: str, *, uid: str = "", orphan: bool = False) -> None:
        self._note("delete", kind, name)
        live = self.objects.get((kind, namespace, name))
        if live is not None and uid and live["metadata"]["uid"] != uid:
            raise Conflict("another object has the name", "fake", code=409)
        self.objects.pop((kind, namespace, name), None)

    def _note(self, verb: str, kind: Kind, name: str) -> None:
        self.asked.append(f"{verb} {kind}/{name}")
        if (verb, kind) in self.refused:
            raise self.refused[verb, kind]

    def _store(self, item: Json) -> Json:
        kind, metadata = kind_of(item), item["metadata"]
        key = (kind, metadata["namespace"], metadata["name"])
        old = self.objects.get(key, {"metadata": {}})["metadata"]
        version = str(next(self._versions))
        given = {"uid": old.get("uid", f"uid-{version}"), "creationTimestamp": "2026-01-01T00:00:00Z"}
        self.objects[key] = copy.deepcopy({**item, "metadata": given | metadata | {"resourceVersion": version}})
        return copy.deepcopy(self.objects[key])


def _merged(live: Json, patch: Json) -> Json:
    """RFC 7386."""
    result = copy.deepcopy(live)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = _merged(result.get(name) or {}, value)
        else:
            result[name] = value
    return result
