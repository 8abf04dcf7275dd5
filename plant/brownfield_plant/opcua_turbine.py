"""A wind turbine behind an OPC UA server, as newer ones are.

Nodes lie in one object under Objects, with string identifiers in the turbine's namespace: `R80736.P_avg` and the
six other means (Double, with EngineeringUnits), `R80736.Count` (UInt32, one more with every played record),
`R80736.Running` (Boolean, power above zero) and `R80736.Serial` (String). The source time stamp is the record's,
an empty cell is BadNoData, a missing record writes nothing, a record that exists twice is written twice.
"""

import math
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from brownfield_plant.config import OpcuaConfig, split_endpoint
from brownfield_plant.device import Device
from brownfield_plant.faults import FaultKind, Faults
from brownfield_plant.journal import Journal
from brownfield_plant.opcua_host import OpcuaHost
from brownfield_plant.opcua_recording import RecordingServer, Watch
from brownfield_plant.opcua_security import kept_identity
from brownfield_plant.opcua_values import StatusCodes, data_value, no_value, node_id, unit
from brownfield_plant.playback import Tick
from brownfield_plant.records import TURBINE_COLUMNS

_DEGREE = ("DD", "deg", "degree")
UNITS = {
    "P_avg": ("KWT", "kW", "kilowatt"),
    "Ws_avg": ("MTS", "m/s", "metre per second"),
    "Ot_avg": ("CEL", "°C", "degree Celsius"),
    **dict.fromkeys(("Ba_avg", "Va_avg", "Ya_avg", "Wa_avg"), _DEGREE),
}
"""UNECE Recommendation 20 code, symbol and name of each mean's unit (OPC 10000-8 §5.6.3)."""

TAGS = (*TURBINE_COLUMNS, "Count", "Running", "Serial")
VARIANTS = {"Count": ua.VariantType.UInt32, "Running": ua.VariantType.Boolean, "Serial": ua.VariantType.String}
"""Types of the tags that are not Double."""
_POWER = TURBINE_COLUMNS.index("P_avg")


class OpcuaTurbine(Device):
    """One turbine behind OPC UA. `pki` is the folder that keeps its certificate; without one it is made anew."""

    kind = "opcua"
    understands: ClassVar[frozenset[FaultKind]] = frozenset(FaultKind) - {FaultKind.GARBAGE, FaultKind.TRANSACTION}

    def __init__(self, config: OpcuaConfig, pki: Path | None = None) -> None:
        super().__init__(config.name, config.address, Journal(time.time))
        self._config = config
        self._count = 0
        self._nodes: dict[str, ua.NodeId] = {}
        waiting = no_value(StatusCodes.BadWaitingForInitialData)
        self._values: dict[str, ua.DataValue] = dict.fromkeys(TAGS, waiting)
        self.host = OpcuaHost(
            config.name,
            split_endpoint(config.listen),
            path=config.path,
            namespace=config.namespace,
            furnish=self._furnish,
            watch=Watch(self.journal, lambda: self.faults, self._denied),
            security=config.security,
            logins=config.logins,
        )
        if pki is not None and config.security != ("None",):
            self.host.identity = kept_identity(pki, config.name, self.host.application_uri, self.host.bound[0])

    @property
    def bound(self) -> tuple[str, int] | None:
        return self.host.bound if self.host.server is not None else None

    @property
    def place(self) -> str:
        return f"opcua {self.host.url}"

    @property
    def tags(self) -> Collection[str]:
        return TAGS

    async def start(self) -> None:
        await self.host.start()

    async def stop(self) -> None:
        await self.host.stop()

    async def play(self, tick: Tick) -> None:
        if self.faults.frozen:
            return
        for row in tick.rows(self._config.record):
            await self._show(row, tick.stamp)

    async def changed(self, before: Faults) -> None:
        if self.faults.away and not before.away:
            await self.host.go_away()
        elif before.away and not self.faults.away:
            await self.host.come_back()
        for tag in (before.bad ^ self.faults.bad) | (before.refused ^ self.faults.refused):
            await self._write(tag)

    async def _show(self, row: NDArray[np.float64], stamp: datetime) -> None:
        self._count = (self._count + 1) & 0xFFFFFFFF
        moment = stamp + timedelta(seconds=self.faults.clock)
        empty = no_value(StatusCodes.BadNoData, moment)
        for tag, value in zip(TURBINE_COLUMNS, row.tolist(), strict=True):
            self._values[tag] = empty if math.isnan(value) else data_value(value, ua.VariantType.Double, moment)
        power = float(row[_POWER])
        running = empty if math.isnan(power) else data_value(power > 0.0, ua.VariantType.Boolean, moment)
        self._values["Running"] = running
        self._values["Count"] = data_value(self._count, ua.VariantType.UInt32, moment)
        self._values["Serial"] = data_value(self._config.record, ua.VariantType.String, moment)
        for tag in TAGS:
            await self._write(tag)

    async def _write(self, tag: str) -> None:
        if self.host.server is not None:
            await self.host.server.write_attribute_value(self._nodes[tag], self._effective(tag))

    def _effective(self, tag: str) -> ua.DataValue:
        """What a client sees of the tag: its value, unless it is refused or its sensor is broken."""
        value = self._values[tag]
        if tag in self.faults.refused:
            return no_value(StatusCodes.BadUserAccessDenied, value.SourceTimestamp)
        if tag in self.faults.bad:
            return no_value(StatusCodes.BadSensorFailure, value.SourceTimestamp)
        return value

    def _denied(self) -> frozenset[ua.NodeId]:
        return frozenset(self._nodes[tag] for tag in self.faults.refused)

    async def _furnish(self, server: RecordingServer, namespace: int) -> None:
        name = self._config.record
        turbine = await server.get_objects_node().add_object(node_id(name, namespace), f"{namespace}:{name}")
        kinds: dict[str, object] = {"Count": 0, "Running": False, "Serial": ""}
        for tag in TAGS:
            variant = VARIANTS.get(tag, ua.VariantType.Double)
            place = node_id(f"{name}.{tag}", namespace)
            datatype = node_id(variant.value)
            node = await turbine.add_variable(place, f"{namespace}:{tag}", kinds.get(tag, 0.0), variant, datatype)
            if tag in UNITS:
                unit_place = node_id(f"{name}.{tag}.EngineeringUnits", namespace)
                await node.add_property(unit_place, "0:EngineeringUnits", unit(*UNITS[tag]))
            self._nodes[tag] = place
            await server.write_attribute_value(place, self._effective(tag))
