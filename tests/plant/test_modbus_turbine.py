"""A turbine's register map as pymodbus sees it."""

import math
from collections.abc import Callable

import pytest
from pymodbus.client import AsyncModbusTcpClient

from brownfield_plant import ModbusTurbine, Tick
from brownfield_plant.modbus_turbine import curtailed

pytestmark = pytest.mark.wire
FLOAT, UINT, STRING = (
    AsyncModbusTcpClient.DATATYPE.FLOAT32,
    AsyncModbusTcpClient.DATATYPE.UINT32,
    AsyncModbusTcpClient.DATATYPE.STRING,
)


async def _floats(client: AsyncModbusTcpClient) -> list[float]:
    answer = await client.read_holding_registers(0, count=14)
    values = client.convert_from_registers(answer.registers, FLOAT)
    assert isinstance(values, list)
    return [float(value) for value in values]


async def _count(client: AsyncModbusTcpClient, first: int = 14, count: int = 2) -> int:
    answer = await client.read_holding_registers(first, count=count)
    value = client.convert_from_registers(answer.registers[14 - first : 16 - first], UINT)
    assert isinstance(value, int)
    return value


async def _bits(client: AsyncModbusTcpClient) -> tuple[bool, bool]:
    running = await client.read_discrete_inputs(0, count=1)
    coil = await client.read_coils(0, count=1)
    return running.bits[0], coil.bits[0]


async def test_values_lie_where_the_map_says(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(0))
    assert await _floats(client) == [1500.25, 10.5, -1.0, 2.0, 8.5, 180.0, 182.0]
    serial = await client.read_input_registers(0, count=8)
    assert client.convert_from_registers(serial.registers, STRING) == "R1"
    assert await _bits(client) == (True, False)


async def test_before_the_first_record_every_value_is_nan(turbine: ModbusTurbine, client: AsyncModbusTcpClient) -> None:
    assert all(map(math.isnan, await _floats(client)))


async def test_the_counter_grows_by_one_with_each_read_that_covers_it(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient
) -> None:
    assert [await _count(client), await _count(client, 0, 16), await _count(client)] == [1, 2, 3]
    await client.read_holding_registers(0, count=14)
    await client.read_holding_registers(0, count=15)
    await client.read_holding_registers(15, count=1)
    assert await _count(client) == 4


async def test_a_missing_record_leaves_the_registers_as_they_were(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(0))
    await turbine.play(tick(1))
    assert (await _floats(client))[0] == 1500.25


async def test_of_a_record_that_exists_twice_the_second_stays(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(2))
    assert (await _floats(client))[0] == 800.0


async def test_empty_cells_are_nan_and_the_bits_stay(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(0))
    await turbine.play(tick(3))
    assert all(map(math.isnan, await _floats(client)))
    assert await _bits(client) == (True, False)


async def test_the_coil_says_curtailed_and_the_input_says_running(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(4))
    assert await _bits(client) == (True, True)
    await turbine.play(tick(5))
    assert await _bits(client) == (False, False)


def test_pitching_at_rated_power_is_not_curtailment() -> None:
    assert curtailed(power=500.0, wind=9.0, pitch=15.0)
    assert not curtailed(power=2040.0, wind=15.0, pitch=15.0)
    assert not curtailed(power=500.0, wind=9.0, pitch=-1.0)


@pytest.mark.parametrize(("first", "count"), [(16, 1), (0, 17), (60000, 2), (15, 2)])
async def test_addresses_that_no_tag_names_are_refused(
    client: AsyncModbusTcpClient, turbine: ModbusTurbine, first: int, count: int
) -> None:
    answer = await client.read_holding_registers(first, count=count)
    assert answer.exception_code == 2


async def test_another_unit_is_a_gateway_error(client: AsyncModbusTcpClient, turbine: ModbusTurbine) -> None:
    answer = await client.read_holding_registers(0, count=2, device_id=9)
    assert answer.exception_code == 0x0B


async def test_every_request_is_recorded_with_function_address_and_quantity(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient
) -> None:
    await client.read_holding_registers(4, count=6)
    await client.read_coils(0, count=1)
    found = [(entry.connection, entry.function, entry.address, entry.quantity) for entry in turbine.journal.recent]
    assert found == [(1, "3", "4", 6), (1, "1", "0", 1)]
    assert turbine.journal.traffic().functions == {"1": 1, "3": 1}


async def test_a_write_changes_nothing_and_is_on_record(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(0))
    answer = await client.write_registers(0, [1, 2])
    assert answer.exception_code == 1
    assert (await _floats(client))[0] == 1500.25
    assert turbine.journal.functions["16"] == 1


async def test_connections_are_counted_now_and_at_most(turbine: ModbusTurbine, client: AsyncModbusTcpClient) -> None:
    host, port = turbine.bound or ("", 0)
    second = AsyncModbusTcpClient(host, port=port, retries=0, reconnect_delay=0)
    assert await second.connect()
    await second.read_coils(0, count=1)
    assert turbine.journal.traffic().connections == 2
    second.close()
    await client.read_coils(0, count=1)
    assert turbine.journal.traffic().max_connections == 2
