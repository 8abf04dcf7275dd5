"""An adapter process's inside, run as a task between simulated devices and a real broker; all it published is kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from brownfield_adapters.process import run_adapter
from brownfield_api.adapter_config import (
    AdapterConfig,
    EndpointConfig,
    LoadConfig,
    ModbusEndpoint,
    ModbusOptions,
    SourceConfig,
)
from brownfield_api.batch import SampleBatch, decode
from brownfield_api.header import BatchHeader
from brownfield_api.health import HealthRecord, LinkState, SourceHealth
from brownfield_api.subjects import RAW_STREAM, raw_subject
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_plant import ModbusConfig, ModbusTurbine
from brownfield_spine.broker import Broker, running_broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.health import watch
from brownfield_spine.reader import Delivery, read

DEADLINE = 15.0

TURBINE_TAGS = (
    Tag(name="P_avg", address="holding:0", type=ValueType.FLOAT32, unit="kW"),
    Tag(name="Ws_avg", address="holding:2", type=ValueType.FLOAT32),
    Tag(name="Ba_avg", address="holding:4", type=ValueType.FLOAT32),
    Tag(name="Count", address="holding:14", type=ValueType.UINT32),
    Tag(name="Running", address="discrete:0", type=ValueType.BOOL),
    Tag(name="Curtailed", address="coil:0", type=ValueType.BOOL),
    Tag(name="Serial", address="input:0[8]", type=ValueType.STRING),
)


@dataclass
class Sample:
    """One row of what was published, with the header of its batch."""

    header: BatchHeader
    row: int
    value: float
    status: int
    reasons: int
    source_time: int
    text: str


@dataclass
class Published:
    """Everything that arrived on the spine so far, by source."""

    batches: dict[str, list[tuple[BatchHeader, SampleBatch]]] = field(default_factory=dict)
    health: HealthRecord | None = None

    def take(self, delivery: Delivery) -> None:
        batch = decode(delivery.payload, delivery.header.crc)
        self.batches.setdefault(delivery.header.source, []).append((delivery.header, batch))

    def samples(self, name: str, row: int) -> list[Sample]:
        return [
            Sample(
                header,
                row,
                float(batch.value[position]),
                int(batch.status[position]),
                int(batch.reasons[position]),
                int(batch.source_time[position]),
                batch.texts()[position],
            )
            for header, batch in self.batches.get(name, [])
            for position in (batch.index == row).nonzero()[0].tolist()
        ]

    def last(self, name: str, row: int) -> Sample:
        return self.samples(name, row)[-1]

    def source(self, name: str) -> SourceHealth:
        assert self.health is not None
        return next(each for each in self.health.sources if each.name == name)

    def state(self, name: str) -> LinkState | None:
        return self.source(name).state if self.health else None

    def prove_continuity(self) -> None:
        """Every subject's batches are numbered without a hole, in one epoch."""
        for batches in self.batches.values():
            headers = [header for header, _ in batches]
            assert [header.seq for header in headers] == list(range(1, len(headers) + 1))
            assert Counter(header.epoch for header in headers).total() == len(headers)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    async with running_broker(tmp_path / "broker") as started:
        yield started


@dataclass
class Adapter:
    """Runs adapters in this event loop against one broker."""

    broker: Broker
    state_dir: Path

    @staticmethod
    async def until(condition: Callable[[], bool], what: str = "the condition") -> None:
        """Returns when the condition holds; fails after `DEADLINE` seconds."""
        deadline = asyncio.get_running_loop().time() + DEADLINE
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, f"{what} did not come true"
            await asyncio.sleep(0.005)

    @staticmethod
    def source(name: str, *, unit: int = 1, interval: float = 0.1, suspended: bool = False) -> SourceConfig:
        return SourceConfig(
            name=name,
            subject=raw_subject("site", "ns", name),
            interval=interval,
            table="turbine",
            timestamps="gather",
            options=ModbusOptions(unit=unit),
            suspended=suspended,
        )

    @staticmethod
    def endpoint(
        bound: tuple[str, int] | None, *sources: SourceConfig, rate: float = 200.0, timeout: float = 1.0
    ) -> EndpointConfig:
        host, port = bound or ("", 0)
        return EndpointConfig(
            key=f"tcp://{host}:{port}",
            endpoint=ModbusEndpoint(host=host, port=port),
            load=LoadConfig(max_requests_per_second=rate, timeout=timeout),
            sources=sources,
        )

    @asynccontextmanager
    async def running(
        self, *endpoints: EndpointConfig, tags: tuple[Tag, ...] = TURBINE_TAGS
    ) -> AsyncIterator[Published]:
        config = AdapterConfig(
            kind="adapter",
            site="site",
            namespace="ns",
            name="adapter",
            spine=self.broker.config,
            state_dir=str(self.state_dir),
            endpoints=endpoints,
            tables={"turbine": TagTable(tags=tags)},
        )
        spine = await connect(self.broker.config, name="test")
        published = Published()
        tasks = [
            asyncio.create_task(run_adapter(config)),
            asyncio.create_task(_collect(spine, published)),
            asyncio.create_task(_follow(spine, published)),
        ]
        try:
            yield published
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await spine.close()


@pytest.fixture
def adapter(broker: Broker, tmp_path: Path) -> Adapter:
    return Adapter(broker, tmp_path / "state")


async def _collect(spine: Spine, published: Published) -> None:
    async with aclosing(read(spine, stream=RAW_STREAM, subjects=["bf.raw.>"], after=0)) as deliveries:
        async for delivery in deliveries:
            assert isinstance(delivery, Delivery)
            published.take(delivery)


async def _follow(spine: Spine, published: Published) -> None:
    async with aclosing(watch(spine)) as records:
        async for _, record in records:
            published.health = record


@pytest.fixture
async def turbine() -> AsyncIterator[ModbusTurbine]:
    device = ModbusTurbine(ModbusConfig(name="r1", record="R1", address="r1.plant:502"))
    await device.start()
    device._image.holding.values[:6] = np.array([1500.25, 10.5, -1.0], ">f4").view(">u2")
    device._last[:3] = (1500.25, 10.5, -1.0)
    yield device
    await device.stop()


class ScriptedDevice:
    """Listens on loopback and sends what `answer` makes of the bytes it is given, piece by piece."""

    def __init__(self, answer: Callable[[bytes], list[bytes]]) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.connections: list[asyncio.BaseTransport] = []
        self.bound = ("", 0)


class _Connection(asyncio.Protocol):
    def __init__(self, device: ScriptedDevice) -> None:
        self._device = device

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._device.connections.append(transport)

    def data_received(self, data: bytes) -> None:
        self._device.requests.append(data)
        for number, piece in enumerate(self._device.answer(data)):
            asyncio.get_running_loop().call_later(0.001 * number, self._transport.write, piece)


@pytest.fixture
async def scripted() -> AsyncIterator[Callable[[Callable[[bytes], list[bytes]]], Awaitable[ScriptedDevice]]]:
    """Makes scripted devices, which are gone after the test."""
    servers: list[tuple[asyncio.Server, ScriptedDevice]] = []

    async def make(answer: Callable[[bytes], list[bytes]]) -> ScriptedDevice:
        device = ScriptedDevice(answer)
        server = await asyncio.get_running_loop().create_server(lambda: _Connection(device), "127.0.0.1", 0)
        device.bound = server.sockets[0].getsockname()[:2]
        servers.append((server, device))
        return device

    yield make
    for server, device in servers:
        server.close()
        for connection in device.connections:
            connection.abort()  # type: ignore[attr-defined]
        await server.wait_closed()
