"""The pipeline as a process on a real broker: killed at will, it delivers what it would have delivered unkilled."""

import asyncio
import json
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from brownfield_api.batch import checksum, decode, encode
from brownfield_api.header import BatchHeader
from brownfield_api.health import HealthRecord
from brownfield_api.pipeline_config import AssetConfig, PipelineConfig, PropertyConfig, QualityConfig
from brownfield_api.status import Reason
from brownfield_api.subjects import ASSET_STREAM, QUARANTINE_STREAM, RAW_STREAM, health_key
from brownfield_api.tables import AssetTable, TagTable
from brownfield_pipeline.stage import Stage
from brownfield_spine.broker import Broker, running_broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import watch
from brownfield_spine.provision import Limits, provision
from brownfield_spine.reader import Delivery, read
from brownfield_spine.stage_writer import StageWriter
from brownfield_spine.tables import table_store

pytestmark = pytest.mark.wire

Wait = Callable[..., Awaitable[None]]
EPOCH = 1_700_000_000_000_000_000
RULES = QualityConfig(range_max=90.0, max_rate=60.0, flatline=3.0, max_gap=2.0, duplicates=True, out_of_order=True)
AWAY = QualityConfig(range_max=70.0, on_violation="Quarantine")
PROPERTIES = [
    PropertyConfig(name="a", tag="t0", quality=RULES),
    PropertyConfig(name="b", tag="t1", quality=AWAY, role="other"),
    PropertyConfig(name="stored", tag="t1", route="batch"),
    PropertyConfig(name="missing", tag="t9"),
    PropertyConfig(name="ratio", expression="a / b"),
]


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
class Feeder:
    """Writes the raw batches of two sources, and knows what an unkilled pipeline makes of them."""

    plant: Any
    spine: Spine
    config: PipelineConfig
    table: TagTable
    rng: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    written: int = 0
    rows: int = 0
    quarantined: int = 0
    expected: list[bytes] = field(default_factory=list)
    _writers: dict[str, StageWriter] = field(default_factory=dict)
    _seqs: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stage = Stage(self.config)
        self.name = ""

    async def feed(self, count: int) -> None:
        self.name = await table_store(self.spine).put(self.table)
        for _ in range(count):
            await self._one(self.rng.choice(self.config.sources))

    async def _one(self, source: Any) -> None:
        if source.name not in self._writers:
            self._writers[source.name] = await StageWriter.open(self.spine, subject=source.subject, stream=RAW_STREAM)
        clock = 10.0 + self.written * 0.4
        samples = [
            self.plant.sample(tag, clock, float(self.rng.choice([1, 1, 50, 80, 99])))
            for tag in self.rng.sample([0, 1], 2)
        ]
        batch, as_of = self.plant.batch(samples), EPOCH + self.written
        seq = self._seqs[source.name] = self._seqs.get(source.name, 0) + 1
        await self._writers[source.name].put(
            batch, table=self.name, as_of=as_of, source=source.name, input="", seq=seq, epoch=EPOCH
        )
        self.written += 1
        self._expect(source.name, seq, as_of, encode(batch))

    def _expect(self, source: str, seq: int, as_of: int, payload: bytes) -> None:
        header = BatchHeader(epoch=EPOCH, seq=seq, crc=checksum(payload), table=self.name, as_of=as_of, source=source)
        if not self.stage.knows(source, self.name):
            self.stage.bind(source, self.name, self.table)
        output = self.stage.step(source, header, payload)
        assert output is not None
        self.expected.append(encode(output.asset))
        self.rows += len(output.stored)
        self.quarantined += len(output.quarantined or ())


@dataclass
class Farm:
    """A configuration on disk, and processes that run it."""

    config: PipelineConfig
    path: Path
    log: Path

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        self.path.write_bytes(msgspec.json.encode(self.config))
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "brownfield_pipeline", str(self.path), stderr=log
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    def damage_checkpoints(self) -> None:
        for path in Path(self.config.state_dir).glob("checkpoint*"):
            path.write_bytes(b"rubbish")

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == event]


@pytest.fixture
def farm(plant: Any, broker: Broker, tmp_path: Path) -> Farm:
    config = plant.replace(
        plant.config(PROPERTIES, assets=2),
        assets=(AssetConfig(id="A0", class_name="Thing", sources={"default": "S0", "other": "S1"}),),
        spine=broker.config,
        state_dir=str(tmp_path / "state"),
        sinks=(plant.sink(directory=str(tmp_path / "history"), roll_seconds=0.3, roll_rows=60),),
    )
    return Farm(config, tmp_path / "pipeline.json", tmp_path / "pipeline.log")


