"""What the operator knows of the user's resources: each validated once per change, kept small.

Objects come from lists and watches in any order. The store says whether something changed that a plan is made from;
a status that the operator itself has written is not such a change.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from brownfield_api.resources import AssetMapping, LegacySource, TwinModel
from brownfield_operator.last_good import Ident
from brownfield_operator.names import INPUT
from brownfield_planner.documents import Document
from brownfield_planner.resource_set import Read, Resources, assemble, read_document

OURS = (LegacySource.KIND, AssetMapping.KIND, TwinModel.KIND)
CONFIG_MAP = "ConfigMap"
_FORGETTABLE = ("name", "namespace", "creationTimestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One object. `seen` is its resource version, `version` changes with what plans are made from; `digest` is the
    hash of a ConfigMap's data, `status` the live one, as JSON.
    """

    uid: str
    seen: int
    version: str
    generation: int
    read: Read
    labelled: bool
    digest: str = ""
    status: bytes = field(repr=False, default=b"{}")


@dataclass(slots=True)
class Store:
    """Resources, and the ConfigMaps they are made from."""

    entries: dict[Ident, Entry] = field(default_factory=dict)

    def put(self, kind: str, body: Mapping[str, Any]) -> bool:
        """Takes an object as it is now; whether a plan may come out differently."""
        ident = ident_of(kind, body)
        metadata = body["metadata"]
        version = str(metadata["resourceVersion"] if kind == CONFIG_MAP else metadata.get("generation", 0))
        status = msgspec.json.encode(body.get("status") or {})
        labelled = INPUT in (metadata.get("labels") or {})
        old = self.entries.get(ident)
        if old and old.uid == metadata["uid"] and int(metadata["resourceVersion"]) < old.seen:
            return False  # a watch that lags behind a list
        if old and (old.uid, old.version) == (metadata["uid"], version):
            self.entries[ident] = replace(old, status=status, labelled=labelled, seen=int(metadata["resourceVersion"]))
            return False
        self.entries[ident] = Entry(
            uid=metadata["uid"],
            seen=int(metadata["resourceVersion"]),
            version=version,
            generation=int(metadata.get("generation", 0)),
            read=_read(kind, body),
            labelled=labelled,
            digest=_digest(body) if kind == CONFIG_MAP else "",
            status=status,
        )
        return True

    def remove(self, ident: Ident, uid: str = "") -> bool:
        """Forgets an object that is known to be gone; with `uid`, only that very object."""
        entry = self.entries.get(ident)
        if entry is None or (uid and entry.uid != uid):
            return False
        del self.entries[ident]
        return True

    def keep_only(self, kind: str, namespace: str | None, existing: frozenset[tuple[str, str]]) -> bool:
        """A list of a kind is complete (`namespace` None: of all): what is not in it is gone. Whether anything was.

        ConfigMaps without our label are in no list; they are looked up one by one.
        """
        gone = [
            ident
            for ident, entry in self.entries.items()
            if ident[0] == kind
            and namespace in {None, ident[1]}
            and ident[1:] not in existing
            and (kind != CONFIG_MAP or entry.labelled)
        ]
        for ident in gone:
            del self.entries[ident]
        return bool(gone)

    def resources(self) -> Resources:
        """All of them, for the planner."""
        return assemble(entry.read for entry in self.entries.values())

    def of_our_kinds(self) -> Iterable[tuple[Ident, Entry]]:
        return ((ident, entry) for ident, entry in self.entries.items() if ident[0] in OURS)

    def uids(self) -> dict[Ident, str]:
        """UID of each of our resources that exists, right or wrong."""
        return {ident: entry.uid for ident, entry in self.of_our_kinds()}


def ident_of(kind: str, body: Mapping[str, Any]) -> Ident:
    metadata = body["metadata"]
    return kind, metadata["namespace"], metadata["name"]


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(body.get("data") or {}, order="deterministic")).hexdigest()[:12]


def _read(kind: str, body: Mapping[str, Any]) -> Read:
    """Validated, without what the API server added, and without the raw object once there is a model of it."""
    content = {name: value for name, value in body.items() if name in ("apiVersion", "kind", "spec", "data")}
    metadata = {name: value for name, value in body["metadata"].items() if name in _FORGETTABLE}
    content |= {"kind": kind, "apiVersion": content.get("apiVersion") or "v1", "metadata": metadata}
    document = Document(file="", line=0, content=content, lines={}, blocks={})
    read = read_document(document)
    small = replace(document, content={**content, "spec": None, "data": None})
    item = replace(read.item, document=small) if read.item else None
    return replace(read, document=small, item=item)
