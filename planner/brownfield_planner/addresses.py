"""Whether a tag's address makes sense in its source's protocol, and which type it has if none is given."""

import re

from brownfield_api.errors import InvalidResource
from brownfield_api.modbus_address import Function, locate
from brownfield_api.tables import Tag, ValueType

_NODE_ID = re.compile(r"^(?:nsu=(?P<uri>[^;]+);|ns=(?P<index>\d{1,5});)?(?P<kind>[isgb])=(?P<id>.+)$")
_GUID = re.compile(r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")
_BASE64 = re.compile(r"^[A-Za-z0-9+/]+={0,2}$")


def default_type(protocol: str, address: str) -> ValueType:
    """The type of a tag that names none."""
    if protocol != "modbus":
        return ValueType.FLOAT64
    if address.startswith(("coil:", "discrete:")) or "." in address:
        return ValueType.BOOL
    return ValueType.STRING if address.endswith("]") else ValueType.UINT16


def check_address(protocol: str, tag: Tag) -> None:
    """Raises `InvalidResource` saying what is wrong with the address and what to write instead."""
    if protocol == "modbus":
        _check_modbus(tag)
    elif protocol == "opcua":
        _check_node_id(tag.address)


def _check_modbus(tag: Tag) -> None:
    place = locate(tag)
    if place.function in {Function.READ_COILS, Function.READ_DISCRETE_INPUTS}:
        if tag.type is not ValueType.BOOL:
            raise InvalidResource(f"address {tag.address!r} is one bit, but its type is {tag.type}", do="Use type bool")
    elif tag.type is ValueType.BOOL and place.bit < 0:
        raise InvalidResource(
            f"address {tag.address!r} is a register of 16 bits, but its type is bool",
            do=f"Name the bit, as in {tag.address}.0, or use type uint16",
        )


def _check_node_id(address: str) -> None:
    """OPC UA Part 6, 5.3.1.10: `ns=<index>;` or `nsu=<uri>;`, then i=, s=, g= or b= and the identifier."""
    match = _NODE_ID.match(address)
    advice = "Write nsu=urn:maker:type;s=Name, ns=2;s=Name or i=2258"
    if match is None:
        raise InvalidResource(f"address {address!r} is not a node id", do=advice)
    kind, identifier = match["kind"], match["id"]
    right = {
        "i": identifier.isdigit() and int(identifier) < 2**32,
        "s": True,
        "g": _GUID.match(identifier) is not None,
        "b": _BASE64.match(identifier) is not None and len(identifier) % 4 == 0,
    }[kind]
    if not right:
        raise InvalidResource(f"{identifier!r} is not an identifier of kind {kind}= in node id {address!r}", do=advice)
    if match["index"] and int(match["index"]) > 65535:
        raise InvalidResource(f"namespace index {match['index']} of {address!r} is above 65535", do=advice)
