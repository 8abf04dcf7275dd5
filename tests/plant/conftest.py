"""A small past in which every oddity has its own step, and a way to wait for things without sleeping on a guess."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pymodbus.client import AsyncModbusTcpClient

from brownfield_plant import ModbusConfig, ModbusTurbine, Records, Tick
from brownfield_plant.records import METER_COLUMNS, TURBINE_COLUMNS, Track

EXAMPLE = Path(__file__).parents[2] / "examples" / "wind-farm" / "plant"
T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NAN = float("nan")

TURBINE_STEPS: list[list[list[float]]] = [
    [[1500.25, 10.5, -1.0, 2.0, 8.5, 180.0, 182.0]],
    [],
    [[900.0, 8.0, -1.0, 0.0, 8.0, 181.0, 181.0], [800.0, 7.5, -1.0, 0.0, 8.0, 181.0, 181.0]],
    [[NAN, NAN, NAN, NAN, NAN, NAN, NAN]],
    [[400.0, 9.0, 20.0, 0.0, 8.0, 181.0, 181.0]],
    [[-4.0, 2.0, 45.0, 0.0, 8.0, 181.0, 181.0]],
]
"""One normal record, a gap, a record recorded twice, empty cells, a curtailed turbine, a stopped one."""


def _track(columns: tuple[str, ...], steps: list[list[list[float]]]) -> Track:
    rows = [row for step in steps for row in step]
    first = np.cumsum([0, *(len(step) for step in steps)], dtype=np.int64)
    return Track(columns, np.array(rows, dtype=np.float64), first)


@pytest.fixture(scope="session")
def example() -> Path:
    return EXAMPLE


@pytest.fixture(scope="session")
def small() -> Records:
    steps = len(TURBINE_STEPS)
    times = np.arange(steps, dtype=np.int64) * 600 + int(datetime(2014, 6, 1, tzinfo=UTC).timestamp())
    meter: list[list[list[float]]] = [[[100.0 + step, 0.0, 0.5]] for step in range(steps)]
    tracks = {name: _track(TURBINE_COLUMNS, TURBINE_STEPS) for name in ("R1", "R2")}
    return Records(times, {**tracks, "meter": _track(METER_COLUMNS, meter)})


@pytest.fixture(scope="session")
def tick(small: Records) -> Callable[[int], Tick]:
    """The tick of a step of `small`, stamped `T0` plus that many seconds."""

    def make(step: int) -> Tick:
        return Tick(step % small.steps, small.recorded(step % small.steps), T0 + timedelta(seconds=step), small)

    return make


Eventually = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Wait until the condition holds, at most five seconds."""

    async def wait(condition: Callable[[], bool]) -> None:
        deadline = asyncio.get_running_loop().time() + 5.0
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, "the condition did not come true in five seconds"
            await asyncio.sleep(0.005)

    return wait


@pytest.fixture
async def turbine() -> AsyncIterator[ModbusTurbine]:
    device = ModbusTurbine(ModbusConfig(name="r1", record="R1", address="r1.plant:502"))
    await device.start()
    yield device
    await device.stop()


@pytest.fixture
async def client(turbine: ModbusTurbine) -> AsyncIterator[AsyncModbusTcpClient]:
    host, port = turbine.bound or ("", 0)
    modbus = AsyncModbusTcpClient(host, port=port, timeout=2, retries=0, reconnect_delay=0)
    assert await modbus.connect()
    yield modbus
    modbus.close()
