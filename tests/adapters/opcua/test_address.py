"""Node ids as people write them."""

import contextlib
import uuid

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.opcua.address import NodeAddress, parse
from brownfield_api.errors import InvalidResource

NAMESPACES = ["http://opcfoundation.org/UA/", "urn:server", "urn:a;b", "urn:senvion:mm82"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("nsu=urn:senvion:mm82;s=R1.P_avg", NodeAddress("urn:senvion:mm82", 0, "R1.P_avg")),
        ("nsu=urn:a%3Bb;s=x;y=z", NodeAddress("urn:a;b", 0, "x;y=z")),
        ("ns=2;s=Tag 1", NodeAddress("", 2, "Tag 1")),
        ("ns=3;i=1001", NodeAddress("", 3, 1001)),
        ("i=2258", NodeAddress("", 0, 2258)),
        ("ns=1;b=AQID", NodeAddress("", 1, b"\x01\x02\x03")),
        (
            "ns=1;g=09087e75-8e5e-499b-954f-f2a9603db28a",
            NodeAddress("", 1, uuid.UUID("09087e75-8e5e-499b-954f-f2a9603db28a")),
        ),
    ],
)
def test_every_kind_of_node_id_is_understood(text: str, address: NodeAddress) -> None:
    assert parse(text) == address


@pytest.mark.parametrize("text", ["", "P_avg", "ns=2", "ns=70000;i=1", "i=-1", "i=4294967296", "ns=1;g=x", "ns=1;b=@"])
def test_what_is_no_node_id_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidResource, match="nsu=<namespace uri>"):
        parse(text)


def test_a_uri_is_found_wherever_the_server_keeps_it_and_an_unknown_one_is_nowhere() -> None:
    address = parse("nsu=urn:senvion:mm82;s=x")
    found = address.on(NAMESPACES)
    assert found is not None
    assert found == ua.NodeId("x", 3)  # type: ignore[arg-type]  # asyncua annotates wire types
    assert address.on(NAMESPACES[:3]) is None


@given(st.text())
def test_any_text_is_a_node_id_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidResource):
        assert parse(text).index <= 0xFFFF
