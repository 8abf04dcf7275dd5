"""The fewest requests that read a unit's tags, and what was learned about blocks a device refuses.

Rules (DESIGN §5, Adapter): a block never covers an address that no tag names unless `max_gap` allows it, because
reading can clear latches; it never cuts through a value; it stays within the protocol's limits. When a device
refuses a block it is halved until the refused value stands alone. What stays refused alone is left out of the
blocks, which puts its neighbours into blocks of their own; halves that are fine both (the device's own limit, or
a border between two of its tables) stay halves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from brownfield_api.modbus_address import Function, Place


@dataclass(frozen=True, slots=True)
class Item:
    """One tag's row in the source's table and where it lies."""

    row: int
    place: Place


@dataclass(frozen=True, slots=True)
class Block:
    """One request: `count` addresses from `start`, and the items it covers in order of their places."""

    function: Function
    start: int
    count: int
    items: tuple[Item, ...]

    @property
    def end(self) -> int:
        """First address behind the block."""
        return self.start + self.count

    @property
    def label(self) -> str:
        """For people: `holding 0-13`."""
        return f"{self.function.table} {self.start}" + (f"-{self.end - 1}" if self.count > 1 else "")

    @property
    def divisible(self) -> bool:
        """Whether it covers more than one place, so that half of it may be fine."""
        return len({(item.place.start, item.place.count) for item in self.items}) > 1


Border = tuple[Function, int, int]
"""Function, start and count of a place that must begin a block of its own: learned from a refusal."""


def coalesce(
    items: Iterable[Item], *, max_gap: int = 0, max_block: int = 125, borders: frozenset[Border] = frozenset()
) -> tuple[Block, ...]:
    """Blocks that cover every item exactly once, in order of function and address.

    `max_gap`: unnamed addresses a block may read along between two items. `max_block`: registers per request (bits
    keep the protocol's 2000); a longer single value is still one block.
    """
    blocks: list[Block] = []
    pending: list[Item] = []
    end = 0
    for item in sorted(items, key=lambda each: (each.place, each.row)):
        place = item.place
        if pending:
            first = pending[0].place
            apart = place.function != first.function or place.start - end > max_gap
            bordered = _span(item) != _span(pending[-1]) and (place.function, *_span(item)) in borders
            limit = place.function.limit if place.function.of_bits else min(max_block, place.function.limit)
            if apart or bordered or max(end, place.end) - first.start > limit:
                blocks.append(_block(pending))
                pending = []
        end = max(end, place.end) if pending else place.end
        pending.append(item)
    if pending:
        blocks.append(_block(pending))
    return tuple(blocks)


def halve(block: Block) -> tuple[Block, Block]:
    """The block as two, cut between two different places; it must be divisible."""
    items = block.items
    starts = [i for i in range(1, len(items)) if _span(items[i]) != _span(items[i - 1])]
    cut = min(starts, key=lambda i: (abs(2 * i - len(items)), i))
    return _block(items[:cut]), _block(items[cut:])


def border(block: Block) -> Border:
    """What makes `coalesce` begin a block where this one begins."""
    return block.function, block.items[0].place.start, block.items[0].place.count


def chunks(blocks: Sequence[Block], *, rows: int, most: int) -> tuple[tuple[Block, ...], ...]:
    """Consecutive blocks whose samples are handed over together: up to about `rows` rows and `most` blocks."""
    result: list[tuple[Block, ...]] = []
    pending: list[Block] = []
    held = 0
    for block in blocks:
        if pending and (held + len(block.items) > rows or len(pending) >= most):
            result.append(tuple(pending))
            pending, held = [], 0
        pending.append(block)
        held += len(block.items)
    if pending:
        result.append(tuple(pending))
    return tuple(result)


def _span(item: Item) -> tuple[int, int]:
    return item.place.start, item.place.count


def _block(items: Sequence[Item]) -> Block:
    start = min(item.place.start for item in items)
    end = max(item.place.end for item in items)
    return Block(items[0].place.function, start, end - start, tuple(items))
