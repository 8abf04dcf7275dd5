"""From resources to the processes the cluster should run. Pure: what must be looked up comes in as arguments.

The planner is the one `brownfield run` uses; this module adds what only a cluster has: owners, volumes, Secrets,
network openings, and the last good versions of what is wrong now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.process import SpineConfig
from brownfield_api.resources import LegacySource
from brownfield_api.resources.pod import PodSpec
from brownfield_operator import paths
from brownfield_operator.config_facts import read_facts
from brownfield_operator.desired import DesiredProcess, Egress, MountedVolume, Owner, ProcessKey
from brownfield_operator.egress import ServiceView, candidates, egress_of
from brownfield_operator.last_good import Ident, Running, carry_over
from brownfield_operator.settings import OperatorSettings
from brownfield_planner.host import HostOptions
from brownfield_planner.plan import plan
from brownfield_planner.processes import Link, Plan, PlannedProcess
from brownfield_planner.resource_set import Resources

Services = Mapping[tuple[str, str], ServiceView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """Everything that should run. `last_good`: resources whose last right version runs on, by process; `open_links`:
    by process, endpoints whose addresses nobody knows, so that their port is open to every address.
    """

    plan: Plan
    processes: Mapping[ProcessKey, DesiredProcess]
    last_good: Mapping[ProcessKey, frozenset[Ident]] = field(default_factory=dict)
    open_links: Mapping[ProcessKey, tuple[str, ...]] = field(default_factory=dict)

    def processes_of(self, ident: Ident) -> tuple[DesiredProcess, ...]:
        """The processes a resource has a part in."""
        kind, namespace, name = ident
        return tuple(
            process
            for process in self.processes.values()
            if process.namespace == namespace
            and any((owner.kind, owner.name) == (kind, name) for owner in process.owners)
        )


def plan_resources(resources: Resources, settings: OperatorSettings) -> Plan:
    """The planner's view of the cluster."""
    return plan(resources, _host(resources, settings))


def _host(resources: Resources, settings: OperatorSettings) -> HostOptions:
    return HostOptions(
        state_root=paths.STATE_DIR,
        spine=SpineConfig(servers=settings.spine.servers, credentials=paths.SPINE_CREDENTIALS),
        site=settings.site,
        volumes={name: paths.volume(name) for name in _volume_names(resources)},
        twin_listens={twin.name: f"0.0.0.0:{paths.TWIN_PORT}" for twin in resources.twins},
        secrets_dir=paths.SECRETS_DIR,
        secrets_known=False,
        metrics_listen=f"0.0.0.0:{paths.METRICS_PORT}",
    )


def _volume_names(resources: Resources) -> set[str]:
    """All volumes the resources name: on a cluster each is a claim, and whether it exists shows when a pod wants it."""
    files = {source.model.spec.files.volume.name for source in resources.sources if source.model.spec.files}
    sinks = {
        sink.parquet.volume.name
        for mapping in resources.mappings
        for sink in mapping.model.spec.sinks or ()
        if sink.parquet
    }
    return files | sinks


def services_wanted(links: Iterable[Link]) -> set[tuple[str, str]]:
    """Namespace and name of every Service that an endpoint's name may mean."""
    return {
        candidate
        for link in links
        if link.protocol != "nats"
        for candidate in candidates(link.to.rpartition(":")[0], link.namespace)
    }


def desire(
    resources: Resources,
    made: Plan,
    *,
    running: Mapping[ProcessKey, Running],
    uids: Mapping[Ident, str],
    services: Services,
    settings: OperatorSettings,
) -> Desired:
    """What should run: the plan's processes, and those that keep a last good version."""
    planned = {(item.kind, item.namespace, item.name): item for item in made.processes}
    carried = carry_over(
        {key: item.config if isinstance(item.config, AdapterConfig) else None for key, item in planned.items()},
        running,
        broken(made),
    )
    openings = _openings(made.links, services, settings)
    placements = _placements(resources)
    processes: dict[ProcessKey, DesiredProcess] = {}
    for key in sorted({*planned, *carried.contents}):
        members = _members(planned.get(key)) | carried.idents.get(key, frozenset())
        egress = openings.get(key, _Opening()).egress
        if key in carried.contents:
            egress = (*egress, *running[key].egress)
        processes[key] = _process(
            key,
            carried.contents.get(key) or planned[key].content,
            tuple(Owner(kind=ident[0], name=ident[2], uid=uids[ident]) for ident in sorted(members) if ident in uids),
            tuple(dict.fromkeys(egress)),
            [placements[ident] for ident in sorted(members) if ident in placements],
            settings,
        )
    return Desired(
        plan=made,
        processes=processes,
        last_good=carried.idents,
        open_links={key: opening.unknown for key, opening in openings.items() if opening.unknown},
    )


def broken(made: Plan) -> frozenset[Ident]:
    """Resources that exist and are left out of the plan."""
    return frozenset(_ident(item.resource, item.namespace) for item in made.left_out)


def _ident(resource: str, namespace: str) -> Ident:
    kind, _, name = resource.partition("/")
    return kind, namespace, name


def _members(item: PlannedProcess | None) -> frozenset[Ident]:
    return frozenset(_ident(resource, item.namespace) for resource in item.resources) if item else frozenset()


@dataclass(frozen=True, slots=True)
class _Opening:
    egress: tuple[Egress, ...] = ()
    unknown: tuple[str, ...] = ()


def _openings(links: Iterable[Link], services: Services, settings: OperatorSettings) -> dict[ProcessKey, _Opening]:
    """What each process may connect to beside DNS and the spine."""
    found: dict[ProcessKey, _Opening] = {}
    for link in links:
        if link.protocol == "nats":
            continue
        kind, _, name = link.process.partition("/")
        key = (kind, link.namespace, name)
        opening = found.get(key, _Opening())
        result = egress_of(link, services, settings.plant_networks)
        unknown = (*opening.unknown, link.to) if result.open else opening.unknown
        found[key] = _Opening((*opening.egress, *result.egress), unknown)
    return found


@dataclass(frozen=True, slots=True)
class _Placement:
    """What a source says of its adapter's pod."""

    pod: PodSpec | None
    ephemeral: bool


def _placements(resources: Resources) -> dict[Ident, _Placement]:
    return {
        (LegacySource.KIND, *source.key): _Placement(
            source.model.spec.pod, bool(source.model.spec.buffer and source.model.spec.buffer.ephemeral)
        )
        for source in resources.sources
    }


def _process(  # noqa: PLR0917 - each is named where it is made, in the one place that calls this
    key: ProcessKey,
    content: bytes,
    owners: tuple[Owner, ...],
    egress: tuple[Egress, ...],
    placements: list[_Placement],
    settings: OperatorSettings,
) -> DesiredProcess:
    kind, namespace, name = key
    facts = read_facts(content)
    ephemeral = bool(placements) and all(placement.ephemeral for placement in placements)
    size = facts.buffers if kind == "adapter" else settings.storage.size
    return DesiredProcess(
        kind=kind,
        namespace=namespace,
        name=name,
        content=content,
        owners=owners,
        endpoints=facts.endpoints,
        secrets=facts.secrets,
        volumes=tuple(
            MountedVolume(name=volume, read_only=volume not in facts.written)
            for volume in sorted(facts.read | facts.written)
        ),
        egress=egress,
        storage=0 if ephemeral else size,
        pod=next((placement.pod for placement in placements if placement.pod), PodSpec()),
    )
