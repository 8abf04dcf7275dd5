"""The ledger on a real spine: saved first, shown then, and gone on from."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from brownfield_api.errors import SpineUnavailable
from brownfield_api.health import EventCounts, HealthRecord
from brownfield_slo.bookkeeper import Bookkeeper
from brownfield_slo.indicators import Measured, Sli, Subject
from brownfield_slo.ledger.account import Events
from brownfield_spine.books import read_books, write_books
from brownfield_spine.broker import Broker, running_broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import records

SOURCE = Subject("source", "plant", "pump")
MEASURED = Measured(subject=SOURCE, rate=1.0, window=3600.0, objectives={Sli.QUALITY: 0.99}, team="north")

pytestmark = pytest.mark.wire


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    async with running_broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
async def spine(broker: Broker) -> AsyncIterator[Spine]:
    spine = await connect(broker.config, name="test")
    yield spine
    await spine.close()


@dataclass
class Plant:
    """One source, whose pipeline has judged so many samples."""

    judged: EventCounts = field(default_factory=EventCounts)
    there: bool = True
    told: list[Subject] = field(default_factory=list)

    async def keeper(self, spine: Spine) -> Bookkeeper:
        keeper = Bookkeeper(
            measured=lambda: [MEASURED] if self.there else [],
            exists=lambda _subject: self.there,
            judged=self.told.extend,
        )
        await keeper.open(spine)
        return keeper

    async def look(self, keeper: Bookkeeper, spine: Spine) -> None:
        """The keeper hears of the pipeline and does its work once."""
        record = HealthRecord(
            kind="pipeline",
            namespace="plant",
            name="m",
            instance="a",
            time=time.time_ns(),
            started=1,
            metrics="",
            of_sources={"pump": self.judged},
        )
        keeper.hear("pipeline.plant.m", record)
        await keeper.keep(spine)


async def test_the_next_one_goes_on_from_what_was_shown_and_counts_nothing_twice(spine: Spine) -> None:
    plant = Plant(EventCounts(good=90, total=100))
    first = await plant.keeper(spine)
    await plant.look(first, spine)
    assert first.figures[SOURCE].totals[Sli.QUALITY] == Events(90, 100)
    plant.judged = EventCounts(good=95, total=110)
    second = await plant.keeper(spine)
    assert not second.figures
    await plant.look(second, spine)
    assert second.figures[SOURCE].totals[Sli.QUALITY] == Events(95, 110)


async def test_what_cannot_be_saved_is_not_shown(broker: Broker, spine: Spine) -> None:
    plant = Plant(EventCounts(good=90, total=100))
    keeper = await plant.keeper(spine)
    await plant.look(keeper, spine)
    await broker.stop()
    plant.judged = EventCounts(good=95, total=110)
    with pytest.raises(SpineUnavailable, match="not kept"):
        await plant.look(keeper, spine)
    assert keeper.figures[SOURCE].totals[Sli.QUALITY] == Events(90, 100)


async def test_pages_learn_of_it_from_the_health_bucket(spine: Spine) -> None:
    plant = Plant(EventCounts(good=90, total=100))
    keeper = await plant.keeper(spine)
    await plant.look(keeper, spine)
    (level,) = (await records(spine))["levels.plant.0"].levels
    assert (level.name, level.sli, level.objective, level.window, level.ratio) == ("pump", "quality", 0.99, "1h", 0.9)


async def test_a_resource_that_was_deleted_does_not_come_back_under_its_name(spine: Spine) -> None:
    plant = Plant(EventCounts(good=90, total=100))
    keeper = await plant.keeper(spine)
    await plant.look(keeper, spine)
    plant.there = False
    await plant.look(keeper, spine)
    plant.there, plant.judged = True, EventCounts()
    again = await plant.keeper(spine)
    await plant.look(again, spine)
    assert again.figures[SOURCE].totals[Sli.QUALITY] == Events()


async def test_a_damaged_book_begins_anew_and_the_others_go_on(spine: Spine) -> None:
    plant = Plant(EventCounts(good=90, total=100))
    await plant.look(await plant.keeper(spine), spine)
    (name,) = await read_books(spine)
    await write_books(spine, {name: b"no book"})
    keeper = await plant.keeper(spine)
    await plant.look(keeper, spine)
    assert keeper.figures[SOURCE].totals[Sli.QUALITY] == Events(90, 100)


async def test_another_verdict_is_told_once_and_at_once(spine: Spine) -> None:
    plant = Plant(EventCounts())
    keeper = await plant.keeper(spine)
    await plant.look(keeper, spine)
    keeper.clock = lambda: time.time_ns() + 3600 * 10**9  # the whole window lies behind
    told = []
    for good, total in ((100, 100), (200, 200), (200, 100_000), (200, 200_000)):
        plant.told.clear()
        plant.judged = EventCounts(good=good, total=total)
        await plant.look(keeper, spine)
        told.append([*plant.told])
    assert told == [[SOURCE], [], [SOURCE], []]
