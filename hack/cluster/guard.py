"""Keeps tests away from clusters that they did not make.

A kubeconfig may point anywhere, and tests create, break and delete. So the cluster that answers must carry the id
that `up` (or `ControlPlane`) kept on this machine; a name, a context or a path proves nothing.
"""

from pathlib import Path

from hack.cluster import marker
from hack.cluster.binaries import binaries
from hack.cluster.folders import Layout, state_folder
from hack.cluster.kubectl import Kubectl
from hack.cluster.registry import Registry

from brownfield_api.errors import BrownfieldError


def require_own_cluster(kubeconfig: Path) -> str:
    """The name of the cluster that answers. Raises `BrownfieldError` unless it was made here."""
    found = marker.read(Kubectl(binaries().kubectl, kubeconfig, where=str(kubeconfig)))
    if not found:
        raise _refusal(kubeconfig, f"the cluster has no ConfigMap {marker.NAMESPACE}/{marker.NAME}")
    kept = _kept_ids(kubeconfig, found["name"])
    if found["id"] not in kept:
        raise _refusal(kubeconfig, f"cluster {found['name']} has an id that nothing on this machine knows")
    return found["name"]


def _kept_ids(kubeconfig: Path, name: str) -> set[str]:
    """A ControlPlane's id lies beside its kubeconfig, a cluster's where the registry keeps it."""
    layouts = [Layout(kubeconfig.parent), Layout(Registry(state_folder()).layout(name).folder)]
    return {layout.id.read_text(encoding="ascii").strip() for layout in layouts if layout.id.is_file()}


def _refusal(kubeconfig: Path, what: str) -> BrownfieldError:
    return BrownfieldError(
        f"these tests did not make this cluster: {what}",
        where=str(kubeconfig),
        do="Use a cluster of their own: python -m hack.cluster up NAME",
    )
