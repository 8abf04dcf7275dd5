"""Kubernetes Events: written on transitions of our resources, read to explain why a pod does not start.

Both in `v1`, not `events.k8s.io/v1`: the two are views of the same objects, one kind means one rule in the role,
and what reads events (kubectl, dashboards, Argo CD) shows the timestamps that only `v1` lets us set.
"""

import hashlib
from datetime import UTC, datetime
from typing import Literal

from brownfield_operator import names
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import KubePort

Severity = Literal["Normal", "Warning"]

_LONGEST_NOTE = 1024  # what events.k8s.io/v1 allows for `note`


async def events_of(port: KubePort, namespace: str, uid: str) -> tuple[Json, ...]:
    """The Events about the object with `uid`, oldest first as far as the server keeps them (an hour, as a rule)."""
    listing = await port.list(Kind.EVENT, namespace=namespace, fields=f"involvedObject.uid={uid}")
    return tuple(sorted(listing.objects, key=_last_seen))


async def record_event(
    port: KubePort, regarding: Json, *, severity: Severity, reason: str, message: str, at: datetime, instance: str
) -> None:
    """Write an Event about the object `regarding` (its kind and metadata are used). `instance`: the writing pod."""
    await port.create(event(regarding, severity=severity, reason=reason, message=message, at=at, instance=instance))


def event(regarding: Json, *, severity: Severity, reason: str, message: str, at: datetime, instance: str) -> Json:
    """The manifest of an Event. Its name is made of what it says and when: the same one twice is one object."""
    metadata = regarding["metadata"]
    time = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    what = f"{metadata['uid']}\n{reason}\n{message}\n{at.astimezone(UTC).isoformat()}"
    return {
        "apiVersion": Kind.EVENT.api_version,
        "kind": str(Kind.EVENT),
        "metadata": {
            "name": f"{metadata['name']}.{hashlib.sha256(what.encode()).hexdigest()[:16]}",
            "namespace": metadata["namespace"],
        },
        "involvedObject": {
            "apiVersion": regarding["apiVersion"],
            "kind": regarding["kind"],
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
        "type": severity,
        "reason": reason,
        "message": message if len(message) <= _LONGEST_NOTE else f"{message[: _LONGEST_NOTE - 1]}…",
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
        "source": {"component": names.OPERATOR},
        "reportingComponent": names.OPERATOR,
        "reportingInstance": instance,
    }


def _last_seen(seen: Json) -> str:
    series = seen.get("series") or {}
    return str(seen.get("lastTimestamp") or series.get("lastObservedTime") or seen.get("eventTime") or "")
