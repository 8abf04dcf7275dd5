"""A network policy read back: what a process that goes on from a last good version may connect to."""

from collections.abc import Iterator, Mapping
from typing import Any

from brownfield_operator.desired import Egress

_NAMESPACE = "kubernetes.io/metadata.name"
_DNS_PORT = 53


def egress_in(policy: Mapping[str, Any]) -> tuple[Egress, ...]:
    """The openings in a policy that `network_policy` rendered, DNS excepted (every policy has it)."""
    return tuple(
        opening
        for rule in policy["spec"].get("egress") or ()
        for port in rule.get("ports") or ()
        if port["port"] != _DNS_PORT
        for opening in _openings(port["port"], rule.get("to") or ())
    )


def _openings(port: int, peers: Any) -> Iterator[Egress]:
    cidrs = tuple(peer["ipBlock"]["cidr"] for peer in peers if "ipBlock" in peer)
    if cidrs:
        yield Egress(port=port, cidrs=cidrs)
    for peer in peers:
        if "podSelector" in peer:
            namespace = peer["namespaceSelector"]["matchLabels"][_NAMESPACE]
            yield Egress(port=port, namespace=namespace, labels=peer["podSelector"].get("matchLabels") or {})
