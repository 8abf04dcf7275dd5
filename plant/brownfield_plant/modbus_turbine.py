"""A wind turbine's controller as old ones are: a register map over Modbus TCP, and no clock to be seen.

Zero-based addresses, byte order ABCD:

- holding 0 – 13, float32: `P_avg` kW, `Ws_avg` m/s, `Ba_avg` deg, `Va_avg` deg, `Ot_avg` Cel, `Ya_avg` deg,
  `Wa_avg` deg, in this order, two registers each
- holding 14 – 15, uint32: `Count`, one more with every answered read that covers both registers
- discrete 0: `Running`, power above zero
- coil 0: `Curtailed`, the blades are pitched out although the wind would carry more (see `curtailed`)
- input 0 – 7: `Serial`, a string of 16 characters

An empty cell is NaN (the bits stay as they were), a missing record changes nothing, and of a record that exists
twice the second stays. Every other address answers exception 02.
"""

import struct
import time
from collections.abc import Collection
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from brownfield_plant.config import ModbusConfig, split_endpoint
from brownfield_plant.device import Device
from brownfield_plant.faults import FaultKind, Faults
from brownfield_plant.journal import Journal
from brownfield_plant.modbus_frames import READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT
from brownfield_plant.modbus_image import Image, Place, Table
from brownfield_plant.modbus_server import ModbusServer
from brownfield_plant.playback import Tick
from brownfield_plant.records import TURBINE_COLUMNS

COUNT = Place(READ_HOLDING, 14, 2)
PLACES = {
    **{column: Place(READ_HOLDING, 2 * index, 2) for index, column in enumerate(TURBINE_COLUMNS)},
    "Count": COUNT,
    "Running": Place(READ_DISCRETE, 0, 1),
    "Curtailed": Place(READ_COILS, 0, 1),
    "Serial": Place(READ_INPUT, 0, 8),
}
"""The register map: where each tag lies."""

RATED_KW = 2050.0
_POWER, _WIND, _PITCH = (TURBINE_COLUMNS.index(name) for name in ("P_avg", "Ws_avg", "Ba_avg"))


def curtailed(power: float, wind: float, pitch: float) -> bool:
    """Whether the turbine is held back: kW, m/s, deg.

    Below rated power the MM82 keeps its blades near −1°. More than 3° in at least 5 m/s, while it turns and
    gives less than 90 % of its rating, means that someone asked for less.
    """
    return pitch > 3.0 and wind >= 5.0 and 0.0 < power < 0.9 * RATED_KW


class ModbusTurbine(Device):
    """One turbine behind Modbus TCP."""

    kind = "modbus"
    understands: ClassVar[frozenset[FaultKind]] = frozenset(FaultKind) - {FaultKind.CLOCK}

    def __init__(self, config: ModbusConfig) -> None:
        super().__init__(config.name, config.address, Journal(time.time))
        self._config = config
        self._host, self._port = split_endpoint(config.listen)
        self._bound: tuple[str, int] | None = None
        self._count = 0
        self._image = _image(config.record)
        self._image.before_read = self._before_read
        self._last = np.full(len(TURBINE_COLUMNS), np.nan)
        self._server = ModbusServer(
            config.name,
            {config.unit: self._image},
            self.journal,
            faults=lambda: self.faults,
            spend=self._spend,
            max_connections=config.max_connections,
        )

    @property
    def bound(self) -> tuple[str, int] | None:
        return self._bound

    @property
    def place(self) -> str:
        host, port = self._bound or (self._host, self._port)
        return f"modbus tcp://{host}:{port} unit {self._config.unit}"

    @property
    def tags(self) -> Collection[str]:
        return tuple(PLACES)

    @property
    def breakable(self) -> Collection[str]:
        # A bit, a counter and a string have no way to say that they are bad.
        return TURBINE_COLUMNS

    async def start(self) -> None:
        self._bound = await self._server.listen(*(self._bound or (self._host, self._port)))

    async def stop(self) -> None:
        await self._server.close()

    async def play(self, tick: Tick) -> None:
        if self.faults.frozen:
            return
        for row in tick.rows(self._config.record):
            self._show(row)

    async def changed(self, before: Faults) -> None:
        if self.faults.away and not before.away:
            await self._server.close()
        elif before.away and not self.faults.away:
            await self.start()
        for name, place in PLACES.items():
            self._image.table(place.function).refused[place.addresses] = name in self.faults.refused
        self._show_floats()

    def _show(self, row: NDArray[np.float64]) -> None:
        self._last = row
        self._show_floats()
        power, wind, pitch = row[_POWER], row[_WIND], row[_PITCH]
        if not np.isnan(power):
            self._image.discrete.values[0] = power > 0.0
            self._image.coils.values[0] = curtailed(power, wind, pitch)

    def _show_floats(self) -> None:
        shown = self._last.astype(">f4")
        for index, name in enumerate(TURBINE_COLUMNS):
            if name in self.faults.bad:
                shown[index] = np.nan
        self._image.holding.values[: COUNT.address] = shown.view(">u2")

    def _before_read(self, function: int, first: int, count: int) -> None:
        covers = function == READ_HOLDING and first <= COUNT.address and first + count >= COUNT.address + COUNT.count
        if covers and not self.faults.frozen:
            self._count = (self._count + 1) & 0xFFFFFFFF
            self._image.holding.values[COUNT.addresses] = struct.unpack(">HH", struct.pack(">I", self._count))

    def _spend(self, fault: str) -> None:
        left = getattr(self.faults, fault)
        if left > 0:
            self.faults = replace(self.faults, **{fault: left - 1})


def _image(serial: str) -> Image:
    image = Image(Table(1, bits=True), Table(1, bits=True), Table(16, bits=False), Table(8, bits=False))
    image.holding.values[: COUNT.address] = np.full(len(TURBINE_COLUMNS), np.nan, dtype=">f4").view(">u2")
    image.input.values[:] = np.frombuffer(serial.encode("ascii")[:16].ljust(16, b"\0"), dtype=">u2")
    for place in PLACES.values():
        image.table(place.function).exists[place.addresses] = True
    return image
