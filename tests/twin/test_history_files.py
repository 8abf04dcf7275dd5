"""Older history out of the files a pipeline writes: complete, merged with memory, one bad file at a time."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet

from brownfield_api.status import Reason, Status
from brownfield_twin.history import History
from brownfield_twin.history_files import HistoryFiles, files_between

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND
DAY = 86_400 * SECOND


def write(directory: Path, name: str, times: list[int], **columns: Any) -> Path:
    """A file as the pipeline's sink writes it."""
    count = len(times)
    time = Array.from_numpy(np.array(times, np.int64))
    moments = time.cast(DataType.timestamp("ns", tz="UTC"))
    status = columns.get("status", [Status.GOOD] * count)
    day = np.datetime64(times[0], "ns").astype("datetime64[D]")
    path = directory / f"date={day}" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    batch = RecordBatch(
        {
            "time": moments,
            "asset": Array(columns.get("asset", ["T1"] * count), type=DataType.utf8()),
            "property": Array(columns.get("property", ["power"] * count), type=DataType.utf8()),
            "value": Array.from_numpy(np.array(columns.get("value", range(count)), np.float64)),
            "text": Array([None] * count, type=DataType.utf8()),
            "status": Array.from_numpy(np.array(status, np.uint32)),
            "reasons": Array.from_numpy(np.array(columns.get("reasons", [0] * count), np.uint16)),
            "receive_time": moments,
            "source": Array(["r1"] * count, type=DataType.utf8()),
        }
    )
    write_parquet(Table.from_batches([batch]), str(path))
    return path


async def test_samples_of_the_asked_time_and_property_come_oldest_first(tmp_path: Path) -> None:
    write(tmp_path, "b", [NOW + second * SECOND for second in range(5, 10)], value=range(5, 10))
    write(tmp_path, "a", [NOW + second * SECOND for second in range(5)])
    write(tmp_path, "c", [NOW], asset=["T2"])
    write(tmp_path, "d", [NOW], property=["windSpeed"])
    found = await HistoryFiles(str(tmp_path)).read("T1", "power", NOW + 2 * SECOND, NOW + 8 * SECOND)
    assert found.value.tolist() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert found.time.tolist() == [NOW + second * SECOND for second in range(2, 8)]


async def test_quality_and_gaps_are_told_and_held_samples_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a",
        [NOW, NOW + SECOND, NOW + 2 * SECOND, NOW + 3 * SECOND],
        value=[1.0, 2.0, np.nan, 2.0],
        status=[Status.GOOD, Status.UNCERTAIN, Status.BAD_NO_DATA, Status.UNCERTAIN],
        reasons=[0, Reason.RANGE, 0, Reason.HELD],
    )
    found = await HistoryFiles(str(tmp_path)).read("T1", "power", NOW, NOW + DAY)
    assert found.quality.tolist() == [0, 1, 2]
    assert np.isnan(found.value[2])


async def test_a_broken_file_costs_only_itself(tmp_path: Path) -> None:
    files = HistoryFiles(str(tmp_path))
    write(tmp_path, "a", [NOW])
    write(tmp_path, "b", [NOW + SECOND]).write_bytes(b"PAR1 this is not a file PAR1")
    write(tmp_path, "c", [NOW + 2 * SECOND])
    for _ in range(2):
        found = await files.read("T1", "power", NOW, NOW + DAY)
        assert found.time.tolist() == [NOW, NOW + 2 * SECOND]


async def test_no_folder_no_file_and_no_time_are_empty(tmp_path: Path) -> None:
    assert len(await HistoryFiles().read("T1", "power", 0, NOW)) == 0
    assert len(await HistoryFiles(str(tmp_path / "none")).read("T1", "power", 0, NOW)) == 0
    write(tmp_path, "a", [NOW])
    assert len(await HistoryFiles(str(tmp_path)).read("T1", "power", NOW, NOW)) == 0


def test_only_folders_of_the_asked_days_are_opened(tmp_path: Path) -> None:
    for day in range(-5, 6):
        write(tmp_path, "a", [NOW + day * DAY])
    assert len(files_between(tmp_path, NOW, NOW)) == 3, "the day and one on either side"


async def test_what_a_client_asks_for_is_never_part_of_the_query(tmp_path: Path) -> None:
    write(tmp_path, "a", [NOW])
    for name in ("power' OR '1'='1", "'; DROP TABLE x; --", '"', "\\"):
        assert len(await HistoryFiles(str(tmp_path)).read("T1", name, 0, NOW + DAY)) == 0


@pytest.mark.parametrize("odd", [0, 1, 999])
async def test_memory_and_files_meet_without_a_hole_or_a_double(farm: Any, tmp_path: Path, odd: int) -> None:
    times = [NOW + second * SECOND + odd for second in range(20)]
    write(tmp_path, "a", times[:15])
    write(tmp_path, "w", times[:15], property=["windSpeed"] * 15, value=[8.0] * 15)
    twin = farm.twin()
    for second in range(10, 20):
        farm.take(twin, farm.poll("T1", times[second], wind=8.0, power=float(second)))
    history = History(twin.layout, twin.ring, HistoryFiles(str(tmp_path)), twin.curves)
    view = await history.view(twin.layout.slot["T1", "power"], NOW, NOW + DAY, 1000)
    assert view.value == [float(second) for second in range(20)]
    expected = await history.view(twin.layout.slot["T1", "curve.expected"], NOW, NOW + DAY, 1000)
    assert expected.value == [760.0] * 20
    residual = await history.view(twin.layout.slot["T1", "curve.residual"], NOW, NOW + DAY, 1000)
    assert residual.value == [second - 760.0 for second in range(20)]
