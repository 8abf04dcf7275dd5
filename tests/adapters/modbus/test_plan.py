"""Blocks: few, within the limits, over nothing that no tag names, and never through a value."""

from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.modbus.plan import Block, Item, border, chunks, coalesce, halve
from brownfield_api.modbus_address import Function, Place

places = st.builds(
    Place,
    st.sampled_from(Function),
    st.integers(0, 400),
    st.sampled_from([1, 1, 2, 4, 8, 125]),
)
items = st.lists(places, max_size=120).map(lambda found: [Item(row, place) for row, place in enumerate(found)])


def named(found: list[Item]) -> set[tuple[Function, int]]:
    return {(item.place.function, each) for item in found for each in range(item.place.start, item.place.end)}


def registers(*starts: int, count: int = 1) -> list[Item]:
    return [Item(row, Place(Function.READ_HOLDING_REGISTERS, start, count)) for row, start in enumerate(starts)]


@given(items, st.integers(0, 20), st.integers(1, 125))
def test_every_item_is_covered_exactly_once_and_lies_whole_in_its_block(
    found: list[Item], max_gap: int, max_block: int
) -> None:
    blocks = coalesce(found, max_gap=max_gap, max_block=max_block)
    covered = [item for block in blocks for item in block.items]
    assert sorted(item.row for item in covered) == [item.row for item in found]
    for block in blocks:
        for item in block.items:
            assert item.place.function == block.function
            assert block.start <= item.place.start
            assert item.place.end <= block.end


@given(items, st.integers(1, 125))
def test_without_a_gap_allowed_no_address_is_read_that_no_tag_names(found: list[Item], max_block: int) -> None:
    for block in coalesce(found, max_gap=0, max_block=max_block):
        assert {(block.function, each) for each in range(block.start, block.end)} <= named(list(block.items))


@given(items, st.integers(0, 20), st.integers(1, 125))
def test_a_block_keeps_the_limits_unless_one_value_is_longer(found: list[Item], max_gap: int, max_block: int) -> None:
    for block in coalesce(found, max_gap=max_gap, max_block=max_block):
        limit = 2000 if block.function.of_bits else max_block
        assert block.count <= max([limit, *(item.place.count for item in block.items)])


@given(items)
def test_halving_gives_every_item_to_one_half(found: list[Item]) -> None:
    for block in coalesce(found, max_gap=20):
        if block.divisible:
            left, right = halve(block)
            assert left.items + right.items == block.items
            assert left.items[-1].place != right.items[0].place


@given(items, st.integers(1, 50), st.integers(1, 9))
def test_chunks_keep_the_blocks_in_order_and_within_their_bounds(found: list[Item], rows: int, most: int) -> None:
    blocks = coalesce(found)
    grouped = chunks(blocks, rows=rows, most=most)
    assert tuple(block for chunk in grouped for block in chunk) == blocks
    for chunk in grouped:
        assert len(chunk) <= most
        assert len(chunk) == 1 or sum(len(block.items) for block in chunk) <= rows


def test_neighbours_share_a_request_and_a_hole_parts_them() -> None:
    assert [block.label for block in coalesce(registers(0, 2, 4, 8, count=2))] == ["holding 0-5", "holding 8-9"]


def test_a_hole_is_read_along_only_if_it_is_allowed() -> None:
    assert len(coalesce(registers(0, 3), max_gap=1)) == 2
    assert len(coalesce(registers(0, 3), max_gap=2)) == 1


def test_a_thousand_registers_are_read_in_eight_requests() -> None:
    blocks = coalesce(registers(*range(1000)))
    assert [block.count for block in blocks] == [125] * 8


def test_a_value_is_not_cut_at_the_limit() -> None:
    blocks = coalesce(registers(*range(0, 250, 2), count=2))
    assert [(block.start, block.count) for block in blocks] == [(0, 124), (124, 124), (248, 2)]


def test_coils_are_packed_two_thousand_to_a_request() -> None:
    coils = [Item(row, Place(Function.READ_COILS, row, 1)) for row in range(4001)]
    assert [block.count for block in coalesce(coils)] == [2000, 2000, 1]


def test_a_learned_border_begins_a_block() -> None:
    whole = coalesce(registers(*range(10)))[0]
    _, right = halve(whole)
    parts: tuple[Block, ...] = coalesce(registers(*range(10)), borders=frozenset({border(right)}))
    assert [(part.start, part.count) for part in parts] == [(0, 5), (5, 5)]


def test_bits_of_one_register_stay_in_one_block() -> None:
    bits = [Item(bit, Place(Function.READ_HOLDING_REGISTERS, 7, 1, bit)) for bit in range(16)]
    (block,) = coalesce(bits)
    assert (block.start, block.count, len(block.items)) == (7, 1, 16)
    assert not block.divisible
