"""A unit's memory: what exists, what is refused, how bits are packed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_plant.modbus_image import Image, Refusal, Table


@given(st.sets(st.integers(0, 30)), st.integers(0, 35), st.integers(1, 20))
def test_a_block_is_read_only_if_every_address_in_it_exists(existing: set[int], first: int, count: int) -> None:
    table = Table(31, bits=False)
    table.exists[sorted(existing)] = True
    wanted = set(range(first, first + count))
    assert table.readable(first, count) == (wanted <= existing)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_bits_are_packed_lowest_first(bits: list[bool]) -> None:
    image = Image(coils=Table(len(bits), bits=True))
    image.coils.exists[:] = True
    image.coils.values[:] = bits
    packed = int.from_bytes(image.read(1, 0, len(bits)), "little")
    assert packed == sum(1 << index for index, bit in enumerate(bits) if bit)


@pytest.mark.parametrize(("function", "count"), [(3, 0), (3, 126), (4, 126), (1, 2001), (2, 0)])
def test_a_quantity_that_no_frame_carries_is_an_illegal_value(function: int, count: int) -> None:
    with pytest.raises(Refusal) as refusal:
        Image().read(function, 0, count)
    assert refusal.value.code == 3


def test_registers_go_out_big_endian() -> None:
    image = Image(holding=Table(2, bits=False))
    image.holding.exists[:] = True
    image.holding.values[:] = np.array([0x1234, 0xABCD])
    assert image.read(3, 0, 2) == bytes.fromhex("1234abcd")


def test_nobody_is_told_of_a_read_that_is_refused() -> None:
    told: list[tuple[int, int, int]] = []
    image = Image(holding=Table(2, bits=False), before_read=lambda *read: told.append(read))
    with pytest.raises(Refusal):
        image.read(3, 0, 1)
    image.holding.exists[:] = True
    image.read(3, 0, 1)
    assert told == [(3, 0, 1)]
