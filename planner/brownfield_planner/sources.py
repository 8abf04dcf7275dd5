"""Sources, checked: protocol options rendered, tags resolved, endpoint and credentials found."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from brownfield_api.adapter_config import (
    BufferConfig,
    CredentialsConfig,
    Endpoint,
    FilesEndpoint,
    FilesOptions,
    LoadConfig,
    ModbusEndpoint,
    ModbusOptions,
    OpcUaEndpoint,
    OpcUaOptions,
    SourceOptions,
)
from brownfield_api.resources import LegacySource, Reason
from brownfield_api.resources.endpoints import Address, parse_endpoint, split_authority
from brownfield_api.resources.protocols import FilesBlock, ModbusBlock, OpcUaBlock
from brownfield_planner.csv_tables import TableReader
from brownfield_planner.findings import Findings, Place, closest
from brownfield_planner.host import HostOptions
from brownfield_planner.resource_set import Loaded, Resources
from brownfield_planner.tag_lists import TagList, list_tags, protocol_of

DEFAULT_INTERVAL = 1.0
"""Seconds between two polls."""

DEFAULT_TIMELY = 1.0
"""Seconds from source time to the spine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSource:
    """A source and everything an adapter's configuration needs of it. `ok` is False when it must not run.

    `addresses` are the YAML's, before `resolve`; `key` names the endpoint: sources of one key share a connection.
    """

    loaded: Loaded[LegacySource]
    tags: TagList
    ok: bool
    key: str
    addresses: tuple[Address, ...]
    endpoint: Endpoint
    options: SourceOptions
    credentials: CredentialsConfig
    load: LoadConfig
    buffer: BufferConfig
    interval: float
    timestamps: str
    max_skew: float | None

    @property
    def timely(self) -> float:
        """Seconds within which its samples were promised; a second where nothing was."""
        objectives = self.loaded.model.spec.objectives
        return objectives.latency.threshold if objectives and objectives.latency else DEFAULT_TIMELY

    @property
    def protocol(self) -> str:
        return protocol_of(self.loaded.model)

    @property
    def suspended(self) -> bool:
        return bool(self.loaded.model.spec.suspend)


def check_source(
    source: Loaded[LegacySource], resources: Resources, tables: TableReader, host: HostOptions, findings: Findings
) -> CheckedSource:
    """Renders what one source says by itself; whatever is wrong becomes a finding."""
    before = findings.error_count
    spec = source.model.spec
    tags = list_tags(source, tables, findings)
    key, addresses, endpoint = _endpoint(source, host, findings)
    credentials = _credentials(source, resources, host, findings)
    interval = spec.interval or DEFAULT_INTERVAL
    stamped = spec.timestamps.from_ if spec.timestamps else None
    ok = findings.error_count == before and tags.complete and not tags.refused
    return CheckedSource(
        loaded=source,
        tags=tags,
        ok=ok,
        key=key,
        addresses=addresses,
        endpoint=endpoint,
        options=_options(spec.protocol, interval),
        credentials=credentials,
        load=_load(source.model),
        buffer=_buffer(source.model),
        interval=interval,
        timestamps=stamped or ("gather" if spec.modbus else "source"),
        max_skew=spec.timestamps.max_skew if spec.timestamps else None,
    )


def _endpoint(
    source: Loaded[LegacySource], host: HostOptions, findings: Findings
) -> tuple[str, tuple[Address, ...], Endpoint]:
    block = source.model.spec.protocol
    if isinstance(block, FilesBlock):
        return _files_endpoint(source, block, host, findings)
    urls = (block.endpoint,) if isinstance(block, ModbusBlock) else block.urls
    default_port = 502 if isinstance(block, ModbusBlock) else 4840
    addresses = []
    for url in urls:
        try:
            addresses.append(parse_endpoint(url, default_port))
        except ValueError as error:
            path = f"spec.{protocol_of(source.model)}.endpoint"
            findings.error(source.place(path), Reason.MALFORMED_ADDRESS, str(error))
    if not addresses:
        return "", (), ModbusEndpoint(host="")
    reached = [_resolved(address, host) for address in addresses]
    key = _canonical(addresses[0])
    if isinstance(block, ModbusBlock):
        return key, tuple(addresses), ModbusEndpoint(host=reached[0].host, port=reached[0].port)
    endpoint = OpcUaEndpoint(
        urls=tuple(str(address) for address in reached),
        security_policy=block.security_policy or "None",
        security_mode=block.security_mode or "None",
    )
    return key, tuple(addresses), endpoint


