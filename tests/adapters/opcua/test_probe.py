"""What a commissioning engineer is told about an OPC UA source."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from brownfield_adapters.opcua.probe import probe
from brownfield_api.adapter_config import EndpointConfig, LoadConfig, OpcUaEndpoint, OpcUaOptions, SourceConfig
from brownfield_api.tables import Tag, TagTable, ValueType
from brownfield_plant.opcua_host import OpcuaHost

pytestmark = [pytest.mark.wire, pytest.mark.asyncio(loop_scope="module")]
Write = Callable[..., Awaitable[None]]
SOURCE = SourceConfig(name="s", subject="raw", interval=1, table="t", timestamps="source", options=OpcUaOptions())
TABLE = TagTable(
    tags=(
        Tag(name="power", address="nsu=urn:test:plant;s=power"),
        Tag(name="gone", address="nsu=urn:test:plant;s=gone"),
        Tag(name="foreign", address="nsu=urn:nobody;s=x"),
        Tag(name="mistaken", address="nsu=urn:test:plant;s=name", type=ValueType.INT32),
        Tag(name="nonsense", address="P_avg"),
    )
)


def endpoint(url: str) -> EndpointConfig:
    load = LoadConfig(timeout=2.0, max_requests_per_second=100)
    return EndpointConfig(key=url, endpoint=OpcUaEndpoint(urls=(url,)), load=load, sources=(SOURCE,))


async def test_each_node_is_shown_with_what_the_server_calls_it(
    server: OpcuaHost, write: Write, tmp_path: Path
) -> None:
    stamp = datetime(2024, 5, 1, 12, tzinfo=UTC)
    await write("power", 12.5, source=stamp, stamp=stamp)
    await write("name", "x")
    report = await probe(endpoint(server.url), SOURCE, TABLE, tmp_path)
    assert report.error == ""
    assert report.connect_milliseconds > 0
    assert [block.error for block in report.blocks] == [""]
    power, gone, foreign, mistaken, nonsense = report.tags
    assert (power.value, power.status, power.remark) == ("12.5", "Good", "")
    assert power.readings["Double"] == "12.5"
    assert power.readings["source time"] == "2024-05-01T12:00:00.000+00:00"
    assert "nobody knows this node" in gone.remark
    assert foreign.remark == "the server does not know this namespace URI"
    assert mistaken.remark == "the server has String where the tag says int32"
    assert "is not a node id" in nonsense.remark
    assert any("urn:test:plant" in remark for remark in report.remarks)


async def test_a_server_that_is_not_there_is_a_report_not_an_error(tmp_path: Path) -> None:
    report = await probe(endpoint("opc.tcp://127.0.0.1:9/plant"), SOURCE, TABLE, tmp_path)
    assert report.connect_milliseconds == -1.0
    assert "while connecting" in report.error
