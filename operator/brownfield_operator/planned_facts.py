"""What a plan says about each resource: the part of its status that changes only when something is planned anew."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.resources import AssetMapping, LegacySource, TwinModel
from brownfield_api.resources.endpoints import parse_endpoint
from brownfield_api.twin_config import TwinConfig
from brownfield_operator import names
from brownfield_operator.desired import ProcessKey
from brownfield_operator.last_good import Ident
from brownfield_operator.planning import Desired
from brownfield_operator.references import References, references_of
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.store import CONFIG_MAP, Entry, Store
from brownfield_planner.findings import Finding
from brownfield_planner.tag_lists import protocol_of


@dataclass(frozen=True, slots=True)
class PlannedFacts:
    """`facts` without anything of processes, and the keys of the resource's `processes`."""

    facts: ResourceFacts
    processes: tuple[ProcessKey, ...]


def planned_facts(store: Store, desired: Desired, site: str) -> dict[Ident, PlannedFacts]:
    """For each resource that exists."""
    findings = _findings_by_resource(store, desired.plan.findings)
    left_out = {(*_pair(item.resource), item.namespace): item.because for item in desired.plan.left_out}
    processes: dict[Ident, list[ProcessKey]] = defaultdict(list)
    for key, process in desired.processes.items():
        for owner in process.owners:
            processes[owner.kind, process.namespace, owner.name].append(key)
    last_good = {ident for idents in desired.last_good.values() for ident in idents}
    counts = _counts(desired)
    found = {}
    for ident, entry in store.of_our_kinds():
        kind, namespace, name = ident
        other = _other_site(entry, site)
        references = references_of(entry.read.item.model) if entry.read.item else References()
        keys = tuple(processes.get(ident, ()))
        assets, properties = counts.get(ident, (None, None))
        protocol, endpoint = _endpoint(entry)
        facts = ResourceFacts(
            kind=kind,
            namespace=namespace,
            name=name,
            generation=entry.generation,
            findings=() if other else tuple(findings.get(ident, ())),
            left_out_because="" if other else left_out.get((kind, name, namespace), ""),
            runs_last_good=ident in last_good,
            references=references.mounted,
            network_open=_open_links(keys, desired, _authorities(entry)),
            unlabelled_inputs=_unlabelled(store, namespace, references),
            inputs=_inputs(store, namespace, references),
            other_site=other,
            assets=assets,
            properties=properties,
            protocol=protocol,
            endpoint=endpoint,
            url=_url(ident, keys),
            has_objectives=_has_objectives(entry),
        )
        found[ident] = PlannedFacts(facts, keys)
    return found


def _pair(resource: str) -> tuple[str, str]:
    kind, _, name = resource.partition("/")
    return kind, name


def _findings_by_resource(store: Store, findings: Iterable[Finding]) -> dict[Ident, list[Finding]]:
    """A finding belongs to the resource it names; one about a table, to all that are made from the table."""
    users: dict[Ident, list[Ident]] = defaultdict(list)
    for ident, entry in store.of_our_kinds():
        if entry.read.item:
            for name in references_of(entry.read.item.model).config_maps:
                users[CONFIG_MAP, ident[1], name].append(ident)
    found: dict[Ident, list[Finding]] = defaultdict(list)
    for finding in findings:
        kind, name = _pair(finding.resource)
        ident = (kind, finding.place.namespace, name)
        for target in users.get(ident, ()) if kind == CONFIG_MAP else (ident,):
            found[target].append(finding)
    return found


def _other_site(entry: Entry, site: str) -> str:
    model = entry.read.item.model if entry.read.item else None
    wanted = model.spec.site if isinstance(model, LegacySource | AssetMapping | TwinModel) else None
    return wanted if wanted and wanted != site else ""


def _counts(desired: Desired) -> Mapping[Ident, tuple[int | None, int | None]]:
    """Assets and properties of each mapping and twin that is planned."""
    found: dict[Ident, tuple[int | None, int | None]] = {}
    for item in desired.plan.processes:
        if isinstance(item.config, PipelineConfig):
            properties = _properties(item.config)
            found[AssetMapping.KIND, item.namespace, item.config.mapping] = len(item.config.assets), properties
        elif isinstance(item.config, TwinConfig):
            found[TwinModel.KIND, item.namespace, item.name] = len(item.config.assets), None
    return found


def _properties(config: PipelineConfig) -> int:
    inherited = {each.name: {item.name for item in each.properties} for each in config.classes}
    return sum(len(inherited[asset.class_name] | {item.name for item in asset.overrides}) for asset in config.assets)


def _endpoint(entry: Entry) -> tuple[str, str]:
    """Protocol and endpoint of a source as it is written, "" for the other kinds."""
    model = entry.read.item.model if entry.read.item else None
    if not isinstance(model, LegacySource):
        return "", ""
    spec = model.spec
    if spec.modbus:
        return protocol_of(model), spec.modbus.endpoint
    if spec.opcua:
        return protocol_of(model), spec.opcua.urls[0]
    return protocol_of(model), f"volume:{spec.files.volume.name}" if spec.files else ""


def _has_objectives(entry: Entry) -> bool:
    model = entry.read.item.model if entry.read.item else None
    return isinstance(model, LegacySource | TwinModel) and model.spec.objectives is not None


def _authorities(entry: Entry) -> frozenset[str]:
    """host:port of each server of a source, as `Link.to` has it."""
    model = entry.read.item.model if entry.read.item else None
    if not isinstance(model, LegacySource):
        return frozenset()
    spec = model.spec
    modbus = [parse_endpoint(spec.modbus.endpoint, 502)] if spec.modbus else []
    opcua = [parse_endpoint(url, 4840) for url in spec.opcua.urls] if spec.opcua else []
    return frozenset(address.authority for address in (*modbus, *opcua))


def _open_links(keys: Iterable[ProcessKey], desired: Desired, own: Container[str]) -> tuple[str, ...]:
    """Those of the process's open links that are this resource's own."""
    return tuple(link for key in keys for link in desired.open_links.get(key, ()) if link in own)


def _unlabelled(store: Store, namespace: str, references: References) -> tuple[str, ...]:
    tables = {name: store.entries.get((CONFIG_MAP, namespace, name)) for name in references.config_maps}
    return tuple(name for name, entry in tables.items() if entry is not None and not entry.labelled)


def _inputs(store: Store, namespace: str, references: References) -> tuple[tuple[str, str], ...]:
    tables = {name: store.entries.get((CONFIG_MAP, namespace, name)) for name in references.config_maps}
    return tuple((f"{CONFIG_MAP}/{name}", entry.digest) for name, entry in tables.items() if entry is not None)


def _url(ident: Ident, keys: tuple[ProcessKey, ...]) -> str:
    if ident[0] != TwinModel.KIND or not keys:
        return ""
    return f"http://{names.process_object(keys[0])}.{ident[1]}.svc"
