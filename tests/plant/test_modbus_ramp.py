"""The Modbus device of any size."""

import struct
from collections.abc import AsyncIterator

import numpy as np
import pytest
from pymodbus.client import AsyncModbusTcpClient

from brownfield_plant import ModbusRamp

pytestmark = pytest.mark.wire


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def _client(ramp: ModbusRamp) -> AsyncModbusTcpClient:
    host, port = await ramp.start()
    client = AsyncModbusTcpClient(host, port=port, retries=0, reconnect_delay=0)
    assert await client.connect()
    return client


@pytest.fixture
async def ramp() -> AsyncIterator[tuple[ModbusRamp, AsyncModbusTcpClient, Clock]]:
    clock = Clock()
    device = ModbusRamp(1000, clock=clock, units=(1, 2))
    client = await _client(device)
    yield device, client, clock
    client.close()
    await device.stop()


async def test_each_block_counts_the_reads_that_covered_its_head(
    ramp: tuple[ModbusRamp, AsyncModbusTcpClient, Clock],
) -> None:
    device, client, _ = ramp
    for expected in (1, 2, 3):
        answer = await client.read_holding_registers(125, count=125)
        assert answer.registers[:2] == [0, expected]
    await client.read_holding_registers(127, count=100)
    await client.read_holding_registers(125, count=1)
    assert device.counts() == [0, 3, 0, 0, 0, 0, 0, 0]
    assert device.counts(unit=2) == [0] * 8
    assert device.journal.functions["3"] == 5


async def test_the_ramp_moves_with_the_clock_and_the_counters_stay(
    ramp: tuple[ModbusRamp, AsyncModbusTcpClient, Clock],
) -> None:
    _, client, clock = ramp
    first = (await client.read_holding_registers(0, count=5)).registers
    clock.now = 7.0
    second = (await client.read_holding_registers(0, count=5)).registers
    assert first == [0, 1, 2, 3, 4]
    assert second == [0, 2, 9, 10, 11]


async def test_float_ramps_are_pairs_between_even_blocks() -> None:
    device = ModbusRamp(500, kind="float32", clock=lambda: 3.0)
    client = await _client(device)
    registers = (await client.read_holding_registers(124, count=124)).registers
    values = np.frombuffer(struct.pack(">124H", *registers), dtype=">f4")
    assert registers[:2] == [0, 1]
    assert values[1:].tolist() == [66.0 + index for index in range(61)]
    client.close()
    await device.stop()


async def test_the_last_register_is_there_and_the_next_is_not(
    ramp: tuple[ModbusRamp, AsyncModbusTcpClient, Clock],
) -> None:
    _, client, _ = ramp
    assert (await client.read_holding_registers(999, count=1)).registers == [999]
    assert (await client.read_holding_registers(999, count=2)).exception_code == 2


async def test_a_stopped_ramp_comes_back_on_its_port(ramp: tuple[ModbusRamp, AsyncModbusTcpClient, Clock]) -> None:
    device, client, _ = ramp
    client.close()
    bound = device.bound
    await device.stop()
    assert await device.start() == bound
