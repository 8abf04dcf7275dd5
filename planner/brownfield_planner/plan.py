"""Resources in, plan out: everything cross-checked, everything wrong said at once, the rest ready to run.

Pure: the same resources and host always give the same bytes, in whatever order the documents came.
`brownfield check`, `brownfield run` and the operator all stand on this.
"""

from collections.abc import Iterable, Mapping

from brownfield_api.resources import AssetMapping, LegacySource, Reason, TwinModel
from brownfield_planner.assets import Registry, Sources
from brownfield_planner.csv_tables import TableReader
from brownfield_planner.endpoints import Admitted, adapter_processes, admit
from brownfield_planner.findings import Findings, Place
from brownfield_planner.host import HostOptions
from brownfield_planner.links import links_of
from brownfield_planner.mapping import CheckedMapping, check_mapping, pipeline_process
from brownfield_planner.processes import LeftOut, Plan, PlannedProcess, PlannedSecret
from brownfield_planner.resource_set import Key, Loaded, Resources
from brownfield_planner.sources import CheckedSource, check_source
from brownfield_planner.twin_process import twin_listens, twin_process
from brownfield_planner.twins import CheckedTwin, check_twin


def plan(resources: Resources, host: HostOptions) -> Plan:
    """One configuration per process for all that is right; findings for all that is not. Never raises for input."""
    findings = Findings()
    findings.extend(resources.findings)
    tables = TableReader(resources, findings)
    here = _of_site(resources, host)
    checked = [check_source(source, resources, tables, host, findings) for source in here.sources]
    admitted = admit(checked, findings)
    sources: dict[Key, CheckedSource | None] = {source.loaded.key: source for source in checked}
    for kind, namespace, name in resources.refused:
        if kind == LegacySource.KIND:
            sources.setdefault((namespace, name), None)
    registry = Registry(sources)
    mappings = {item.key: check_mapping(item, registry, tables, host, findings) for item in here.mappings}
    twins = [check_twin(item, mappings, resources, findings) for item in here.twins]
    if not any(kind == AssetMapping.KIND for kind, _, _ in resources.refused):
        _warn_of_orphans(checked, mappings.values(), findings)
    left_out = _left_out(resources, admitted, mappings, twins)
    processes = _processes(
        admitted,
        sources,
        [item for key, item in mappings.items() if (AssetMapping.KIND, *key) not in left_out],
        [item for item in twins if (TwinModel.KIND, *item.loaded.key) not in left_out],
        host,
    )
    if not processes and not findings.error_count:
        findings.error(Place(), Reason.NOTHING_TO_RUN, "the files hold no LegacySource, AssetMapping or TwinModel")
    return Plan(
        processes=processes,
        findings=findings.ordered(),
        secrets=_secrets(admitted, host),
        links=links_of(processes, admitted, host),
        left_out=tuple(
            LeftOut(namespace=ident[1], resource=_ref(ident), because=_ref(cause))
            for ident, cause in sorted(left_out.items())
        ),
        ignored=resources.ignored,
    )


def _of_site(resources: Resources, host: HostOptions) -> Resources:
    """The resources of this site, each list oldest first; others are left to theirs."""

    def ours(item: Loaded[LegacySource]) -> bool:
        return item.model.spec.site in {None, host.site}

    return Resources(
        sources=tuple(item for item in resources.sources if ours(item)),
        mappings=tuple(item for item in resources.mappings if item.model.spec.site in {None, host.site}),
        twins=tuple(item for item in resources.twins if item.model.spec.site in {None, host.site}),
    )


def _warn_of_orphans(sources: Iterable[CheckedSource], mappings: Iterable[CheckedMapping], findings: Findings) -> None:
    """Tags no property reads: once per source, because a forgotten mapping forgets them all."""
    used = {tag for mapping in mappings for tag in mapping.bindings.used}
    for source in sources:
        namespace, name = source.loaded.key
        orphans = [tag for tag in source.tags.tags if (namespace, name, tag) not in used]
        if not orphans:
            continue
        if len(orphans) == len(source.tags.tags):
            message = "no AssetMapping reads any tag of this source"
        else:
            shown = ", ".join(orphans[:5]) + (f" and {len(orphans) - 5} more" if len(orphans) > 5 else "")
            message = f"no AssetMapping reads {len(orphans)} of {len(source.tags.tags)} tags: {shown}"
        findings.warn(source.loaded.place("spec"), Reason.ORPHAN_TAG, message)


Ident = tuple[str, str, str]
"""Kind, namespace and name."""


def _left_out(
    resources: Resources,
    admitted: Admitted,
    mappings: Mapping[Key, CheckedMapping],
    twins: Iterable[CheckedTwin],
) -> dict[Ident, Ident]:
    """Resources that do not run, each with the one whose error is the reason (often itself)."""
    left: dict[Ident, Ident] = {ident: ident for ident in resources.refused}
    left.update({(LegacySource.KIND, *key): (LegacySource.KIND, *key) for key in admitted.refused})
    users: list[tuple[str, str, CheckedMapping | CheckedTwin]] = [
        *((AssetMapping.KIND, LegacySource.KIND, mapping) for mapping in mappings.values()),
        *((TwinModel.KIND, AssetMapping.KIND, twin) for twin in twins),
    ]
    for kind, needed, item in users:
        ident = (kind, *item.loaded.key)
        broken = sorted((needed, *key) for key in item.needs if (needed, *key) in left)
        if not item.ok:
            left[ident] = ident
        elif broken:
            left[ident] = left[broken[0]]
    return left


def _ref(ident: Ident) -> str:
    return f"{ident[0]}/{ident[2]}"


def _processes(
    admitted: Admitted,
    sources: Sources,
    mappings: Iterable[CheckedMapping],
    twins: list[CheckedTwin],
    host: HostOptions,
) -> tuple[PlannedProcess, ...]:
    """Adapters, pipelines, twins, each by namespace and name."""
    listens = twin_listens(twins, host)
    groups = (
        adapter_processes(admitted, host),
        [pipeline_process(item, sources, host) for item in mappings],
        [twin_process(twin, sources, listens[twin.loaded.key], host) for twin in twins],
    )
    ordered: list[PlannedProcess] = []
    for group in groups:
        ordered.extend(sorted(group, key=lambda process: (process.namespace, process.name)))
    return tuple(ordered)


def _secrets(admitted: Admitted, host: HostOptions) -> tuple[PlannedSecret, ...]:
    wanted = {
        (source.loaded.namespace, source.loaded.model.spec.credentials_ref.name)
        for group in admitted.by_key.values()
        for source in group
        if source.loaded.model.spec.credentials_ref is not None
    }
    return tuple(
        PlannedSecret(namespace=namespace, name=name, directory=host.secret_dir(namespace, name))
        for namespace, name in sorted(wanted)
    )
