"""The pipeline as a process between two real streams: how fast it works off a backlog.

Raw batches of 600 tags from ten sources are stored first; then the process starts and is timed from the
first to the last asset batch it publishes. No sink.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from hack.bench.core import RANGE, TAGS, machine_batch, machine_table, stage_config

from brownfield_api.batch import SampleBatch
from brownfield_api.pipeline_config import AssetConfig, PipelineConfig, PipelineSource
from brownfield_api.process import SpineConfig
from brownfield_api.subjects import ASSET_STREAM, RAW_STREAM, raw_subject
from brownfield_spine.broker import Broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.provision import Limits, provision
from brownfield_spine.writer import SubjectWriter

SOURCES = 10
BATCHES = 4000
STORE_BYTES = 4 * 1024**3


def through_spine_figures() -> dict[str, float]:
    """Samples per second of the running pipeline, acknowledged by the spine."""
    return {"pipeline samples/s, through the spine": asyncio.run(_measure())}


async def _measure() -> float:
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "spine", max_file_store=STORE_BYTES)
        await broker.start()
        spine = await connect(broker.config, name="bench")
        try:
            await provision(spine, Limits.within(STORE_BYTES))
            await _fill(spine, Path(folder))
            return await _drain(spine, _config(broker.config, Path(folder)), Path(folder))
        finally:
            await spine.close()
            await broker.stop()


async def _fill(spine: Spine, folder: Path) -> None:
    table = machine_table()
    writers = [
        await SubjectWriter.open(
            spine, subject=raw_subject("bench", "default", f"s{number}"), source=f"s{number}", stream=RAW_STREAM,
            journal_dir=folder / "journals", size=2**30, max_age=0.0, clock=time.time_ns,
        )
        for number in range(SOURCES)
    ]  # fmt: skip
    for seq in range(1, BATCHES // SOURCES + 1):
        batch: SampleBatch = machine_batch(seq)
        for writer in writers:
            writer.append(batch, table=writer.offer_table(table), as_of=time.time_ns())
        await asyncio.sleep(0)
    await _until_stored(spine, RAW_STREAM, BATCHES)
    for writer in writers:
        await writer.close()


async def _drain(spine: Spine, config: PipelineConfig, folder: Path) -> float:
    path = folder / "pipeline.json"
    path.write_bytes(msgspec.json.encode(config))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "brownfield_pipeline", str(path), stderr=asyncio.subprocess.DEVNULL
    )
    await _until_stored(spine, ASSET_STREAM, 1)
    already, began = await _stored(spine, ASSET_STREAM), time.monotonic()
    await _until_stored(spine, ASSET_STREAM, BATCHES)
    elapsed = time.monotonic() - began
    process.terminate()
    await process.wait()
    return (BATCHES - already) * TAGS / elapsed


async def _stored(spine: Spine, stream: str) -> int:
    return int((await spine.js.stream_info(stream)).state.messages)


async def _until_stored(spine: Spine, stream: str, count: int) -> None:
    async with asyncio.timeout(120):
        while await _stored(spine, stream) < count:
            await asyncio.sleep(0.02)


def _config(spine: SpineConfig, folder: Path) -> PipelineConfig:
    names = [f"s{number}" for number in range(SOURCES)]
    return msgspec.structs.replace(
        stage_config(RANGE),
        spine=spine,
        state_dir=str(folder / "state"),
        sources=tuple(
            PipelineSource(name=name, subject=raw_subject("bench", "default", name), timestamps="gather")
            for name in names
        ),
        assets=tuple(AssetConfig(id=f"A_{name}", class_name="Machine", sources={"default": name}) for name in names),
    )
