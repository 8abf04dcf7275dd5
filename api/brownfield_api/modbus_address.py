"""Where a Modbus tag lies: `holding:0`, `input:12`, `coil:3`, `discrete:0`, bit `holding:5.3`, text `holding:100[8]`.

Addresses are zero-based, as they travel on the wire (Application Protocol V1.1b3 §4.4). The classic notation
(40001) is refused: it starts at one, exists in five- and six-digit dialects, and is the commonest cause of values
that are plausible and wrong.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

from brownfield_api.errors import InvalidResource
from brownfield_api.tables import Tag, ValueType

MAX_REGISTERS = 125
"""Registers one request may read (V1.1b3 §6.3, §6.4)."""

MAX_BITS = 2000
"""Coils or discrete inputs one request may read (V1.1b3 §6.1, §6.2)."""

_ADDRESS = re.compile(r"(coil|discrete|holding|input):(\d{1,5})(?:\.(\d{1,2})|\[(\d{1,3})\])?", re.ASCII)
_CLASSIC = re.compile(r"\s*([0134])(\d{4,5})\s*", re.ASCII)

_REGISTERS = {
    ValueType.BOOL: 1,
    ValueType.INT8: 1,
    ValueType.UINT8: 1,
    ValueType.INT16: 1,
    ValueType.UINT16: 1,
    ValueType.INT32: 2,
    ValueType.UINT32: 2,
    ValueType.FLOAT32: 2,
    ValueType.INT64: 4,
    ValueType.UINT64: 4,
    ValueType.FLOAT64: 4,
}


class Function(IntEnum):
    """The four functions Brownfield ever sends; the value is the code on the wire."""

    READ_COILS = 1
    READ_DISCRETE_INPUTS = 2
    READ_HOLDING_REGISTERS = 3
    READ_INPUT_REGISTERS = 4

    @property
    def of_bits(self) -> bool:
        """Whether an address of this table is one bit; else it is a register of 16."""
        return self <= Function.READ_DISCRETE_INPUTS

    @property
    def table(self) -> str:
        """The table's name in an address."""
        return _NAMES[self]

    @property
    def limit(self) -> int:
        """Addresses one request may cover."""
        return MAX_BITS if self.of_bits else MAX_REGISTERS


_TABLES = {
    "coil": Function.READ_COILS,
    "discrete": Function.READ_DISCRETE_INPUTS,
    "holding": Function.READ_HOLDING_REGISTERS,
    "input": Function.READ_INPUT_REGISTERS,
}
_NAMES = {function: name for name, function in _TABLES.items()}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Addresses `start` to `start + count - 1` of one table, and for a bit of a register its number (0 = lowest)."""

    function: Function
    start: int
    count: int
    bit: int = -1

    @property
    def end(self) -> int:
        """First address behind it."""
        return self.start + self.count


def locate(tag: Tag) -> Place:
    """Where the tag's value lies; raises `InvalidResource` naming tag and address."""
    match = _ADDRESS.fullmatch(tag.address.strip())
    if match is None:
        raise _invalid(tag, "is not a Modbus address", _advice(tag.address))
    function, start = _TABLES[match[1]], int(match[2])
    if match[3] is not None:
        count, bit = 1, _bit(tag, function, int(match[3]))
    elif match[4] is not None:
        count, bit = _length(tag, function, int(match[4])), -1
    else:
        count, bit = _width(tag, function), -1
    if start + count > 65536:
        raise _invalid(tag, "reaches beyond address 65535", "Addresses are zero-based and 16 bits wide")
    return Place(function, start, count, bit)


def _width(tag: Tag, function: Function) -> int:
    if tag.type is ValueType.STRING:
        raise _invalid(tag, "is text without a length", "Write the registers in brackets, e.g. holding:100[8]")
    return 1 if function.of_bits else _REGISTERS[tag.type]


def _bit(tag: Tag, function: Function, bit: int) -> int:
    if function.of_bits or bit > 15:
        raise _invalid(tag, "names a bit that does not exist", "Bits 0 to 15 of a holding or input register")
    if tag.type is not ValueType.BOOL:
        raise _invalid(tag, f"is one bit but its type is {tag.type.value}", "Use type bool")
    return bit


def _length(tag: Tag, function: Function, count: int) -> int:
    if function.of_bits or tag.type is not ValueType.STRING:
        raise _invalid(tag, "has a length but is no text", "Only type string in registers has one")
    if not 1 <= count <= MAX_REGISTERS:
        raise _invalid(tag, f"is text of {count} registers", f"One request reads 1 to {MAX_REGISTERS}")
    return count


def _advice(address: str) -> str:
    classic = _CLASSIC.fullmatch(address)
    if classic is None:
        return "Write table:address, e.g. holding:0, input:12, coil:3, discrete:0, holding:5.3 or holding:100[8]"
    table = {"0": "coil", "1": "discrete", "3": "input", "4": "holding"}[classic[1]]
    number = int(classic[2])
    if number == 0:
        return f"The classic notation counts from 1; zero-based it would be {table}:0 at the least"
    return f"That is the classic notation, which counts from 1: write {table}:{number - 1}"


def _invalid(tag: Tag, what: str, advice: str) -> InvalidResource:
    return InvalidResource(f"address {tag.address!r} {what}", where=f"tag {tag.name}", do=advice)