def _canonical(address: Address) -> str:
    """One spelling of an endpoint: a Service's long name and its short one, a path and the same with a slash, are one
    device. That an address and a name are one, nobody can know here.
    """
    host = address.host.removesuffix(".").removesuffix(".svc.cluster.local").removesuffix(".svc")
    return str(Address(address.scheme, host, address.port, address.path.rstrip("/")))


def _files_endpoint(
    source: Loaded[LegacySource], block: FilesBlock, host: HostOptions, findings: Findings
) -> tuple[str, tuple[Address, ...], Endpoint]:
    directory = volume_folder(source.place("spec.files.volume.name"), block.volume.name, host, findings)
    zone = block.time.zone or "UTC"
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        message = f"{zone!r} is not a time zone"
        findings.error(source.place("spec.files.time.zone"), Reason.UNKNOWN_ZONE, message, "Write Area/City")
    return f"volume:{source.namespace}/{block.volume.name}", (), FilesEndpoint(directory=directory)


def volume_folder(place: Place, name: str, host: HostOptions, findings: Findings) -> str:
    """The folder a volume stands for; a finding and "" where nobody said."""
    folder = host.volumes.get(name, "")
    if not folder:
        do = closest(name, host.volumes) or f"Say it with --volume {name}=FOLDER"
        findings.error(place, Reason.VOLUME_NOT_MAPPED, f"nothing says where volume {name!r} is", do)
    return folder


def _resolved(address: Address, host: HostOptions) -> Address:
    """The address really connected to: `host.resolve` like curl's --resolve."""
    other = host.resolve.get(address.authority)
    if other is None:
        return address
    name, port = split_authority(other)
    return Address(address.scheme, name, port, address.path)


def _credentials(
    source: Loaded[LegacySource], resources: Resources, host: HostOptions, findings: Findings
) -> CredentialsConfig:
    reference = source.model.spec.credentials_ref
    if reference is None:
        return CredentialsConfig()
    place = source.place("spec.credentialsRef.name")
    secret = resources.secrets.get((source.namespace, reference.name))
    if secret is None:
        if host.secrets_known and not resources.exists_refused("Secret", source.namespace, reference.name):
            names = (name for space, name in resources.secrets if space == source.namespace)
            message = f"Secret/{reference.name} does not exist in namespace {source.namespace}"
            findings.error(
                place, Reason.MISSING_SECRET, message, closest(reference.name, names) or "Give its file, too"
            )
    else:
        try:
            keys = set(secret.model.files())
        except ValueError as error:
            findings.error(secret.place("data"), Reason.INVALID_FIELD, str(error))
        else:
            if not ({"username", "password"} <= keys or {"tls.crt", "tls.key"} <= keys):
                message = f"Secret/{reference.name} holds neither username and password nor tls.crt and tls.key"
                findings.error(place, Reason.MISSING_KEY, message)
    return CredentialsConfig(directory=host.secret_dir(source.namespace, reference.name))


def _options(block: ModbusBlock | OpcUaBlock | FilesBlock, interval: float) -> SourceOptions:
    if isinstance(block, ModbusBlock):
        return ModbusOptions(
            unit=1 if block.unit is None else block.unit,
            byte_order=block.byte_order or "ABCD",
            max_gap=block.max_gap or 0,
            max_block=block.max_block or 125,
        )
    if isinstance(block, OpcUaBlock):
        return OpcUaOptions(
            mode=block.mode or "Subscribe",
            publishing_interval=block.publishing_interval or interval,
            queue_size=block.queue_size or 10,
        )
    standard = FilesOptions()
    return FilesOptions(
        pattern=block.pattern or standard.pattern,
        delimiter=block.delimiter or standard.delimiter,
        decimal=block.decimal or standard.decimal,
        encoding=block.encoding or standard.encoding,
        time_column=block.time.column,
        time_format=block.time.format or standard.time_format,
        time_zone=block.time.zone or standard.time_zone,
    )


def _load(source: LegacySource) -> LoadConfig:
    load, standard = source.spec.load, LoadConfig()
    if load is None:
        return standard
    rate = load.max_requests_per_second
    return LoadConfig(
        max_connections=load.max_connections or standard.max_connections,
        max_requests_per_second=standard.max_requests_per_second if rate is None else float(rate),
        timeout=load.timeout or standard.timeout,
    )


def _buffer(source: LegacySource) -> BufferConfig:
    buffer, standard = source.spec.buffer, BufferConfig()
    if buffer is None:
        return standard
    return BufferConfig(size=buffer.size or standard.size, max_age=buffer.max_age or standard.max_age)
