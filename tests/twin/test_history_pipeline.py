"""The twin's history over files that the pipeline's own sink wrote, whole and damaged, without a wire."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog.testing

from brownfield_api.batch import SampleBatch, utf8_column
from brownfield_api.pipeline_config import AssetConfig, ClassConfig, PipelineConfig, PipelineSource, PropertyConfig
from brownfield_api.process import SpineConfig
from brownfield_api.status import Reason, Status
from brownfield_api.tables import ValueType
from brownfield_pipeline.parquet_sink import Extent, ParquetSink
from brownfield_pipeline.slots import Slots, number_slots
from brownfield_twin.history import History
from brownfield_twin.history_files import HistoryFiles

SECOND = 1_000_000_000
MIDNIGHT = 1_800_057_600 * SECOND
"""2027-01-16 00:00 UTC."""

PROPERTIES = ("power", "windSpeed", "running", "serial", "pulses")
TYPES = {"running": ValueType.BOOL, "serial": ValueType.STRING, "pulses": ValueType.UINT64}


def slots_of(mapping: str, asset: str) -> Slots:
    """The slots of a mapping over one asset, one per name in `PROPERTIES`."""
    config = PipelineConfig(
        kind="pipeline",
        site="plant",
        namespace="default",
        name=mapping,
        spine=SpineConfig(servers=()),
        state_dir="",
        mapping=mapping,
        partition=0,
        generation="g1",
        sources=(PipelineSource(name="r1", subject="bf.raw.plant.default.r1", timestamps="gather"),),
        classes=(
            ClassConfig(
                name="WindTurbine",
                properties=tuple(
                    PropertyConfig(name=name, tag=name, type=TYPES.get(name, ValueType.FLOAT64)) for name in PROPERTIES
                ),
            ),
        ),
        assets=(AssetConfig(id=asset, class_name="WindTurbine", sources={"default": "r1"}),),
        conversions=(),
        output_subject="",
        quarantine_subject="",
    )
    return number_slots(config)


def polls(seconds: range, *, status: int = Status.GOOD, reasons: int = 0) -> SampleBatch:
    """All properties, once at each second after midnight (negative: before); power is that second."""
    count = len(PROPERTIES)
    times = np.repeat(np.array([MIDNIGHT + second * SECOND for second in seconds], np.int64), count)
    index = np.tile(np.arange(count, dtype=np.uint32), len(seconds))
    value = np.array([[second, 8.0, second % 2, 0.0, 7.0] for second in seconds], np.float64).ravel()
    return SampleBatch(
        index=index,
        value=value,
        status=np.full(len(index), status, np.uint32),
        reasons=np.full(len(index), reasons, np.uint16),
        source_time=times,
        receive_time=times + SECOND // 2,
        value_u64=np.where(index == 4, np.uint64(2**63 + 7), np.uint64(0)),
        value_utf8=utf8_column(["MM82" if row == 3 else "" for row in index.tolist()]),
    )


def written(folder: Path, *batches: SampleBatch, mapping: str = "farm", asset: str = "T1", run: int = 1) -> list[Path]:
    """The files of these batches as the pipeline of `mapping` would finish them."""
    sink = ParquetSink(folder, slots_of(mapping, asset), partition=0)
    return sink.write(batches, Extent("1a2b.0", run, run + 9))


def history(farm: Any, *folders: Path) -> tuple[History, dict[tuple[str, str], int]]:
    twin = farm.twin()
    files = HistoryFiles(*(str(folder) for folder in folders))
    return History(twin.layout, twin.ring, files, twin.curves), twin.layout.slot


async def test_what_the_sink_writes_the_twin_reads_across_midnight(farm: Any, tmp_path: Path) -> None:
    files = written(tmp_path, polls(range(-5, 5)))
    assert [path.parent.name for path in files] == ["date=2027-01-15", "date=2027-01-16"]
    past, slot = history(farm, tmp_path)
    power = await past.view(slot["T1", "power"], MIDNIGHT - 4 * SECOND, MIDNIGHT + 3 * SECOND, 100)
    assert power.value == [-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
    assert power.time == [MIDNIGHT / SECOND + second for second in range(-4, 4)]
    running = await past.view(slot["T1", "running"], MIDNIGHT - 2 * SECOND, MIDNIGHT + SECOND, 100)
    assert running.value == [0.0, 1.0, 0.0, 1.0]
    pulses = await past.view(slot["T1", "pulses"], MIDNIGHT, MIDNIGHT, 100)
    assert pulses.value == [7.0]
    text = await past.view(slot["T1", "serial"], MIDNIGHT, MIDNIGHT, 100)
    assert (text.value, text.quality) == ([0.0], [0])
    expected = await past.view(slot["T1", "curve.expected"], MIDNIGHT, MIDNIGHT + SECOND, 100)
    assert expected.value == [760.0, 760.0]
    nobody = await past.view(slot["T2", "power"], MIDNIGHT - 9 * SECOND, MIDNIGHT + 9 * SECOND, 100)
    assert nobody.value == []


async def test_quality_survives_and_held_values_are_no_history(farm: Any, tmp_path: Path) -> None:
    held = Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE
    written(
        tmp_path,
        polls(range(1)),
        polls(range(1, 2), status=Status.UNCERTAIN_SENSOR_NOT_ACCURATE, reasons=Reason.FLATLINE),
        polls(range(2, 3), status=Status.BAD_SENSOR_FAILURE),
        polls(range(3, 4), status=held, reasons=Reason.HELD),
    )
    past, slot = history(farm, tmp_path)
    power = await past.view(slot["T1", "power"], MIDNIGHT, MIDNIGHT + 9 * SECOND, 100)
    assert power.quality == [0, 1, 2]


async def test_folders_of_all_mappings_are_read_and_what_two_hold_is_given_once(farm: Any, tmp_path: Path) -> None:
    east, west, both = (tmp_path / name for name in ("east", "west", "both"))
    for folder in (east, both):
        written(folder, polls(range(3)), mapping="east")
    written(west, polls(range(10, 12)), mapping="west", asset="T2")
    past, slot = history(farm, east, both, west, tmp_path / "not-there-yet")
    one = await past.view(slot["T1", "power"], MIDNIGHT, MIDNIGHT + 60 * SECOND, 100)
    assert one.value == [0.0, 1.0, 2.0]
    other = await past.view(slot["T2", "power"], MIDNIGHT, MIDNIGHT + 60 * SECOND, 100)
    assert other.value == [10.0, 11.0]


def emptied(content: bytes) -> bytes:
    return content[:0]


def halved(content: bytes) -> bytes:
    return content[: len(content) // 2]


def without_end(content: bytes) -> bytes:
    return content[:-1]


def zeroed(content: bytes) -> bytes:
    return bytes(len(content))


def scratched(content: bytes) -> bytes:
    """The footer is whole, the pages are not."""
    return content[:4] + b"\xff" * (len(content) // 3) + content[4 + len(content) // 3 :]


@pytest.mark.parametrize("damage", [emptied, halved, without_end, zeroed, scratched])
async def test_a_damaged_file_is_said_once_and_costs_only_itself(farm: Any, tmp_path: Path, damage: Any) -> None:
    _, broken, _ = [
        path for run in range(3) for path in written(tmp_path, polls(range(10 * run, 10 * run + 5)), run=1 + 10 * run)
    ]
    broken.write_bytes(damage(broken.read_bytes()))
    past, slot = history(farm, tmp_path)
    with structlog.testing.capture_logs() as log:
        for _ in range(3):
            power = await past.view(slot["T1", "power"], MIDNIGHT, MIDNIGHT + 60 * SECOND, 100)
            assert power.value == [0.0, 1.0, 2.0, 3.0, 4.0, 20.0, 21.0, 22.0, 23.0, 24.0]
    assert [line["file"] for line in log if line["log_level"] == "warning"] == [str(broken)]
