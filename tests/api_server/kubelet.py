"""A stand-in for a node: pods are bound to it, called running, and leave when they are told to. Nothing runs.

The operator sees pods come, become ready, terminate for a while and vanish, each by the requests that a scheduler
and a kubelet send (binding, status, delete without grace), and that is all it sees of a node anyway.
"""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import httpx
from tests.api_server.admin import Admin, Json, Refused, path

NODE = "stand-in"
_LABELS = "app.kubernetes.io/managed-by=brownfield"
_HEARTBEAT = 10.0


class Kubelet:
    """Serves every pod of ours until closed, through a client that it owns. `terminating` is how long a pod takes to
    end, in seconds.
    """

    def __init__(self, admin: Admin) -> None:
        self.terminating = 0.0
        self._admin = admin
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._serve, self._beat)]
        self._ending: dict[str, float] = {}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
        admin.create(node)
        admin.request("PATCH", path("Node", "", NODE, "status"), {"status": _ready_node()}, how="merge")
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._closed.set()
        for thread in self._threads:
            thread.join(timeout=5.0)
        self._admin.close()

    def _beat(self) -> None:
        """Without its Lease the node's pods would be called not ready after a minute, and evicted later."""
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
        metadata = {"name": NODE, "namespace": "kube-node-lease"}
        while not self._closed.is_set():
            spec = {"holderIdentity": NODE, "leaseDurationSeconds": 40, "renewTime": _now("%Y-%m-%dT%H:%M:%S.%fZ")}
            with suppress(httpx.HTTPError, Refused):  # the API server is away: so is it for a real kubelet
                self._admin.apply({**lease, "metadata": metadata, "spec": spec})
            self._closed.wait(_HEARTBEAT)

    def _serve(self) -> None:
        while not self._closed.is_set():
            pods: list[Json] = []
            with suppress(httpx.HTTPError, Refused):  # the API server is away
                pods = self._admin.list("Pod", "", _LABELS)
            for pod in pods:
                with suppress(httpx.HTTPError, Refused):  # gone or changed meanwhile: the next look tells
                    self._look(pod)
            self._closed.wait(0.1)

    def _look(self, pod: Json) -> None:
        metadata = pod["metadata"]
        namespace, name, uid = metadata["namespace"], metadata["name"], metadata["uid"]
        if not pod["spec"].get("nodeName"):
            target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
            body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
            self._admin.request("POST", path("Pod", namespace, name, "binding"), body)
        elif metadata.get("deletionTimestamp"):
            since = self._ending.setdefault(uid, time.monotonic())
            if time.monotonic() - since >= self.terminating:
                self._admin.delete("Pod", namespace, name, gracePeriodSeconds=0, preconditions={"uid": uid})
        elif (pod.get("status") or {}).get("phase") != "Running":
            body = {"metadata": {"uid": uid}, "status": _ready_pod(pod)}
            self._admin.request("PATCH", path("Pod", namespace, name, "status"), body, how="strategic")


def _ready_node() -> Json:
    condition = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": _now()}
    return {"conditions": [condition | {"lastTransitionTime": _now()}], "capacity": {"pods": "5000"}}


def _ready_pod(pod: Json) -> Json:
    since = {"lastTransitionTime": _now()}
    kinds = ("Initialized", "ContainersReady", "Ready", "PodScheduled")
    containers = [
        {
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "ready": True,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": _now()}},
        }
        for container in pod["spec"]["containers"]
    ]
    conditions = [{"type": kind, "status": "True", **since} for kind in kinds]
    return {
        "phase": "Running",
        "startTime": _now(),
        "conditions": conditions,
        "containerStatuses": containers,
    }


def _now(form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return datetime.now(UTC).strftime(form)
