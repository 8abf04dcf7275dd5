"""The client alone: what may leave, and what is believed of what comes back."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.modbus import client as client_module
from brownfield_adapters.modbus.client import DeviceException, ModbusClient, NoAnswer, WriteRefused
from brownfield_api.errors import LinkLost
from brownfield_api.modbus_address import Function

if TYPE_CHECKING:
    from tests.adapters.modbus.conftest import ScriptedDevice

    MakeDevice = Callable[[Callable[[bytes], list[bytes]]], Awaitable[ScriptedDevice]]

HOLDING = Function.READ_HOLDING_REGISTERS
Answer = Callable[[bytes], list[bytes]]
Device = Callable[..., AbstractAsyncContextManager[tuple[ModbusClient, list[bytes]]]]


@pytest.fixture
def device(scripted: MakeDevice) -> Device:
    @asynccontextmanager
    async def open_device(answer: Answer, timeout: float = 1.0) -> AsyncIterator[tuple[ModbusClient, list[bytes]]]:
        made = await scripted(answer)
        client = await ModbusClient.open(*made.bound, timeout=timeout)
        try:
            yield client, made.requests
        finally:
            client.close()

    return open_device


def right(request: bytes) -> bytes:
    transaction, _, _, unit, function, _, count = struct.unpack(">HHHBBHH", request)
    return struct.pack(">HHHBBB", transaction, 0, 3 + 2 * count, unit, function, 2 * count) + bytes(range(2 * count))


async def test_a_read_brings_the_data_of_the_answer(device: Device) -> None:
    async with device(lambda request: [right(request)]) as (client, requests):
        assert await client.read(7, HOLDING, 10, 2) == bytes(range(4))
        assert await client.read(7, HOLDING, 10, 1) == bytes(range(2))
    assert requests[0] == struct.pack(">HHHBBHH", 1, 0, 6, 7, 3, 10, 2)


async def test_an_answer_in_pieces_is_put_together(device: Device) -> None:
    async with device(lambda request: [bytes((byte,)) for byte in right(request)]) as (client, _):
        assert await client.read(1, HOLDING, 0, 3) == bytes(range(6))


@pytest.mark.parametrize("function", [0, 5, 6, 8, 15, 16, 20, 21, 22, 23, 24, 43, 0x83])
async def test_a_function_that_is_no_read_cannot_leave(device: Device, function: int) -> None:
    async with device(lambda request: [right(request)]) as (client, requests):
        frames = [
            struct.pack(">HHHBBHH", 1, 0, 6, 1, function, 0, 0xFF00),
            struct.pack(">HHHBBHHBH", 1, 0, 9, 1, function, 0, 1, 2, 7),
            struct.pack(">HHHB", 1, 0, 1, 1),
            right(struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, 0, 1)) + bytes((function,)),
        ]
        for frame in frames:
            with pytest.raises(WriteRefused):
                client._send(frame)
        assert await client.read(1, HOLDING, 0, 1) == b"\0\1"
        assert len(requests) == 1


def test_there_is_one_place_where_bytes_are_sent() -> None:
    source = client_module.__loader__.get_source(client_module.__name__)  # type: ignore[union-attr]
    assert source is not None
    assert source.count(".write(") == 1
    assert "sendto" not in source
    assert "writelines" not in source


async def test_an_exception_refuses_the_request_and_leaves_the_link_alone(device: Device) -> None:
    async with device(lambda r: [r[:4] + b"\0\3" + r[6:7] + bytes((r[7] | 0x80, 2))]) as (client, _):
        for _ in range(2):
            with pytest.raises(DeviceException) as caught:
                await client.read(1, HOLDING, 0, 1)
            assert (caught.value.code, "illegal data address" in str(caught.value)) == (2, True)


async def test_silence_ends_the_link(device: Device) -> None:
    async with device(lambda _: [], timeout=0.05) as (client, _):
        with pytest.raises(NoAnswer):
            await client.read(1, HOLDING, 0, 1)
        with pytest.raises(LinkLost):
            await client.read(1, HOLDING, 0, 1)


def change(position: int, value: int) -> Answer:
    def answer(request: bytes) -> list[bytes]:
        frame = bytearray(right(request))
        frame[position] = value
        return [bytes(frame)]

    return answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (change(1, 99), "transaction 99"),
        (change(2, 1), "no Modbus TCP frame"),
        (change(4, 1), "no Modbus TCP frame"),
        (change(5, 2), "no Modbus TCP frame"),
        (change(6, 9), "unit 9"),
        (change(7, 4), "function 4"),
        (change(8, 3), "instead of 2 of function 3"),
        (lambda request: [right(request) + b"\0"], "more bytes"),
        (lambda _: [b"HTTP/1.1 400 Bad Request\r\n"], "no Modbus TCP frame"),
    ],
)
async def test_what_is_not_our_answer_ends_the_link(device: Device, answer: Answer, words: str) -> None:
    async with device(answer) as (client, _):
        with pytest.raises(LinkLost, match=words):
            await client.read(1, HOLDING, 0, 1)


async def test_bytes_nobody_asked_for_end_the_link(device: Device) -> None:
    async with device(lambda request: [right(request), right(request)]) as (client, _):
        await client.read(1, HOLDING, 0, 1)
        deadline = asyncio.get_running_loop().time() + 5.0
        while client._lost is None and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.001)
        with pytest.raises(LinkLost, match="nobody asked for"):
            await client.read(1, HOLDING, 0, 1)


async def test_a_port_nobody_listens_on_is_said_plainly() -> None:
    with pytest.raises(LinkLost, match="cannot connect"):
        await ModbusClient.open("127.0.0.1", 1, timeout=1.0)


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_no_bytes_whatsoever_break_the_parser(pieces: list[bytes]) -> None:
    async def feed() -> None:
        client = ModbusClient("device", 1.0)
        client._transaction, client._expected = 5, (1, 3, 2)
        pending = client._answer = asyncio.get_running_loop().create_future()
        for piece in pieces:
            client.data_received(piece)
            assert len(client._buffer) <= 260 + 300
        if pending.done():
            error = pending.exception()
            assert error is None or isinstance(error, LinkLost | DeviceException)

    run: Callable[[Awaitable[None]], None] = asyncio.run  # type: ignore[assignment]
    run(feed())
