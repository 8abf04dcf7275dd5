"""Why a pod is not ready: placing it, its volumes, its image, its process, in the order in which they happen."""

import re
from collections.abc import Iterator, Sequence

from brownfield_api.resources import Reason
from brownfield_operator.status.cluster_events import Raw, events_of, newest, note
from brownfield_operator.status.facts import Workload
from brownfield_operator.status.volumes import not_mounted, unbound

_IMAGE = frozenset({
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
})  # fmt: skip
_BROKEN = frozenset({
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
})  # fmt: skip
_NEVER_RAN = frozenset({"StartError", "ContainerCannotRun"})
"""The runtime could not even start the program: there is no log to look at."""
_PREEMPTION = re.compile(r"\s*(no new claims to deallocate, )?preemption: .*", re.DOTALL)
"""The scheduler's remark that evicting others would not help either: it doubles the message and says nothing new."""


def diagnose_pod(pod: Raw, events: Sequence[Raw], *, updated: bool) -> Workload:
    """A pod that is not ready, or not of the newest revision (`updated` False)."""
    lost = _node_lost(pod)
    if lost is not None:
        return lost
    if pod["metadata"].get("deletionTimestamp"):
        return _leaving(pod)
    if not updated:
        return _waits(Reason.ROLLING_OUT, "Its pod is about to be replaced by one with the new configuration.")
    own = events_of(events, "Pod", pod["metadata"]["name"], pod["metadata"].get("uid", ""))
    return (
        _not_placed(pod, events)
        or _container_fault(pod)
        or (not_mounted(pod, own) if _is_creating(pod) else None)
        or _no_sandbox(pod, own)
        or _waits(Reason.STARTING, _starting(pod, own))
    )


def _waits(reason: Reason, message: str) -> Workload:
    return Workload(ready=False, reason=reason, message=message)


def _node_lost(pod: Raw) -> Workload | None:
    """The node lifecycle controller takes `Ready` from the pods of a node that went silent and leaves
    `ContainersReady` as the kubelet last said it; the kubelet itself never parts the two (no readiness gates here).
    """
    conditions = {condition.get("type"): condition.get("status") for condition in _conditions(pod)}
    if conditions.get("Ready") != "False" or conditions.get("ContainersReady") != "True":
        return None
    name, node = pod["metadata"]["name"], (pod.get("spec") or {}).get("nodeName", "")
    message = (
        f"Node {node} does not answer. Nobody knows whether pod {name} still runs there and holds its connections, so "
        f"no other is started. Bring the node back; if it is gone for good, say so: kubectl delete node {node}"
    )
    return _waits(Reason.NODE_LOST, message)


def _leaving(pod: Raw) -> Workload:
    """A pod that is being deleted. A StatefulSet makes the next one only when this one is certainly gone."""
    name = pod["metadata"]["name"]
    return _waits(Reason.ROLLING_OUT, f"Pod {name} is being stopped; the next one starts when it is gone.")


def _not_placed(pod: Raw, events: Sequence[Raw]) -> Workload | None:
    for condition in _conditions(pod):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            if condition.get("reason", "Unschedulable") != "Unschedulable":
                return None  # SchedulerError and the like: the scheduler stumbled and tries again by itself
            said = _PREEMPTION.sub("", str(condition.get("message") or condition.get("reason") or ""))
            volume = unbound(pod, said, events)
            if volume is not None:
                return volume
            message = (
                "No node takes its pod. Correct spec.pod (nodeSelector, tolerations, resources) or make room. "
                f"Kubernetes says: {said}"
            )
            return _waits(Reason.UNSCHEDULABLE, message)
    return None


def _container_fault(pod: Raw) -> Workload | None:
    name, namespace = pod["metadata"]["name"], pod["metadata"].get("namespace", "")
    for container in _containers(pod):
        waiting = (container.get("state") or {}).get("waiting") or {}
        reason, said = waiting.get("reason", ""), waiting.get("message") or waiting.get("reason", "")
        if reason in _IMAGE:
            message = (
                f"The image {container.get('image', '')} cannot be had. Correct it in the chart's values, load it onto "
                f"the node, or give imagePullSecrets. Kubernetes says: {said}"
            )
            return _waits(Reason.IMAGE_PULL_FAILED, message)
        ended = _last_end(container)
        if ended.get("reason") in _NEVER_RAN and "running" not in (container.get("state") or {}):
            reason, said = "RunContainerError", ended.get("message", "")
        if reason in _BROKEN:
            message = f"Its container cannot be started. Kubernetes says: {reason}, {said}"
            return _waits(Reason.CONTAINER_FAILED, message)
        if reason == "CrashLoopBackOff" or _keeps_failing(container):
            message = f"Its process ends again and again, {_ending(ended)}."
            message += f" See why: kubectl -n {namespace} logs {name} --previous"
            return _waits(Reason.CRASH_LOOPING, message)
    return None


def _last_end(container: Raw) -> Raw:
    """How the container ended the last time, empty if it never did or is well again."""
    if container.get("ready"):
        return {}
    state, before = container.get("state") or {}, container.get("lastState") or {}
    return state.get("terminated") or before.get("terminated") or {}


def _keeps_failing(container: Raw) -> bool:
    """Between two crashes the container runs for a while, or has just ended: that is no recovery yet."""
    return int(container.get("restartCount", 0)) >= 2 and _last_end(container).get("exitCode", 0) != 0


def _ending(ended: Raw) -> str:
    if ended.get("reason") == "OOMKilled":
        return "killed for using more memory than its limit: raise spec.pod.resources or read fewer tags in one process"
    if "exitCode" not in ended:
        return "with an exit code that is not known"
    return f"the last time with exit code {ended['exitCode']}"


def _no_sandbox(pod: Raw, own: Sequence[Raw]) -> Workload | None:
    failed = newest(own, "FailedCreatePodSandBox") if _is_creating(pod) else None
    if failed is None:
        return None
    message = f"The node cannot set its pod up, most often for want of a network. Kubernetes says: {note(failed)}"
    return _waits(Reason.CONTAINER_FAILED, message)


def _starting(pod: Raw, own: Sequence[Raw]) -> str:
    """What a pod does that has nothing wrong with it."""
    name = pod["metadata"]["name"]
    if _is_creating(pod):
        return f"Pod {name} is being set up on node {(pod.get('spec') or {}).get('nodeName', '')}."
    unready = newest(own, "Unhealthy")
    if unready is not None:
        return f"Pod {name} runs but is not ready yet. Kubernetes says: {note(unready)}"
    return f"Pod {name} is starting."


def _is_creating(pod: Raw) -> bool:
    reasons = [((item.get("state") or {}).get("waiting") or {}).get("reason") for item in _containers(pod)]
    scheduled = bool((pod.get("spec") or {}).get("nodeName"))
    return scheduled and (not reasons or any(reason in {"ContainerCreating", "PodInitializing"} for reason in reasons))


def _containers(pod: Raw) -> Iterator[Raw]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _conditions(pod: Raw) -> Sequence[Raw]:
    return (pod.get("status") or {}).get("conditions") or ()
