"""What is learned from refusals: a poll against a device whose map has holes, without a network."""

# The stand-in for a session has a session's arguments.
# ruff: noqa: ARG002

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.modbus.client import DeviceException, ModbusClient
from brownfield_adapters.modbus.plan import Item
from brownfield_adapters.modbus.poll_group import PollGroup
from brownfield_adapters.modbus.reading import SEARCH_REQUESTS
from brownfield_adapters.modbus.refusals import RETRY_AFTER, Refusals
from brownfield_api.adapter_config import ModbusOptions
from brownfield_api.batch import SampleBatch
from brownfield_api.modbus_address import Function, locate
from brownfield_api.status import Status
from brownfield_api.tables import Tag, TagTable, ValueType


class Map:
    """A register map that answers reads as `ModbusClient` would: `code(first, end)` 0 or the exception."""

    def __init__(self, code: Callable[[int, int], int]) -> None:
        self.code = code
        self.requests: list[tuple[int, int]] = []

    async def read(self, unit: int, function: Function, start: int, count: int) -> bytes:
        assert (unit, function) == (1, Function.READ_HOLDING_REGISTERS)
        self.requests.append((start, count))
        code = self.code(start, start + count)
        if code:
            raise DeviceException(code, "map")
        return np.arange(start, start + count, dtype=">u2").tobytes()


class Collected:
    """A session that keeps each row's latest value and status, and how often it came."""

    def __init__(self) -> None:
        self.value: dict[int, float] = {}
        self.status: dict[int, int] = {}
        self.arrived: dict[int, int] = {}

    def now(self) -> int:
        return 1_800_000_000 * 10**9

    def request(self, source: str = "") -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def scheduled(self, source: str, count: int = 1) -> None: ...

    def succeeded(self, source: str) -> None: ...

    def lost(self, source: str, reason: str) -> None: ...

    def position(self, source: str) -> str:
        return ""

    async def room(self, source: str) -> None: ...

    def note(self, source: str, message: str) -> None: ...

    def deliver(self, source: str, batch: SampleBatch, *, as_of: int, position: str = "") -> None:
        for row, value, status in zip(batch.index.tolist(), batch.value.tolist(), batch.status.tolist(), strict=True):
            self.value[row], self.status[row] = value, status
            self.arrived[row] = self.arrived.get(row, 0) + 1


class Bench:
    """A group of uint16 tags at `starts` of a map, polled by hand with a clock by hand."""

    def __init__(self, device: Map, starts: Iterable[int]) -> None:
        tags = tuple(Tag(name=f"t{each}", address=f"holding:{each}", type=ValueType.UINT16) for each in starts)
        self.device, self.seen, self.now = device, Collected(), 0.0
        self.refusals = Refusals()
        self.group = PollGroup(
            "s",
            [Item(row, locate(tag)) for row, tag in enumerate(tags)],
            table=TagTable(tags=tags),
            options=ModbusOptions(),
            requests_per_second=1000.0,
            refusals=self.refusals,
            clock=lambda: self.now,
        )

    async def poll(self) -> bool:
        self.device.requests.clear()
        return await self.group.poll(cast("ModbusClient", self.device), self.seen, lambda: self.group.as_of)


def without(bad: set[int]) -> Callable[[int, int], int]:
    return lambda first, end: 2 if bad & set(range(first, end)) else 0


@given(st.sets(st.integers(0, 200), min_size=1, max_size=150), st.data())
def test_every_good_tag_gets_its_value_and_every_refused_one_its_status(starts: set[int], data: st.DataObject) -> None:
    ordered = sorted(starts)
    bad = data.draw(st.sets(st.sampled_from(ordered)))
    bench = Bench(Map(without(bad)), ordered)

    async def until_complete() -> None:
        for _ in range(100):
            if await bench.poll():
                return
        raise AssertionError

    asyncio.run(until_complete())
    for row, start in enumerate(ordered):
        if start in bad:
            assert bench.seen.status[row] == Status.BAD_NODE_ID_UNKNOWN
        else:
            assert (bench.seen.value[row], bench.seen.status[row]) == (start, Status.GOOD)


async def test_a_single_refused_tag_is_found_in_one_poll_and_then_read_around() -> None:
    bench = Bench(Map(without({37})), range(125))
    assert await bench.poll()
    assert len(bench.seen.value) == 125
    assert set(bench.seen.arrived.values()) == {1}
    assert len(bench.device.requests) <= 16
    assert await bench.poll()
    assert bench.device.requests == [(0, 37), (38, 87)]


async def test_a_limit_of_the_device_is_learned_and_kept() -> None:
    bench = Bench(Map(lambda first, end: 3 if end - first > 32 else 0), range(125))
    assert await bench.poll()
    assert set(bench.seen.status.values()) == {Status.GOOD}
    assert await bench.poll()
    assert len(bench.device.requests) == 4
    assert max(count for _, count in bench.device.requests) <= 32


async def test_a_border_between_two_tables_of_the_device_is_learned() -> None:
    bench = Bench(Map(lambda first, end: 2 if first < 50 < end else 0), range(100))
    assert await bench.poll()
    await bench.poll()
    assert bench.device.requests == [(0, 50), (50, 50)]


async def test_the_search_is_bounded_and_goes_on_with_the_next_poll() -> None:
    bench = Bench(Map(lambda *_: 2), range(125))
    assert not await bench.poll()
    assert len(bench.device.requests) <= SEARCH_REQUESTS + 1
    polls = 1
    while not await bench.poll():
        polls += 1
        assert len(bench.device.requests) <= 2 * SEARCH_REQUESTS + 20
    assert polls < 12
    assert set(bench.seen.status.values()) == {Status.BAD_NODE_ID_UNKNOWN}


async def test_a_table_the_device_does_not_have_costs_one_request() -> None:
    bench = Bench(Map(lambda *_: 1), range(125))
    assert await bench.poll()
    assert len(bench.device.requests) == 1
    assert set(bench.seen.status.values()) == {Status.BAD_NOT_READABLE}
    await bench.poll()
    assert bench.device.requests == []


async def test_a_busy_device_has_refused_nothing() -> None:
    bench = Bench(Map(lambda *_: 6), range(10))
    assert not await bench.poll()
    assert bench.seen.value == {}
    bench.device.code = without(set())
    assert await bench.poll()
    assert bench.device.requests == [(0, 10)]


async def test_a_refused_tag_is_tried_again_after_a_minute_and_joins_the_others() -> None:
    bench = Bench(Map(without({5})), range(10))
    await bench.poll()
    bench.now += RETRY_AFTER - 1
    await bench.poll()
    assert (5, 1) not in bench.device.requests
    bench.now += 2
    await bench.poll()
    assert bench.device.requests.count((5, 1)) == 1
    bench.device.code = without(set())
    bench.now += RETRY_AFTER
    await bench.poll()
    assert bench.seen.status[5] == Status.GOOD
    await bench.poll()
    assert bench.device.requests == [(0, 10)]
    assert bench.refusals.described(bench.group.items, [f"t{n}" for n in range(10)]) == ""
