"""A Modbus device that misbehaves, as pymodbus and bare sockets see it."""

import asyncio
import math
import struct
from collections.abc import Awaitable, Callable

import pytest
from pymodbus.client import AsyncModbusTcpClient

from brownfield_api.errors import BrownfieldError
from brownfield_plant import Fault, FaultKind, ModbusConfig, ModbusTurbine, Tick
from brownfield_plant.modbus_server import GARBAGE

Eventually = Callable[[Callable[[], bool]], Awaitable[None]]
pytestmark = pytest.mark.wire


def _read(transaction: int, first: int = 0, count: int = 2) -> bytes:
    return struct.pack(">HHHBBHH", transaction, 0, 6, 1, 3, first, count)


async def _dial(turbine: ModbusTurbine) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*(turbine.bound or ("", 0)))


async def _closed(reader: asyncio.StreamReader) -> bool:
    """Whether the other side ended the connection, politely or not, without a further byte."""
    try:
        return await asyncio.wait_for(reader.read(64), 2) == b""
    except ConnectionError:
        return True


async def _power(client: AsyncModbusTcpClient) -> float:
    answer = await client.read_holding_registers(0, count=2)
    value = client.convert_from_registers(answer.registers, client.DATATYPE.FLOAT32)
    assert isinstance(value, float)
    return value


async def test_away_closes_listener_and_connections_and_back_reopens_the_same_port(turbine: ModbusTurbine) -> None:
    bound = turbine.bound
    reader, writer = await _dial(turbine)
    writer.write(_read(1))
    assert await reader.read(64)
    await turbine.apply(Fault(kind=FaultKind.AWAY))
    assert await _closed(reader)
    with pytest.raises(ConnectionError):
        await _dial(turbine)
    writer.close()
    await turbine.apply(Fault(kind=FaultKind.BACK))
    assert turbine.bound == bound
    _, writer = await _dial(turbine)
    writer.close()


async def test_a_device_plays_on_while_it_is_away(turbine: ModbusTurbine, tick: Callable[[int], Tick]) -> None:
    await turbine.apply(Fault(kind=FaultKind.AWAY))
    await turbine.play(tick(0))
    await turbine.apply(Fault(kind=FaultKind.CLEAR))
    host, port = turbine.bound or ("", 0)
    client = AsyncModbusTcpClient(host, port=port, retries=0, reconnect_delay=0)
    await client.connect()
    assert await _power(client) == 1500.25
    client.close()


async def test_frozen_values_and_the_counter_stop_until_thaw(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(0))
    await client.read_holding_registers(14, count=2)
    await turbine.apply(Fault(kind=FaultKind.FREEZE))
    await turbine.play(tick(2))
    assert await _power(client) == 1500.25
    assert (await client.read_holding_registers(14, count=2)).registers == [0, 1]
    await turbine.apply(Fault(kind=FaultKind.THAW))
    await turbine.play(tick(2))
    assert await _power(client) == 800.0
    assert (await client.read_holding_registers(14, count=2)).registers == [0, 2]


async def test_a_bad_tag_is_nan_and_its_neighbours_are_not(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(0))
    await turbine.apply(Fault(kind=FaultKind.BAD, tag="P_avg"))
    answer = await client.read_holding_registers(0, count=4)
    power, wind = struct.unpack(">ff", struct.pack(">4H", *answer.registers))
    assert math.isnan(power)
    assert wind == 10.5
    await turbine.apply(Fault(kind=FaultKind.CLEAR))
    assert await _power(client) == 1500.25


async def test_a_refused_tag_refuses_every_block_that_covers_it_and_no_other(
    turbine: ModbusTurbine, client: AsyncModbusTcpClient
) -> None:
    await turbine.apply(Fault(kind=FaultKind.REFUSE, tag="Ba_avg"))
    assert (await client.read_holding_registers(0, count=16)).exception_code == 2
    assert (await client.read_holding_registers(5, count=1)).exception_code == 2
    assert not (await client.read_holding_registers(0, count=4)).isError()
    assert not (await client.read_holding_registers(6, count=10)).isError()
    await turbine.apply(Fault(kind=FaultKind.CLEAR))
    assert not (await client.read_holding_registers(0, count=16)).isError()


async def test_a_refused_read_does_not_move_the_counter(turbine: ModbusTurbine, client: AsyncModbusTcpClient) -> None:
    await turbine.apply(Fault(kind=FaultKind.REFUSE, tag="P_avg"))
    await client.read_holding_registers(0, count=16)
    assert (await client.read_holding_registers(14, count=2)).registers == [0, 1]


