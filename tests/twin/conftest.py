"""A real broker, a hand that feeds it as a pipeline would, and a real twin process to ask.

`Farm` knows two turbines and how their batches look; `feeder` publishes them through the spine's own stage
writer; `start_twin` runs `python -m brownfield_twin`.
"""

import asyncio
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import pytest_asyncio

from brownfield_api.batch import SampleBatch, empty_batch, utf8_column
from brownfield_api.header import BatchHeader
from brownfield_api.process import SpineConfig
from brownfield_api.status import Status
from brownfield_api.subjects import ASSET_STREAM, asset_subject
from brownfield_api.tables import AssetProperty, AssetTable, ValueType
from brownfield_api.twin_config import (
    CurveConfig,
    HistoryConfig,
    StalenessConfig,
    TwinAsset,
    TwinClass,
    TwinConfig,
    TwinInput,
    TwinProperty,
)
from brownfield_spine.broker import Broker, running_broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.stage_writer import StageWriter
from brownfield_spine.tables import table_store
from brownfield_twin.core import Twin

SECOND = 1_000_000_000
SUBJECT = asset_subject("plant", "default", "farm", 0)
TURBINES = {"T1": "r1", "T2": "r2"}
PROPERTIES = (
    TwinProperty(name="power", unit="kW"),
    TwinProperty(name="windSpeed", unit="m/s"),
    TwinProperty(name="powerCoefficient"),
    TwinProperty(name="running", type=ValueType.BOOL),
    TwinProperty(name="serial", type=ValueType.STRING),
    TwinProperty(name="count", type=ValueType.UINT32, sequence=True),
    TwinProperty(name="pulses", type=ValueType.UINT64),
)
CURVE = CurveConfig(
    name="curve",
    inputs={"x": "windSpeed"},
    outputs={"y": "power"},
    points=((3.0, 0.0), (8.0, 760.0), (12.0, 1950.0), (14.0, 2050.0)),
    error_window=60.0,
)


def farm_config(**changes: Any) -> TwinConfig:
    """Two turbines, fresh for 2 s, expired after 5 s; nowhere to live yet."""
    plain = TwinConfig(
        kind="twin",
        site="plant",
        namespace="default",
        name="wind-farm",
        spine=SpineConfig(servers=("nats://127.0.0.1:1",)),
        state_dir="",
        listen="127.0.0.1:0",
        inputs=(TwinInput(mapping="farm", subject=SUBJECT),),
        classes=(TwinClass(name="WindTurbine", properties=PROPERTIES),),
        assets=tuple(
            TwinAsset(
                id=asset,
                class_name="WindTurbine",
                path=f"site/{asset}",
                mapping="farm",
                aliases={"scada": source},
                sources={"default": source},
            )
            for asset, source in TURBINES.items()
        ),
        staleness=StalenessConfig(fresh=2.0, expired=5.0),
        behaviours=(CURVE,),
        active="curve",
        history=HistoryConfig(memory=600.0),
    )
    return msgspec.structs.replace(plain, **changes)


def farm_table(generation: str = "g1") -> AssetTable:
    """What a pipeline would publish for the farm: the twin's properties and one it does not know."""
    rows = []
    for asset, source in TURBINES.items():
        for item in (*PROPERTIES, TwinProperty(name="unknownToTheTwin")):
            derived = item.name == "powerCoefficient"
            rows.append(
                AssetProperty(
                    asset=asset,
                    property=item.name,
                    type=item.type,
                    unit=item.unit,
                    source="" if derived else source,
                    tag="" if derived else f"{item.name}_tag",
                    tag_unit="" if derived else "W",
                    expression="power / windSpeed" if derived else "",
                    inputs=("power", "windSpeed") if derived else (),
                    sequence=item.sequence,
                )
            )
    return AssetTable(mapping="farm", generation=generation, properties=tuple(rows))


TABLE = farm_table()
ROW = {(row.asset, row.property): index for index, row in enumerate(TABLE.properties)}


