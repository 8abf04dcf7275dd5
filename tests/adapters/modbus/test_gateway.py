"""Many units behind one connection: shared fairly, and a dead one costs the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import structlog

from brownfield_api.health import LinkState
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, ValueType
from brownfield_plant import Journal
from brownfield_plant.modbus_frames import answer, frames
from brownfield_plant.modbus_image import Image, Table
from brownfield_plant.modbus_server import ModbusServer

if TYPE_CHECKING:
    from tests.adapters.modbus.conftest import Adapter, ScriptedDevice

    MakeDevice = Callable[[Callable[[bytes], list[bytes]]], Awaitable[ScriptedDevice]]

pytestmark = pytest.mark.wire

TAGS = tuple(Tag(name=f"t{start}", address=f"holding:{start}", type=ValueType.UINT16) for start in range(4))


def image(unit: int) -> Image:
    holding = Table(4, bits=False)
    holding.values[:] = np.arange(4) + 100 * unit
    holding.exists[:] = True
    return Image(holding=holding)


@pytest.fixture
async def gateway() -> AsyncIterator[tuple[ModbusServer, tuple[str, int]]]:
    """Thirty units on one connection; asking for any other one brings exception 0B."""
    journal = Journal(asyncio.get_running_loop().time)
    server = ModbusServer("gateway", {unit: image(unit) for unit in range(1, 31)}, journal, max_connections=1)
    bound = await server.listen("127.0.0.1", 0)
    yield server, bound
    await server.close()


async def test_thirty_units_share_one_connection(
    adapter: Adapter, gateway: tuple[ModbusServer, tuple[str, int]]
) -> None:
    server, bound = gateway
    sources = [adapter.source(f"u{unit}", unit=unit, interval=0.5) for unit in range(1, 31)]
    async with adapter.running(adapter.endpoint(bound, *sources), tags=TAGS) as published:
        await adapter.until(lambda: all(len(published.samples(each.name, 3)) > 2 for each in sources))
        for unit in range(1, 31):
            assert {sample.value for sample in published.samples(f"u{unit}", 3)} == {100.0 * unit + 3}
    assert (server.journal.accepted, server.journal.max_connections) == (1, 1)
    assert set(server.journal.functions) == {"3"}


async def test_a_unit_its_gateway_cannot_reach_waits_alone(
    adapter: Adapter, gateway: tuple[ModbusServer, tuple[str, int]]
) -> None:
    server, bound = gateway
    sources = [adapter.source(f"u{unit}", unit=unit) for unit in (29, 30, 31)]
    with structlog.testing.capture_logs() as logs:
        async with adapter.running(adapter.endpoint(bound, *sources), tags=TAGS) as published:
            await adapter.until(lambda: len(published.samples("u30", 0)) > 15)
            (waiting,) = published.samples("u31", 0)
            assert waiting.status == Status.BAD_WAITING_FOR_INITIAL_DATA
            assert "failed to respond" in published.source("u31").message
            polls = published.source("u31").polls_scheduled
            assert published.source("u31").requests < polls / 2
            server.units = {**server.units, 31: image(31)}
            await adapter.until(lambda: published.last("u31", 0).status == Status.GOOD)
            await adapter.until(lambda: published.state("u31") is LinkState.CONNECTED)
            assert not any(each.reasons & Reason.HELD for each in published.samples("u30", 0))
    away = [line for line in logs if line["event"] == "source is away"]
    assert [line["source"] for line in away] == ["u31"]
    assert [line["source"] for line in logs if line["event"] == "source is back"] == ["u31"]
    assert server.journal.accepted == 1


async def test_a_unit_that_stays_silent_does_not_stop_the_others(adapter: Adapter, scripted: MakeDevice) -> None:
    def speak(data: bytes) -> list[bytes]:
        return [answer(each, bytes(8), each.transaction) for each in frames(bytearray(data)) if each.unit != 2]

    device = await scripted(speak)
    sources = [adapter.source(f"u{unit}", unit=unit) for unit in (1, 2, 3)]
    async with adapter.running(adapter.endpoint(device.bound, *sources, timeout=0.1), tags=TAGS) as published:
        await adapter.until(lambda: all(len(published.samples(name, 0)) > 10 for name in ("u1", "u3")))
        await adapter.until(lambda: published.state("u2") is LinkState.BACKOFF)
        assert "unit 2" in published.source("u2").message
        for name in ("u1", "u3"):
            assert not any(each.reasons & Reason.HELD for each in published.samples(name, 0))
    assert 2 <= len(device.connections) <= 4
