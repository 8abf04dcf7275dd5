import json
import tomllib
from ipaddress import IPv4Network
from pathlib import Path

import yaml
from hack.cluster.network import Network
from hack.cluster.node import Node

EDGE = Node(name="edge", network=Network(0), cgroup="/bf-edge", pause_image="localhost/pause:1")
CLOUD = Node(name="cloud", network=Network(1), cgroup="/bf-cloud", pause_image="localhost/pause:1")


def test_containerd_takes_our_pause_image_and_what_the_machine_allows() -> None:
    configuration = tomllib.loads(EDGE.containerd())
    cri = configuration["plugins"]["io.containerd.grpc.v1.cri"]

    assert configuration["version"] == 2
    assert cri["sandbox_image"] == "localhost/pause:1"
    assert cri["restrict_oom_score_adj"] is True
    assert cri["cni"] == {"bin_dir": "/usr/lib/cni", "conf_dir": "/run/cni"}
    assert cri["containerd"]["snapshotter"] == "overlayfs"


def test_pods_get_addresses_of_the_nodes_own_range() -> None:
    bridge, portmap = json.loads(EDGE.cni())["plugins"]
    (subnet,) = bridge["ipam"]["ranges"][0]

    assert IPv4Network(subnet["subnet"]).subnet_of(EDGE.network.pods)
    assert (bridge["isGateway"], bridge["ipMasq"], bridge["hairpinMode"]) == (True, True, True)
    assert portmap["capabilities"] == {"portMappings": True}


def test_the_kubelet_lets_in_only_whom_the_api_server_vouches_for() -> None:
    kubelet = _kubelet(EDGE)

    assert kubelet["authentication"] == {
        "anonymous": {"enabled": False},
        "x509": {"clientCAFile": "/pki/ca.crt"},
        "webhook": {"enabled": True},
    }
    assert kubelet["authorization"] == {"mode": "Webhook"}


def test_two_kubelets_keep_out_of_each_others_cgroups_and_addresses() -> None:
    edge, cloud = _kubelet(EDGE), _kubelet(CLOUD)

    assert (edge["cgroupRoot"], cloud["cgroupRoot"]) == ("/bf-edge", "/bf-cloud")
    assert edge["clusterDNS"] == [str(EDGE.network.dns)] != cloud["clusterDNS"]
    assert edge["address"] == str(EDGE.network.node) != cloud["address"]


def test_images_that_cannot_be_pulled_again_are_never_collected() -> None:
    assert _kubelet(EDGE)["imageGCHighThresholdPercent"] == 100


def test_kube_proxy_leaves_the_machines_connection_table_alone() -> None:
    proxy = yaml.safe_load(EDGE.proxy(Path("/config/kube-proxy.kubeconfig")))

    assert proxy["mode"] == "nftables"
    assert proxy["conntrack"] == {"maxPerCore": 0}
    assert proxy["clusterCIDR"] == str(EDGE.network.pods)
    assert proxy["clientConnection"] == {"kubeconfig": "/config/kube-proxy.kubeconfig"}


def _kubelet(node: Node) -> dict[str, object]:
    configuration = yaml.safe_load(node.kubelet(Path("/pki/ca.crt"), Path("/config/resolv.conf")))
    assert isinstance(configuration, dict)
    return configuration
