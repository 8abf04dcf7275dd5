"""Parquet files: whole, named after the input they were made from, readable by anything, never doubled."""

import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from brownfield_api.batch import utf8_column
from brownfield_api.pipeline_config import PropertyConfig
from brownfield_api.status import Reason, Status
from brownfield_api.tables import ValueType
from brownfield_pipeline.checkpoint import Checkpoint, CheckpointStore
from brownfield_pipeline.history import History
from brownfield_pipeline.parquet_sink import Extent, ParquetSink
from brownfield_pipeline.resume import Place
from brownfield_pipeline.slots import number_slots
from brownfield_pipeline.state import State

EXTENT = Extent("1a2b.0", 11, 20)
PROPERTIES = [
    PropertyConfig(name="power", tag="t0"),
    PropertyConfig(name="count", tag="t1", type=ValueType.INT64),
    PropertyConfig(name="name", tag="t2", type=ValueType.STRING),
    PropertyConfig(name="double", expression="power * 2.0"),
]


@pytest.fixture
def sink(plant: Any, tmp_path: Path) -> ParquetSink:
    return ParquetSink(tmp_path, number_slots(plant.config(PROPERTIES)), partition=0)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of 256 KiB on `folder`, where this user may mount one."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("no mount here")
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run([umount, str(folder)], check=True)


def rows_of(folder: Path) -> list[Any]:
    source = f"read_parquet('{folder}/date=*/*.parquet', hive_partitioning = false)"
    order = "order by property, time"
    return duckdb.execute(
        f"select epoch_ns(time), asset, property, value, text, status, reasons, epoch_ns(receive_time), source"  # noqa: S608
        f" from {source} {order}"
    ).fetchall()


def test_a_file_holds_what_was_put_in(plant: Any, sink: ParquetSink, tmp_path: Path) -> None:
    start, wide, bad = 1_700_000_000 * 10**9, 2**60 + 1, int(Status.BAD_TIMEOUT)
    batch = plant.batch(
        [
            plant.sample(0, 1.25, 3.5, received=2.0),
            plant.sample(1, 1.0, float(wide), integer=wide),
            plant.sample(2, 1.0, 0.0, text="MM82"),
            plant.sample(3, 1.25, float("nan"), bad, int(Reason.INPUT)),
        ],
        texts=True,
        integers=True,
    )
    paths = sink.write([batch, plant.batch([])], EXTENT)
    assert [path.name for path in paths] == ["farm-0-1a2b.0-11-20.parquet"]
    rows = rows_of(tmp_path)
    assert [row[:3] for row in rows] == [
        (start + 10**9, "A0", "count"),
        (start + 1_250_000_000, "A0", "double"),
        (start + 10**9, "A0", "name"),
        (start + 1_250_000_000, "A0", "power"),
    ]
    assert [row[4] for row in rows] == [str(wide), None, "MM82", None]
    assert rows[1][5:7] == (bad, Reason.INPUT)
    assert rows[3][3] == 3.5
    assert rows[3][7:] == (start + 2 * 10**9, "S0")
    query = f"select key, value from parquet_kv_metadata('{paths[0]}')"  # noqa: S608
    footer = dict(duckdb.execute(query).fetchall())
    assert footer[b"brownfield.generation"] == b"g1"
    assert (footer[b"brownfield.first"], footer[b"brownfield.last"]) == (b"11", b"20")


def test_each_utc_day_of_the_source_time_has_its_own_folder(plant: Any, sink: ParquetSink, tmp_path: Path) -> None:
    sink.write([plant.batch([plant.sample(0, 0.0, 1.0), plant.sample(0, 86_400.0, 2.0)])], EXTENT)
    assert sorted(path.parent.name for path in tmp_path.rglob("*.parquet")) == ["date=2023-11-14", "date=2023-11-15"]


def test_batches_with_and_without_text_go_into_one_file(plant: Any, sink: ParquetSink, tmp_path: Path) -> None:
    with_text = plant.batch([plant.sample(2, 1.0, 0.0, text="x")], texts=True)
    sink.write([plant.batch([plant.sample(0, 1.0, 1.0)]), with_text], EXTENT)
    assert {row[2]: row[4] for row in rows_of(tmp_path)} == {"power": None, "name": "x"}
    assert list(utf8_column(["x"]).to_pylist()) == ["x"]


def test_only_files_behind_the_checkpoint_are_removed(plant: Any, sink: ParquetSink, tmp_path: Path) -> None:
    batch = plant.batch([plant.sample(0, 1.0, 1.0)])
    for extent in (Extent("1a2b.0", 1, 10), EXTENT, Extent("1a2b.0", 21, 30), Extent("ff.0", 21, 30)):
        sink.write([batch], extent)
    other = ParquetSink(tmp_path, number_slots(plant.config(PROPERTIES)), partition=10)
    other.write([batch], Extent("1a2b.0", 21, 30))
    folder = tmp_path / "date=2023-11-14"
    (folder / "farm-0-1a2b.0-31-40.parquet.part").write_bytes(b"half")
    removed = sink.remove_behind(Extent("1a2b.0", 0, 20))
    assert [path.name for path in removed] == ["farm-0-1a2b.0-21-30.parquet"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "farm-0-1a2b.0-1-10.parquet",
        "farm-0-1a2b.0-11-20.parquet",
        "farm-0-ff.0-21-30.parquet",
        "farm-10-1a2b.0-21-30.parquet",
    ]


def test_a_disk_that_refuses_is_an_os_error_and_leaves_nothing_behind(plant: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    sink = ParquetSink(blocked, number_slots(plant.config(PROPERTIES)), partition=0)
    with pytest.raises(OSError, match="blocked"):
        sink.write([plant.batch([plant.sample(0, 1.0, 1.0)])], EXTENT)
    full = tmp_path / "date=2023-11-14"
    full.mkdir()
    (full / "farm-0-1a2b.0-11-20.parquet.part").symlink_to("/dev/full")
    sink = ParquetSink(tmp_path, number_slots(plant.config(PROPERTIES)), partition=0)
    with pytest.raises(OSError, match="No space left"):
        sink.write([plant.batch([plant.sample(0, 1.0, 1.0)])], EXTENT)
    assert list(full.iterdir()) == []


async def test_a_full_disk_holds_history_back_until_there_is_room_and_nothing_is_lost(
    plant: Any, tmp_path: Path, until: Callable[..., Awaitable[None]]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    slots = number_slots(plant.config(PROPERTIES))
    config = plant.sink(directory=str(disk), roll_seconds=60.0, roll_rows=10**6)
    store = CheckpointStore(tmp_path / "state")
    history = History(store, [ParquetSink(disk, slots, partition=0)], [config], first=1, monotonic=lambda: 0.0)
    with small_disk(disk):
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(200 * 1024))
        rng = np.random.default_rng(1)
        history.add(plant.batch([plant.sample(0, 0.1 * n, float(value)) for n, value in enumerate(rng.random(8000))]))
        place = Place(stream="5", position=1, epoch=1, seq=1)
        await history.finish(Checkpoint("table", place, State.empty(len(slots))))
        await until(lambda: "No space left" in history.trouble)
        assert [path for path in disk.rglob("*") if path.is_file()] == [ballast]
        ballast.unlink()
        await history.settled()
        assert history.trouble == ""
        assert len(rows_of(disk)) == 8000
