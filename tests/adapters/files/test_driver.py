"""The files driver against the plant's export, and its manners towards the session."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from brownfield_adapters.driver import Driver
from brownfield_adapters.files.driver import make_driver
from brownfield_adapters.recording import RecordingSession
from brownfield_api.adapter_config import EndpointConfig, FilesEndpoint, FilesOptions, LoadConfig, SourceConfig
from brownfield_api.errors import LinkLost
from brownfield_api.status import Status
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_plant import ExportConfig, ExportMeter, Playback, load_records
from brownfield_plant.meter import last_row

TAGS = TagTable(
    tags=(
        Tag(name="row", address="F1_row", type=ValueType.UINT32),
        Tag(name="energy", address="F1_net_energy_kwh"),
        Tag(name="gone", address="F1_gone"),
    )
)
OPTIONS = FilesOptions(
    pattern="F1_*.csv",
    delimiter=";",
    decimal=",",
    encoding="latin-1",
    time_column="Zeit",
    time_format="%d.%m.%Y %H:%M:%S",
    time_zone="Europe/Paris",
)
HEADER = "Zeit;Zähler;F1_net_energy_kwh;F1_row\r\n"
START = datetime(2014, 6, 16, tzinfo=UTC)


def driver_of(folder: Path) -> Driver:
    source = SourceConfig(
        name="meter", subject="raw", interval=0.02, table="tags", timestamps="source", options=OPTIONS
    )
    config = EndpointConfig(
        key=str(folder), endpoint=FilesEndpoint(directory=str(folder)), load=LoadConfig(), sources=(source,)
    )
    return make_driver(config, {"tags": TAGS}, folder)


@contextlib.asynccontextmanager
async def running(driver: Driver, session: RecordingSession) -> AsyncIterator[asyncio.Task[None]]:
    await driver.connect()
    task = asyncio.create_task(driver.run(session))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await driver.close()


def write(folder: Path, name: str, first: int, last: int) -> None:
    new = not (folder / name).exists()
    with (folder / name).open("a", encoding="latin-1", newline="") as file:
        file.write(HEADER if new else "")
        for row in range(first, last + 1):
            local = START + timedelta(hours=2, seconds=row)
            file.write(
                f"{local:%d.%m.%Y %H:%M:%S};F1;{row / 2:.1f};{row}\r\n".replace(".0;", ",0;").replace(".5;", ",5;")
            )


async def test_rows_arrive_with_the_time_of_their_source_which_is_all_it_vouches_for(tmp_path: Path) -> None:
    write(tmp_path, "F1_a.csv", 1, 3)
    session = RecordingSession()
    async with running(driver_of(tmp_path), session):
        await session.until(lambda: session.values("meter", 0) == [1, 2, 3])
        polls = session.successes["meter"]
        await session.until(lambda: session.successes["meter"] >= polls + 2)
    rows = [each for each in session.deliveries if each.position]
    expected = [int((START + timedelta(seconds=row)).timestamp()) * 10**9 for row in (1, 2, 3)]
    assert rows[-1].batch.source_time[rows[-1].batch.index == 0].tolist() == expected
    assert rows[-1].as_of == expected[-1]
    assert session.values("meter", 1) == [0.5, 1.0, 1.5]


async def test_a_tag_without_a_column_is_bad_once_and_said(tmp_path: Path) -> None:
    write(tmp_path, "F1_a.csv", 1, 3)
    session = RecordingSession()
    async with running(driver_of(tmp_path), session):
        await session.until(lambda: session.values("meter", 0) == [1, 2, 3])
        write(tmp_path, "F1_b.csv", 4, 5)
        await session.until(lambda: session.values("meter", 0) == [1, 2, 3, 4, 5])
    assert session.statuses("meter", 2) == [Status.BAD_NODE_ID_UNKNOWN]
    assert session.notes == [("meter", "no column F1_gone")]


async def test_a_restart_goes_on_behind_the_last_row_delivered(tmp_path: Path) -> None:
    write(tmp_path, "F1_a.csv", 1, 3)
    session = RecordingSession()
    for last in (3, 5, 8):
        async with running(driver_of(tmp_path), session):
            write(tmp_path, "F1_a.csv", len(session.values("meter", 0)) + 1, last) if last > 3 else None
            await session.until(lambda last=last: len(session.values("meter", 0)) == last)  # type: ignore[misc]
    assert session.values("meter", 0) == list(range(1, 9))


async def test_nothing_is_read_while_the_buffer_has_no_room(tmp_path: Path) -> None:
    write(tmp_path, "F1_a.csv", 1, 3)
    session = RecordingSession()
    session.has_room.clear()
    async with running(driver_of(tmp_path), session):
        await session.until(lambda: session.polls["meter"] == 1)
        assert session.deliveries == []
        session.has_room.set()
        await session.until(lambda: session.values("meter", 0) == [1, 2, 3])


async def test_a_share_that_goes_away_is_a_lost_link_and_comes_back_without_loss(tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    write(share, "F1_a.csv", 1, 3)
    session = RecordingSession()
    driver = driver_of(share)
    async with running(driver, session) as task:
        await session.until(lambda: session.values("meter", 0) == [1, 2, 3])
        share.rename(tmp_path / "away")
        with pytest.raises(LinkLost, match="folder cannot be read"):
            await asyncio.wait_for(task, 5)
        with pytest.raises(LinkLost):
            await driver.connect()
    write(tmp_path / "away", "F1_a.csv", 4, 6)
    (tmp_path / "away").rename(share)
    async with running(driver, session):
        await session.until(lambda: len(session.values("meter", 0)) == 6)
    assert session.values("meter", 0) == [1, 2, 3, 4, 5, 6]


async def test_the_plants_export_is_read_whole_through_half_rows_and_new_files(tmp_path: Path) -> None:
    records = load_records(Path(__file__).parents[3] / "examples" / "wind-farm" / "plant" / "records")
    playback = Playback(records, wall=iter(START + timedelta(seconds=second) for second in range(10**6)).__next__)
    meter = ExportMeter(ExportConfig(name="farm-meter", folder="meter", rows_per_file=10, half_every=3), tmp_path)
    await meter.start()
    session = RecordingSession()
    async with running(driver_of(tmp_path / "meter"), session):
        for step in range(60):
            await meter.play(playback.step())
            if step % 13 == 0:
                read = len(session.values("meter", 0))
                await session.until(lambda read=read: len(session.values("meter", 0)) > read)  # type: ignore[misc]
        await meter.stop()
        written = last_row(tmp_path / "meter", "F1")
        await session.until(lambda: len(session.values("meter", 0)) == written)
    assert written >= 50
    assert session.values("meter", 0) == list(range(1, written + 1))
    assert sorted(session.notes) == [("meter", "no column F1_gone")]
