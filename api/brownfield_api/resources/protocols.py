"""The protocol blocks of a LegacySource: exactly one is given, and its name is the protocol.

A new protocol is a new block here, a new member of `LegacySourceSpec` and a driver; nothing else
in the contract moves.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from brownfield_api.resources.base import Part, rules
from brownfield_api.resources.durations import Duration
from brownfield_api.resources.endpoints import OpcUaUrl, TcpUrl
from brownfield_api.resources.names import Line, Zone
from brownfield_api.resources.references import NamedReference


class ModbusBlock(Part):
    """A unit behind a Modbus TCP server. Addresses are zero-based: holding:0, input:12, coil:3, discrete:0."""

    endpoint: TcpUrl
    """The server, as tcp://host:port. Default port: 502."""
    unit: Annotated[int, Field(ge=0, le=255)] | None = None
    """Unit identifier. Default: 1."""
    byte_order: Literal["ABCD", "DCBA", "BADC", "CDAB"] | None = None
    """Order of the bytes of a value that fills several registers. Default: ABCD."""
    max_gap: Annotated[int, Field(ge=0, le=124)] | None = None
    """Registers no tag names that may be read along to save requests. Default: 0, because reads can clear latches."""
    max_block: Annotated[int, Field(ge=1, le=125)] | None = None
    """Most registers in one request. Default: 125."""


_POLICIES = Literal["None", "Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"]


class OpcUaBlock(Part):
    """An OPC UA server, or several redundant ones. Addresses are node ids: nsu=urn:maker:type;s=Name preferred."""

    model_config = {
        "json_schema_extra": rules(
            ("has(self.endpoint) != has(self.endpoints)", "give exactly one of endpoint and endpoints"),
            (
                "(!has(self.securityPolicy) || self.securityPolicy == 'None') "
                "== (!has(self.securityMode) || self.securityMode == 'None')",
                "securityPolicy and securityMode are both None or both something else",
            ),
        )
    }

    endpoint: OpcUaUrl | None = None
    """The server, as opc.tcp://host:port/path. Default port: 4840."""
    endpoints: tuple[OpcUaUrl, ...] | None = Field(default=None, min_length=1, max_length=8)
    """Redundant servers, tried in this order."""
    security_policy: _POLICIES | None = None
    """Security policy. Default: None."""
    security_mode: Literal["None", "Sign", "SignAndEncrypt"] | None = None
    """Security mode. Default: None."""
    mode: Literal["Subscribe", "Poll"] | None = None
    """Subscribe (falls back to polling where the server knows no subscriptions) or Poll. Default: Subscribe."""
    publishing_interval: Duration | None = None
    """How often the server is to publish. Default: the source's interval."""
    queue_size: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Samples the server keeps per item between two publishes; the oldest is dropped and marked. Default: 10."""

    @property
    def urls(self) -> tuple[str, ...]:
        return self.endpoints or ((self.endpoint,) if self.endpoint else ())

    @model_validator(mode="after")
    def _is_consistent(self) -> "OpcUaBlock":
        if (self.endpoint is None) == (self.endpoints is None):
            raise ValueError("give exactly one of endpoint and endpoints")
        if ((self.security_policy or "None") == "None") != ((self.security_mode or "None") == "None"):
            raise ValueError("securityPolicy and securityMode are both None or both something else")
        return self


class TimeColumn(Part):
    """Where a row's time stands and how to read it."""

    column: Line
    """Name of the column."""
    format: Line | None = None
    """Format in the directives of strptime. Default: %Y-%m-%dT%H:%M:%S%z."""
    zone: Zone | None = None
    """Zone of local times; a time the clocks show twice is resolved by the rows' order. Default: UTC."""


class FilesBlock(Part):
    """A folder into which some system drops CSV files, one row per time. A tag's address is its column's name."""

    model_config = {
        "json_schema_extra": rules(
            (
                "(has(self.delimiter) ? self.delimiter : ',') != (has(self.decimal) ? self.decimal : '.')",
                "delimiter and decimal must differ",
            )
        )
    }

    volume: NamedReference
    """The volume with the folder; `brownfield run` takes --volume NAME=FOLDER."""
    pattern: Line | None = None
    """Which files, as a glob on their names. Default: *.csv."""
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    """What separates columns. Default: a comma."""
    decimal: Literal[".", ","] | None = None
    """Decimal mark. Default: a point."""
    encoding: Literal["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "cp850", "cp437"] | None = None
    """Character encoding. Default: utf-8."""
    time: TimeColumn
    """The column with the time."""

    @model_validator(mode="after")
    def _marks_differ(self) -> "FilesBlock":
        if (self.delimiter or ",") == (self.decimal or "."):
            raise ValueError("delimiter and decimal must differ")
        return self
