"""Whether a child still is what the operator asked for, and what brings it back.

Two questions. *Is everything we want there?* Every field of the intent is looked for in the live object; what the
server added is not our concern, and quantities are rendered as the server stores them, so that equal means equal.
*Is anything there that we do not want?* Server-side apply never removes what another manager added (a sidecar
survives a forced apply, measured), so the owners of fields are asked: whoever else owns something beside metadata
and status has put it there.

The exception: annotations of the pod template. `kubectl rollout restart` works by setting one.

`live` must be complete, `managedFields` included. What an admission webhook changes in our own requests is recorded
as an update by our own manager and is not foreign.
"""

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from brownfield_operator.containment import contains
from brownfield_operator.managed_fields import (
    has_entry,
    has_foreign_content,
    is_ours_alone,
    without_foreign_content,
)
from brownfield_operator.manifests import Manifest

Live = Mapping[str, Any]


class Drift(Enum):
    """What has to be done to a child."""

    NONE = "none"
    APPLY = "apply"
    """Something we want is missing or different: server-side apply, by force."""
    REPLACE = "replace"
    """Something is in it that an apply would not take out: PUT `without_foreign`."""


def drift(intent: Manifest, live: Live) -> Drift:
    """Compares a rendered child with what the API server holds.

    What a PUT of ours changed counts as *updated*, not *applied*: a later apply would not remove it when the intent
    no longer has it. An object that was replaced once is therefore replaced again when it differs.
    """
    if has_foreign_content(live):
        return Drift.REPLACE
    updated = has_entry(live, "Update")
    if contains(live, intent) and (updated or has_entry(live, "Apply")):
        return Drift.NONE
    return Drift.REPLACE if updated else Drift.APPLY


def without_foreign(intent: Manifest, live: Live) -> Manifest:
    """The object to PUT: the intent's content, and of `live` what an operator has no business with: identity,
    finalizers, and other people's labels, annotations (the pod template's too) and owners.

    Raises nothing by itself; the PUT is refused with 409 if `live` is no longer the latest.
    """
    metadata = dict(intent["metadata"])
    for name in ("uid", "resourceVersion", "finalizers"):
        if name in live["metadata"]:
            metadata[name] = live["metadata"][name]
    for name in ("labels", "annotations"):
        metadata[name] = _merged(intent, live, ("metadata", name))
    metadata["ownerReferences"] = [*intent["metadata"]["ownerReferences"], *_foreign_owners(intent, live)]
    metadata["managedFields"] = without_foreign_content(live)
    whole = {**intent, "metadata": metadata}
    return _with_template_annotations(whole, intent, live) if intent["kind"] == "StatefulSet" else whole


def needs_recreation(intent: Manifest, live: Live) -> bool:
    """Whether the server would refuse the change, so that the object has to be deleted (its dependents orphaned: a
    StatefulSet's pod runs on and is adopted) and applied anew.
    """
    if intent["kind"] == "ConfigMap":
        return bool(live.get("immutable")) and _data(intent) != _data(live)
    if intent["kind"] != "StatefulSet":
        return False
    wanted, there = intent["spec"], live["spec"]
    fixed = ("selector", "podManagementPolicy", "serviceName")
    return any(wanted.get(name) != there.get(name) for name in fixed) or _claims(wanted) != _claims(there)


def _data(config_map: Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return config_map.get("data") or {}, config_map.get("binaryData") or {}


def _claims(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Claim templates without what the server fills in."""
    return [
        {
            "metadata": {name: value for name, value in template["metadata"].items() if value is not None},
            "spec": {"volumeMode": "Filesystem", **template["spec"]},
        }
        for template in spec.get("volumeClaimTemplates") or ()
    ]


def _foreign_owners(intent: Manifest, live: Live) -> Iterator[Mapping[str, Any]]:
    wanted = {owner["uid"] for owner in intent["metadata"]["ownerReferences"]}
    for owner in live["metadata"].get("ownerReferences") or ():
        item = f"k:{json.dumps({'uid': owner['uid']}, separators=(',', ':'))}"
        if owner["uid"] not in wanted and not is_ours_alone(live, ("f:metadata", "f:ownerReferences", item)):
            yield owner


def _with_template_annotations(whole: Manifest, intent: Manifest, live: Live) -> Manifest:
    template = intent["spec"]["template"]
    annotations = _merged(intent, live, ("spec", "template", "metadata", "annotations"))
    merged = {**template, "metadata": {**template["metadata"], "annotations": annotations}}
    return {**whole, "spec": {**whole["spec"], "template": merged}}


def _merged(intent: Manifest, live: Live, path: tuple[str, ...]) -> dict[str, str]:
    """The intent's labels or annotations, and the live ones that others set; what only we once set goes."""
    owned = tuple(f"f:{step}" for step in path)
    kept = {name: value for name, value in _at(live, path).items() if not is_ours_alone(live, (*owned, f"f:{name}"))}
    return {**kept, **_at(intent, path)}


def _at(whole: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, str]:
    for step in path:
        whole = whole.get(step) or {}
    return whole
