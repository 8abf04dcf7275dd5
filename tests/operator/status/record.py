"""Records what a real Kubernetes says of processes that do not come up, as data for `test_workload.py`.

    python -m tests.operator.status.record KUBECONFIG

The cluster must be one of `hack.cluster`, and nobody else's: its default StorageClass loses its rank. Each scenario is
a StatefulSet in a namespace of its own; what the API server says of it, its pod and their Events is written to
`data/workloads/<scenario>.yaml`. The two of a lost node were recorded the same way, 40 s after the kubelet had been
stopped (SIGSTOP) and 5 s after the pod was evicted.
"""

import json
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "data" / "workloads"
SETTLE = 75.0
"""Seconds until crash loops and back-offs look as they do for hours."""
_PAUSE = "localhost/brownfield-cluster/pause:v1"
_COREDNS = "localhost/brownfield-cluster/coredns:v1.13.1"


def _workload(scenario: str) -> dict[str, Any]:
    """A StatefulSet that comes up."""
    labels = {"app": "process"}
    container = {"name": "process", "image": _PAUSE, "imagePullPolicy": "IfNotPresent"}
    pod = {"automountServiceAccountToken": False, "containers": [container], "volumes": []}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "adapter-r80711", "namespace": scenario},
        "spec": {
            "replicas": 1,
            "podManagementPolicy": "Parallel",
            "serviceName": "",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _scenarios() -> dict[str, dict[str, Any]]:
    """Scenario -> changes of the pod's container, of its spec, of the StatefulSet's spec, and objects beside it."""
    secret = {"name": "login", "secret": {"secretName": "r80711-login"}}
    key = {"name": "login", "secret": {"secretName": "r80711-login", "items": [{"key": "password", "path": "p"}]}}
    spine = {"name": "spine", "secret": {"secretName": "brownfield-spine-3", "items": [{"key": "a", "path": "b"}]}}
    claim = {"name": "export", "persistentVolumeClaim": {"claimName": "historian-export"}}
    here = {"name": "here", "hostPath": {"path": "/nowhere", "type": "Directory"}}
    quota = {"kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    half = {"kind": "Secret", "metadata": {"name": "r80711-login"}, "stringData": {"username": "reader"}}
    shards = {"kind": "Secret", "metadata": {"name": "brownfield-spine-3"}, "stringData": {"other": "x"}}
    return {
        "ready": {},
        "image-never": {"container": {"image": "localhost/adapter:v9", "imagePullPolicy": "Never"}},
        "image-unreachable": {"container": {"image": "registry.invalid/adapter:v9"}},
        "image-misnamed": {"container": {"image": "localhost/Adapter:V9"}},
        "no-node-matches": {"pod": {"nodeSelector": {"plant": "a"}}},
        "no-room": {"container": {"resources": {"requests": {"memory": "10Ti"}}}},
        "missing-claim": {"pod": {"volumes": [claim]}, "container": {"volumeMounts": _mount("export")}},
        "no-default-class": {"set": {"volumeClaimTemplates": [_claim()]}},
        "missing-class": {"set": {"volumeClaimTemplates": [_claim("fast")]}},
        "missing-secret": {"pod": {"volumes": [secret]}, "container": {"volumeMounts": _mount("login")}},
        "missing-key": {"pod": {"volumes": [key]}, "container": {"volumeMounts": _mount("login")}, "beside": half},
        "credentials-not-written": {"pod": {"volumes": [spine]}, "container": {"volumeMounts": _mount("spine")}},
        "credentials-without-key": {
            "pod": {"volumes": [spine]},
            "container": {"volumeMounts": _mount("spine")},
            "beside": shards,
        },
        "unmountable": {"pod": {"volumes": [here]}, "container": {"volumeMounts": _mount("here")}},
        "crashes": {"container": {"image": _COREDNS, "args": ["-conf", "/none"]}},
        "no-such-program": {"container": {"command": ["/none"]}},
        "root-refused": {"container": {"securityContext": {"runAsNonRoot": True}}},
        "quota": {"beside": quota},
        "pod-security": {"container": {"securityContext": {"privileged": True}}},
        "not-ready": {"container": {"readinessProbe": {"tcpSocket": {"port": 9090}, "periodSeconds": 2}}},
        "stopping": {"container": {"lifecycle": {"preStop": {"sleep": {"seconds": 25}}}}},
    }


def _mount(name: str) -> list[dict[str, Any]]:
    return [{"name": name, "mountPath": f"/{name}"}]


def _claim(storage_class: str | None = None) -> dict[str, Any]:
    named = {"storageClassName": storage_class} if storage_class else {}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, **named}
    return {"metadata": {"name": "state"}, "spec": spec}


class Recorder:
    """Talks to the cluster through kubectl, whose output is what users see."""

    def __init__(self, kubeconfig: str) -> None:
        self._command = ["kubectl", "--kubeconfig", kubeconfig]

    def record(self) -> None:
        self._run("annotate", "sc", "--all", "--overwrite", "storageclass.kubernetes.io/is-default-class=false")
        for name, changes in _scenarios().items():
            self._apply(name, changes)
        time.sleep(SETTLE)
        self._run("-n", "stopping", "delete", "pod", "adapter-r80711-0", "--wait=false")
        time.sleep(2.0)
        for name in _scenarios():
            FOLDER.mkdir(parents=True, exist_ok=True)
            (FOLDER / f"{name}.yaml").write_text(yaml.safe_dump(self._seen(name), sort_keys=False, width=120))

    def _apply(self, name: str, changes: dict[str, Any]) -> None:
        level = "restricted" if name == "pod-security" else "privileged"
        labels = {"pod-security.kubernetes.io/enforce": level}
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        workload = _workload(name)
        pod = workload["spec"]["template"]["spec"]
        pod["containers"][0].update(changes.get("container", {}))
        pod.update(changes.get("pod", {}))
        workload["spec"].update(changes.get("set", {}))
        objects = [space, workload]
        if "beside" in changes:
            beside = deepcopy(changes["beside"])
            beside["metadata"]["namespace"] = name
            objects.insert(1, {"apiVersion": "v1", **beside})
        self._run("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def _seen(self, name: str) -> dict[str, Any]:
        return {
            "statefulset": self._get(name, "statefulsets")[0],
            "pods": self._get(name, "pods"),
            "events": self._get(name, "events"),
        }

    def _get(self, namespace: str, kind: str) -> list[dict[str, Any]]:
        items = json.loads(self._run("-n", namespace, "get", kind, "-o", "json"))["items"]
        for item in items:
            item["metadata"].pop("managedFields", None)
            item["metadata"].get("annotations", {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
        return list(items)

    def _run(self, *arguments: str, given: str | None = None) -> str:
        done = subprocess.run([*self._command, *arguments], input=given, text=True, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done.stdout


if __name__ == "__main__":
    Recorder(sys.argv[1]).record()
