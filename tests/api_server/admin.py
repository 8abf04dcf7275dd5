"""Somebody else than the operator: an administrator's own client, with every right and its own field manager."""

import base64
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

Json = dict[str, Any]

_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}
_PLURALS = {
    "LegacySource": "apis/brownfield.dev/v1alpha1/namespaces/{}/legacysources",
    "AssetMapping": "apis/brownfield.dev/v1alpha1/namespaces/{}/assetmappings",
    "TwinModel": "apis/brownfield.dev/v1alpha1/namespaces/{}/twinmodels",
    "StatefulSet": "apis/apps/v1/namespaces/{}/statefulsets",
    "NetworkPolicy": "apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "PrometheusRule": "apis/monitoring.coreos.com/v1/namespaces/{}/prometheusrules",
    "Lease": "apis/coordination.k8s.io/v1/namespaces/{}/leases",
    "ConfigMap": "api/v1/namespaces/{}/configmaps",
    "Secret": "api/v1/namespaces/{}/secrets",
    "Service": "api/v1/namespaces/{}/services",
    "ServiceAccount": "api/v1/namespaces/{}/serviceaccounts",
    "Pod": "api/v1/namespaces/{}/pods",
    "PersistentVolumeClaim": "api/v1/namespaces/{}/persistentvolumeclaims",
    "Event": "api/v1/namespaces/{}/events",
    "Namespace": "api/v1/namespaces",
    "Node": "api/v1/nodes",
    "ClusterRole": "apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": "apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "CustomResourceDefinition": "apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}
_TRIES = 10


class Refused(Exception):
    """What the API server answered instead of doing it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Admin:
    """A client for tests: whole objects as JSON, one connection pool, safe to use from several threads."""

    def __init__(self, kubeconfig: Path) -> None:
        document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        headers = {}
        if "token" in user:
            headers["Authorization"] = f"Bearer {user['token']}"
        else:
            with _pair(kubeconfig, user) as (certificate, key):
                context.load_cert_chain(certificate, key)
        self._http = httpx.Client(
            base_url=cluster["server"], verify=context, headers=headers, timeout=30.0, trust_env=False
        )

    def close(self) -> None:
        self._http.close()

    def request(self, method: str, path: str, body: Any = None, *, how: str = "", **query: str) -> Json:
        """Raises `Refused` for an answer of 400 and above; `how` is one of merge, strategic, json, apply.

        Told to come back later (429, as an API server says at its start) it does, like kubectl.
        """
        headers = {"Content-Type": _TYPES.get(how, "application/json")}
        answer = self._http.request(method, path, json=body, headers=headers, params=query)
        for _ in range(_TRIES):
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
            answer = self._http.request(method, path, json=body, headers=headers, params=query)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, _message(answer))
        found: Json = answer.json()
        return found

    def get(self, kind: str, namespace: str, name: str) -> Json | None:
        try:
            return self.request("GET", path(kind, namespace, name))
        except Refused as refused:
            if refused.code == 404:
                return None
            raise

    def list(self, kind: str, namespace: str, labels: str = "") -> list[Json]:
        query = {"labelSelector": labels} if labels else {}
        items: list[Json] = self.request("GET", path(kind, namespace), **query)["items"]
        return [{**item, "kind": kind} for item in items]

    def create(self, manifest: Mapping[str, Any]) -> Json:
        return self.request("POST", path(manifest["kind"], manifest["metadata"].get("namespace", "")), dict(manifest))

    def apply(self, manifest: Mapping[str, Any]) -> Json:
        """What `kubectl apply --server-side --force-conflicts` does."""
        metadata = manifest["metadata"]
        where = path(manifest["kind"], metadata.get("namespace", ""), metadata["name"])
        query = {"fieldManager": "kubectl", "force": "true", "fieldValidation": "Strict"}
        return self.request("PATCH", where, dict(manifest), how="apply", **query)

    def patch(self, kind: str, namespace: str, name: str, body: Any, *, how: str = "merge") -> Json:
        return self.request("PATCH", path(kind, namespace, name), body, how=how, fieldManager="kubectl-edit")

    def delete(self, kind: str, namespace: str, name: str, **options: Any) -> None:
        """That it is gone already is success."""
        try:
            self.request("DELETE", path(kind, namespace, name), options or None)
        except Refused as refused:
            if refused.code != 404:
                raise

    def token(self, namespace: str, account: str) -> str:
        """As a pod of that service account gets one."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
        answer = self.request("POST", path("ServiceAccount", namespace, account, "token"), body)
        return str(answer["status"]["token"])

    def stream(self, where: str, **query: str) -> Iterator[str]:
        """The lines of a watch, until the server ends it."""
        with self._http.stream("GET", where, params={"watch": "true", **query}) as answer:
            yield from answer.iter_lines()


def path(kind: str, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """The path of a request; without a namespace, of all namespaces."""
    collection = _PLURALS[kind]
    collection = collection.format(namespace) if namespace else collection.replace("/namespaces/{}", "")
    return "/" + "/".join(part for part in (collection, name, subresource) if part)


@contextmanager
def _pair(kubeconfig: Path, user: Mapping[str, str]) -> Iterator[tuple[Path, Path]]:
    """Certificate and key as files, for as long as the ssl module needs them."""
    files = kubeconfig.with_suffix(".crt"), kubeconfig.with_suffix(".key")
    for file, content in zip(files, ("client-certificate-data", "client-key-data"), strict=True):
        file.touch(mode=0o600)
        file.write_bytes(base64.b64decode(user[content]))
    yield files
    for file in files:
        file.unlink()


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError):
        return answer.text
