"""Rendered configurations of adapters, small ones."""

from typing import Any

from brownfield_api.adapter_config import (
    AdapterConfig,
    Endpoint,
    EndpointConfig,
    LoadConfig,
    ModbusEndpoint,
    ModbusOptions,
    SourceConfig,
)
from brownfield_api.process import SpineConfig
from brownfield_api.tables import Tag, TagTable


def table(marker: str) -> TagTable:
    """A table like no other."""
    return TagTable(tags=(Tag(name=f"tag-{marker}", address="holding:0"),))


def source(name: str, *, table: str = "t", **changes: Any) -> SourceConfig:
    fields: dict[str, Any] = {
        "name": name,
        "subject": f"bf.raw.local.farm.{name}",
        "interval": 1.0,
        "table": table,
        "timestamps": "gather",
        "options": ModbusOptions(),
    }
    return SourceConfig(**{**fields, **changes})


def endpoint(
    key: str, *sources: SourceConfig, rate: float = 10.0, at: Endpoint | None = None, **changes: Any
) -> EndpointConfig:
    return EndpointConfig(
        key=key,
        endpoint=at or ModbusEndpoint(host="plc"),
        load=LoadConfig(max_requests_per_second=rate),
        sources=sources,
        **changes,
    )


def adapter_config(*endpoints: EndpointConfig, name: str = "process") -> AdapterConfig:
    """With the tables its sources name."""
    tables = {source.table for each in endpoints for source in each.sources}
    return AdapterConfig(
        kind="adapter",
        site="local",
        namespace="farm",
        name=name,
        spine=SpineConfig(servers=("nats://spine:4222",)),
        state_dir="/state",
        endpoints=endpoints,
        tables={each: table(each) for each in sorted(tables)},
    )
