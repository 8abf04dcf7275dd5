"""The provider `local`: a real Kubernetes node in a sandbox of this machine, without container engine or registry."""

import os
import platform
from pathlib import Path

from hack.cluster import kernel, marker, packages
from hack.cluster.api_server import is_ready, wait_for_api_server
from hack.cluster.archive import references
from hack.cluster.binaries import binaries
from hack.cluster.daemons import Daemons
from hack.cluster.folders import cache_folder, state_folder
from hack.cluster.images import import_archive
from hack.cluster.kubectl import Kubectl
from hack.cluster.local_start import LocalStart, server_of
from hack.cluster.provider import Cluster
from hack.cluster.registry import Registry
from hack.cluster.sandbox import PRIVATE_FOLDERS, Sandbox

from brownfield_api.errors import BrownfieldError


class Local:
    """Clusters in sandboxes; see `provider.Provider`."""

    def check(self) -> None:
        """Linux, root, and the Debian packages, which are installed if need be."""
        if platform.system() != "Linux" or os.geteuid():
            raise BrownfieldError(
                "the provider `local` needs Linux and root: it makes network namespaces, mounts and cgroups",
                where="this machine",
                do="Run it as root, or use --provider kind with Docker or Podman.",
            )
        for needed in (state_folder(), cache_folder()):
            if any(needed.is_relative_to(folder) for folder in PRIVATE_FOLDERS):
                raise BrownfieldError(
                    f"clusters have their own {', '.join(map(str, PRIVATE_FOLDERS))}, which would hide this folder",
                    where=str(needed),
                    do="Set XDG_STATE_HOME and XDG_CACHE_HOME to folders elsewhere.",
                )
        packages.require(packages.NODE)

    def is_up(self, cluster: Cluster) -> bool:
        """Every daemon runs, and the API server answers with our id."""
        if not cluster.layout.processes.exists() or daemons_of(cluster).dead():
            return False
        kubectl = Kubectl(binaries().kubectl, cluster.kubeconfig, where=f"cluster {cluster.name}")
        return is_ready(server_of(cluster), cluster.layout.pki / "ca.crt") and marker.is_ours(kubectl, cluster.layout)

    def up(self, cluster: Cluster) -> None:
        """Start everything and return when the node is ready, names resolve and volumes can be claimed."""
        with Registry(state_folder()).lock():
            kernel.remember_settings(state_folder() / "kernel.json")
        LocalStart.of(cluster, daemons_of(cluster), binaries()).run()

    def down(self, cluster: Cluster) -> None:
        """End and remove everything; the last cluster's end gives the kernel its settings back."""
        daemons_of(cluster).sandbox.remove()
        registry = Registry(state_folder())
        with registry.lock():
            others = [entry for entry in registry.entries() if entry.name != cluster.name]
            if not any(entry.provider == "local" for entry in others):
                kernel.restore_settings(state_folder() / "kernel.json")

    def load(self, cluster: Cluster, image: str) -> None:
        """Import a docker-archive; there is no engine whose images could be named."""
        references(Path(image))
        import_archive(daemons_of(cluster), Path(image))


def daemons_of(cluster: Cluster) -> Daemons:
    """The daemons of a cluster of this provider: etcd, containerd, kubelet and the kube-… by name."""
    return Daemons(Sandbox(cluster.name, cluster.entry.network, cluster.layout), cluster.layout)


def start_api_server(cluster: Cluster) -> None:
    """Bring a stopped API server back and return when it is ready. (`daemons_of(cluster).stop` takes it away.)"""
    daemons = daemons_of(cluster)
    daemons.start_again("kube-apiserver")
    wait_for_api_server(
        server_of(cluster),
        cluster.layout.pki / "ca.crt",
        cluster.layout.logs / "kube-apiserver.log",
        lambda: daemons.is_alive("kube-apiserver"),
    )
