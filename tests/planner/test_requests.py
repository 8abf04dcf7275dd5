"""The budget's lower bound: blocks are counted as few as possible, and never fewer than can be."""

from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.resources.protocols import ModbusBlock
from brownfield_api.tables import Tag, ValueType
from brownfield_planner.requests import count_blocks


def block(max_gap: int = 0, max_block: int = 125) -> ModbusBlock:
    return ModbusBlock(endpoint="tcp://plc", max_gap=max_gap, max_block=max_block)


def tag(address: str, kind: ValueType = ValueType.UINT16) -> Tag:
    return Tag(name=address, address=address, type=kind)


def test_neighbours_share_a_block_and_tables_do_not() -> None:
    tags = [tag("holding:0", ValueType.FLOAT32), tag("holding:2"), tag("input:0"), tag("coil:0", ValueType.BOOL)]
    assert count_blocks(block(), tags) == 3


def test_gaps_are_read_along_only_where_allowed() -> None:
    tags = [tag("holding:0"), tag("holding:5")]
    assert count_blocks(block(), tags) == 2
    assert count_blocks(block(max_gap=4), tags) == 1


def test_long_runs_are_cut_at_the_largest_block() -> None:
    assert count_blocks(block(), [tag(f"holding:{n}") for n in range(126)]) == 2
    assert count_blocks(block(max_block=10), [tag(f"holding:{n}") for n in range(25)]) == 3
    assert count_blocks(block(), [tag(f"coil:{n}", ValueType.BOOL) for n in range(2000)]) == 1


@given(st.sets(st.integers(0, 400), min_size=1, max_size=80), st.integers(0, 20), st.integers(1, 125))
def test_the_bound_is_between_what_must_be_and_one_request_per_tag(
    registers: set[int], max_gap: int, max_block: int
) -> None:
    count = count_blocks(block(max_gap, max_block), [tag(f"holding:{n}") for n in sorted(registers)])
    span = max(registers) - min(registers) + 1
    assert 1 <= count <= len(registers)
    assert count * max_block >= min(len(registers), span)
