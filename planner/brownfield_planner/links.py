"""Which process opens which connection: the raw material of firewall lists and network policies."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from brownfield_api.adapter_config import AdapterConfig, Endpoint, ModbusEndpoint, OpcUaEndpoint
from brownfield_api.resources.endpoints import parse_endpoint
from brownfield_planner.endpoints import Admitted
from brownfield_planner.host import HostOptions
from brownfield_planner.processes import Link, PlannedProcess
from brownfield_planner.sources import CheckedSource


def links_of(processes: Iterable[PlannedProcess], admitted: Admitted, host: HostOptions) -> tuple[Link, ...]:
    """All outgoing connections, adapters' devices first, then everybody's spine."""
    devices: list[Link] = []
    spine: list[Link] = []
    for process in processes:
        if isinstance(process.config, AdapterConfig):
            for endpoint in process.config.endpoints:
                devices.extend(_device_links(process, admitted.by_key[endpoint.key], endpoint.endpoint))
        spine.extend(_spine_links(process, host))
    return (*devices, *spine)


def _device_links(process: PlannedProcess, sources: tuple[CheckedSource, ...], endpoint: Endpoint) -> list[Link]:
    first = sources[0]
    reached = _reached(endpoint)
    names = ", ".join(sorted(source.loaded.ref for source in sources))
    networks = [source.loaded.model.spec.network for source in sources]
    cidrs = sorted({cidr for network in networks if network for cidr in network.cidrs})
    return [
        Link(
            process=f"{process.kind}/{process.name}",
            namespace=process.namespace,
            to=address.authority,
            reached=real,
            protocol=first.protocol,
            why=f"reads {names}",
            cidrs=tuple(cidrs),
        )
        for address, real in zip(first.addresses, reached, strict=True)
    ]


def _reached(endpoint: Endpoint) -> list[str]:
    if isinstance(endpoint, ModbusEndpoint):
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        return [f"{host}:{endpoint.port}"]
    if isinstance(endpoint, OpcUaEndpoint):
        return [parse_endpoint(url, 4840).authority for url in endpoint.urls]
    return []


def _spine_links(process: PlannedProcess, host: HostOptions) -> list[Link]:
    why = {"adapter": "publishes samples", "pipeline": "reads samples, publishes assets", "twin": "reads assets"}
    links = []
    for server in host.spine.servers:
        parts = urlsplit(server if "://" in server else f"nats://{server}")
        to = f"{parts.hostname}:{parts.port or 4222}"
        links.append(
            Link(
                process=f"{process.kind}/{process.name}",
                namespace=process.namespace,
                to=to,
                reached=to,
                protocol="nats",
                why=why[process.kind],
            )
        )
    return links
