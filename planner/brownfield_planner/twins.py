"""A TwinModel, cross-checked against the mappings its assets come from."""

from collections.abc import Mapping
from dataclasses import dataclass

from brownfield_api.resources import Reason, TwinModel
from brownfield_api.resources.twinmodel import Staleness, TwinAssets
from brownfield_api.twin_config import StalenessConfig, TwinProperty
from brownfield_planner.assets import CheckedAsset
from brownfield_planner.behaviours import check_behaviours
from brownfield_planner.findings import Findings, Place, closest
from brownfield_planner.flapping import warn_of_flapping
from brownfield_planner.mapping import CheckedMapping
from brownfield_planner.resource_set import Key, Loaded, Resources

TwinProperties = dict[str, TwinProperty]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTwin:
    """A twin with its mappings, its classes' properties and its assets. `ok` is False when it must not run;
    `needs` are the mappings it reads.
    """

    loaded: Loaded[TwinModel]
    ok: bool
    mappings: tuple[CheckedMapping, ...]
    classes: Mapping[str, TwinProperties]
    assets: tuple[tuple[CheckedMapping, CheckedAsset], ...]
    needs: frozenset[Key]


def check_twin(
    twin: Loaded[TwinModel], mappings: Mapping[Key, CheckedMapping], resources: Resources, findings: Findings
) -> CheckedTwin:
    """Cross-checks one twin; whatever is wrong becomes a finding."""
    before = findings.error_count
    standard = staleness_config(twin.model.spec.staleness)
    _check_staleness(twin, "spec.staleness", standard, findings)
    classes: dict[str, TwinProperties] = {}
    assets: dict[str, tuple[CheckedMapping, CheckedAsset]] = {}
    used: dict[Key, CheckedMapping] = {}
    for index, item in enumerate(twin.model.spec.assets):
        mapping = _mapping(twin.place(f"spec.assets[{index}].mapping"), item.mapping, mappings, resources, findings)
        if mapping is None:
            continue
        used[mapping.loaded.key] = mapping
        for name in _classes_of(twin, index, item, mapping, findings):
            _add_class(name, mapping, classes, twin.place(f"spec.assets[{index}]"), findings)
            assets.update((asset.spec.id, (mapping, asset)) for asset in mapping.assets if asset.template.name == name)
    known = findings.error_count == before and all(mapping.ok for mapping in used.values())
    if known and not assets:
        findings.error(twin.place("spec.assets"), Reason.NO_ASSETS, "the mappings have no asset of these classes")
    if known:
        classes = _with_staleness(twin, classes, standard, findings)
        check_behaviours(twin, classes, findings)
        warn_of_flapping(twin, classes, standard, used.values(), findings)
    return CheckedTwin(
        loaded=twin,
        ok=findings.error_count == before,
        mappings=tuple(used[key] for key in sorted(used)),
        classes=classes,
        assets=tuple(assets.values()),
        needs=frozenset((twin.namespace, item.mapping) for item in twin.model.spec.assets),
    )


def _mapping(
    place: Place, name: str, mappings: Mapping[Key, CheckedMapping], resources: Resources, findings: Findings
) -> CheckedMapping | None:
    mapping = mappings.get((place.namespace, name))
    if mapping is None and not resources.exists_refused("AssetMapping", place.namespace, name):
        near = closest(name, (other for space, other in mappings if space == place.namespace))
        message = f"AssetMapping/{name} does not exist in namespace {place.namespace}"
        findings.error(place, Reason.UNKNOWN_MAPPING, message, near)
    return mapping


def _classes_of(
    twin: Loaded[TwinModel], index: int, item: TwinAssets, mapping: CheckedMapping, findings: Findings
) -> list[str]:
    """The chosen classes of a mapping that exist, all of them where none is chosen."""
    if item.classes is None:
        return list(mapping.classes)
    for number, name in enumerate(item.classes):
        if name not in mapping.classes:
            place = twin.place(f"spec.assets[{index}].classes[{number}]")
            message = f"AssetMapping/{item.mapping} has no class {name}"
            findings.error(place, Reason.UNKNOWN_CLASS, message, closest(name, mapping.classes))
    return [name for name in dict.fromkeys(item.classes) if name in mapping.classes]


def _add_class(
    name: str, mapping: CheckedMapping, classes: dict[str, TwinProperties], place: Place, findings: Findings
) -> None:
    """Adds what twins see of a class: its realtime properties, in order."""
    shapes = mapping.bindings.classes[name]
    properties = {
        row.model.name: TwinProperty(
            name=row.model.name,
            type=shapes[row.model.name].type,
            unit=shapes[row.model.name].unit,
            sequence=bool(row.model.sequence),
        )
        for row in mapping.classes[name].properties.values()
        if row.model.route != "batch"
    }
    if classes.setdefault(name, properties) != properties:
        message = f"class {name} of AssetMapping/{mapping.loaded.name} differs from the same class of another mapping"
        findings.error(place, Reason.DUPLICATE_CLASS, message, "Rename one of the two")


def _with_staleness(
    twin: Loaded[TwinModel], classes: Mapping[str, TwinProperties], standard: StalenessConfig, findings: Findings
) -> dict[str, TwinProperties]:
    """The classes with the limits that single properties have of their own."""
    result = {name: dict(properties) for name, properties in classes.items()}
    for index, spec in enumerate(twin.model.spec.properties or ()):
        path = f"spec.properties[{index}]"
        if spec.class_ is not None and spec.class_ not in result:
            message = f"the twin has no class {spec.class_}"
            findings.error(twin.place(f"{path}.class"), Reason.UNKNOWN_CLASS, message, closest(spec.class_, result))
            continue
        homes = [spec.class_] if spec.class_ else [name for name in result if spec.name in result[name]]
        if not homes or spec.name not in result[homes[0]]:
            known = {name for home in homes or result for name in result[home]}
            message = f"no class of the twin has a realtime property {spec.name}"
            findings.error(twin.place(f"{path}.name"), Reason.UNKNOWN_PROPERTY, message, closest(spec.name, known))
            continue
        if spec.staleness is not None:
            own = staleness_config(spec.staleness, standard)
            _check_staleness(twin, f"{path}.staleness", own, findings)
            for home in homes:
                result[home][spec.name] = _replaced(result[home][spec.name], own)
    return result


def _replaced(item: TwinProperty, staleness: StalenessConfig) -> TwinProperty:
    return TwinProperty(name=item.name, type=item.type, unit=item.unit, sequence=item.sequence, staleness=staleness)


def staleness_config(spec: Staleness | None, standard: StalenessConfig | None = None) -> StalenessConfig:
    """Limits in seconds; what is not given is taken from `standard`."""
    base = standard or StalenessConfig()
    if spec is None:
        return base
    return StalenessConfig(
        fresh=spec.fresh or base.fresh,
        expired=spec.expired or base.expired,
        on_stale=spec.on_stale or base.on_stale,
    )


def _check_staleness(twin: Loaded[TwinModel], path: str, limits: StalenessConfig, findings: Findings) -> None:
    if limits.fresh >= limits.expired:
        message = f"fresh ({limits.fresh:g} s) must be shorter than expired ({limits.expired:g} s)"
        findings.error(twin.place(path), Reason.INVALID_STALENESS, message)
    if limits.on_stale == "Model" and not twin.model.spec.active:
        message = "onStale is Model, but no behaviour is active"
        findings.error(twin.place(path), Reason.INVALID_STALENESS, message, "Name one in spec.active")
