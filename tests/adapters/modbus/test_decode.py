"""The vectorised decoder against struct, one value at a time."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.modbus.decode import Decoder, decode_text, payload_size
from brownfield_adapters.modbus.plan import Item, coalesce
from brownfield_api.batch import SampleBatch
from brownfield_api.modbus_address import locate
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, ValueType

FORMATS = {
    ValueType.INT8: ">xb",
    ValueType.UINT8: ">xB",
    ValueType.INT16: ">h",
    ValueType.UINT16: ">H",
    ValueType.INT32: ">i",
    ValueType.UINT32: ">I",
    ValueType.FLOAT32: ">f",
    ValueType.INT64: ">q",
    ValueType.UINT64: ">Q",
    ValueType.FLOAT64: ">d",
}
ORDERS = ["ABCD", "DCBA", "BADC", "CDAB"]
memory = st.binary(min_size=512, max_size=512)


def big_endian(wire: bytes, order: str) -> bytes:
    """The registers of one value in the order the specification has."""
    words = [wire[each : each + 2] for each in range(0, len(wire), 2)]
    if len(words) == 1:
        return wire
    if order in {"CDAB", "DCBA"}:
        words.reverse()
    if order in {"BADC", "DCBA"}:
        words = [word[::-1] for word in words]
    return b"".join(words)


def decode(tags: list[Tag], holding: bytes, order: str = "ABCD", *, bits: bytes = b"") -> SampleBatch:
    blocks = coalesce([Item(row, locate(tag)) for row, tag in enumerate(tags)], max_gap=4)
    payloads = []
    for block in blocks:
        if block.function.of_bits:
            column = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little")
            payloads.append(np.packbits(column[block.start : block.end], bitorder="little").tobytes())
        else:
            payloads.append(holding[2 * block.start : 2 * block.end])
        assert len(payloads[-1]) == payload_size(block)
    asked = list(range(100, 100 + len(blocks)))
    return Decoder(blocks, tags, order).decode(payloads, asked, [time + 50 for time in asked])


@given(st.data(), memory, st.sampled_from(ORDERS))
def test_numbers_of_every_width_and_order_equal_struct(data: st.DataObject, holding: bytes, order: str) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(FORMATS)), min_size=1, max_size=30))
    starts = [data.draw(st.integers(0, 252)) for _ in kinds]
    tags = [
        Tag(name=f"t{row}", address=f"holding:{start}", type=kind)
        for row, (kind, start) in enumerate(zip(kinds, starts, strict=True))
    ]
    batch = decode(tags, holding, order)
    assert sorted(batch.index.tolist()) == list(range(len(tags)))
    for position, row in enumerate(batch.index.tolist()):
        kind, start = kinds[row], starts[row]
        size = struct.calcsize(FORMATS[kind])
        (expected,) = struct.unpack(FORMATS[kind], big_endian(holding[2 * start : 2 * start + size], order))
        value = batch.value[position]
        if not math.isfinite(expected):
            assert math.isnan(value)
            assert batch.status[position] == Status.BAD
            assert batch.reasons[position] == Reason.NON_FINITE
            continue
        assert value == float(expected)
        assert batch.status[position] == Status.GOOD
        if kind is ValueType.INT64:
            assert batch.value_i64 is not None
            assert batch.value_i64[position] == expected
        if kind is ValueType.UINT64:
            assert batch.value_u64 is not None
            assert int(batch.value_u64[position]) == expected


@given(memory, st.lists(st.tuples(st.integers(0, 255), st.integers(0, 15)), min_size=1, max_size=40))
def test_bits_of_registers_count_from_the_lowest(holding: bytes, wanted: list[tuple[int, int]]) -> None:
    tags = [Tag(name="b", address=f"holding:{start}.{bit}", type=ValueType.BOOL) for start, bit in wanted]
    batch = decode(tags, holding)
    for position, row in enumerate(batch.index.tolist()):
        start, bit = wanted[row]
        (register,) = struct.unpack_from(">H", holding, 2 * start)
        assert batch.value[position] == (register >> bit) & 1


@given(st.binary(min_size=250, max_size=250), st.sets(st.integers(0, 1999), min_size=1, max_size=80))
def test_coils_are_packed_lowest_bit_first(bits: bytes, wanted: set[int]) -> None:
    tags = [Tag(name="c", address=f"coil:{start}", type=ValueType.BOOL) for start in sorted(wanted)]
    batch = decode(tags, b"", bits=bits)
    for position, row in enumerate(batch.index.tolist()):
        start = sorted(wanted)[row]
        assert batch.value[position] == (bits[start // 8] >> (start % 8)) & 1


@pytest.mark.parametrize("order", ORDERS)
def test_a_single_register_is_big_endian_in_every_order(order: str) -> None:
    batch = decode([Tag(name="a", address="holding:0", type=ValueType.UINT16)], b"\x01\x02", order)
    assert batch.value.tolist() == [258.0]


def test_a_whole_register_read_as_bool_is_true_unless_zero() -> None:
    tags = [Tag(name="a", address=f"holding:{start}", type=ValueType.BOOL) for start in (0, 1)]
    batch = decode(tags, b"\x00\x00\x80\x00")
    assert dict(zip(batch.index.tolist(), batch.value.tolist(), strict=True)) == {0: 0.0, 1: 1.0}


def test_text_ends_at_a_nul_and_loses_trailing_blanks() -> None:
    tags = [
        Tag(name="n", address="holding:0", type=ValueType.UINT16),
        Tag(name="s", address="holding:1[8]", type=ValueType.STRING),
    ]
    batch = decode(tags, b"\x00\x07" + b"R80711  \0\0\0\0\0\0\0\0")
    assert batch.texts() == ["", "R80711"]
    assert batch.value.tolist() == [7.0, 0.0]


def test_text_that_changes_is_decoded_anew() -> None:
    tags = [Tag(name="s", address="holding:0[2]", type=ValueType.STRING)]
    decoder = Decoder(coalesce([Item(0, locate(tags[0]))]), tags, "ABCD")
    assert [decoder.decode([raw], [1], [2]).texts() for raw in (b"abcd", b"abcd", b"xyz\0")] == [
        ["abcd"],
        ["abcd"],
        ["xyz"],
    ]


def test_text_of_devices_with_swapped_bytes_is_put_right() -> None:
    assert decode_text(b"8R7011\0\0", swapped=True) == "R80711"
    assert decode_text(b"Gr\xf6\xdfe\0", swapped=False) == "Größe"


def test_each_row_carries_the_time_of_its_own_block() -> None:
    tags = [Tag(name="a", address=f"holding:{start}", type=ValueType.UINT16) for start in (0, 20, 40)]
    batch = decode(tags, bytes(100))
    assert batch.source_time.tolist() == [100, 101, 102]
    assert batch.receive_time.tolist() == [150, 151, 152]
