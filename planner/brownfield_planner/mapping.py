"""An AssetMapping, cross-checked against its sources, as the configuration of its pipeline."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from brownfield_api.pipeline_config import (
    AssetConfig,
    ClassConfig,
    Conversion,
    ParquetSink,
    PipelineConfig,
    PipelineSource,
    PropertyConfig,
)
from brownfield_api.resources import AssetMapping, Reason
from brownfield_api.resources.assetmapping import PropertySpec
from brownfield_api.subjects import asset_subject, quarantine_subject, raw_subject
from brownfield_planner.assets import CheckedAsset, Registry, check_assets, list_assets
from brownfield_planner.bindings import Bindings, Shapes, bind
from brownfield_planner.classes import Template, list_classes, quality_config
from brownfield_planner.csv_tables import Row, TableReader
from brownfield_planner.derived import check_expressions
from brownfield_planner.findings import Findings
from brownfield_planner.host import HostOptions
from brownfield_planner.processes import PlannedProcess
from brownfield_planner.property_types import Shape
from brownfield_planner.resource_set import Key, Loaded
from brownfield_planner.sources import CheckedSource, volume_folder
from brownfield_planner.units import conversion

PARTITION = 0
"""A mapping is one partition until one process is not enough for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedMapping:
    """A mapping with everything its pipeline and the twins over it need. `ok` is False when it must not run;
    `needs` are the sources it reads.
    """

    loaded: Loaded[AssetMapping]
    ok: bool
    classes: Mapping[str, Template]
    assets: tuple[CheckedAsset, ...]
    bindings: Bindings
    sinks: tuple[ParquetSink, ...]

    @property
    def needs(self) -> frozenset[Key]:
        return frozenset(
            (self.loaded.namespace, name) for asset in self.assets for name in (asset.spec.sources or {}).values()
        )

    def subject(self, site: str) -> str:
        """Where its pipeline publishes."""
        return asset_subject(site, self.loaded.namespace, self.loaded.name, PARTITION)


def check_mapping(
    mapping: Loaded[AssetMapping], registry: Registry, tables: TableReader, host: HostOptions, findings: Findings
) -> CheckedMapping:
    """Cross-checks one mapping; whatever is wrong becomes a finding."""
    before = findings.error_count
    classes = list_classes(mapping, tables, findings)
    rows = list_assets(mapping, tables, findings)
    assets = check_assets(rows, mapping.namespace, classes, registry, findings)
    bindings = bind(assets, classes, findings)
    _settle_expressions(assets, classes, bindings, findings)
    sinks = _sinks(mapping, host, findings)
    return CheckedMapping(
        loaded=mapping,
        ok=findings.error_count == before and not _lacks_table(mapping, tables),
        classes=classes,
        assets=tuple(assets),
        bindings=bindings,
        sinks=sinks,
    )


def _lacks_table(mapping: Loaded[AssetMapping], tables: TableReader) -> bool:
    """Whether a table of the mapping was refused, possibly reported through another resource that shares it."""
    spec = mapping.model.spec
    references = [*(spec.assets_from or ()), *(item for each in spec.classes for item in each.properties_from or ())]
    return any(not tables.was_complete(mapping.namespace, reference) for reference in references)


def _settle_expressions(
    assets: list[CheckedAsset], classes: Mapping[str, Template], bindings: Bindings, findings: Findings
) -> None:
    """Checks the expressions of each class once, and again for every asset that differs from its class."""
    for name, template in classes.items():
        shapes = bindings.classes[name]
        shapes.update(check_expressions(template.properties, shapes, findings))
    for asset in assets:
        if not asset.overrides:
            continue
        settled = check_expressions(asset.properties, bindings.shapes(asset), findings)
        own = bindings.overrides[asset.spec.id]
        inherited = bindings.classes[asset.template.name]
        for name, shape in settled.items():
            if name in inherited and inherited[name].type is not shape.type:
                message = (
                    f"{name} is {inherited[name].type.value} in class {asset.template.name}, here {shape.type.value}"
                )
                place = asset.properties[name].place.inside("type")
                findings.error(place, Reason.TYPE_MISMATCH, message, "An override keeps the type")
            if name in own:
                own[name] = shape