@dataclass(frozen=True)
class Sample:
    """One sample by names; times in nanoseconds."""

    asset: str
    property: str
    value: float = 0.0
    time: int = 0
    received: int = 0
    status: int = Status.GOOD
    reasons: int = 0
    text: str = ""
    u64: int = 0


def batch_of(samples: Iterable[Sample]) -> SampleBatch:
    """Samples as a batch of `TABLE`."""
    rows = list(samples)
    if not rows:
        return empty_batch()
    return SampleBatch(
        index=np.array([ROW[row.asset, row.property] for row in rows], np.uint32),
        value=np.array([row.value for row in rows], np.float64),
        status=np.array([row.status for row in rows], np.uint32),
        reasons=np.array([row.reasons for row in rows], np.uint16),
        source_time=np.array([row.time for row in rows], np.int64),
        receive_time=np.array([row.received or row.time for row in rows], np.int64),
        value_u64=np.array([row.u64 for row in rows], np.uint64) if any(row.u64 for row in rows) else None,
        value_utf8=utf8_column([row.text for row in rows]) if any(row.text for row in rows) else None,
    )


def poll(asset: str, time_ns: int, *, wind: float = 8.0, power: float = 800.0, count: int = 1) -> list[Sample]:
    """What one poll of a turbine gives."""
    return [
        Sample(asset, "power", power, time_ns),
        Sample(asset, "windSpeed", wind, time_ns),
        Sample(asset, "powerCoefficient", power / wind, time_ns),
        Sample(asset, "running", 1.0, time_ns),
        Sample(asset, "serial", 0.0, time_ns, text=f"SN-{asset}"),
        Sample(asset, "count", float(count), time_ns),
        Sample(asset, "pulses", 0.0, time_ns, u64=2**63 + count),
        Sample(asset, "unknownToTheTwin", 1.0, time_ns),
    ]


@dataclass
class Feeder:
    """Publishes on the farm's subject, numbered as a pipeline would."""

    spine: Spine
    writer: StageWriter
    table: str
    epoch: int = field(default_factory=time.time_ns)
    seq: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TURBINES, 0))

    @classmethod
    async def open(cls, spine: Spine) -> "Feeder":
        writer = await StageWriter.open(spine, subject=SUBJECT, stream=ASSET_STREAM)
        return cls(spine, writer, await table_store(spine).put(TABLE))

    async def put(self, samples: Iterable[Sample], *, source: str, as_of: int, table: str = "") -> None:
        self.seq += 1
        await self.writer.put(
            batch_of(samples), table=table or self.table, as_of=as_of, source=source, input=str(self.seq), seq=self.seq,
            epoch=self.epoch,
        )  # fmt: skip

    async def poll(self, asset: str, time_ns: int = 0, *, wind: float = 8.0, power: float = 800.0) -> None:
        """One poll of a turbine, now unless told otherwise."""
        now = time_ns or time.time_ns()
        self.counts[asset] += 1
        samples = poll(asset, now, wind=wind, power=power, count=self.counts[asset])
        await self.put(samples, source=TURBINES[asset], as_of=now)

    async def raw(self, payload: bytes, headers: Mapping[str, str]) -> None:
        """Bytes of anybody's making."""
        await self.spine.js.publish(SUBJECT, payload, headers=dict(headers))


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    async with running_broker(tmp_path / "broker") as running:
        yield running


@pytest.fixture
async def feeder(broker: Broker) -> AsyncIterator[Feeder]:
    spine = await connect(broker.config, name="feeder")
    yield await Feeder.open(spine)
    await spine.close()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _ask(url: str, method: str, headers: Mapping[str, str]) -> Answer:
    request = urllib.request.Request(url, method=method, headers=dict(headers))  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(request, timeout=10) as response:
            return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


