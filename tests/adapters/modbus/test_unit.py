"""One unit: tags with an interval of their own, tags without an address, and what is vouched for meanwhile."""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import cast

import pytest

from brownfield_adapters.modbus.client import DeviceException, ModbusClient
from brownfield_adapters.modbus.unit import BUSY_POLLS, Unit
from brownfield_api.adapter_config import ModbusOptions, SourceConfig
from brownfield_api.batch import SampleBatch
from brownfield_api.modbus_address import Function
from brownfield_api.status import Status
from brownfield_api.tables import Tag, TagTable, ValueType

# The stand-ins have a session's and a client's arguments.
# ruff: noqa: ARG002


class Zeros:
    """A device whose every register is zero; while `code` is not 0 it answers with that exception instead."""

    def __init__(self) -> None:
        self.code = 0

    async def read(self, unit: int, function: Function, start: int, count: int) -> bytes:
        if self.code:
            raise DeviceException(self.code, "device")
        return bytes(2 * count)


class Kept:
    """A session with a clock that ticks at each look; keeps what is delivered and noted."""

    def __init__(self) -> None:
        self.time = 1000
        self.delivered: list[tuple[list[int], list[int], int]] = []
        self.message = ""

    def now(self) -> int:
        self.time += 1
        return self.time

    def request(self, source: str = "") -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def scheduled(self, source: str, count: int = 1) -> None: ...

    def succeeded(self, source: str) -> None: ...

    def lost(self, source: str, reason: str) -> None: ...

    def position(self, source: str) -> str:
        return ""

    async def room(self, source: str) -> None: ...

    def note(self, source: str, message: str) -> None:
        self.message = message

    def deliver(self, source: str, batch: SampleBatch, *, as_of: int, position: str = "") -> None:
        self.delivered.append((batch.index.tolist(), batch.status.tolist(), as_of))


def make_unit(*tags: Tag) -> Unit:
    config = SourceConfig(
        name="u", subject="bf.raw.s.n.u", interval=1.0, table="t", timestamps="gather", options=ModbusOptions()
    )
    return Unit(config, TagTable(tags=tags), requests_per_second=100.0, clock=lambda: 0.0, random=lambda: 0.0)


async def poll(unit: Unit, group: int, session: Kept, device: Zeros | None = None) -> None:
    await unit.poll(group, cast("ModbusClient", device or Zeros()), session)


async def test_tags_with_an_interval_of_their_own_are_polls_of_their_own() -> None:
    unit = make_unit(
        Tag(name="fast", address="holding:0", type=ValueType.UINT16),
        Tag(name="slow", address="holding:1", type=ValueType.UINT16, interval=10.0),
    )
    assert unit.intervals == (1.0, 10.0)
    session = Kept()
    unit.restart(session)
    await poll(unit, 0, session)
    await poll(unit, 1, session)
    await poll(unit, 0, session)
    assert [rows for rows, _, _ in session.delivered] == [[0], [1], [0]]


async def test_the_source_vouches_only_for_what_all_its_polls_have_seen() -> None:
    unit = make_unit(
        Tag(name="fast", address="holding:0", type=ValueType.UINT16),
        Tag(name="slow", address="holding:1", type=ValueType.UINT16, interval=10.0),
    )
    session = Kept()
    unit.restart(session)
    await poll(unit, 1, session)
    seen_slow = session.time
    for _ in range(3):
        await poll(unit, 0, session)
    vouched = [as_of for _, _, as_of in session.delivered]
    assert vouched == sorted(vouched)
    assert max(vouched) <= seen_slow


async def test_a_tag_without_a_valid_address_is_bad_once_and_said_while_the_others_are_read() -> None:
    unit = make_unit(
        Tag(name="good", address="holding:0", type=ValueType.UINT16),
        Tag(name="classic", address="40001", type=ValueType.UINT16),
    )
    session = Kept()
    unit.restart(session)
    await poll(unit, 0, session)
    await poll(unit, 0, session)
    assert [(rows, status) for rows, status, _ in session.delivered] == [
        ([0], [Status.GOOD]),
        ([1], [Status.BAD_NODE_ID_UNKNOWN]),
        ([0], [Status.GOOD]),
    ]
    assert "tag classic" in session.message


@pytest.mark.parametrize("code", [5, 6])
async def test_a_device_that_is_always_busy_is_said_and_forgotten_when_it_answers(code: int) -> None:
    unit, session, device = make_unit(Tag(name="t", address="holding:0", type=ValueType.UINT16)), Kept(), Zeros()
    unit.restart(session)
    device.code = code
    for _ in range(BUSY_POLLS - 1):
        await poll(unit, 0, session, device)
        assert session.message == ""
    await poll(unit, 0, session, device)
    assert "keeps answering that it is busy" in session.message
    assert session.delivered == []
    device.code = 0
    await poll(unit, 0, session, device)
    assert session.message == ""
    assert len(session.delivered) == 1


async def test_a_unit_without_a_single_valid_address_says_so() -> None:
    unit = make_unit(Tag(name="classic", address="40001", type=ValueType.UINT16))
    session = Kept()
    unit.restart(session)
    await poll(unit, 0, session)
    assert [(rows, status) for rows, status, _ in session.delivered] == [([0], [Status.BAD_NODE_ID_UNKNOWN])]
