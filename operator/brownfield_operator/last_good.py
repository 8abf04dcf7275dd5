"""What goes on running when a resource becomes wrong: the last version of it that was right.

The planner leaves a wrong resource out. For a pipeline or a twin its process then simply stays as it is. An adapter
may read two hundred sources, of which one is wrong now: the others follow their resources, and the wrong one keeps
the part it has in the configuration that is running. That configuration is the only memory: it is in the cluster, so
it outlives the operator, and an upgrade of it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from brownfield_api.adapter_config import AdapterConfig, EndpointConfig
from brownfield_api.errors import UNDECODABLE
from brownfield_api.process import render_config
from brownfield_api.resources import LegacySource
from brownfield_operator.desired import Egress, ProcessKey

Ident = tuple[str, str, str]
"""Kind, namespace and name of a resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process as it is in the cluster: the configuration its pods use, where they may connect to, and for which
    resources it was made.
    """

    content: bytes = field(repr=False)
    egress: tuple[Egress, ...]
    owners: frozenset[Ident]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """`contents` of processes that keep something, by key; `idents` of the resources that run on in them."""

    contents: Mapping[ProcessKey, bytes]
    idents: Mapping[ProcessKey, frozenset[Ident]]


def carry_over(
    planned: Mapping[ProcessKey, AdapterConfig | None], running: Mapping[ProcessKey, Running], broken: Collection[Ident]
) -> Carried:
    """Configurations in which the `broken` resources run on as they did.

    `planned` holds every planned process, with its configuration where it is an adapter's. An endpoint that a planned
    process reads is never carried into another one: a device has one connection.
    """
    taken = {
        endpoint.key: key for key, config in planned.items() if config is not None for endpoint in config.endpoints
    }
    contents: dict[ProcessKey, bytes] = {}
    idents: dict[ProcessKey, frozenset[Ident]] = {}
    for key, process in running.items():
        kept = frozenset(process.owners & set(broken))
        if not kept or (key[0] != "adapter" and key in planned):
            continue
        if key[0] != "adapter":
            contents[key], idents[key] = process.content, kept
            continue
        merged = _with_sources(planned.get(key), process, {name for _, _, name in kept}, key, taken)
        if merged is not None:
            contents[key], names = merged
            idents[key] = frozenset((LegacySource.KIND, key[1], name) for name in names)
    return Carried(contents=contents, idents=idents)


def _with_sources(
    planned: AdapterConfig | None, running: Running, names: set[str], key: ProcessKey, taken: Mapping[str, ProcessKey]
) -> tuple[bytes, frozenset[str]] | None:
    """The planned configuration with the sources `names` of the running one; None if there is nothing to add."""
    try:
        old = msgspec.json.decode(running.content, type=AdapterConfig)
    except UNDECODABLE:  # of a version that wrote another form: all of it stays, or all of it goes
        return (running.content, frozenset(names)) if planned is None else None
    endpoints = {endpoint.key: endpoint for endpoint in (planned.endpoints if planned else ())}
    tables = dict(planned.tables) if planned else {}
    kept: set[str] = set()
    for endpoint in old.endpoints:
        sources = tuple(source for source in endpoint.sources if source.name in names)
        if not sources or taken.get(endpoint.key, key) != key:
            continue
        endpoints[endpoint.key] = _joined(
            endpoints.get(endpoint.key), msgspec.structs.replace(endpoint, sources=sources)
        )
        tables.update({source.table: old.tables[source.table] for source in sources})
        kept.update(source.name for source in sources)
    if not kept:
        return None
    config = msgspec.structs.replace(
        planned or old,
        endpoints=tuple(endpoints[name] for name in sorted(endpoints)),
        tables=dict(sorted(tables.items())),
    )
    return render_config(config), frozenset(kept)


def _joined(one: EndpointConfig | None, other: EndpointConfig) -> EndpointConfig:
    """Both endpoints' sources; the planned one says how to connect, the lower budget counts."""
    if one is None:
        return other
    known = {source.name for source in one.sources}
    added = tuple(source for source in other.sources if source.name not in known)
    rate = min(one.load.max_requests_per_second, other.load.max_requests_per_second)
    load = msgspec.structs.replace(one.load, max_requests_per_second=rate)
    sources = tuple(sorted((*one.sources, *added), key=lambda source: source.name))
    return msgspec.structs.replace(one, sources=sources, load=load)


def without_endpoints(content: bytes, held: Iterable[str]) -> bytes | None:
    """An adapter's configuration without the endpoints whose keys are `held`; None if none is left."""
    config = msgspec.json.decode(content, type=AdapterConfig)
    away = set(held)
    endpoints = tuple(endpoint for endpoint in config.endpoints if endpoint.key not in away)
    if not endpoints:
        return None
    used = {source.table for endpoint in endpoints for source in endpoint.sources}
    tables = {name: table for name, table in config.tables.items() if name in used}
    return render_config(msgspec.structs.replace(config, endpoints=endpoints, tables=tables))
