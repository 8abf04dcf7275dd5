"""The simulated plant as a whole: all devices, one clock, started and stopped together."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from brownfield_api.errors import BrownfieldError
from brownfield_plant.config import ExportConfig, ModbusConfig, OpcuaConfig, PlantConfig, split_endpoint
from brownfield_plant.control import Control
from brownfield_plant.device import Device
from brownfield_plant.meter import ExportMeter
from brownfield_plant.modbus_turbine import ModbusTurbine
from brownfield_plant.opcua_turbine import OpcuaTurbine
from brownfield_plant.playback import Playback, Tick, WallClock, wall_time
from brownfield_plant.records import Records, load_records

_log = logging.getLogger(__name__)


class Plant:
    """The devices of `config`, playing `records`; exports are dropped below the folder `exports`.

    `pki` keeps the certificates of the OPC UA servers across restarts; `speed` overrides the configured one.
    Tests start it with `play=False` and play single records with `step`.
    """

    def __init__(
        self,
        config: PlantConfig,
        records: Records,
        exports: Path,
        *,
        pki: Path | None = None,
        speed: float | None = None,
        wall: WallClock = wall_time,
    ) -> None:
        self.config = config
        self.playback = Playback(records, speed=speed or config.playback.speed, start=config.playback.start, wall=wall)
        self.devices: dict[str, Device] = {device.name: _device(device, exports, pki) for device in config.devices}
        for device in config.devices:
            if device.record not in records.tracks:
                known = ", ".join(sorted(records.tracks))
                raise BrownfieldError(f"the records know no {device.record}", device.name, f"Use one of {known}")
        self.tick: Tick | None = None
        self._task: asyncio.Task[None] | None = None
        self._troubled: set[str] = set()

    async def start(self, *, play: bool = True) -> None:
        """Start every device and play the first record; raises `BrownfieldError`, then nothing is left running."""
        try:
            for device in self.devices.values():
                await device.start()
        except BrownfieldError:
            await self.stop()
            raise
        await self.step()
        if play:
            self._task = asyncio.create_task(self.playback.run(self._play))

    async def stop(self) -> None:
        """Stop playing, close every device."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        for device in self.devices.values():
            await device.stop()

    async def wait(self) -> None:
        """Return only if the playback ends, which it does by an error: raise that."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def step(self) -> Tick:
        """Play the next record on every device, now."""
        tick = self.playback.step()
        await self._play(tick)
        return tick

    def addresses(self) -> Mapping[str, tuple[str, int]]:
        """The names the resources use, `host:port`, to host and port really bound."""
        return {
            device.address: device.bound
            for device in self.devices.values()
            if device.address and device.bound is not None
        }

    async def _play(self, tick: Tick) -> None:
        self.tick = tick
        for name, device in self.devices.items():
            try:
                await device.play(tick)
            except OSError as error:
                if name not in self._troubled:
                    _log.warning("%s cannot play its records: %s; the others go on", name, error)
                self._troubled.add(name)
            else:
                self._troubled.discard(name)


async def run_plant(
    config: PlantConfig,
    records_dir: Path,
    *,
    exports: Path,
    control: str | None = None,
    control_beyond_loopback: bool = False,
    pki: Path | None = None,
    speed: float | None = None,
    ready: Callable[[Plant, str], None] | None = None,
) -> None:
    """Run the plant until cancelled. Raises `BrownfieldError` when it cannot start.

    `control` is the `host:port` of the control endpoint, none without it; a host other than loopback is refused
    unless `control_beyond_loopback`. `ready` is called once with the running plant and the control endpoint's URL
    (empty without one).
    """
    plant = Plant(config, load_records(records_dir), exports, pki=pki, speed=speed)
    await plant.start()
    endpoint = Control(plant.devices, beyond_loopback=control_beyond_loopback) if control else None
    try:
        url = await endpoint.start(*split_endpoint(control)) if endpoint and control else ""
        if ready is not None:
            ready(plant, url)
        await plant.wait()
    finally:
        if endpoint is not None:
            await endpoint.stop()
        await plant.stop()


def _device(config: ModbusConfig | OpcuaConfig | ExportConfig, exports: Path, pki: Path | None) -> Device:
    match config:
        case ModbusConfig():
            return ModbusTurbine(config)
        case OpcuaConfig():
            return OpcuaTurbine(config, pki)
        case ExportConfig():
            return ExportMeter(config, exports)
