"""Every property of every asset bound to the tag it reads, or reported with what is missing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from brownfield_api.errors import InvalidResource
from brownfield_api.expansion import fill
from brownfield_api.resources import Reason
from brownfield_api.resources.assetmapping import PropertySpec
from brownfield_api.tables import Tag, ValueType
from brownfield_planner.assets import CheckedAsset
from brownfield_planner.classes import Template
from brownfield_planner.csv_tables import Row
from brownfield_planner.findings import Findings, Place, closest
from brownfield_planner.property_types import Reading, Refused, Shape, check_type, common_shape, read_unit
from brownfield_planner.sources import CheckedSource

Shapes = dict[str, Shape]
_POLLED = frozenset({"modbus", "files"})
UsedTag = tuple[str, str, str]
"""Namespace, source, tag."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often (`interval` in seconds) a polled source, as `Kind/name`, reads a tag."""

    interval: float
    source: str


@dataclass(slots=True)
class Bindings:
    """What the bound properties add up to. `overrides` is by asset id; `paces` is the slowest by class and
    property, of polled sources only.
    """

    classes: dict[str, Shapes] = field(default_factory=dict)
    overrides: dict[str, Shapes] = field(default_factory=dict)
    used: set[UsedTag] = field(default_factory=set)
    conversions: set[tuple[str, str]] = field(default_factory=set)
    sources: set[tuple[str, str]] = field(default_factory=set)
    paces: dict[tuple[str, str], Pace] = field(default_factory=dict)

    def shapes(self, asset: CheckedAsset) -> Shapes:
        """Types and units of all properties of an asset."""
        return {**self.classes.get(asset.template.name, {}), **self.overrides.get(asset.spec.id, {})}

    def note_pace(self, class_name: str, name: str, source: CheckedSource, tag: Tag) -> None:
        """Keeps how often a tag is read if that is the slowest for the property."""
        if source.suspended or source.protocol not in _POLLED:
            return
        interval = (tag.interval if source.protocol == "modbus" else 0.0) or source.interval
        known = self.paces.get((class_name, name))
        if known is None or interval > known.interval:
            self.paces[class_name, name] = Pace(interval, source.loaded.ref)


@dataclass(slots=True)
class _Repeats:
    """One mistake in a class shows in each of its assets: said once, with their number."""

    found: dict[tuple[Place, Reason, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, place: Place, reason: Reason, message: str, do: str = "") -> None:
        self.found[place, reason, do].append(message)

    def say(self, findings: Findings) -> None:
        for (place, reason, do), messages in self.found.items():
            more = len(messages) - 1
            text = f"{messages[0]} (and {more} more like it)" if more else messages[0]
            findings.error(place, reason, text, do)


def bind(assets: Iterable[CheckedAsset], classes: Mapping[str, Template], findings: Findings) -> Bindings:
    """Binds tags of all assets, then settles the type and unit each property has."""
    bindings, repeats = Bindings(), _Repeats()
    by_class: dict[str, list[CheckedAsset]] = defaultdict(list)
    for asset in assets:
        by_class[asset.template.name].append(asset)
    for name, template in classes.items():
        members = by_class[name]
        bindings.classes[name] = {
            row.model.name: _shape(
                row, [asset for asset in members if row.model.name not in asset.overrides], None, bindings, repeats
            )
            for row in template.properties.values()
        }
        for asset in members:
            bindings.overrides[asset.spec.id] = _override_shapes(asset, bindings, repeats)
    repeats.say(findings)
    return bindings


def _override_shapes(asset: CheckedAsset, bindings: Bindings, repeats: _Repeats) -> Shapes:
    shapes = {}
    for name, row in asset.overrides.items():
        inherited = bindings.classes[asset.template.name].get(name)
        shape = _shape(row, [asset], inherited, bindings, repeats)
        if inherited is not None and shape != inherited:
            field_name = "type" if shape.type is not inherited.type else "unit"
            message = f"property {name} of class {asset.template.name} has the {field_name} " + (
                inherited.type.value if field_name == "type" else inherited.unit or "none"
            )
            repeats.add(row.place.inside(field_name), Reason.TYPE_MISMATCH, message, "An override keeps both")
        shapes[name] = shape
    return shapes


def _shape(
    row: Row[PropertySpec], assets: list[CheckedAsset], inherited: Shape | None, bindings: Bindings, repeats: _Repeats
) -> Shape:
    """Type and unit of one property over the assets that have it; tags are bound on the way."""
    spec = row.model
    if spec.expression is not None:
        kind = spec.type or (inherited.type if inherited else None) or ValueType.FLOAT64
        return Shape(kind, spec.unit or (inherited.unit if inherited else ""))
    readings = []
    for asset in assets:
        reading = _read(row, asset, inherited, bindings, repeats)
        if reading is not None:
            readings.append(reading)
            bindings.conversions.add((reading.from_unit, reading.to_unit))
    shape = Shape(spec.type or ValueType.FLOAT64, spec.unit or "")
    try:
        shape = common_shape(spec, readings, inherited)
        for reading in readings:
            check_type(shape.type, reading)
    except Refused as error:
        repeats.add(row.place.inside(error.field), error.reason, error.what, error.do)
    if shape.type is ValueType.STRING and spec.quality is not None:
        repeats.add(row.place.inside("quality"), Reason.TYPE_MISMATCH, "quality rules are for numbers, not for text")
    return replace(shape, tag_unit=spec.tag_unit or _common_tag_unit(readings, len(assets)))


def _common_tag_unit(readings: Sequence[Reading], assets: int) -> str:
    units = {reading.from_unit for reading in readings}
    return units.pop() if len(units) == 1 and len(readings) == assets else ""


def _read(
    row: Row[PropertySpec], asset: CheckedAsset, inherited: Shape | None, bindings: Bindings, repeats: _Repeats
) -> Reading | None:
    spec = row.model
    role = spec.source or "default"
    if role not in (asset.spec.sources or {}):
        message = f"asset {asset.spec.id} has no source in role {role!r}, which property {spec.name} reads"
        do = closest(role, asset.spec.sources or {}) or f"Add {role} to its sources"
        repeats.add(asset.place.inside("sources"), Reason.UNKNOWN_ROLE, message, do)
        return None
    try:
        name = fill(spec.tag or "", asset.spec.vars or {}, "")
    except InvalidResource as error:
        message = f"{error.what} in asset {asset.spec.id}"
        repeats.add(row.place.inside("tag"), Reason.UNKNOWN_VARIABLE, message, error.do)
        return None
    source = asset.sources.get(role)
    if source is None:
        return None
    namespace, source_name = source.loaded.key
    bindings.used.add((namespace, source_name, name))
    bindings.sources.add(source.loaded.key)
    tag = source.tags.tags.get(name)
    if tag is None:
        if not source.tags.may_have(name):
            message = f"{source.loaded.ref} has no tag {name!r} (asset {asset.spec.id})"
            repeats.add(row.place.inside("tag"), Reason.UNKNOWN_TAG, message, closest(name, source.tags.tags))
        return None
    bindings.note_pace(asset.template.name, spec.name, source, tag)
    try:
        return read_unit(spec, tag, inherited.unit if inherited else "")
    except Refused as error:
        repeats.add(row.place.inside(error.field), error.reason, error.what, error.do)
        return None
