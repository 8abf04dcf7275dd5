"""The resources of a set of documents, validated one by one and without doubles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import msgspec
from pydantic import BaseModel, ValidationError

from brownfield_api.resources import (
    API_VERSION,
    AssetMapping,
    ConfigMap,
    LegacySource,
    Reason,
    Secret,
    TwinModel,
)
from brownfield_planner.documents import Document
from brownfield_planner.findings import Finding, Findings, Place, closest
from brownfield_planner.manifests import Manifest
from brownfield_planner.violations import violations

ModelT = TypeVar("ModelT", bound=BaseModel)
Key = tuple[str, str]
"""Namespace and name."""

KINDS: Mapping[str, type[BaseModel]] = {
    "LegacySource": LegacySource,
    "AssetMapping": AssetMapping,
    "TwinModel": TwinModel,
}
_CORE: Mapping[str, type[BaseModel]] = {"ConfigMap": ConfigMap, "Secret": Secret}


@dataclass(frozen=True, slots=True)
class Loaded(Generic[ModelT]):
    """A valid model and the document it was read from."""

    namespace: str
    model: ModelT
    document: Document

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def key(self) -> Key:
        return self.namespace, self.name

    @property
    def ref(self) -> str:
        """Kind/name."""
        return self.document.resource

    @property
    def age(self) -> tuple[bool, str, str, int]:
        """Sorts the oldest first: by creation where a cluster says it, else by place in the files."""
        created = self.document.metadata.get("creationTimestamp")
        stamp = created if isinstance(created, str) else ""
        return not stamp, stamp, self.document.file, self.document.line

    def place(self, path: str = "") -> Place:
        return self.document.place(path, self.namespace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """All resources by kind, each kind oldest first.

    `refused` names objects that exist but are invalid, so that a reference to one is not reported as unknown.
    """

    sources: tuple[Loaded[LegacySource], ...] = ()
    mappings: tuple[Loaded[AssetMapping], ...] = ()
    twins: tuple[Loaded[TwinModel], ...] = ()
    config_maps: Mapping[Key, Loaded[ConfigMap]] = field(default_factory=dict)
    secrets: Mapping[Key, Loaded[Secret]] = field(default_factory=dict)
    refused: frozenset[tuple[str, str, str]] = frozenset()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[str, ...] = ()

    def exists_refused(self, kind: str, namespace: str, name: str) -> bool:
        return (kind, namespace, name) in self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What became of one document: an `item`, or a refusal that the `findings` explain, or nothing of ours."""

    document: Document
    namespace: str
    item: Loaded[Any] | None = None
    refused: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def ident(self) -> tuple[str, str, str]:
        """Kind, namespace and name."""
        return self.document.kind, self.namespace, self.document.name


def read_document(document: Document, *, namespace: str = "default") -> Read:
    """Validates one document; `namespace` is for an object that names none."""
    findings = Findings()
    space = document.namespace(namespace)
    model = _model_for(document, space, findings)
    item = _validated(model, document, space, findings) if model else None
    refused = model is not None and item is None
    return Read(document=document, namespace=space, item=item, refused=refused, findings=tuple(findings.items))


def load_resources(manifests: Iterable[Manifest], *, namespace: str = "default") -> Resources:
    """Validates every document; `namespace` is for objects that name none. Other kinds are ignored with a note."""
    found = tuple(manifests)
    reads = [read_document(document, namespace=namespace) for manifest in found for document in manifest.documents]
    return assemble(reads, findings=[finding for manifest in found for finding in manifest.findings])


def assemble(reads: Iterable[Read], *, findings: Iterable[Finding] = ()) -> Resources:
    """The resources of documents that were read one by one; of two with one name the older counts."""
    found = Findings()
    found.extend(findings)
    loaded: dict[str, list[Loaded[Any]]] = {kind: [] for kind in (*KINDS, *_CORE)}
    refused: set[tuple[str, str, str]] = set()
    ignored: list[str] = []
    for read in reads:
        found.extend(read.findings)
        document = read.document
        if read.item is not None:
            loaded[document.kind].append(read.item)
        elif read.refused:
            refused.add(read.ident)
        else:
            ignored.append(f"{document.file}:{document.line} {document.resource or 'a document without kind'}")
    unique = {kind: _without_doubles(items, found) for kind, items in loaded.items()}
    return Resources(
        sources=cast("tuple[Loaded[LegacySource], ...]", unique["LegacySource"]),
        mappings=cast("tuple[Loaded[AssetMapping], ...]", unique["AssetMapping"]),
        twins=cast("tuple[Loaded[TwinModel], ...]", unique["TwinModel"]),
        config_maps={item.key: item for item in unique["ConfigMap"]},
        secrets={item.key: item for item in unique["Secret"]},
        refused=frozenset(refused),
        findings=found.ordered(),
        ignored=tuple(sorted(ignored)),
    )


def _model_for(document: Document, namespace: str, findings: Findings) -> type[BaseModel] | None:
    """The model of the document's kind; None for kinds that are not ours to read."""
    if document.kind in KINDS and document.api_version == API_VERSION:
        return KINDS[document.kind]
    if document.kind in _CORE and document.api_version == "v1":
        return _CORE[document.kind]
    group = API_VERSION.partition("/")[0]
    if document.api_version.partition("/")[0] == group:
        if document.kind in KINDS:
            message, do = f"{document.api_version!r} is not a version of {document.kind}", f"Write {API_VERSION}"
            findings.error(document.place("apiVersion", namespace), Reason.UNKNOWN_KIND, message, do)
        else:
            message = f"{document.kind!r} is not a kind of {group}"
            findings.error(
                document.place("kind", namespace), Reason.UNKNOWN_KIND, message, closest(document.kind, KINDS)
            )
    elif not document.kind or not document.api_version:
        findings.error(document.place("", namespace), Reason.INVALID_FIELD, "apiVersion and kind are missing")
    return None


def _validated(
    model: type[BaseModel], document: Document, namespace: str, findings: Findings
) -> Loaded[BaseModel] | None:
    try:
        # From JSON, because pydantic's strict mode takes lists for tuples and names for enums only there.
        parsed = model.model_validate_json(msgspec.json.encode(document.content))
    except ValidationError as error:
        findings.extend(violations(model, document, error, namespace))
        return None
    return Loaded(namespace, parsed, document)


def _without_doubles(items: list[Loaded[Any]], findings: Findings) -> tuple[Loaded[Any], ...]:
    kept: dict[Key, Loaded[Any]] = {}
    for item in sorted(items, key=lambda item: item.age):
        first = kept.setdefault(item.key, item)
        if first is not item:
            message = f"is defined a second time; the first is at {first.document.file}:{first.document.line}"
            findings.error(item.place("metadata.name"), Reason.DUPLICATE_RESOURCE, message, "Keep one of the two")
    return tuple(kept.values())
