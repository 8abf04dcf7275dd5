"""Assets of a mapping: lists and tables, each id and alias once, each role filled by a source that exists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from brownfield_api.resources import AssetMapping, Reason
from brownfield_api.resources.assetmapping import AssetSpec, PropertySpec
from brownfield_planner.classes import Template, unique_properties
from brownfield_planner.csv_tables import Cells, Columns, Row, TableReader
from brownfield_planner.findings import Findings, Place, closest
from brownfield_planner.resource_set import Loaded
from brownfield_planner.sources import CheckedSource

Sources = Mapping[tuple[str, str], CheckedSource | None]
"""Sources by namespace and name; None for one whose own fields were refused."""

_PREFIXES = {"source.": "sources", "alias.": "aliases", "var.": "vars"}


def _asset_fields(cells: Cells) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, cell in cells.items():
        prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
        if prefix:
            fields.setdefault(_PREFIXES[prefix], {})[name.removeprefix(prefix)] = cell
        else:
            fields[name] = cell
    return fields


ASSET_COLUMNS = Columns(
    model=AssetSpec,
    fixed=("id", "class", "path"),
    required=("id", "class"),
    prefixes=tuple(_PREFIXES),
    to_fields=_asset_fields,
)


@dataclass(frozen=True, slots=True)
class CheckedAsset:
    """An asset of a class that exists, the sources behind its roles (None: one that was refused as a whole),
    and its own properties.
    """

    spec: AssetSpec
    place: Place
    template: Template
    sources: Mapping[str, CheckedSource | None]
    overrides: Mapping[str, Row[PropertySpec]]

    @property
    def properties(self) -> dict[str, Row[PropertySpec]]:
        """The class's properties with the asset's own in their place or behind them."""
        return {**self.template.properties, **self.overrides}


@dataclass(slots=True)
class Registry:
    """What is known across mappings: sources, and the ids and aliases that the oldest mapping has taken."""

    sources: Sources
    ids: dict[tuple[str, str], Place] = field(default_factory=dict)
    aliases: dict[tuple[str, str, str], tuple[str, Place]] = field(default_factory=dict)


def list_assets(mapping: Loaded[AssetMapping], tables: TableReader, findings: Findings) -> list[Row[AssetSpec]]:
    """Assets as written, lists first, then tables."""
    spec = mapping.model.spec
    rows = [Row(asset, mapping.place(f"spec.assets[{index}]")) for index, asset in enumerate(spec.assets or ())]
    for index, reference in enumerate(spec.assets_from or ()):
        user = mapping.place(f"spec.assetsFrom[{index}]")
        rows.extend(tables.rows(mapping.namespace, reference, ASSET_COLUMNS, user).items)
    if not rows:
        findings.error(mapping.place("spec"), Reason.NO_ASSETS, "the mapping has no assets")
    return rows


def check_assets(
    rows: list[Row[AssetSpec]],
    namespace: str,
    classes: Mapping[str, Template],
    registry: Registry,
    findings: Findings,
) -> list[CheckedAsset]:
    """Assets that are alone with their id and belong to a class; everything else is reported."""
    assets = []
    for row in rows:
        own = _claim(row, namespace, registry, findings)
        template = classes.get(row.model.class_)
        if template is None:
            message = f"class {row.model.class_} does not exist"
            findings.error(row.place.inside("class"), Reason.UNKNOWN_CLASS, message, closest(row.model.class_, classes))
        found = _sources(row, namespace, registry.sources, findings)
        overrides = [
            Row(item, row.place.inside(f"overrides[{index}]")) for index, item in enumerate(row.model.overrides or ())
        ]
        checked = dict(unique_properties(overrides, findings))
        if own and template is not None:
            assets.append(CheckedAsset(row.model, row.place, template, found, checked))
    return assets


def _claim(row: Row[AssetSpec], namespace: str, registry: Registry, findings: Findings) -> bool:
    """Registers id and aliases; False when the id is another's."""
    asset = row.model
    first = registry.ids.setdefault((namespace, asset.id), row.place)
    if first is not row.place:
        message = f"asset {asset.id} is already defined by {first.resource} at {first.file}:{first.line}"
        findings.error(row.place.inside("id"), Reason.DUPLICATE_ASSET, message)
        return False
    for space, alias in (asset.aliases or {}).items():
        other, place = registry.aliases.setdefault((namespace, space, alias), (asset.id, row.place))
        if other != asset.id:
            message = f"{space} already calls {other} {alias!r} ({place.resource} at {place.file}:{place.line})"
            findings.error(row.place.inside(f"aliases.{space}"), Reason.ALIAS_CONFLICT, message)
    return True


def _sources(
    row: Row[AssetSpec], namespace: str, sources: Sources, findings: Findings
) -> dict[str, CheckedSource | None]:
    found = {}
    for role, name in (row.model.sources or {}).items():
        if (namespace, name) not in sources:
            near = closest(name, (other for space, other in sources if space == namespace))
            message = f"LegacySource/{name} does not exist in namespace {namespace}"
            findings.error(row.place.inside(f"sources.{role}"), Reason.UNKNOWN_SOURCE, message, near)
        else:
            found[role] = sources[namespace, name]
    return found
