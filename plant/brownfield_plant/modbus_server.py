"""A Modbus TCP server as thin as a device: it answers reads from memory, and misbehaves on demand.

Hand-written because it must do what a library prevents: send garbage, answer with a foreign transaction
identifier, close the door on the second connection, answer late but in order, and count every request. It knows
the four reading functions; anything else is recorded and answered with exception 01, and changes nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

from brownfield_plant.device import cannot_listen
from brownfield_plant.faults import Faults
from brownfield_plant.journal import Journal
from brownfield_plant.modbus_frames import (
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    NO_SUCH_TARGET,
    READ_COILS,
    READ_INPUT,
    Frame,
    NotModbus,
    answer,
    exception,
    frames,
    span,
)
from brownfield_plant.modbus_image import Image, Refusal

GARBAGE = bytes(range(0xA0, 0xB4))
"""What a `garbage` answer consists of: its third and fourth byte, the protocol identifier, are not zero."""


class ModbusServer:
    """Listens, and answers for each unit in `units` from its image; other units get exception 0B.

    `faults` is asked for the device's present state, `spend` is told which limited fault was used up once.
    """

    def __init__(
        self,
        name: str,
        units: Mapping[int, Image],
        journal: Journal,
        *,
        faults: Callable[[], Faults] = Faults,
        spend: Callable[[str], None] | None = None,
        max_connections: int | None = None,
    ) -> None:
        self.name = name
        self.units = units
        self.journal = journal
        self.faults = faults
        self.spend = spend
        self.max_connections = max_connections
        self.open: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> tuple[str, int]:
        """Bind and answer; returns what was bound. Raises `BrownfieldError` if the port cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: Connection(self), host, port)
        except OSError as error:
            raise cannot_listen(error, self.name, host, port) from error
        bound = self._server.sockets[0].getsockname()
        return bound[0], bound[1]

    async def close(self) -> None:
        """Close the listener and every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self.open):
            connection.abort()
        await self._server.wait_closed()
        self._server = None

    def limit(self) -> int | None:
        """How many connections are accepted at once: the fault's number, else the configured one."""
        return self.faults().connections or self.max_connections


class Connection(asyncio.Protocol):
    """One client. Answers leave in the order of the requests, also when they are slow."""

    def __init__(self, server: ModbusServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._number = 0
        self._due = 0.0
        self._late: deque[tuple[Frame, asyncio.TimerHandle]] = deque()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        limit = self._server.limit()
        if limit is not None and len(self._server.open) >= limit:
            self._server.journal.refuse()
            transport.abort()  # type: ignore[attr-defined]  # as below
            return
        self._transport = transport  # type: ignore[assignment]  # create_server makes nothing else; uvloop's are no subclass
        self._server.open.add(self)
        self._number = self._server.journal.opened()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature.
        if self._transport is None:
            return
        self._transport = None
        self._server.open.discard(self)
        self._server.journal.closed()
        for _, timer in self._late:
            timer.cancel()
        self._late.clear()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            for frame in frames(self._buffer):
                self._received(frame)
        except NotModbus:
            self._server.journal.request(self._number, "malformed")
            self.abort()

    def _received(self, frame: Frame) -> None:
        where = span(frame.body) or (0, 0)
        self._server.journal.request(self._number, str(frame.function), str(where[0]), where[1])
        delay = self._server.faults().slow
        if not delay and not self._late:
            self._send(frame)
            return
        loop = asyncio.get_running_loop()
        self._due = max(self._due, loop.time() + delay)
        self._late.append((frame, loop.call_at(self._due, self._send_late)))

    def _send_late(self) -> None:
        frame, _ = self._late.popleft()
        self._send(frame)

    def _send(self, frame: Frame) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(self._answer(frame))

    def _answer(self, frame: Frame) -> bytes:
        faults = self._server.faults()
        transaction = frame.transaction
        if faults.transaction:
            self._spend("transaction")
            transaction = (transaction + 1) & 0xFFFF
        if faults.garbage:
            self._spend("garbage")
            return GARBAGE
        image = self._server.units.get(frame.unit)
        where = span(frame.body)
        if image is None:
            return exception(frame, NO_SUCH_TARGET, transaction)
        if not READ_COILS <= frame.function <= READ_INPUT:
            return exception(frame, ILLEGAL_FUNCTION, transaction)
        if where is None:
            return exception(frame, ILLEGAL_VALUE, transaction)
        try:
            return answer(frame, image.read(frame.function, *where), transaction)
        except Refusal as refusal:
            return exception(frame, refusal.code, transaction)

    def _spend(self, fault: str) -> None:
        if self._server.spend is not None:
            self._server.spend(fault)
