"""An adapter that is killed and started again while the broker is down reads on, and nothing of either life is lost."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from brownfield_api.adapter_config import (
    AdapterConfig,
    EndpointConfig,
    LoadConfig,
    ModbusEndpoint,
    ModbusOptions,
    SourceConfig,
)
from brownfield_api.batch import decode
from brownfield_api.process import SpineConfig
from brownfield_api.status import Reason
from brownfield_api.subjects import RAW_STREAM
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_plant import ModbusRamp
from brownfield_spine.broker import running_broker
from brownfield_spine.connection import connect
from brownfield_spine.reader import Delivery, read
from brownfield_spine.tables import TableStore

pytestmark = pytest.mark.wire

_REGISTERS = 10
_TABLE = TagTable(
    tags=tuple(Tag(name=f"t{row}", address=f"holding:{row}", type=ValueType.UINT16) for row in range(_REGISTERS))
)


def configuration(spine: SpineConfig, state_dir: Path, bound: tuple[str, int]) -> AdapterConfig:
    source = SourceConfig(
        name="ramp", subject="bf.raw.s.n.ramp", interval=0.05, table="t", timestamps="gather", options=ModbusOptions()
    )
    endpoint = EndpointConfig(
        key="tcp://ramp",
        endpoint=ModbusEndpoint(host=bound[0], port=bound[1]),
        load=LoadConfig(max_requests_per_second=100.0),
        sources=(source,),
    )
    return AdapterConfig(
        kind="adapter",
        site="s",
        namespace="n",
        name="ramp",
        spine=spine,
        state_dir=str(state_dir),
        endpoints=(endpoint,),
        tables={"t": _TABLE},
    )


@pytest.fixture
async def ramp() -> AsyncIterator[ModbusRamp]:
    ramp = ModbusRamp(_REGISTERS)
    await ramp.start()
    yield ramp
    await ramp.stop()


class Running:
    """An adapter process and what it logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._metrics = ""

    async def line(self, event: str) -> dict[str, str]:
        """The next log line about `event`."""
        assert self.process.stderr is not None
        async with asyncio.timeout(20):
            while True:
                found: dict[str, str] = json.loads(await self.process.stderr.readline())
                if found["event"] == event:
                    return found

    async def metric(self, name: str) -> float:
        """A metric of the only source."""
        if not self._metrics:
            self._metrics = (await self.line("adapter runs"))["metrics"]
        host, _, port = self._metrics.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /metrics HTTP/1.1\r\n\r\n")
        page = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()
        found = [line for line in page.splitlines() if line.startswith(name + "{")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    async def until(self, name: str, least: float) -> None:
        """Wait until a metric has reached a value."""
        async with asyncio.timeout(20):
            while await self.metric(name) < least:
                await asyncio.sleep(0.02)

    async def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 2)


@asynccontextmanager
async def adapter(file: Path) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "brownfield_adapters", str(file), stderr=asyncio.subprocess.PIPE
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def take(spine_config: SpineConfig, until_polls: int) -> list[Delivery]:
    """Everything on the raw stream up to the batch of the device's poll `until_polls`."""
    spine = await connect(spine_config, name="reader")
    found: list[Delivery] = []
    async with asyncio.timeout(20), aclosing(read(spine, stream=RAW_STREAM, subjects=["bf.raw.>"], after=0)) as all_:
        async for delivery in all_:
            assert isinstance(delivery, Delivery)
            found.append(delivery)
            if polls([delivery])[-1:] >= [until_polls]:
                break
    assert await TableStore(spine).get(found[0].header.table, deadline=2) == _TABLE
    await spine.close()
    return found


def polls(deliveries: list[Delivery]) -> list[int]:
    """The device's counter of reads (its low word, register 1) wherever it was read."""
    batches = [decode(each.payload, each.header.crc) for each in deliveries]
    fresh = [batch.value[(batch.index == 1) & (batch.reasons & Reason.HELD == 0)] for batch in batches]
    return [int(value) for values in fresh for value in values]


@pytest.mark.parametrize("with_past", [True, False])
async def test_what_was_read_in_both_lives_while_the_broker_was_down_arrives_once_and_in_order(
    tmp_path: Path, ramp: ModbusRamp, with_past: bool
) -> None:
    """`with_past`: the spine was there in the beginning; without, it is there for the first time in the end."""
    async with running_broker(tmp_path / "broker") as broker:
        config = configuration(broker.config, tmp_path / "state", ramp.bound)
        file = tmp_path / "adapter.json"
        file.write_bytes(msgspec.json.encode(config))
        if not with_past:
            await broker.stop()
        async with adapter(file) as first:
            if with_past:
                await first.until("brownfield_source_latency_seconds_count", 50)
                await broker.stop()
            await first.until("brownfield_buffer_batches", 20)
            await first.end(signal.SIGKILL)
            first_life = ramp.counts()[0]
        async with adapter(file) as second:
            before = await second.metric("brownfield_buffer_batches")
            await second.until("brownfield_polls_succeeded_total", 20)
            assert await second.metric("brownfield_buffer_batches") >= before + 15
            await second.end(signal.SIGKILL)
        async with adapter(file) as third:
            await third.until("brownfield_polls_succeeded_total", 5)
            await broker.start()
            await third.line("spine is back")
            await third.until("brownfield_source_latency_seconds_count", 50)
            last = ramp.counts()[0]
            found = await take(broker.config, last)
            assert await third.end(signal.SIGTERM) == 0
    seen = polls(found)
    missing = set(range(1, seen[-1] + 1)) - set(seen)
    assert seen == sorted(set(seen))
    assert len(missing) <= 2, "a kill may cost the one answer that was on its way"
    assert first_life - 1 in seen
    assert [each.header.seq for each in found] == list(range(1, len(found) + 1))
    assert len({each.header.epoch for each in found}) == 1


async def test_an_adapter_that_never_found_its_spine_stops_at_once_and_keeps_what_it_read(
    tmp_path: Path, ramp: ModbusRamp
) -> None:
    async with running_broker(tmp_path / "broker") as broker:
        config = configuration(broker.config, tmp_path / "state", ramp.bound)
        file = tmp_path / "adapter.json"
        file.write_bytes(msgspec.json.encode(config))
        await broker.stop()
        for life in range(1, 6):
            async with adapter(file) as alone:
                await alone.until("brownfield_polls_succeeded_total", 3 + life)
                assert await alone.end(signal.SIGTERM) == 0
        await broker.start()
        async with adapter(file):
            found = await take(broker.config, ramp.counts()[0])
    seen = polls(found)
    assert seen == sorted(set(seen))
    assert len(set(range(1, seen[-1] + 1)) - set(seen)) <= 5
    assert [each.header.seq for each in found] == list(range(1, len(found) + 1))
