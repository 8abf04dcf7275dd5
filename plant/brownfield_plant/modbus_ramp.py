"""A Modbus device of any size for benches and loss proofs: counters at block heads, ramps everywhere else.

Each block of `block` registers begins with a uint32 (ABCD) that grows by exactly one with every answered read
that covers it, so a reader of whole blocks can count what it lost. The remaining registers are a ramp: as uint16
register i shows (i + n) mod 65536 in the n-th period, as float32 the pair at register i shows i / 2 + n. They
are filled in one numpy step when the period has changed, never per register.
"""

import time
from collections.abc import Callable
from typing import Literal

import numpy as np

from brownfield_plant.journal import Journal
from brownfield_plant.modbus_frames import READ_HOLDING
from brownfield_plant.modbus_image import Image, Table
from brownfield_plant.modbus_server import ModbusServer


class ModbusRamp:
    """`registers` holding registers (at most 65536) behind each unit.

    `block` is 125 registers by default, 124 for float32. `period` is the time between two steps of the ramp in
    seconds of `clock`. `host` and `port` are bound by
    `start`, which returns what was bound; port 0 takes a free one.
    """

    def __init__(
        self,
        registers: int,
        *,
        kind: Literal["uint16", "float32"] = "uint16",
        block: int | None = None,
        period: float = 1.0,
        units: tuple[int, ...] = (1,),
        max_connections: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.journal = Journal(clock)
        # A float32 may not lie across the head of a block: blocks of pairs have an even length.
        length = block or (125 if kind == "uint16" else 124)
        self._images = {unit: _RampImage(registers, kind, length, period, clock) for unit in units}
        units_served = {unit: ramp.image for unit, ramp in self._images.items()}
        self._server = ModbusServer("ramp", units_served, self.journal, max_connections=max_connections)
        self.bound: tuple[str, int] = ("", 0)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        """Answer on `host`, `port`; raises `BrownfieldError` if the port cannot be had."""
        self.bound = await self._server.listen(host, port or self.bound[1])
        return self.bound

    async def stop(self) -> None:
        await self._server.close()

    def counts(self, unit: int = 1) -> list[int]:
        """The counter of every block: how often it was read and answered."""
        return self._images[unit].counts.tolist()


class _RampImage:
    def __init__(self, registers: int, kind: str, block: int, period: float, clock: Callable[[], float]) -> None:
        self.counts = np.zeros(-(-registers // block), dtype=np.uint32)
        self._block, self._period, self._clock, self._kind = block, period, clock, kind
        self._shown = -1
        holding = Table(registers, bits=False)
        holding.exists[:] = True
        holding.whole = True
        self._values = holding.values
        self._ramp = np.arange(registers, dtype=np.int64)
        self.image = Image(holding=holding, before_read=self._before_read)

    def _before_read(self, function: int, first: int, count: int) -> None:
        if function != READ_HOLDING:
            return
        period = int(self._clock() / self._period)
        if period != self._shown:
            self._shown = period
            self._fill(period)
        for head in range(-(-first // self._block), (first + count - 2) // self._block + 1):
            self.counts[head] += 1
            number = int(self.counts[head])
            self._values[head * self._block] = number >> 16
            self._values[head * self._block + 1] = number & 0xFFFF

    def _fill(self, period: int) -> None:
        if self._kind == "uint16":
            self._values[:] = (self._ramp + period) & 0xFFFF
        else:
            whole = len(self._values) // 2 * 2
            self._values[:whole] = (self._ramp[: whole // 2] + period).astype(">f4").view(">u2")
        for head, number in enumerate(self.counts.tolist()):
            heads = self._values[head * self._block : head * self._block + 2]
            heads[:] = (number >> 16, number & 0xFFFF)[: len(heads)]
