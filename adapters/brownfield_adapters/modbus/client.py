"""A Modbus TCP link that can only read: one request in flight, everything that comes back is doubted.

Own framing, because the general client costs more than everything else an adapter does (docs/adr/0003).
The allow-list stands where bytes are sent: `_send` is the only place that touches the transport, and it lets
nothing through but the four reading functions. An answer must carry our transaction, unit, function and length; any
other byte on the wire means that we no longer know what we are reading, so the link is closed.
"""

import asyncio
import struct

from brownfield_api.errors import LinkLost, RequestRefused, SourceError
from brownfield_api.modbus_address import Function

READ_FUNCTIONS = frozenset(int(function) for function in Function)
"""Function codes that may leave this process; none of them can change anything in a device."""

_HEADER = struct.Struct(">HHHBB")
"""MBAP header (transaction, protocol 0, length, unit) and function code: Messaging Guide V1.0b §3.1.3."""

_REQUEST = struct.Struct(">HHHBBHH")
_READ_SHAPE = b"\0\0\0\6"
"""Protocol 0 and a length of six: all that the four reads have in common behind the transaction."""

_MAX_LENGTH = 254
"""Most bytes that may follow the length field: unit and a PDU of 253 (V1.1b3 §4.1)."""

_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge (still working on it)",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}


class DeviceException(RequestRefused):
    """The device answered with exception `code` (V1.1b3 §7)."""

    def __init__(self, code: int, where: str) -> None:
        super().__init__(f"exception {code:02X}, {_EXCEPTIONS.get(code, 'not in the standard')}", where)
        self.code = code


class NoAnswer(LinkLost):
    """No answer in time; the link is closed, so that a late answer cannot be taken for the next one."""


class WriteRefused(SourceError):
    """Something tried to send a function that is not a read; no byte of it was sent."""


class ModbusClient(asyncio.Protocol):
    """One connection, any number of units behind it. Not reusable: open another one after it was lost."""

    def __init__(self, where: str, timeout: float) -> None:
        self.where = where
        self._timeout = timeout
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._answer: asyncio.Future[bytes] | None = None
        self._transaction = 0
        self._expected = (0, 0, 0)
        self._lost: LinkLost | None = None

    @classmethod
    async def open(cls, host: str, port: int, *, timeout: float) -> "ModbusClient":
        """A connected client; raises `LinkLost` in plain words. `timeout` in seconds, for connecting and answers."""
        where = f"{host}:{port}"
        client = cls(where, timeout)
        try:
            async with asyncio.timeout(timeout):
                await client._loop.create_connection(lambda: client, host, port)
        except TimeoutError as error:
            client.close()
            raise LinkLost(f"no connection within {timeout:g} s", where) from error
        except OSError as error:
            raise LinkLost(f"cannot connect: {error.strerror or error}", where) from error
        return client

    async def read(self, unit: int, function: Function, start: int, count: int) -> bytes:
        """The data bytes of the answer, of the length that `count` implies.

        Raises `DeviceException` if the device refuses, `NoAnswer` after the timeout, `LinkLost` for a closed
        link or an answer that is not ours. One caller at a time.
        """
        if self._lost is not None:
            raise self._lost
        if self._answer is not None:
            raise LinkLost("a second request while one is in flight", self.where)
        self._transaction = transaction = (self._transaction + 1) & 0xFFFF
        self._expected = (unit, function, (count + 7) // 8 if function <= 2 else 2 * count)
        answer = self._answer = self._loop.create_future()
        timer = self._loop.call_later(self._timeout, self._expire)
        try:
            self._send(_REQUEST.pack(transaction, 0, 6, unit, function, start, count))
            data: bytes = await answer
        finally:
            timer.cancel()
            self._answer = None
        return data

    def close(self) -> None:
        """Closes the link; a read that waits raises `LinkLost`."""
        self._fail(LinkLost("closed", self.where))

    def _send(self, frame: bytes) -> None:
        # Exactly one request of a read's size and shape: nothing can ride behind it.
        if len(frame) != _REQUEST.size or frame[2:6] != _READ_SHAPE or frame[7] not in READ_FUNCTIONS:
            raise WriteRefused(f"function {frame[7] if len(frame) > 7 else 'missing'} is not a read", self.where)
        if self._transport is None:
            raise LinkLost("not connected", self.where)
        self._transport.write(frame)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # create_connection makes nothing else

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(LinkLost(f"connection lost: {exc}" if exc else "the device closed the connection", self.where))

    def data_received(self, data: bytes) -> None:
        if self._lost is not None:
            return
        frame: bytes | bytearray = data
        if self._buffer:
            self._buffer += data
            frame = self._buffer
        if len(frame) < 8:
            self._keep(data)
            return
        transaction, protocol, length, unit, function = _HEADER.unpack_from(frame)
        if protocol != 0 or not 3 <= length <= _MAX_LENGTH:
            self._doubt("bytes that are no Modbus TCP frame")
        elif self._answer is None or self._answer.done():
            self._doubt("an answer nobody asked for")
        elif transaction != self._transaction:
            self._doubt(f"an answer to transaction {transaction} instead of {self._transaction}")
        elif unit != self._expected[0]:
            self._doubt(f"an answer of unit {unit} instead of {self._expected[0]}")
        elif len(frame) < 6 + length:
            self._keep(data)
        elif len(frame) > 6 + length:
            self._doubt("more bytes than one answer has")
        else:
            self._accept(function, bytes(frame))

    def _accept(self, function: int, frame: bytes) -> None:
        _, expected, size = self._expected
        self._buffer.clear()
        answer = self._answer
        if answer is None:
            return
        if function == expected and len(frame) == 9 + size and frame[8] == size:
            answer.set_result(frame[9:])
        elif function == expected | 0x80 and len(frame) == 9:
            answer.set_exception(DeviceException(frame[8], self.where))
        else:
            self._doubt(f"{len(frame) - 9} bytes of function {function} instead of {size} of function {expected}")

    def _keep(self, data: bytes) -> None:
        if not self._buffer:
            self._buffer += data

    def _doubt(self, what: str) -> None:
        self._fail(LinkLost(f"the device sent {what}", self.where))

    def _expire(self) -> None:
        self._fail(NoAnswer(f"no answer within {self._timeout:g} s", self.where))

    def _fail(self, error: LinkLost) -> None:
        if self._lost is not None:
            return
        self._lost = error
        if self._transport is not None:
            self._transport.abort()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