class Watcher:
    """Everything on one stream, as it comes."""

    def __init__(self, spine: Spine, stream: str) -> None:
        self.found: list[Delivery] = []
        self._task = asyncio.ensure_future(self._watch(spine, stream))

    async def _watch(self, spine: Spine, stream: str) -> None:
        async with aclosing(read(spine, stream=stream, subjects=["bf.>"], after=0)) as deliveries:
            async for delivery in deliveries:
                assert isinstance(delivery, Delivery)
                self.found.append(delivery)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


def stored_rows(config: PipelineConfig) -> tuple[int, int]:
    """Rows, and distinct ones, in the history."""
    files = f"{config.sinks[0].directory}/date=*/*.parquet"
    query = f"select count(*), count(distinct (time, asset, property)) from read_parquet('{files}')"  # noqa: S608
    [(rows, distinct)] = duckdb.execute(query).fetchall()
    return int(rows), int(distinct)


async def stop(process: asyncio.subprocess.Process) -> int:
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        return await process.wait()


async def test_killed_again_and_again_it_delivers_what_it_would_have_unkilled(
    plant: Any, farm: Farm, spine: Spine, until: Wait
) -> None:
    feeder = Feeder(plant, spine, farm.config, plant.table(2))
    assets, taken = Watcher(spine, ASSET_STREAM), Watcher(spine, QUARANTINE_STREAM)
    rng = random.Random(time.time_ns())  # noqa: S311 - a different kill in each run, told by the assertion
    for _ in range(5):
        async with farm.running() as process:
            behind = rng.randrange(1, 150)
            feeding = asyncio.ensure_future(feeder.feed(150))
            target = len(assets.found) + behind
            await until(lambda target=target: len(assets.found) >= target)
            process.kill()
            await process.wait()
            await feeding
    async with farm.running() as process:
        await feeder.feed(20)
        await until(lambda: len(assets.found) >= feeder.written)
        record = await healthy(spine, farm, lambda record: sum(hop.batches for hop in record.hops.values()) >= 20)
        assert await stop(process) == 0
    await assets.close()
    await taken.close()
    headers = [delivery.header for delivery in assets.found]
    assert [header.seq for header in headers] == list(range(1, feeder.written + 1))
    assert len({header.epoch for header in headers}) == 1
    assert [header.input for header in headers] == [str(number) for number in range(1, feeder.written + 1)]
    assert [delivery.payload for delivery in assets.found] == feeder.expected
    quarantined = [delivery.header.seq for delivery in taken.found]
    assert quarantined == list(range(1, len(quarantined) + 1))
    assert sum_rows(taken) == feeder.quarantined > 0
    assert stored_rows(farm.config)[0] == feeder.rows
    table = await table_store(spine).get(headers[0].table)
    assert isinstance(table, AssetTable)
    assert [item.property for item in table.properties] == ["a", "b", "stored", "missing", "ratio"]
    assert "no tag 't9'" in record.message
    assert all((hop.lost, hop.duplicated, hop.reordered) == (0, 0, 0) for hop in record.hops.values())


def sum_rows(watcher: Watcher) -> int:
    return sum(len(decode(delivery.payload, delivery.header.crc)) for delivery in watcher.found)


async def healthy(spine: Spine, farm: Farm, well: Callable[[HealthRecord], bool]) -> HealthRecord:
    """The process's next record that `well` accepts."""
    key = health_key("pipeline", farm.config.namespace, farm.config.name)
    async with asyncio.timeout(20), aclosing(watch(spine)) as renewed:
        async for name, record in renewed:
            if name == key and record.time > time.time_ns() - 3e9 and well(record):
                return record
    raise AssertionError("the watch ended")


async def test_a_killed_spine_costs_nothing(plant: Any, farm: Farm, broker: Broker, spine: Spine, until: Wait) -> None:
    feeder = Feeder(plant, spine, farm.config, plant.table(2))
    assets = Watcher(spine, ASSET_STREAM)
    async with farm.running() as process:
        for _ in range(2):
            feeding = asyncio.ensure_future(feeder.feed(100))
            target = len(assets.found) + 30
            await until(lambda target=target: len(assets.found) >= target)
            broker.kill()
            await feeding
        await until(lambda: len(assets.found) >= feeder.written, 40)
        assert await stop(process) == 0
    await assets.close()
    assert [delivery.header.seq for delivery in assets.found] == list(range(1, 201))
    assert [delivery.payload for delivery in assets.found] == feeder.expected
    assert stored_rows(farm.config)[0] == feeder.rows


