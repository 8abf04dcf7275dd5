"""What all children have in common: labels, owners, and the hash of what was asked for."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from brownfield_api.resources.base import API_VERSION
from brownfield_operator import names
from brownfield_operator.desired import DesiredProcess, Owner

Manifest = Mapping[str, Any]
"""An object as JSON has it, ready for server-side apply."""


def child(
    api_version: str,
    kind: str,
    name: str,
    process: DesiredProcess,
    body: Manifest,
    *,
    labels: Manifest | None = None,
    annotations: Manifest | None = None,
) -> Manifest:
    """A complete child of `process`: `body` is what stands beside `metadata` (`spec`, or `data`)."""
    metadata = {
        "name": name,
        "namespace": process.namespace,
        "labels": {**names.labels(process), **(labels or {})},
        "annotations": {names.PROCESS_NAME: process.name, **(annotations or {})},
        "ownerReferences": [_owner_reference(owner) for owner in sorted(process.owners, key=lambda owner: owner.uid)],
    }
    return sealed({"apiVersion": api_version, "kind": kind, "metadata": metadata, **body})


def sealed(manifest: Manifest) -> Manifest:
    """`manifest` with the hash of itself as an annotation."""
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), names.INTENT: digest(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def digest(manifest: Manifest) -> str:
    """The hash of a manifest or a part of one: 64 hex digits, whatever the order of its fields."""
    content = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _owner_reference(owner: Owner) -> Manifest:
    """Plain, without `controller`: a shared child has many owners and goes with the last of them."""
    return {
        "apiVersion": API_VERSION,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        "blockOwnerDeletion": False,
    }
