"""How many requests a second a source costs at least: the planner's check of the budget.

A lower bound, computed without the adapter: registers are packed into blocks as its own planner does,
but nothing is added for blocks that a device turns out to refuse.
"""

from collections import defaultdict
from collections.abc import Iterable

from brownfield_api.modbus_address import Function, Place, locate
from brownfield_api.resources import LegacySource
from brownfield_api.resources.protocols import ModbusBlock
from brownfield_api.tables import Tag

MAX_NODES_PER_READ = 1000
"""More nodes than common servers take in one OPC UA Read (MaxNodesPerRead, Part 5, 6.3.11)."""


def requests_per_second(source: LegacySource, tags: Iterable[Tag]) -> float:
    """Lower bound of what polling the tags takes; 0 for what is not polled."""
    spec = source.spec
    if spec.suspend:
        return 0.0
    by_interval: dict[float, list[Tag]] = defaultdict(list)
    for tag in tags:
        by_interval[tag.interval or spec.interval or 1.0].append(tag)
    if spec.modbus:
        return sum(count_blocks(spec.modbus, group) / interval for interval, group in by_interval.items())
    if spec.opcua and spec.opcua.mode == "Poll":
        return sum(-(-len(group) // MAX_NODES_PER_READ) / interval for interval, group in by_interval.items())
    return 0.0


def count_blocks(block: ModbusBlock, tags: Iterable[Tag]) -> int:
    """Fewest requests that read all tags once, never over an address no tag names beyond `maxGap`."""
    spans: dict[Function, list[Place]] = defaultdict(list)
    for tag in tags:
        place = locate(tag)
        spans[place.function].append(place)
    return sum(_blocks(places, block, function) for function, places in spans.items())


def _blocks(places: list[Place], block: ModbusBlock, function: Function) -> int:
    bits = function in {Function.READ_COILS, Function.READ_DISCRETE_INPUTS}
    longest = 2000 if bits else block.max_block or 125
    gap = block.max_gap or 0
    count, start, end = 0, -1, -1
    for place in sorted(places, key=lambda place: (place.start, place.end)):
        if start < 0 or place.start > end + gap or max(place.end, end) - start > longest:
            count, start, end = count + 1, place.start, place.end
        else:
            end = max(end, place.end)
    return count