async def test_without_its_checkpoint_it_goes_on_behind_its_subject_and_says_so(
    plant: Any, farm: Farm, spine: Spine, until: Wait
) -> None:
    feeder = Feeder(plant, spine, farm.config, plant.table(2))
    assets = Watcher(spine, ASSET_STREAM)
    async with farm.running() as process:
        await feeder.feed(20)
        await until(lambda: len(assets.found) >= 20)
        assert await stop(process) == 0
    farm.damage_checkpoints()
    async with farm.running() as process:
        await feeder.feed(5)
        await until(lambda: len(assets.found) >= 25)
        assert await stop(process) == 0
    await assets.close()
    headers = [delivery.header for delivery in assets.found]
    assert [header.input for header in headers] == [str(number) for number in range(1, 26)]
    assert [header.seq for header in headers[20:]] == [1, 2, 3, 4, 5]
    assert headers[20].epoch > headers[19].epoch
    assert len(farm.logged("checkpoint cannot be used")) == 2
    assert stored_rows(farm.config)[0] == feeder.rows + 1  # the missing tag is told once more, having been forgotten


async def test_a_changed_mapping_goes_on_in_its_epoch(plant: Any, farm: Farm, spine: Spine, until: Wait) -> None:
    feeder = Feeder(plant, spine, farm.config, plant.table(2))
    assets = Watcher(spine, ASSET_STREAM)
    async with farm.running() as process:
        await feeder.feed(10)
        await until(lambda: len(assets.found) >= 10)
        assert await stop(process) == 0
    again = Farm(plant.replace(farm.config, generation="g2"), farm.path, farm.log)
    async with again.running() as process:
        await feeder.feed(10)
        await until(lambda: len(assets.found) >= 20)
        assert await stop(process) == 0
    await assets.close()
    assert [delivery.header.seq for delivery in assets.found] == list(range(1, 21))
    assert len({delivery.header.table for delivery in assets.found}) == 2
    assert [delivery.payload for delivery in assets.found] == feeder.expected


async def test_corrupt_and_lost_input_is_counted_and_marked(plant: Any, farm: Farm, spine: Spine, until: Wait) -> None:
    feeder = Feeder(plant, spine, farm.config, plant.table(2))
    assets = Watcher(spine, ASSET_STREAM)
    subject = farm.config.sources[0].subject
    async with farm.running() as process:
        await feeder.feed(10)
        await spine.js.publish(subject, b"not ours")
        await spine.js.publish(subject, b"", headers={"Bf-Epoch": "x"})
        await until(lambda: len(assets.found) >= 10)
        feeder._seqs["S0"] += 3
        feeder._writers.clear()
        for _ in range(3):
            await feeder._one(farm.config.sources[0])
        await until(lambda: len(assets.found) >= 13)
        record = await healthy(spine, farm, lambda record: record.hops[subject].batches >= 8)
        assert (await metrics(record.metrics))["brownfield_pipeline_lost_batches_total"] == 3.0
        assert await stop(process) == 0
    await assets.close()
    assert (record.hops[subject].lost, record.hops[subject].corrupt) == (3, 2)
    assert [delivery.payload for delivery in assets.found] == feeder.expected
    reasons = decode(assets.found[10].payload, assets.found[10].header.crc).reasons
    assert reasons[0] & Reason.GAP_BEFORE


async def metrics(listen: str) -> dict[str, float]:
    host, _, port = listen.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith("brownfield"))
    return {name: float(value) for name, _, value in lines}


async def test_a_wrong_configuration_ends_with_a_sentence(farm: Farm) -> None:
    broken = plant_without_source(farm.config)
    async with Farm(broken, farm.path, farm.log).running() as process, asyncio.timeout(20):
        assert await process.wait() == 1
    assert "is not read by this partition" in farm.log.read_text()


def plant_without_source(config: PipelineConfig) -> PipelineConfig:
    return msgspec.structs.replace(config, sources=config.sources[:1])


async def test_a_stream_made_anew_under_it_keeps_files_and_numbers_apart(
    plant: Any, farm: Farm, spine: Spine, until: Wait
) -> None:
    feeder = Feeder(plant, spine, farm.config, plant.table(2))
    assets = Watcher(spine, ASSET_STREAM)
    async with farm.running() as process:
        await feeder.feed(20)
        await until(lambda: len(assets.found) >= 20)
        await spine.js.delete_stream(RAW_STREAM)
        await provision(spine, Limits.within(512 * 1024 * 1024))
        feeder._writers.clear()
        await feeder.feed(10)
        await until(lambda: len(assets.found) >= 30)
        process.kill()
        await process.wait()
    async with farm.running() as process:
        await feeder.feed(5)
        await until(lambda: len(assets.found) >= 35)
        assert await stop(process) == 0
    await assets.close()
    headers = [delivery.header for delivery in assets.found]
    assert [header.seq for header in headers] == list(range(1, 36))
    assert [header.input for header in headers[20:]] == [str(number) for number in range(1, 16)]
    assert [delivery.payload for delivery in assets.found] == feeder.expected
    assert stored_rows(farm.config)[0] == feeder.rows
