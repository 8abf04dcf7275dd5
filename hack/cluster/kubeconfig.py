"""A kubeconfig with everything in it: it can be copied, and outlives the folder of keys."""

import base64
from pathlib import Path

import yaml
from hack.cluster.certificates import Pair


def write_kubeconfig(path: Path, *, name: str, server: str, authority: Path, client: Pair) -> Path:
    """Write the file (mode 0600) and return its path; `server` is an https URL."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": _data(authority)}}],
        "users": [
            {
                "name": name,
                "user": {
                    "client-certificate-data": _data(client.certificate),
                    "client-key-data": _data(client.key),
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
