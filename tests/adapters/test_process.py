"""The process as `run` and a pod start it: entry point, health record, metrics, a clean stop."""

import asyncio
import re
import sys
from contextlib import aclosing
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
from brownfield_api.health import HealthRecord, LinkState
from brownfield_api.process import SpineConfig
from brownfield_api.subjects import health_key
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_plant import ModbusRamp
from brownfield_spine.broker import running_broker
from brownfield_spine.connection import connect
from brownfield_spine.health import records, watch

pytestmark = pytest.mark.wire


def configuration(spine: SpineConfig, state_dir: Path, bound: tuple[str, int]) -> AdapterConfig:
    source = SourceConfig(
        name="ramp",
        subject="bf.raw.s.n.ramp",
        interval=0.1,
        table="t",
        timestamps="gather",
        options=ModbusOptions(),
    )
    tags = tuple(Tag(name=f"t{row}", address=f"holding:{row}", type=ValueType.UINT16) for row in range(250))
    return AdapterConfig(
        kind="adapter",
        site="s",
        namespace="n",
        name="ramp",
        spine=spine,
        state_dir=str(state_dir),
        endpoints=(
            EndpointConfig(
                key="tcp://ramp",
                endpoint=ModbusEndpoint(host=bound[0], port=bound[1]),
                load=LoadConfig(max_requests_per_second=100.0),
                sources=(source,),
            ),
        ),
        tables={"t": TagTable(tags=tags)},
    )


async def scrape(address: str) -> str:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n")
    try:
        return (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_entry_point_runs_reports_and_stops_cleanly(tmp_path: Path) -> None:
    ramp = ModbusRamp(250)
    async with running_broker(tmp_path / "broker") as broker:
        config = configuration(broker.config, tmp_path / "state", await ramp.start())
        file = tmp_path / "adapter.json"
        file.write_bytes(msgspec.json.encode(config))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "brownfield_adapters", str(file), stderr=asyncio.subprocess.PIPE
        )
        spine = await connect(broker.config, name="test")
        record: HealthRecord | None = None
        async with asyncio.timeout(20), aclosing(watch(spine)) as seen:
            async for key, each in seen:
                assert key == health_key("adapter", "n", "ramp")
                record = each
                if each.sources[0].polls_succeeded > 5 and each.sources[0].latency.count:
                    break
        assert record is not None
        (source,) = record.sources
        assert (source.state, source.protocol, source.tags, source.quality.good) == (
            LinkState.CONNECTED,
            "modbus",
            250,
            250,
        )
        page = await scrape(record.metrics)
        process.terminate()
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        assert "Traceback" not in errors.decode()
        assert next(iter((await records(spine)).values())).sources[0].state is LinkState.STOPPED
        await spine.close()
    await ramp.stop()
    for name in (
        "brownfield_polls_scheduled_total",
        "brownfield_polls_succeeded_total",
        'brownfield_samples_total{quality="good"',
        'brownfield_source_latency_seconds_bucket{le="0.05"',
        "brownfield_source_latency_seconds_count",
        "brownfield_buffer_batches",
        "brownfield_buffer_bytes",
        "brownfield_buffer_oldest_age_seconds",
        "brownfield_reconnects_total",
        "brownfield_device_requests_total",
        "brownfield_source_connected",
    ):
        assert name in page or name.replace('{quality="good"', "{") in page, name
    assert set(re.findall(r'(\w+)="', page)) <= {"source", "quality", "le"}


async def test_a_configuration_that_cannot_be_read_is_named_with_its_field(tmp_path: Path) -> None:
    file = tmp_path / "adapter.json"
    file.write_text('{"kind": "adapter"}')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "brownfield_adapters", str(file), stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert str(file) in errors.decode()
    assert "site" in errors.decode()
