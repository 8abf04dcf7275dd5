"""Sources of one endpoint share one connection budget and one process; a `group` merges endpoints.

The oldest source decides where two contradict each other; the younger one is refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from brownfield_api.adapter_config import AdapterConfig, EndpointConfig, LoadConfig, SourceConfig
from brownfield_api.resources import Reason
from brownfield_api.subjects import raw_subject
from brownfield_api.tables import TagTable, table_hash
from brownfield_planner.findings import Findings
from brownfield_planner.host import HostOptions
from brownfield_planner.process_names import adapter_name
from brownfield_planner.processes import PlannedProcess
from brownfield_planner.requests import requests_per_second
from brownfield_planner.sources import CheckedSource


@dataclass(frozen=True, slots=True)
class Admitted:
    """Sources by endpoint that may run together, oldest first, and those that may not."""

    by_key: Mapping[str, tuple[CheckedSource, ...]]
    refused: frozenset[tuple[str, str]]


def admit(sources: Iterable[CheckedSource], findings: Findings) -> Admitted:
    """Checks what the sources of one endpoint must agree on: namespace, security, credentials, budget.

    The namespace of the oldest source has the endpoint, also while that source is wrong: a typing error must not give
    somebody else's source the device, and what runs on it the sack.
    """
    by_key: dict[str, list[CheckedSource]] = defaultdict(list)
    refused: set[tuple[str, str]] = set()
    claims: dict[str, str] = {}
    for source in sources:
        claim = claims.setdefault(source.key, source.loaded.namespace) if source.key else source.loaded.namespace
        if not source.ok:
            refused.add(source.loaded.key)
            continue
        others = by_key[source.key]
        if _is_claimed(source, claim, findings) and _fits(source, others, findings):
            others.append(source)
        else:
            refused.add(source.loaded.key)
    return Admitted({key: tuple(group) for key, group in by_key.items() if group}, frozenset(refused))


def _is_claimed(source: CheckedSource, namespace: str, findings: Findings) -> bool:
    """Whether the endpoint belongs to the source's own namespace."""
    if source.loaded.namespace == namespace:
        return True
    message = f"{source.key} is already read from namespace {namespace}"
    findings.error(source.loaded.place("spec"), Reason.ENDPOINT_IN_USE, message, "Keep one endpoint in one namespace")
    return False


def _fits(source: CheckedSource, others: list[CheckedSource], findings: Findings) -> bool:
    for other in others:
        if (source.endpoint, source.credentials) != (other.endpoint, other.credentials):
            message = f"{source.key} is read by {other.loaded.ref} with other servers, security or credentials"
            findings.error(source.loaded.place(f"spec.{source.protocol}"), Reason.ENDPOINT_CONFLICT, message)
            return False
    return _fits_budget(source, others, findings)


def _fits_budget(source: CheckedSource, others: list[CheckedSource], findings: Findings) -> bool:
    own = _requests(source)
    taken = sum(_requests(other) for other in others)
    together = [*others, source]
    budget = lowest_load(together).max_requests_per_second
    if own + taken <= budget * 1.000001:
        return True
    beside = f", the other sources of {source.key} {taken:g}" if taken else ""
    lowest = [item for item in together if item.load.max_requests_per_second == budget]
    whose = "" if lowest == [source] else f" of {_names(lowest)}"
    message = f"the tags need at least {own:g} requests/s{beside}; the budget is {budget:g}"
    message += f", that{whose}: the lowest of the endpoint counts" if whose else ""
    do = f"Read less often, set maxGap where reading along is harmless, or raise maxRequestsPerSecond{whose}"
    path = "spec.load.maxRequestsPerSecond" if source in lowest else "spec"
    findings.error(source.loaded.place(path), Reason.BUDGET_EXCEEDED, message, do)
    return False


def _names(sources: list[CheckedSource]) -> str:
    shown = ", ".join(source.loaded.ref for source in sources[:3])
    return shown + (f" and {len(sources) - 3} more" if len(sources) > 3 else "")


def _requests(source: CheckedSource) -> float:
    return requests_per_second(source.loaded.model, source.tags.tags.values())


def lowest_load(sources: Iterable[CheckedSource]) -> LoadConfig:
    """The most careful budget of all sources on an endpoint; the longest time-out, so that no one is cut short."""
    loads = [source.load for source in sources]
    return LoadConfig(
        max_connections=min(load.max_connections for load in loads),
        max_requests_per_second=min(load.max_requests_per_second for load in loads),
        timeout=max(load.timeout for load in loads),
    )


def adapter_processes(admitted: Admitted, host: HostOptions) -> list[PlannedProcess]:
    """One process for each endpoint, or for all endpoints that a group connects."""
    unions = _merged(admitted.by_key)
    processes = []
    for keys in unions:
        members = [source for key in keys for source in admitted.by_key[key]]
        namespace = members[0].loaded.namespace
        tables = {table_hash(source.tags.table): source.tags.table for source in members}
        name = adapter_name(keys[0], [item.loaded.model.spec.group or "" for item in members])
        config = AdapterConfig(
            kind="adapter",
            site=host.site,
            namespace=namespace,
            name=name,
            spine=host.spine,
            state_dir=host.state_dir("adapter", namespace, name),
            metrics_listen=host.metrics_listen,
            endpoints=tuple(_endpoint(key, admitted.by_key[key], host) for key in keys),
            tables=dict(sorted(tables.items())),
        )
        resources = tuple(sorted(source.loaded.ref for source in members))
        processes.append(
            PlannedProcess(kind="adapter", namespace=namespace, name=name, config=config, resources=resources)
        )
    return processes


def _endpoint(key: str, sources: tuple[CheckedSource, ...], host: HostOptions) -> EndpointConfig:
    return EndpointConfig(
        key=key,
        endpoint=sources[0].endpoint,
        load=lowest_load(sources),
        credentials=sources[0].credentials,
        sources=tuple(_source(source, host) for source in sorted(sources, key=lambda source: source.loaded.name)),
    )


def _source(source: CheckedSource, host: HostOptions) -> SourceConfig:
    table: TagTable = source.tags.table
    return SourceConfig(
        name=source.loaded.name,
        subject=raw_subject(host.site, source.loaded.namespace, source.loaded.name),
        interval=source.interval,
        table=table_hash(table),
        timestamps=source.timestamps,
        options=source.options,
        suspended=source.suspended,
        max_skew=source.max_skew,
        timely=source.timely,
        buffer=source.buffer,
    )


Keys = tuple[str, ...]


def _merged(by_key: Mapping[str, tuple[CheckedSource, ...]]) -> list[Keys]:
    """Endpoints that share a group (within a namespace), transitively, each list sorted."""
    home = {key: key for key in by_key}

    def root(key: str) -> str:
        while home[key] != key:
            key = home[key]
        return key

    first_of_group: dict[tuple[str, str], str] = {}
    for key in sorted(by_key):
        for source in by_key[key]:
            group = source.loaded.model.spec.group
            if group:
                first = first_of_group.setdefault((source.loaded.namespace, group), key)
                home[root(key)] = root(first)
    merged: dict[str, list[str]] = defaultdict(list)
    for key in sorted(by_key):
        merged[root(key)].append(key)
    return sorted(tuple(keys) for keys in merged.values())
