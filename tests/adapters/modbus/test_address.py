"""Modbus addresses: what is understood, and how what is not understood is explained."""

import pytest

from brownfield_api.errors import InvalidResource
from brownfield_api.modbus_address import Function, Place, locate
from brownfield_api.tables import Tag, ValueType


def tag(address: str, kind: ValueType = ValueType.UINT16) -> Tag:
    return Tag(name="P", address=address, type=kind)


@pytest.mark.parametrize(
    ("address", "kind", "place"),
    [
        ("holding:0", ValueType.FLOAT32, Place(Function.READ_HOLDING_REGISTERS, 0, 2)),
        ("input:12", ValueType.INT16, Place(Function.READ_INPUT_REGISTERS, 12, 1)),
        ("holding:65532", ValueType.UINT64, Place(Function.READ_HOLDING_REGISTERS, 65532, 4)),
        ("coil:3", ValueType.BOOL, Place(Function.READ_COILS, 3, 1)),
        ("discrete:0", ValueType.BOOL, Place(Function.READ_DISCRETE_INPUTS, 0, 1)),
        ("holding:5.15", ValueType.BOOL, Place(Function.READ_HOLDING_REGISTERS, 5, 1, 15)),
        (" holding:100[8] ", ValueType.STRING, Place(Function.READ_HOLDING_REGISTERS, 100, 8)),
    ],
)
def test_an_address_names_a_table_and_a_range(address: str, kind: ValueType, place: Place) -> None:
    assert locate(tag(address, kind)) == place


@pytest.mark.parametrize(
    ("address", "kind", "words"),
    [
        ("40001", ValueType.UINT16, "write holding:0"),
        ("400108", ValueType.UINT16, "write holding:107"),
        ("30013", ValueType.UINT16, "write input:12"),
        ("00004", ValueType.BOOL, "write coil:3"),
        ("40000", ValueType.UINT16, "counts from 1"),
        ("register 5", ValueType.UINT16, "Write table:address"),
        ("holding:-1", ValueType.UINT16, "Write table:address"),
        ("holding:65535", ValueType.FLOAT32, "beyond address 65535"),
        ("holding:65536", ValueType.UINT16, "beyond address 65535"),
        ("holding:5.16", ValueType.BOOL, "Bits 0 to 15"),
        ("coil:5.1", ValueType.BOOL, "Bits 0 to 15"),
        ("holding:5.3", ValueType.UINT16, "Use type bool"),
        ("holding:5", ValueType.STRING, "holding:100[8]"),
        ("holding:5[126]", ValueType.STRING, "1 to 125"),
        ("holding:5[0]", ValueType.STRING, "1 to 125"),
        ("holding:5[2]", ValueType.UINT32, "Only type string"),
    ],
)
def test_a_wrong_address_is_refused_with_the_tag_and_what_to_write(address: str, kind: ValueType, words: str) -> None:
    with pytest.raises(InvalidResource) as caught:
        locate(tag(address, kind))
    assert "tag P" in str(caught.value)
    assert repr(address) in str(caught.value)
    assert words in str(caught.value)
