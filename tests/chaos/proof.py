"""What must be true of a farm after anything was done to it, checked on what it left behind."""

from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np

from brownfield_api.batch import SampleBatch, decode
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.process import SpineConfig
from brownfield_api.subjects import ASSET_STREAM, RAW_STREAM
from brownfield_api.tables import AssetTable, TagTable
from brownfield_pipeline.stage import Stage
from brownfield_plant.plant import Plant
from brownfield_spine.connection import Spine, connect
from brownfield_spine.reader import Corrupt, Delivery, read
from brownfield_spine.tables import TableStore


def assert_nothing_lost(report: dict[str, Any]) -> None:
    """By contiguous sequence numbers over all hops."""
    samples = report["samples"]
    assert samples["delivered"] > 0
    assert {key: samples[key] for key in ("lost", "duplicated", "reordered", "dropped")} == {
        "lost": 0, "duplicated": 0, "reordered": 0, "dropped": 0,
    }  # fmt: skip
    assert samples["end_to_end"]["duplicated"] == 0
    assert samples["end_to_end"]["reordered"] == 0


READING = {
    "modbus": {"1", "2", "3", "4"},
    "opcua": {
        "ActivateSessionRequest", "BrowseNextRequest", "BrowseRequest", "CloseSecureChannelRequest",
        "CloseSessionRequest", "CreateMonitoredItemsRequest", "CreateSessionRequest", "CreateSubscriptionRequest",
        "DeleteSubscriptionsRequest", "GetEndpointsRequest", "OpenSecureChannelRequest", "PublishRequest",
        "ReadRequest",
    },
}  # fmt: skip
"""All that may ever reach a device: Modbus functions 1 to 4, OPC UA services that read or subscribe."""


def assert_only_read(plant: Plant) -> None:
    """By each device's own record: nothing that could change it, and never two connections of ours."""
    for device in plant.devices.values():
        if device.kind in READING:
            traffic = device.journal.traffic()
            assert traffic.requests > 0
            assert set(traffic.functions) <= READING[device.kind], device.name
            assert traffic.max_connections == 1, device.name


def stored_counts(state: Path, asset: str, name: str) -> list[int]:
    """Good values of a counter property in the order of their stamps, as the Parquet files hold them."""
    rows = duckdb.execute(
        f"SELECT value FROM read_parquet('{state}/history/**/*.parquet') "  # noqa: S608 - a folder of the test's own
        f"WHERE asset = '{asset}' AND property = '{name}' AND status = 0 ORDER BY time, receive_time"
    ).fetchall()
    return [int(value) for (value,) in rows]


def exported_rows(exports: Path) -> list[int]:
    """The running row numbers of the meter's files, complete lines only."""
    numbers: list[int] = []
    for path in sorted(exports.glob("*.csv")):
        lines = path.read_bytes().decode("latin-1").split("\r\n")[1:-1]
        numbers += [int(line.rsplit(";", 1)[1]) for line in lines]
    return numbers


async def assert_outputs_are_a_function_of_inputs(config: SpineConfig, state: Path) -> int:
    """Computes every asset batch again from the raw stream, without any kill, and compares. Returns how many."""
    spine = await connect(config, name="proof")
    try:
        pipeline = msgspec.json.decode(
            (state / "configs" / "pipeline-la-haute-borne.json").read_bytes(), type=PipelineConfig
        )
        expected = await _recomputed(spine, pipeline)
        found = await _stored(spine, pipeline)
    finally:
        await spine.close()
    assert len(found) == len(expected)
    for delivery, (source, as_of, batch) in zip(found, expected, strict=True):
        assert delivery.header.source == source
        assert delivery.header.as_of == as_of
        assert_same(decode(delivery.payload, delivery.header.crc), batch)
    assert [delivery.header.seq for delivery in found] == list(range(1, len(found) + 1))
    return len(found)


def assert_same(found: SampleBatch, expected: SampleBatch) -> None:
    """All columns, to the last bit."""
    for left, right in zip(found.columns, expected.columns, strict=True):
        np.testing.assert_array_equal(left, right)
    assert found.texts() == expected.texts()


async def _recomputed(spine: Spine, config: PipelineConfig) -> list[tuple[str, int, SampleBatch]]:
    stage, tables = Stage(config), TableStore(spine)
    sources = {source.subject: source.name for source in config.sources}
    outputs: list[tuple[str, int, SampleBatch]] = []
    for delivery in await _all(spine, RAW_STREAM, list(sources)):
        source = sources[delivery.subject]
        if not stage.knows(source, delivery.header.table):
            table = await tables.get(delivery.header.table)
            assert isinstance(table, TagTable)
            stage.bind(source, delivery.header.table, table)
        output = stage.step(source, delivery.header, delivery.payload)
        if output is not None:
            outputs.append((output.source, output.as_of, output.asset))
    return outputs


async def _stored(spine: Spine, config: PipelineConfig) -> list[Delivery]:
    found = await _all(spine, ASSET_STREAM, [config.output_subject])
    table = await TableStore(spine).get(found[0].header.table)
    assert isinstance(table, AssetTable)
    return found


async def _all(spine: Spine, stream: str, subjects: list[str]) -> list[Delivery]:
    found: list[Delivery] = []
    async for delivery in read(spine, stream=stream, subjects=subjects, after=0):
        assert not isinstance(delivery, Corrupt)
        found.append(delivery)
        if delivery.pending == 0:
            break
    return found
