"""Rendered configuration of one adapter process: an endpoint, or a group of endpoints.

All durations are seconds, all sizes bytes. Tag tables are shared by hash: two hundred like machines
cost one table.
"""

import msgspec

from brownfield_api.process import Config, ProcessConfig
from brownfield_api.tables import TagTable


class LoadConfig(Config, frozen=True, kw_only=True):
    """The budget that protects the old device; the lowest of all sources on its endpoint counts."""

    max_connections: int = 1
    max_requests_per_second: float = 10.0
    timeout: float = 2.0


class BufferConfig(Config, frozen=True, kw_only=True):
    """Bounds of what is kept on disk while the spine is away."""

    size: int = 256 * 1024 * 1024
    max_age: float = 7 * 86400.0


class CredentialsConfig(Config, frozen=True, kw_only=True):
    """Files a Secret is mounted as, "" where there is none; read at every connect, so rotation needs no restart.

    `directory` holds any of `username`, `password`, `tls.crt`, `tls.key`, `ca.crt`.
    """

    directory: str = ""


class ModbusEndpoint(Config, frozen=True, kw_only=True, tag="modbus", tag_field="protocol"):
    """A Modbus TCP server."""

    host: str
    port: int = 502


class OpcUaEndpoint(Config, frozen=True, kw_only=True, tag="opcua", tag_field="protocol"):
    """An OPC UA server. `security_policy` None, Basic256Sha256, Aes128Sha256RsaOaep or Aes256Sha256RsaPss;
    `security_mode` None, Sign or SignAndEncrypt; `urls` beyond the first are redundant servers.
    """

    urls: tuple[str, ...]
    security_policy: str = "None"
    security_mode: str = "None"


class FilesEndpoint(Config, frozen=True, kw_only=True, tag="files", tag_field="protocol"):
    """A folder into which some system drops files."""

    directory: str


Endpoint = ModbusEndpoint | OpcUaEndpoint | FilesEndpoint


class ModbusOptions(Config, frozen=True, kw_only=True, tag="modbus", tag_field="protocol"):
    """How one unit behind the endpoint is read. `byte_order` ABCD, DCBA, BADC or CDAB; `max_gap` registers
    that no tag names may be read along (0: none, reads can clear latches); `max_block` registers a request.
    """

    unit: int = 1
    byte_order: str = "ABCD"
    max_gap: int = 0
    max_block: int = 125


class OpcUaOptions(Config, frozen=True, kw_only=True, tag="opcua", tag_field="protocol"):
    """`mode` Subscribe (falls back to polling where the server has no subscriptions) or Poll;
    `queue_size` samples the server keeps per item between two publishes.
    """

    mode: str = "Subscribe"
    publishing_interval: float = 1.0
    queue_size: int = 10


class FilesOptions(Config, frozen=True, kw_only=True, tag="files", tag_field="protocol"):
    """How the rows of a file are read: CSV with one row per time. A tag's address is its column's name.

    `pattern` is a glob on the name; `time_column` with `time_format` (strptime) in `time_zone` (IANA);
    a time that local clocks show twice is resolved by the order of the rows.
    """

    pattern: str = "*.csv"
    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    time_column: str = "time"
    time_format: str = "%Y-%m-%dT%H:%M:%S%z"
    time_zone: str = "UTC"


SourceOptions = ModbusOptions | OpcUaOptions | FilesOptions


class SourceConfig(Config, frozen=True, kw_only=True):
    """One LegacySource on an endpoint. `table` names a member of `AdapterConfig.tables`;
    `timestamps` is source, server or gather: whose clock the source time comes from; a sample whose source time is
    more than `max_skew` from its receipt says nothing about latency. `timely`: the latency that was promised.
    """

    name: str
    subject: str
    interval: float
    table: str
    timestamps: str
    options: SourceOptions
    suspended: bool = False
    max_skew: float | None = None
    timely: float = 1.0
    buffer: BufferConfig = BufferConfig()


class EndpointConfig(Config, frozen=True, kw_only=True):
    """One endpoint, hence one coordinator, and the sources behind it. `key` is its canonical address."""

    key: str
    endpoint: Endpoint
    load: LoadConfig
    sources: tuple[SourceConfig, ...]
    credentials: CredentialsConfig = CredentialsConfig()


class AdapterConfig(ProcessConfig, frozen=True, kw_only=True):
    """One adapter process."""

    endpoints: tuple[EndpointConfig, ...]
    tables: dict[str, TagTable] = msgspec.field(default_factory=dict)
