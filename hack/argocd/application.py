"""Application in and out: the manifest that Argo CD is given, and what it says of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hack.argocd.repository import BRANCH
from hack.argocd.servers import NAMESPACE

Manifest = dict[str, Any]

SOON = {"duration": "1s", "factor": 1, "maxDuration": "2s"}
"""Backoff of retries in tests; an installation waits longer."""


def application(name: str, *, repository: str, path: str, namespace: str, sync_options: Sequence[str] = ()) -> Manifest:
    """An Application of plain YAML files in one folder, synced and pruned by itself, deleted with what it made."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": "default",
            "source": {"repoURL": repository, "targetRevision": BRANCH, "path": path},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["CreateNamespace=true", *sync_options],
                # Without refresh a rejected manifest is tried again and again from the commit that held it.
                "retry": {"limit": -1, "refresh": True, "backoff": dict(SOON)},
            },
        },
    }


def pointed_at(manifest: Mapping[str, Any], repository: str) -> Manifest:
    """An example's Application with its sources in this repository and retries as soon as tests want them."""
    spec = dict(manifest["spec"])
    moved = {"repoURL": repository, "targetRevision": BRANCH}
    if "source" in spec:
        spec["source"] = {**spec["source"], **moved}
    if "sources" in spec:
        spec["sources"] = [{**source, **moved} for source in spec["sources"]]
    policy = spec["syncPolicy"]
    spec["syncPolicy"] = {**policy, "retry": {**policy["retry"], "backoff": dict(SOON)}}
    return {**manifest, "spec": spec}


@dataclass(frozen=True, slots=True)
class ResourceState:
    """One resource of an Application, and what the last operation did to it (`result`) and said of it (`applied`)."""

    kind: str
    namespace: str
    name: str
    sync: str
    health: str
    message: str
    result: str
    applied: str


@dataclass(frozen=True, slots=True)
class ApplicationState:
    """What Argo CD says. `operation` is Running, Succeeded, Failed, Error or "" (none yet)."""

    name: str
    sync: str
    health: str
    revision: str
    operation: str
    message: str
    conditions: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[ResourceState, ...] = ()

    def resource(self, kind: str, name: str) -> ResourceState:
        """One of its resources; LookupError if it has none of that name."""
        for found in self.resources:
            if (found.kind, found.name) == (kind, name):
                return found
        raise LookupError(f"{self.name} has no {kind}/{name}")

    def __str__(self) -> str:
        said = [f"{self.name}: {self.sync}, {self.health}, {self.operation or 'no operation'}: {self.message}"]
        said += [f"  {kind}: {text}" for kind, text in self.conditions.items()]
        said += [
            f"  {item.kind}/{item.name}: {item.sync}, {item.health}: {item.message}  {item.result} {item.applied}"
            for item in self.resources
        ]
        return "\n".join(said)


def read_state(raw: Mapping[str, Any]) -> ApplicationState:
    """The state in an Application object; empty words for what Argo CD has not said yet."""
    status = raw.get("status", {})
    operation = status.get("operationState", {})
    results = operation.get("syncResult", {}).get("resources", [])
    applied = {_key(result): result for result in results}
    revision = status.get("sync", {}).get("revision") or next(iter(status.get("sync", {}).get("revisions", [])), "")
    return ApplicationState(
        name=raw["metadata"]["name"],
        sync=status.get("sync", {}).get("status", ""),
        health=status.get("health", {}).get("status", ""),
        revision=revision,
        operation=operation.get("phase", ""),
        message=operation.get("message", ""),
        conditions={item["type"]: item["message"] for item in status.get("conditions", [])},
        resources=tuple(_resource(item, applied.get(_key(item), {})) for item in status.get("resources", [])),
    )


def _resource(item: Mapping[str, Any], result: Mapping[str, Any]) -> ResourceState:
    health = item.get("health", {})
    return ResourceState(
        kind=item["kind"],
        namespace=item.get("namespace", ""),
        name=item["name"],
        sync=item.get("status", ""),
        health=health.get("status", ""),
        message=health.get("message", ""),
        result=result.get("status", ""),
        applied=result.get("message", ""),
    )


def _key(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return item["kind"], item.get("namespace", ""), item["name"]
