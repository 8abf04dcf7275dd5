"""Configuration of what a node runs: containerd, CNI, kubelet, kube-proxy. Rendered, not written: plain text out.

Paths are the programs' usual ones, because the node has a /run, a /var/lib and a /var/log of its own (`sandbox`).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hack.cluster.network import Network

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
CNI_FOLDER = "/run/cni"
CNI_PLUGINS = "/usr/lib/cni"
VOLUMES = "/var/lib/local-path"
"""Where local-path-provisioner makes a folder for each volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """The one node of a cluster."""

    name: str
    network: Network
    cgroup: str
    pause_image: str

    def containerd(self) -> str:
        """Containerd 1.6, configuration version 2."""
        # Without CAP_SYS_RESOURCE a process cannot lower its oom_score_adj, and every pod would fail with "can't get
        # final child's PID from pipe: EOF"; restrict_oom_score_adj keeps to what the machine allows.
        return f"""\
version = 2
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]
[grpc]
address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{self.pause_image}"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{CNI_PLUGINS}"
conf_dir = "{CNI_FOLDER}"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""

    def cni(self) -> str:
        """One bridge, addresses from the node's /24 (CNI specification 1.0.0, network configuration list)."""
        node_range = next(self.network.pods.subnets(new_prefix=24))
        bridge = {
            "type": "bridge",
            "bridge": "cni0",
            "isGateway": True,
            "ipMasq": True,
            "hairpinMode": True,
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": str(node_range)}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }
        portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
        return json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, portmap]}, indent=2)

    def kubelet(self, authority: Path, resolv_conf: Path) -> str:
        """KubeletConfiguration v1beta1."""
        return _yaml(
            {
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "kind": "KubeletConfiguration",
                "address": str(self.network.node),
                "authentication": {
                    "anonymous": {"enabled": False},
                    "x509": {"clientCAFile": str(authority)},
                    "webhook": {"enabled": True},
                },
                "authorization": {"mode": "Webhook"},
                "cgroupDriver": "cgroupfs",
                # Each cluster below a cgroup of its own: a kubelet removes the pods it does not know.
                "cgroupRoot": self.cgroup,
                "clusterDomain": "cluster.local",
                "clusterDNS": [str(self.network.dns)],
                "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
                "failSwapOn": False,
                "resolvConf": str(resolv_conf),
                "maxPods": 250,
                # Images cannot be pulled again here: never collected, and a nearly full disk is no reason to evict.
                "imageGCHighThresholdPercent": 100,
                "evictionHard": {
                    "memory.available": "100Mi",
                    "nodefs.available": "1%",
                    "nodefs.inodesFree": "1%",
                    "imagefs.available": "1%",
                },
            }
        )

    def proxy(self, kubeconfig: Path) -> str:
        """KubeProxyConfiguration v1alpha1."""
        return _yaml(
            {
                "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                "kind": "KubeProxyConfiguration",
                "mode": "nftables",
                "clientConnection": {"kubeconfig": str(kubeconfig)},
                "clusterCIDR": str(self.network.pods),
                "hostnameOverride": self.name,
                "conntrack": {"maxPerCore": 0},  # nf_conntrack_max is the whole machine's: leave it
            }
        )


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False)
