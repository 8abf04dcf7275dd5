"""Which module speaks which protocol; imported only when an endpoint needs it.

Lazy, so that an edge image carries the libraries of its own protocols and no others.
"""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from brownfield_adapters.driver import Driver
from brownfield_adapters.probe import ProbeReport
from brownfield_api.adapter_config import (
    Endpoint,
    EndpointConfig,
    FilesEndpoint,
    ModbusEndpoint,
    OpcUaEndpoint,
    SourceConfig,
)
from brownfield_api.errors import InvalidResource
from brownfield_api.tables import TagTable

DriverFactory = Callable[[EndpointConfig, Mapping[str, TagTable], Path], Driver]
Probe = Callable[[EndpointConfig, SourceConfig, TagTable, Path], Awaitable[ProbeReport]]

_PROTOCOLS: dict[type[Endpoint], str] = {ModbusEndpoint: "modbus", OpcUaEndpoint: "opcua", FilesEndpoint: "files"}


def protocol_name(endpoint: Endpoint) -> str:
    """The name of the endpoint's protocol, as resources write it."""
    return _PROTOCOLS[type(endpoint)]


def make_driver(endpoint: EndpointConfig, tables: Mapping[str, TagTable], state_dir: Path) -> Driver:
    """The driver for an endpoint; raises `InvalidResource` if its protocol's extra is not installed."""
    factory = cast("DriverFactory", _load(protocol_name(endpoint.endpoint), "driver", "make_driver"))
    return factory(endpoint, tables, state_dir)


async def probe(endpoint: EndpointConfig, source: SourceConfig, table: TagTable, state_dir: Path) -> ProbeReport:
    """Reads the source once and reports; never raises for what the device does."""
    prober = cast("Probe", _load(protocol_name(endpoint.endpoint), "probe", "probe"))
    return await prober(endpoint, source, table, state_dir)


def keeps_history(endpoint: Endpoint) -> bool:
    """Whether what is missed now can be read later: then there is no gap after a lost link."""
    return isinstance(endpoint, FilesEndpoint)


def _load(protocol: str, module: str, name: str) -> object:
    try:
        return getattr(import_module(f"brownfield_adapters.{protocol}.{module}"), name)
    except ModuleNotFoundError as error:
        raise InvalidResource(
            f"protocol {protocol} needs the module {error.name}, which is not installed",
            do=f"Install the extra `brownfield[{protocol}]`",
        ) from error
