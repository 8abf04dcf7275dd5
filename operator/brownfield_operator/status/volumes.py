"""What keeps a pod from its volumes: a Secret or claim that is not there, a claim without storage, a failed mount.

The operator may not read Secrets, and claims of users are none of its own: it learns that one is missing where the
cluster says so, in the scheduler's condition and in Events.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from brownfield_api.resources import Reason
from brownfield_operator import names
from brownfield_operator.status.cluster_events import Raw, events_of, newest, note
from brownfield_operator.status.facts import Workload

_MISSING_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
_MISSING_CLASS = re.compile(r'storageclass(?:\.storage\.k8s\.io)? "([^"]+)" not found')
_MISSING_SECRET = re.compile(r'secret "([^"]+)" not found')
_MISSING_KEY = re.compile(r"references non-existent secret key: (\S+)")
_VOLUME = re.compile(r'for volume "([^"]+)"')
_NO_CLASS = "no storage class is set"


def unbound(pod: Raw, said: str, events: Sequence[Raw]) -> Workload | None:
    """Why the scheduler waits for a volume; `said` is its message. None if it waits for something else."""
    claim = _MISSING_CLAIM.search(said)
    if claim is not None:
        return _no_claim(claim[1], pod)
    told = [(name, note(event)) for name, event in _provisioning(pod, events)]
    for text in (said, *(text for _, text in told)):
        storage_class = _MISSING_CLASS.search(text)
        if storage_class is not None:
            return _no_class(storage_class[1])
    if "PersistentVolumeClaim" not in said and "persistent volume" not in said:
        return None
    name, text = told[0] if told else ("", said)
    return _no_class("") if _NO_CLASS in text else _not_bound(name, text)


def _provisioning(pod: Raw, events: Sequence[Raw]) -> Iterator[tuple[str, Raw]]:
    """For each claim of the pod that could not be provisioned its name and the newest event."""
    for name in _claims(pod):
        failed = newest(events_of(events, "PersistentVolumeClaim", name), "ProvisioningFailed", "FailedBinding")
        if failed is not None:
            yield name, failed


def not_mounted(pod: Raw, own: Sequence[Raw]) -> Workload | None:
    """Why the node cannot mount the pod's volumes; `own` are the pod's events, newest first. None if it can.

    Only failures that nothing else has followed count. Of those a missing object is worth more than the kubelet's
    summary ("timed out waiting for the condition"), which tends to be newer.
    """
    failures = [note(event) for event in takewhile(_is_failure, own)]
    for told in failures:
        secret = _MISSING_SECRET.search(told)
        if secret is not None:
            return _no_secret(secret[1], pod)
        key = _MISSING_KEY.search(told)
        volume = _VOLUME.search(told)
        if key is not None:
            return _no_key(key[1], volume[1] if volume else "", pod)
    if not failures:
        return None
    message = f"The node cannot mount a volume of its pod. Kubernetes says: {failures[0]}"
    return Workload(ready=False, reason=Reason.VOLUME_NOT_MOUNTED, message=message)


def _is_failure(event: Raw) -> bool:
    return event.get("reason") in {"FailedMount", "FailedAttachVolume", "FailedMapVolume"}


def _no_secret(name: str, pod: Raw) -> Workload:
    if name in names.SPINE_SECRETS:
        return _no_credentials()
    space = pod["metadata"].get("namespace", "")
    message = (
        f"Secret/{name} does not exist in namespace {space}. Create it, and the pod starts by itself within two "
        f"minutes: kubectl -n {space} create secret generic {name} --from-literal username=… --from-literal password=…"
    )
    return Workload(ready=False, reason=Reason.MISSING_SECRET, message=message, missing=f"Secret/{name}")


def _no_key(key: str, volume: str, pod: Raw) -> Workload:
    secret = next((name for name, keys in _secrets(pod, volume) if key in keys), "")
    if secret in names.SPINE_SECRETS:
        return _no_credentials()
    where = f"Secret/{secret}" if secret else f"the Secret of volume {volume}"
    message = f"{where} has no key {key}. Add it, and the pod starts by itself within two minutes."
    return Workload(ready=False, reason=Reason.MISSING_KEY, message=message, missing=f"Secret/{secret}")


def _no_credentials() -> Workload:
    """The operator writes these itself, before or just after it makes the pod."""
    message = "Its pod waits for its credentials for the spine, which the operator is writing."
    return Workload(ready=False, reason=Reason.STARTING, message=message)


def _secrets(pod: Raw, volume: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Secrets in a volume of the pod, each with the keys that are taken from it."""
    for item in _volumes(pod):
        if item.get("name") != volume:
            continue
        if "secret" in item:
            yield item["secret"].get("secretName", ""), _keys(item["secret"])
        for source in (item.get("projected") or {}).get("sources") or ():
            if "secret" in source:
                yield source["secret"].get("name", ""), _keys(source["secret"])


def _keys(secret: Raw) -> frozenset[str]:
    return frozenset(item["key"] for item in secret.get("items") or ())


def _claims(pod: Raw) -> list[str]:
    return [item["persistentVolumeClaim"]["claimName"] for item in _volumes(pod) if "persistentVolumeClaim" in item]


def _volumes(pod: Raw) -> Sequence[Raw]:
    return (pod.get("spec") or {}).get("volumes") or ()


def _no_claim(name: str, pod: Raw) -> Workload:
    space = pod["metadata"].get("namespace", "")
    message = (
        f"PersistentVolumeClaim/{name} does not exist in namespace {space}. Create it, and the pod starts by "
        "itself; or correct the volume's name."
    )
    return Workload(ready=False, reason=Reason.MISSING_VOLUME, message=message, missing=f"PersistentVolumeClaim/{name}")


def _no_class(name: str) -> Workload:
    if name:
        what, do = f"StorageClass {name} does not exist", "Create it, or name another in the chart's values (storage)."
    else:
        what, do = "The cluster has no default StorageClass", "Mark one, or name one in the chart's values (storage)."
    message = f"{what}, so its volume cannot be made. {do}"
    return Workload(ready=False, reason=Reason.MISSING_STORAGE_CLASS, message=message)


def _not_bound(name: str, told: str) -> Workload:
    claim = f"PersistentVolumeClaim/{name}" if name else "A volume of its pod"
    message = f"{claim} has no storage yet. Make a PersistentVolume that fits, or room. Kubernetes says: {told}"
    return Workload(ready=False, reason=Reason.VOLUME_NOT_BOUND, message=message)
