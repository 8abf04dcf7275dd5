"""The operator's own account on the API server, so that the audit log can tell its requests from anybody else's."""

from pathlib import Path

import yaml
from hack.cluster.control_plane import ControlPlane
from hack.cluster.kubectl import Kubectl
from tests.api_server.access import access
from tests.api_server.admin import Admin
from tests.api_server.operator_process import ACCOUNT, NAMESPACE


def operator_kubeconfig(control_plane: ControlPlane, admin: Admin, kubectl: Kubectl, folder: Path) -> Path:
    """The account and the roles of the chart, and no right more; the kubeconfig holds a token as a pod's would be."""
    admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for item in access():
        admin.apply(item)
    token = kubectl("create", "token", ACCOUNT, "--namespace", NAMESPACE, "--duration", "24h").strip()
    return with_token(control_plane.kubeconfig, token, folder / "operator.kubeconfig")


def with_token(kubeconfig: Path, token: str, path: Path) -> Path:
    """The same cluster as somebody else."""
    document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    document["users"][0]["user"] = {"token": token}
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path
