"""What the StatefulSet of a process and its pod say, in our words: rolled out and ready, or why not and what to do.

Somebody who looks at a LegacySource must not have to know which of its children to look at next. Kubernetes' own
message stands behind ours wherever it says more. No message holds anything that changes while nothing happens (a
restart count, a back-off), because each change of a status is a write.
"""

from collections.abc import Iterable, Sequence

from brownfield_api.resources import Reason
from brownfield_operator import names
from brownfield_operator.rollouts import Phase, phase_of
from brownfield_operator.status.cluster_events import Raw, events_of, newest, note
from brownfield_operator.status.facts import Workload
from brownfield_operator.status.pod import diagnose_pod

IN_LINE = Workload(
    ready=False,
    reason=Reason.ROLLING_OUT,
    message="It runs with the configuration before; the new one waits, because other processes are restarted first.",
)


def diagnose(
    statefulset: Raw, pods: Sequence[Raw], events: Iterable[Raw], *, intent: str = "", in_line: bool = False
) -> Workload:
    """The process's state from raw Kubernetes objects.

    `pods` are those of the StatefulSet, `events` the core v1 Events of it, its pods and their
    PersistentVolumeClaims; more of either does no harm. `intent` is the annotation the StatefulSet should bear: with
    another one it still runs what was wanted before, however ready it is. `in_line`: it does so with our consent.
    """
    metadata = statefulset["metadata"]
    wanted = (metadata.get("annotations") or {}).get(names.INTENT, "")
    if in_line and _rolled_out(statefulset):
        return IN_LINE
    if intent and not in_line and wanted != intent:
        return Workload(ready=False, reason=Reason.ROLLING_OUT, message="Its new configuration is being applied.")
    if _rolled_out(statefulset):
        return Workload(ready=True, reason=Reason.AVAILABLE, message="")
    events = tuple(events)
    newest_pod = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")), default=None)
    if newest_pod is not None:
        return diagnose_pod(newest_pod, events, updated=_is_updated(newest_pod, statefulset))
    return _without_pod(metadata, events)


def _rolled_out(statefulset: Raw) -> bool:
    """All replicas are ready and of the newest revision (what `kubectl rollout status` waits for)."""
    return phase_of(statefulset) is Phase.WORKING


def _is_updated(pod: Raw, statefulset: Raw) -> bool:
    """Whether the pod is of the newest revision; where nobody has looked at the StatefulSet yet, there is no other."""
    wanted = str((statefulset.get("status") or {}).get("updateRevision") or "")
    return not wanted or str((pod["metadata"].get("labels") or {}).get("controller-revision-hash", wanted)) == wanted


def _without_pod(metadata: Raw, events: Sequence[Raw]) -> Workload:
    """No pod: it is about to be made, or admission refuses it (PodSecurity, a quota, a webhook)."""
    own = events_of(events, "StatefulSet", metadata["name"], metadata.get("uid", ""))
    refused = newest(own, "FailedCreate")
    if refused is None:
        return Workload(ready=False, reason=Reason.STARTING, message="Its pod is being made.")
    message = (
        "The cluster refuses its pod. Allow it, or change spec.pod: a quota, a PodSecurity level or an admission "
        f"webhook of namespace {metadata.get('namespace', '')} is in the way. Kubernetes says: {note(refused)}"
    )
    return Workload(ready=False, reason=Reason.FORBIDDEN, message=message)
