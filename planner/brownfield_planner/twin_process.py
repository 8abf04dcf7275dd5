"""A checked TwinModel as the configuration of its process."""

from collections.abc import Mapping, Sequence

from brownfield_api.resources import TwinModel
from brownfield_api.resources.endpoints import split_authority
from brownfield_api.twin_config import HistoryConfig, TwinAsset, TwinClass, TwinConfig, TwinInput
from brownfield_planner.assets import Sources
from brownfield_planner.behaviours import curve_config
from brownfield_planner.host import HostOptions
from brownfield_planner.processes import PlannedProcess
from brownfield_planner.twins import CheckedTwin, staleness_config


def twin_process(twin: CheckedTwin, sources: Sources, listen: str, host: HostOptions) -> PlannedProcess:
    """The process of a twin that is ok."""
    namespace, name = twin.loaded.key
    spec = twin.loaded.model.spec
    config = TwinConfig(
        kind="twin",
        site=host.site,
        namespace=namespace,
        name=name,
        spine=host.spine,
        state_dir=host.state_dir("twin", namespace, name),
        metrics_listen=host.metrics_listen,
        listen=listen,
        inputs=tuple(
            TwinInput(mapping=mapping.loaded.name, subject=mapping.subject(host.site)) for mapping in twin.mappings
        ),
        classes=tuple(
            TwinClass(name=name, properties=tuple(properties.values())) for name, properties in twin.classes.items()
        ),
        assets=_assets(twin),
        staleness=staleness_config(spec.staleness),
        behaviours=tuple(curve_config(behaviour) for behaviour in spec.behaviours or ()),
        active=spec.active or "",
        history=HistoryConfig(memory=_memory(twin.loaded.model), parquet=_parquet(twin)),
        timely=_timely(twin, sources),
    )
    return PlannedProcess(kind="twin", namespace=namespace, name=name, config=config, resources=(twin.loaded.ref,))


def _assets(twin: CheckedTwin) -> tuple[TwinAsset, ...]:
    return tuple(
        TwinAsset(
            id=asset.spec.id,
            class_name=asset.template.name,
            path=asset.spec.path or asset.spec.id,
            mapping=mapping.loaded.name,
            aliases=dict(sorted((asset.spec.aliases or {}).items())),
            sources=dict(sorted((asset.spec.sources or {}).items())),
        )
        for mapping, asset in twin.assets
    )


def _timely(twin: CheckedTwin, sources: Sources) -> dict[str, float]:
    """What was promised of the latency of the sources behind its assets."""
    namespace = twin.loaded.namespace
    names = sorted({name for _, asset in twin.assets for name in (asset.spec.sources or {}).values()})
    found = [(name, sources.get((namespace, name))) for name in names]
    return {name: source.timely for name, source in found if source is not None}


def _memory(model: TwinModel) -> float:
    history = model.spec.history
    return (history.memory if history else None) or HistoryConfig().memory


def _parquet(twin: CheckedTwin) -> tuple[str, ...]:
    """The folders of finished files of all its mappings, each once."""
    return tuple(dict.fromkeys(sink.directory for mapping in twin.mappings for sink in mapping.sinks))


def twin_listens(twins: Sequence[CheckedTwin], host: HostOptions) -> Mapping[tuple[str, str], str]:
    """Where each twin listens: as the host says by name, else the ports from `host.twin_listen` upwards."""
    address, port = split_port(host.twin_listen)
    listens: dict[tuple[str, str], str] = {}
    following = port
    for twin in sorted(twins, key=lambda twin: twin.loaded.key):
        named = host.twin_listens.get(twin.loaded.name)
        listens[twin.loaded.key] = named or f"{address}:{following}"
        if named is None and port:
            following += 1
    return listens


def split_port(listen: str) -> tuple[str, int]:
    """Host (IPv6 in brackets) and port of a listening address; port 0 is any free one."""
    address, _, port = listen.rpartition(":")
    if port == "0":
        return address, 0
    split_authority(listen)
    return address, int(port)