async def test_slow_answers_come_late_and_in_order(turbine: ModbusTurbine, eventually: Eventually) -> None:
    reader, writer = await _dial(turbine)
    await turbine.apply(Fault(kind=FaultKind.SLOW, seconds=0.15))
    loop = asyncio.get_running_loop()
    asked = loop.time()
    writer.write(_read(1) + _read(2))
    await reader.readexactly(13)
    assert loop.time() - asked >= 0.14
    await reader.readexactly(13)
    writer.write(_read(3))
    await eventually(lambda: turbine.journal.functions["3"] == 3)
    await turbine.apply(Fault(kind=FaultKind.SLOW, seconds=0))
    writer.write(_read(4))
    answers = await asyncio.wait_for(reader.readexactly(26), 2)
    assert [struct.unpack_from(">H", answers, at)[0] for at in (0, 13)] == [3, 4]
    writer.close()


async def test_garbage_spoils_as_many_answers_as_ordered(turbine: ModbusTurbine) -> None:
    reader, writer = await _dial(turbine)
    await turbine.apply(Fault(kind=FaultKind.GARBAGE, times=1))
    writer.write(_read(1) + _read(2))
    assert await reader.readexactly(len(GARBAGE)) == GARBAGE
    assert (await reader.readexactly(13))[:2] == b"\0\2"
    assert turbine.faults.described() == []
    writer.close()


async def test_a_foreign_transaction_identifier_until_clear(turbine: ModbusTurbine) -> None:
    reader, writer = await _dial(turbine)
    await turbine.apply(Fault(kind=FaultKind.TRANSACTION))
    writer.write(_read(1) + _read(2))
    answers = await reader.readexactly(26)
    assert [struct.unpack_from(">H", answers, at)[0] for at in (0, 13)] == [2, 3]
    await turbine.apply(Fault(kind=FaultKind.CLEAR))
    writer.write(_read(5))
    assert (await reader.readexactly(13))[:2] == b"\0\5"
    writer.close()


async def test_a_device_that_takes_one_connection_closes_the_second(
    eventually: Eventually,
) -> None:
    device = ModbusTurbine(ModbusConfig(name="r1", record="R1", address="r1.plant:502", max_connections=1))
    await device.start()
    _, first = await _dial(device)
    reader, second = await _dial(device)
    second.write(_read(1))
    assert await _closed(reader)
    second.close()
    assert device.journal.traffic().refused == 1
    first.close()
    await eventually(lambda: device.journal.connections == 0)
    reader, third = await _dial(device)
    third.write(_read(1))
    assert await reader.readexactly(13)
    third.close()
    await device.stop()


async def test_restart_drops_connections_and_answers_again(turbine: ModbusTurbine) -> None:
    reader, writer = await _dial(turbine)
    writer.write(_read(1))
    await reader.readexactly(13)
    await turbine.apply(Fault(kind=FaultKind.RESTART))
    assert await _closed(reader)
    writer.close()
    _, writer = await _dial(turbine)
    writer.close()


async def test_bytes_that_are_not_modbus_close_the_connection_and_are_on_record(turbine: ModbusTurbine) -> None:
    reader, writer = await _dial(turbine)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await _closed(reader)
    writer.close()
    assert turbine.journal.traffic().functions == {"malformed": 1}


async def test_a_modbus_device_has_no_clock_to_step(turbine: ModbusTurbine) -> None:
    with pytest.raises(BrownfieldError, match="clock means nothing to a device of kind modbus"):
        await turbine.apply(Fault(kind=FaultKind.CLOCK, seconds=5))


async def test_a_counter_cannot_be_bad_because_nothing_could_say_so(turbine: ModbusTurbine) -> None:
    with pytest.raises(BrownfieldError, match="bad needs one of the tags"):
        await turbine.apply(Fault(kind=FaultKind.BAD, tag="Count"))


async def test_a_port_in_use_is_an_error_to_act_on(turbine: ModbusTurbine) -> None:
    port = (turbine.bound or ("", 0))[1]
    second = ModbusTurbine(ModbusConfig(name="r2", record="R2", address="r2.plant:502", listen=f"127.0.0.1:{port}"))
    with pytest.raises(BrownfieldError, match=rf"r2: port {port} on 127.0.0.1 is in use"):
        await second.start()
