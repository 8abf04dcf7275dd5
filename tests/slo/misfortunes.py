"""A small plant in which everything goes wrong at the same time, each thing at a source of its own, and what the ledger
made of it; beside it a second run that ends and begins again, once in order and once not.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.slo.kept_run import kept_run
from tests.slo.ledger_watch import Entry, LedgerWatch

from brownfield_cli.example import example_folder
from brownfield_plant import Fault, FaultKind, ModbusConfig, OpcuaConfig, Plant, PlantConfig, load_plant, load_records
from brownfield_slo.bookkeeper import INTERVAL
from brownfield_slo.ledger.accrual import OVERDUE
from brownfield_spine.tasks import spawn, stop

DATA = Path(__file__).parent / "data"

MODBUS = ("healthy", "unplugged", "broken-sensor", "unbelievable", "slow", "suspended", "abandoned", "again")
OPCUA = {"clock-ahead": "R80736", "clock-behind": "R80790", "bad-code": "R80736"}
FAULTS = {
    "unplugged": Fault(kind=FaultKind.AWAY),
    "broken-sensor": Fault(kind=FaultKind.BAD, tag="P_avg"),
    "slow": Fault(kind=FaultKind.SLOW, seconds=0.6),
    "clock-ahead": Fault(kind=FaultKind.CLOCK, seconds=3600.0),
    "clock-behind": Fault(kind=FaultKind.CLOCK, seconds=-3600.0),
    "bad-code": Fault(kind=FaultKind.BAD, tag="P_avg"),
}

DOWN = 6.0
"""Seconds between two runs."""

_LOOK = 2 * INTERVAL + 10
"""Seconds within which the ledger says what a busy machine has done."""
_SILENT = OVERDUE / 1e9


@dataclass(frozen=True, slots=True)
class Misfortunes:
    """`before` all faults; `abandoned`, while an adapter did nothing; `after`, with another adapter in its place and
    every other fault still there.
    """

    watch: LedgerWatch
    before: Entry
    abandoned: Entry
    after: Entry


@dataclass(frozen=True, slots=True)
class Restarts:
    """The last figures of a run and the first of the next that have grown. `stopped`: when it was told to stop and when
    it had ended; `started`: when the next was started; monotonic seconds.
    """

    watch: LedgerWatch
    before_stop: Entry
    stopped: tuple[float, float]
    started: float
    after_stop: Entry
    before_kill: Entry
    after_kill: Entry


async def go_through(folder: Path) -> tuple[Misfortunes, Restarts]:
    """All of it at once, in about a minute."""
    async with _plant(folder) as plant:
        return await asyncio.gather(_misfortunes(plant, folder / "state"), _restarts(plant, folder / "again"))


@asynccontextmanager
async def _plant(folder: Path) -> AsyncIterator[Plant]:
    example = example_folder() / "plant"
    played = load_plant(example).playback
    modbus = (ModbusConfig(name=name, record="R80711", address=f"{name}.plant:502") for name in MODBUS)
    opcua = (
        OpcuaConfig(name=name, record=record, address=f"{name}.plant:4840", security=("None",))
        for name, record in OPCUA.items()
    )
    config = PlantConfig(name="misfortunes", playback=played, devices=(*modbus, *opcua))
    plant = Plant(config, load_records(example / config.records), folder / "exports")
    await plant.start()
    try:
        yield plant
    finally:
        await plant.stop()


@asynccontextmanager
async def _watched(state: Path) -> AsyncIterator[LedgerWatch]:
    watch = LedgerWatch(state)
    watching = spawn(watch.run(), name="watch the ledger")
    try:
        yield watch
    finally:
        await stop(watching)


async def _misfortunes(plant: Plant, state: Path) -> Misfortunes:
    async with _watched(state) as watch, kept_run(DATA / "indicators.yaml", state, plant.addresses()) as run:
        before = await watch.until(_everything_counts, "all sources are counted", seconds=60)
        victim = run.child("adapter-abandoned")
        for name, fault in FAULTS.items():
            await plant.devices[name].apply(fault)
        victim.suspend()

        def owed(entry: Entry) -> bool:
            return _bad(entry, "abandoned") - _bad(before, "abandoned") > _SILENT - 2

        abandoned = await watch.until(owed, "an adapter that does nothing owes its polls", seconds=_SILENT + _LOOK)
        victim.kill()
        good = abandoned.of("abandoned", "uptime").good

        def back(entry: Entry) -> bool:
            return entry.of("abandoned", "uptime").good > good + 3

        after = await watch.until(back, "its successor polls", seconds=_LOOK, after=abandoned.at)
        await run.stop()
        return Misfortunes(watch, before, abandoned, after)


async def _restarts(plant: Plant, state: Path) -> Restarts:
    addresses = {name: place for name, place in plant.addresses().items() if name.startswith("again.")}

    async def grown(after: float, count: float) -> Entry:
        def condition(entry: Entry) -> bool:
            return entry.of("again", "uptime").good >= count + 5

        return await watch.until(condition, "the source is counted", seconds=60, after=after)

    async with _watched(state) as watch:
        async with kept_run(DATA / "again.yaml", state, addresses) as run:
            await grown(0.0, 0)
            asked = time.monotonic()
            await run.stop()
            ended = time.monotonic()
        before_stop = watch.entries[-1]
        await asyncio.sleep(DOWN)  # what is tested: this time does not count
        started = time.monotonic()
        async with kept_run(DATA / "again.yaml", state, addresses) as run:
            after_stop = await grown(started, before_stop.of("again", "uptime").good)
            await run.kill()
        before_kill = watch.entries[-1]
        await asyncio.sleep(DOWN)  # what is tested: this time does count
        async with kept_run(DATA / "again.yaml", state, addresses) as run:
            after_kill = await grown(time.monotonic(), before_kill.of("again", "uptime").good)
            await run.stop()
    return Restarts(watch, before_stop, (asked, ended), started, after_stop, before_kill, after_kill)


def _everything_counts(entry: Entry) -> bool:
    names = {*MODBUS, *OPCUA} - {"suspended", "again"}
    slis = ("uptime", "latency", "twin_latency", "quality")
    return all(entry.of(name, sli).total >= 3 for name in names for sli in slis)


def _bad(entry: Entry, name: str) -> float:
    events = entry.of(name, "uptime")
    return events.total - events.good