async def ask(url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
    return await asyncio.to_thread(_ask, url, method, headers or {})


@dataclass
class RunningTwin:
    """A twin process: its address and its life."""

    process: asyncio.subprocess.Process
    page: str
    log: list[dict[str, Any]]
    reading: "asyncio.Task[None]"

    async def get(self, path: str, **kwargs: Any) -> Answer:
        return await ask(self.page.rstrip("/") + path, **kwargs)

    async def json(self, path: str) -> Any:
        answer = await self.get(path)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.json()

    async def property(self, asset: str, name: str) -> dict[str, Any]:
        detail = await self.json(f"/api/v1/assets/{asset}")
        return next(item for item in detail["properties"] if item["name"] == name)

    async def until(self, condition: Callable[[dict[str, Any]], bool], *, seconds: float = 20.0) -> dict[str, Any]:
        """The first `GET /api/v1/twin` of which `condition` holds."""
        view: dict[str, Any] = await until(lambda: self.json("/api/v1/twin"), condition, seconds=seconds)
        return view

    async def end(self, number: signal.Signals) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), 20)
        await self.reading
        return code


async def until(look: Callable[[], Awaitable[Any]], condition: Callable[[Any], bool], *, seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if condition(seen):
            return seen
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {seen}"
        await asyncio.sleep(0.05)


@asynccontextmanager
async def running_twin(config: TwinConfig, directory: Path) -> AsyncIterator[RunningTwin]:
    """`python -m brownfield_twin` over `config`, its page up; gone afterwards."""
    path = directory / "twin.json"
    path.write_bytes(msgspec.json.encode(config))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "brownfield_twin", str(path), stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "error::RuntimeWarning"},
    )  # fmt: skip
    assert process.stderr is not None
    log: list[dict[str, Any]] = []
    reading = asyncio.create_task(_read_log(process.stderr, log))
    try:

        async def seen() -> list[dict[str, Any]]:
            return log

        await until(seen, lambda lines: any(line.get("event") == "twin is up" for line in lines) or reading.done())
        pages = [line["page"] for line in log if line.get("event") == "twin is up"]
        assert pages, log
        yield RunningTwin(process, pages[0], log, reading)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()
        await reading


async def _read_log(stream: asyncio.StreamReader, log: list[dict[str, Any]]) -> None:
    async for line in stream:
        try:
            log.append(json.loads(line))
        except json.JSONDecodeError:
            log.append({"event": line.decode(errors="replace").rstrip(), "level": "text"})


class Farm:
    """The pieces above, for tests (which cannot import a conftest)."""

    config = staticmethod(farm_config)
    table = TABLE
    make_table = staticmethod(farm_table)
    subject = SUBJECT
    curve = CURVE
    batch = staticmethod(batch_of)
    sample = Sample
    poll = staticmethod(poll)
    running_twin = staticmethod(running_twin)
    until = staticmethod(until)
    ask = staticmethod(ask)
    feeder = Feeder

    @staticmethod
    def twin(**changes: Any) -> Twin:
        """A twin without a process, its table introduced as "t"."""
        twin = Twin(farm_config(**changes))
        twin.introduce("t", TABLE)
        return twin

    @staticmethod
    def take(twin: Twin, samples: Iterable[Sample], *, source: str = "r1", as_of: int = 0, table: str = "t") -> None:
        """Give a twin one batch."""
        header = BatchHeader(epoch=1, seq=1, crc=0, table=table, as_of=as_of, source=source)
        twin.take(header, *twin.locate(header, batch_of(samples)))


@pytest.fixture
def farm() -> type[Farm]:
    return Farm


@pytest.fixture
def twin_config(broker: Broker, tmp_path: Path) -> TwinConfig:
    """The farm's configuration on this test's broker."""
    return farm_config(spine=broker.config, state_dir=str(tmp_path / "state"))


@pytest.fixture
async def twin(twin_config: TwinConfig, tmp_path: Path) -> AsyncIterator[RunningTwin]:
    async with running_twin(twin_config, tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def idle_twin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningTwin]:
    """One twin for all tests of a module that only look at what it refuses; it has no spine at all."""
    directory = tmp_path_factory.mktemp("idle")
    async with running_twin(farm_config(state_dir=str(directory / "state")), directory) as running:
        yield running
