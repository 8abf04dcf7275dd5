"""Files and checkpoints in step; a disk that refuses stops the reading, never the process."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from brownfield_api.pipeline_config import PropertyConfig
from brownfield_pipeline.checkpoint import Checkpoint, CheckpointStore
from brownfield_pipeline.history import CHECKPOINT_SECONDS, History
from brownfield_pipeline.parquet_sink import ParquetSink
from brownfield_pipeline.resume import Place
from brownfield_pipeline.slots import number_slots
from brownfield_pipeline.state import State


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Setup:
    """A history of one sink in `folder`, and the pieces around it."""

    def __init__(self, plant: Any, folder: Path, **sink: Any) -> None:
        self.plant = plant
        self.folder = folder / "history"
        self.clock = Clock()
        self.store = CheckpointStore(folder / "state")
        slots = number_slots(plant.config([PropertyConfig(name="p", tag="t0")]))
        configs = [plant.sink(directory=str(self.folder), **sink)] if sink else []
        sinks = [ParquetSink(self.folder, slots, partition=0) for _ in configs]
        self.history = History(self.store, sinks, configs, first=1, monotonic=self.clock)

    def add(self, time: float) -> None:
        self.history.add(self.plant.batch([self.plant.sample(0, time, time)]))

    async def finish(self, position: int) -> None:
        place = Place(stream="5", position=position, epoch=1, seq=position)
        await self.history.finish(Checkpoint("table", place, State.empty(1)))

    def saved(self) -> int:
        loaded = self.store.load().checkpoint
        return loaded.place.position if loaded else 0

    def rows(self) -> int:
        files = f"{self.folder}/date=*/*.parquet"
        [(count,)] = duckdb.execute(f"select count(*) from read_parquet('{files}')").fetchall()  # noqa: S608
        return int(count)


@pytest.fixture
def make(plant: Any, tmp_path: Path) -> Callable[..., Setup]:
    return lambda **sink: Setup(plant, tmp_path, **sink)


async def test_a_file_is_due_by_rows_or_by_time(make: Callable[..., Setup]) -> None:
    setup = make(roll_seconds=60.0, roll_rows=3)
    for time in range(2):
        setup.add(float(time))
    assert not setup.history.due
    setup.add(2.0)
    assert setup.history.due
    await setup.finish(3)
    await setup.history.settled()
    assert (setup.rows(), setup.saved()) == (3, 3)
    setup.add(4.0)
    setup.clock.seconds = 59.0
    assert not setup.history.due
    setup.clock.seconds = 60.0
    assert setup.history.due
    await setup.finish(4)
    await setup.history.settled()
    names = sorted(path.name for path in setup.folder.rglob("*.parquet"))
    assert names == ["farm-0-5.0-1-3.parquet", "farm-0-5.0-4-4.parquet"]


async def test_without_a_sink_there_are_checkpoints_every_few_seconds(make: Callable[..., Setup]) -> None:
    setup = make()
    setup.add(1.0)
    assert not setup.history.due
    setup.clock.seconds = CHECKPOINT_SECONDS
    assert setup.history.due
    await setup.finish(1)
    await setup.history.settled()
    assert setup.saved() == 1


async def test_a_disk_that_refuses_holds_the_input_back_and_loses_nothing(
    make: Callable[..., Setup], until: Callable[..., Awaitable[None]]
) -> None:
    setup = make(roll_seconds=60.0, roll_rows=2)
    setup.folder.write_text("a file where the folder should be")
    setup.add(1.0)
    setup.add(2.0)
    await setup.finish(2)
    await until(lambda: bool(setup.history.trouble))
    setup.clock.seconds = 1e6
    setup.add(3.0)
    assert not setup.history.due  # only a second file's worth of rows makes it wait
    setup.add(4.0)
    assert setup.history.due
    waiting = asyncio.ensure_future(setup.finish(4))
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    assert setup.saved() == 0
    setup.folder.unlink()
    await waiting
    await setup.history.settled()
    assert (setup.rows(), setup.saved(), setup.history.trouble) == (4, 4, "")
