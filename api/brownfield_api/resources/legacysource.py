"""LegacySource: one read-only view of one endpoint of a legacy system."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from brownfield_api.resources.base import Part, rules
from brownfield_api.resources.decimals import Number
from brownfield_api.resources.durations import Duration, Size
from brownfield_api.resources.metadata import ResourceMeta
from brownfield_api.resources.names import Cidr, Line, Token
from brownfield_api.resources.objectives import Objectives, Owner
from brownfield_api.resources.pod import PodSpec
from brownfield_api.resources.protocols import FilesBlock, ModbusBlock, OpcUaBlock
from brownfield_api.resources.references import NamedReference, TagTableReference
from brownfield_api.resources.status import Status
from brownfield_api.resources.tags import TagSpec

PROTOCOLS = ("modbus", "opcua", "files")


class Load(Part):
    """The budget that protects the old device. The lowest of all sources on one endpoint counts."""

    max_connections: Annotated[int, Field(ge=1, le=64)] | None = None
    """Most connections at a time. Default: 1."""
    max_requests_per_second: Number | None = None
    """Most requests a second, evenly paced. Default: 10."""
    timeout: Duration | None = None
    """How long to wait for an answer. Default: 2s."""

    @model_validator(mode="after")
    def _rate_is_positive(self) -> "Load":
        if self.max_requests_per_second is not None and not 0 < self.max_requests_per_second <= 100_000:
            raise ValueError("maxRequestsPerSecond must be above zero and at most 100000")
        return self


class Timestamps(Part):
    """Whose clock the source time of a sample comes from."""

    from_: Literal["source", "server", "gather"] | None = Field(default=None, alias="from")
    """The device's, its server's, or ours when we gathered the value. Default: gather for Modbus, else source."""
    max_skew: Duration | None = None
    """How far that clock may be off before its samples say so. Default: not checked."""


class Network(Part):
    """Where the endpoint's name leads, because a NetworkPolicy knows no names."""

    cidrs: tuple[Cidr, ...] = Field(min_length=1, max_length=32)
    """Address ranges of the device."""


class Buffer(Part):
    """Bounds of what is kept on disk while the spine is away."""

    size: Size | None = None
    """Default: 256Mi."""
    max_age: Duration | None = None
    """Default: 7d."""
    ephemeral: bool | None = None
    """On a cluster: keep it in the pod, not on a volume; a rescheduled pod begins empty. Default: false."""


_ONE_PROTOCOL = "give exactly one protocol block: " + ", ".join(PROTOCOLS)


class LegacySourceSpec(Part):
    """One read-only view of one endpoint. Nothing is ever written to it."""

    model_config = {
        "json_schema_extra": rules(
            ("[has(self.modbus), has(self.opcua), has(self.files)].exists_one(given, given)", _ONE_PROTOCOL),
            ("has(self.tags) || has(self.tagsFrom)", "give tags, tagsFrom or both"),
            (
                "!has(self.modbus) || !has(self.timestamps) || !has(self.timestamps.from) "
                "|| self.timestamps.from == 'gather'",
                "Modbus has no clock of its own: timestamps.from must be gather",
            ),
        )
    }

    modbus: ModbusBlock | None = None
    """A Modbus TCP server."""
    opcua: OpcUaBlock | None = None
    """An OPC UA server."""
    files: FilesBlock | None = None
    """A folder of CSV files."""
    interval: Duration | None = None
    """How often the source is read. Default: 1s."""
    tags: tuple[TagSpec, ...] | None = Field(default=None, max_length=5000)
    """The tags to read."""
    tags_from: tuple[TagTableReference, ...] | None = Field(default=None, max_length=32)
    """Tables of tags in ConfigMaps, shared by like machines."""
    credentials_ref: NamedReference | None = None
    """A Secret with username and password, or tls.crt and tls.key; ca.crt where the server's is checked."""
    load: Load | None = None
    """The budget that protects the device."""
    timestamps: Timestamps | None = None
    """Whose clock counts."""
    network: Network | None = None
    """Where the endpoint is, for the NetworkPolicy and the firewall list."""
    owner: Owner | None = None
    """Whom to ask."""
    objectives: Objectives | None = None
    """What is promised to those who use the data."""
    buffer: Buffer | None = None
    """What is kept while the spine is away."""
    group: Token | None = None
    """Endpoints of one group share a process. Moving into or out of one starts with an empty buffer."""
    site: Token | None = None
    """The site that reads it. Default: the site it is applied to."""
    pod: PodSpec | None = None
    """Placement and resources of the adapter's pod; no meaning without a cluster."""
    suspend: bool | None = None
    """Stops reading at once and closes the connection. Default: false."""

    @property
    def protocol(self) -> ModbusBlock | OpcUaBlock | FilesBlock:
        """The one block that is given."""
        for block in (self.modbus, self.opcua, self.files):
            if block is not None:
                return block
        raise ValueError(_ONE_PROTOCOL)

    @model_validator(mode="after")
    def _is_consistent(self) -> "LegacySourceSpec":
        if sum(block is not None for block in (self.modbus, self.opcua, self.files)) != 1:
            raise ValueError(_ONE_PROTOCOL)
        if self.tags is None and self.tags_from is None:
            raise ValueError("give tags, tagsFrom or both")
        if self.modbus and self.timestamps and self.timestamps.from_ not in {None, "gather"}:
            raise ValueError("Modbus has no clock of its own: timestamps.from must be gather")
        return self


class SourceSummary(Part):
    """Rounded figures, written when they change materially; those of service levels over the objectives' window."""

    tags: Line | None = None
    """Tags with a good value / all tags."""
    quality: Line | None = None
    """Per cent of fresh samples that are Good after all rules."""
    latency_p99: Line | None = Field(default=None, alias="latencyP99")
    """99th percentile of source time to spine."""
    uptime: Line | None = None
    """Per cent of scheduled polls that succeeded."""
    budget: Line | None = None
    """What is left of the error budget of the objective that has least."""
    last_sample: Line | None = None
    """When the last sample came; only while the source is not live."""


class LegacySourceStatus(Status):
    """What is known of the source."""

    protocol: Line | None = None
    """The protocol in use."""
    endpoint: Line | None = None
    """The endpoint in use."""
    summary: SourceSummary | None = None
    """Rounded figures."""


class LegacySource(Part):
    """A legacy system as Brownfield reads it: one endpoint, one protocol, its tags. Never written to."""

    KIND: ClassVar[str] = "LegacySource"

    api_version: Literal["brownfield.dev/v1alpha1"]
    kind: Literal["LegacySource"]
    metadata: ResourceMeta
    spec: LegacySourceSpec
    status: LegacySourceStatus | None = None
