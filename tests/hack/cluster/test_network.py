from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path

import pytest
from hack.cluster.network import SLOTS, Network, free_slot, host_routes

from brownfield_api.errors import BrownfieldError

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("slot", range(SLOTS))
def test_everything_of_a_slot_lies_in_its_range_and_nothing_overlaps(slot: int) -> None:
    network = Network(slot)
    link = IPv4Network((int(network.host) - 1, network.link_prefix))

    assert all(part.subnet_of(network.whole) for part in (network.pods, network.services, link))
    assert not any(a.overlaps(b) for a, b in combinations((network.pods, network.services, link), 2))
    assert {network.host, network.node} == set(link.hosts())
    assert {network.dns, network.kubernetes} < set(network.services)


def test_two_slots_share_no_address_and_no_link() -> None:
    networks = [Network(slot) for slot in range(SLOTS)]

    assert not any(a.whole.overlaps(b.whole) for a, b in combinations(networks, 2))
    assert len({network.host_link for network in networks}) == SLOTS


def test_the_name_of_a_link_fits_into_the_kernels_limit() -> None:
    assert max(len(Network(slot).host_link) for slot in range(SLOTS)) <= 15


def test_a_slot_is_the_lowest_that_neither_a_cluster_nor_a_route_has() -> None:
    assert free_slot([], []) == 0
    assert free_slot([0, 2], []) == 1
    assert free_slot([0], [IPv4Network("10.101.7.0/24")]) == 2


def test_a_route_over_all_private_addresses_leaves_no_slot() -> None:
    with pytest.raises(BrownfieldError, match="all 16 address ranges are in use"):
        free_slot([], [IPv4Network("10.0.0.0/8")])


def test_routes_are_read_as_the_kernel_prints_them_without_the_default_route() -> None:
    table = (DATA / "proc-net-route").read_text(encoding="ascii")

    assert host_routes(table) == [
        IPv4Network("192.0.2.0/24"),
        IPv4Network("10.100.0.0/16"),
        IPv4Network("10.102.0.1/32"),
    ]
    assert free_slot([], host_routes(table)) == 1
