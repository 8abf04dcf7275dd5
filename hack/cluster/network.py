"""Addresses of a cluster, all derived from its slot, so that clusters stand side by side and beside the host's own.

A slot is one /16 of private addresses (RFC 1918): pods in its lower half, services above, the link to the host in
its last /24. The host routes the whole /16 into the namespace, so tests reach pods and services directly.
"""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

from brownfield_api.errors import BrownfieldError

SLOTS = 16
"""How many clusters fit; each takes 10.(FIRST + slot).0.0/16."""
FIRST = 100


@dataclass(frozen=True, slots=True)
class Network:
    """Ranges and addresses of the cluster in `slot`."""

    slot: int

    @property
    def whole(self) -> IPv4Network:
        """Everything of this cluster."""
        return IPv4Network(f"10.{FIRST + self.slot}.0.0/16")

    @property
    def pods(self) -> IPv4Network:
        """Pod addresses; a node takes a /24 of them."""
        return next(self.whole.subnets(new_prefix=17))

    @property
    def services(self) -> IPv4Network:
        """Cluster IPs."""
        return IPv4Network((int(self.pods.broadcast_address) + 1, 20))

    @property
    def dns(self) -> IPv4Address:
        """CoreDNS' service."""
        return self.services[10]

    @property
    def kubernetes(self) -> IPv4Address:
        """The service `default/kubernetes`: the first of the range, by definition of the API server."""
        return self.services[1]

    @property
    def host(self) -> IPv4Address:
        """The host's end of the link: where pods find what runs on the host."""
        return self._link[1]

    @property
    def node(self) -> IPv4Address:
        """The cluster's end of the link: API server and kubelet."""
        return self._link[2]

    @property
    def link_prefix(self) -> int:
        """Length of the link's prefix."""
        return self._link.prefixlen

    @property
    def host_link(self) -> str:
        """The host's network interface (at most 15 characters, IFNAMSIZ)."""
        return f"bf-cluster{self.slot}"

    @property
    def _link(self) -> IPv4Network:
        return IPv4Network((int(self.whole.broadcast_address) - 255, 30))


def free_slot(taken: Collection[int], routes: Collection[IPv4Network]) -> int:
    """The lowest slot that no cluster has and no route of the host leads elsewhere from.

    Raises `BrownfieldError` when there is none.
    """
    for slot in range(SLOTS):
        if slot not in taken and not any(Network(slot).whole.overlaps(route) for route in routes):
            return slot
    raise BrownfieldError(
        f"all {SLOTS} address ranges are in use",
        where=f"10.{FIRST}.0.0/16 to 10.{FIRST + SLOTS - 1}.0.0/16",
        do="Remove a cluster: python -m hack.cluster down NAME",
    )


def host_routes(table: str) -> list[IPv4Network]:
    """The networks of /proc/net/route (proc_net(5): little-endian hexadecimal), the default route left out."""
    found = []
    for line in islice(table.splitlines(), 1, None):
        fields = line.split()
        destination, mask = (int.from_bytes(bytes.fromhex(fields[i]), "little") for i in (1, 7))
        if mask:
            found.append(IPv4Network((destination, mask.bit_count())))
    return found
