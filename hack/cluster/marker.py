"""The mark that tells a cluster of ours from any other: an id that is in it and, on this machine, in a file."""

import json
import secrets

from hack.cluster.folders import Layout
from hack.cluster.kubectl import Kubectl

from brownfield_api.errors import BrownfieldError

NAMESPACE = "kube-system"
NAME = "brownfield-test-cluster"


def new_id(layout: Layout) -> str:
    """Make an id and keep it in the layout's file."""
    made = secrets.token_hex(16)
    layout.id.write_text(f"{made}\n", encoding="ascii")
    return made


def put(kubectl: Kubectl, cluster: str, made: str) -> None:
    """Write the ConfigMap that carries the id; the namespace is there a moment after the API server is ready."""
    kubectl("wait", "--for=create", f"namespace/{NAMESPACE}", "--timeout=15s")
    metadata = {"name": NAME, "namespace": NAMESPACE}
    data = {"name": cluster, "id": made}
    kubectl.apply(json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}))


def read(kubectl: Kubectl) -> dict[str, str]:
    """`name` and `id` of the cluster that answers; empty if it carries no mark. `BrownfieldError` if none answers."""
    # A raw request: kubectl then neither discovers the API nor writes a cache beside somebody else's kubeconfig.
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps?fieldSelector=metadata.name%3D{NAME}"
    items = json.loads(kubectl("get", f"--raw={path}"))["items"]
    data = items[0].get("data", {}) if items else {}
    return {str(key): str(value) for key, value in data.items()}


def is_ours(kubectl: Kubectl, layout: Layout) -> bool:
    """Whether a cluster answers and carries the id that the layout keeps."""
    if not kubectl.kubeconfig.exists() or not layout.id.exists():
        return False
    try:
        found = read(kubectl)
    except BrownfieldError:
        return False
    return found.get("id") == layout.id.read_text(encoding="ascii").strip()