def _sinks(mapping: Loaded[AssetMapping], host: HostOptions, findings: Findings) -> tuple[ParquetSink, ...]:
    sinks = []
    for index, sink in enumerate(mapping.model.spec.sinks or ()):
        if sink.parquet is not None:
            place = mapping.place(f"spec.sinks[{index}].parquet.volume.name")
            folder = volume_folder(place, sink.parquet.volume.name, host, findings)
            roll = sink.parquet.roll
            sinks.append(ParquetSink(directory=folder, roll_seconds=roll) if roll else ParquetSink(directory=folder))
    return tuple(sinks)


def pipeline_process(
    mapping: CheckedMapping, sources: Mapping[Key, CheckedSource | None], host: HostOptions
) -> PlannedProcess:
    """The pipeline of a mapping that is ok."""
    namespace, name = mapping.loaded.key
    classes = tuple(_class(template, mapping.bindings) for template in mapping.classes.values())
    assets = tuple(_asset(asset, mapping.bindings) for asset in mapping.assets)
    conversions = _conversions(mapping.bindings)
    config = PipelineConfig(
        kind="pipeline",
        site=host.site,
        namespace=namespace,
        name=name,
        spine=host.spine,
        state_dir=host.state_dir("pipeline", namespace, name),
        metrics_listen=host.metrics_listen,
        mapping=name,
        partition=PARTITION,
        generation=_generation(classes, assets, conversions),
        sources=tuple(_source(key, sources[key], host) for key in sorted(mapping.bindings.sources)),
        classes=classes,
        assets=assets,
        conversions=conversions,
        output_subject=mapping.subject(host.site),
        quarantine_subject=quarantine_subject(host.site, namespace, name, PARTITION),
        sinks=mapping.sinks,
    )
    return PlannedProcess(
        kind="pipeline", namespace=namespace, name=name, config=config, resources=(mapping.loaded.ref,)
    )


def _generation(*content: object) -> str:
    """Hash of what the mapping makes of its inputs, whatever the host: lineage names it."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]


def _source(key: Key, source: CheckedSource | None, host: HostOptions) -> PipelineSource:
    namespace, name = key
    stamps = source.loaded.model.spec.timestamps if source else None
    return PipelineSource(
        name=name,
        subject=raw_subject(host.site, namespace, name),
        timestamps=source.timestamps if source else "gather",
        max_skew=stamps.max_skew if stamps else None,
    )


def _class(template: Template, bindings: Bindings) -> ClassConfig:
    shapes = bindings.classes[template.name]
    return ClassConfig(name=template.name, properties=_properties(template.properties, shapes))


def _properties(rows: Mapping[str, Row[PropertySpec]], shapes: Shapes) -> tuple[PropertyConfig, ...]:
    return tuple(_property(row.model, shapes[name]) for name, row in rows.items())


def _property(spec: PropertySpec, shape: Shape) -> PropertyConfig:
    return PropertyConfig(
        name=spec.name,
        type=shape.type,
        unit=shape.unit,
        role=spec.source or "default",
        tag=spec.tag or "",
        tag_unit=shape.tag_unit,
        expression=spec.expression or "",
        sequence=bool(spec.sequence),
        route=spec.route or "realtime",
        quality=quality_config(spec.quality),
    )


def _asset(asset: CheckedAsset, bindings: Bindings) -> AssetConfig:
    spec = asset.spec
    return AssetConfig(
        id=spec.id,
        class_name=spec.class_,
        sources=dict(sorted((spec.sources or {}).items())),
        vars=dict(sorted((spec.vars or {}).items())),
        overrides=_properties(asset.overrides, bindings.overrides[spec.id]),
    )


def _conversions(bindings: Bindings) -> tuple[Conversion, ...]:
    result = []
    for source, target in sorted(bindings.conversions):
        if source != target:
            linear = conversion(source, target)
            result.append(Conversion(from_unit=source, to_unit=target, factor=linear.factor, offset=linear.offset))
    return tuple(result)
