"""Whom a process may talk to: its sources, DNS and the spine. Who may talk to it: readers inside the cluster.

**DNS.** A policy selects pods, and it is applied after a Service's address was replaced by a pod's. In most clusters
the resolver is the pods labelled `k8s-app: kube-dns` in `kube-system` (CoreDNS keeps the label). With NodeLocal
DNSCache the pod asks 169.254.20.10 on its own node, or the pods `k8s-app: node-local-dns` where Cilium redirects to
them; both are allowed. Two kinds of cluster need more: NodeLocal DNSCache beside kube-proxy in iptables mode without
its link-local address (the cache then answers on the DNS Service's own address) and OpenShift (pods of
`openshift-dns`, port 5353). Policies add up, so such a cluster adds one that selects
`app.kubernetes.io/managed-by: brownfield`; allowing port 53 to anywhere here would open a way out for everybody.

**Metrics** (9090) are open to the pods of the cluster. Strimzi does the same: there is no label that all
monitoring namespaces carry, a policy can only be widened and never narrowed by a second one, and a scrape that fails
silently costs more than counters that a neighbour can read; no value of the plant is among them. From outside the
cluster nothing is reachable. The kubelet's probes come from the pod's own node, which no policy keeps out.
"""

from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from brownfield_operator import names
from brownfield_operator.desired import DesiredProcess, Egress
from brownfield_operator.manifests.manifest import Manifest, child
from brownfield_operator.paths import METRICS_PORT, TWIN_PORT
from brownfield_operator.settings import OperatorSettings, Spine

NODE_LOCAL_DNS = "169.254.20.10/32"
"""The address NodeLocal DNSCache is documented with."""

_NATS_PORT = 4222
_NAMESPACE = "kubernetes.io/metadata.name"


def network_policy(process: DesiredProcess, settings: OperatorSettings) -> Manifest:
    """The policy of the process's pod."""
    readers = [METRICS_PORT, TWIN_PORT] if process.kind == "twin" else [METRICS_PORT]
    spec = {
        "podSelector": {"matchLabels": names.selector(process)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [_tcp(port) for port in readers]}],
        "egress": [_dns(), *_rules((*spine_egress(settings.spine), *process.egress))],
    }
    return child("networking.k8s.io/v1", "NetworkPolicy", names.process_object(process.key), process, {"spec": spec})


def spine_egress(spine: Spine) -> tuple[Egress, ...]:
    """The broker's pods, or its addresses, on each port that a server is named with."""
    ports = sorted({_port(server) for server in spine.servers})
    pods = [Egress(port=port, namespace=spine.namespace, labels=spine.labels) for port in ports if spine.namespace]
    addresses = [Egress(port=port, cidrs=spine.cidrs) for port in ports if spine.cidrs]
    return (*pods, *addresses)


def _port(server: str) -> int:
    return urlsplit(server if "://" in server else f"nats://{server}").port or _NATS_PORT


def _dns() -> Manifest:
    kube_system = {"matchLabels": {_NAMESPACE: "kube-system"}}
    resolvers: list[Manifest] = [
        {"namespaceSelector": kube_system, "podSelector": {"matchLabels": {"k8s-app": name}}}
        for name in ("kube-dns", "node-local-dns")
    ]
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return {"to": [*resolvers, {"ipBlock": {"cidr": NODE_LOCAL_DNS}}], "ports": ports}


def _rules(egress: tuple[Egress, ...]) -> list[Manifest]:
    """One rule for each port: two hundred devices of a group are one rule, whatever order they were listed in."""
    peers: dict[int, dict[str, Manifest]] = defaultdict(dict)
    for item in egress:
        for peer in _peers(item):
            peers[item.port][repr(peer)] = peer
    return [{"to": [peer for _, peer in sorted(peers[port].items())], "ports": [_tcp(port)]} for port in sorted(peers)]


def _peers(egress: Egress) -> list[Manifest]:
    if egress.namespace:
        return [
            {
                "namespaceSelector": {"matchLabels": {_NAMESPACE: egress.namespace}},
                "podSelector": {"matchLabels": dict(sorted(egress.labels.items()))},
            }
        ]
    return [{"ipBlock": {"cidr": cidr}} for cidr in egress.cidrs]


def _tcp(port: int) -> dict[str, Any]:
    return {"protocol": "TCP", "port": port}
