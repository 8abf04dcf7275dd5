"""Where everything stands: one slot per (asset, property), fixed for the life of the process.

All state is arrays over slots, so that one numpy step serves all assets. The slots of an asset are
neighbours, in the display order of its class, followed by the properties its behaviours add.
"""

from dataclasses import dataclass

import numpy as np

from brownfield_api.errors import InvalidResource
from brownfield_api.tables import ValueType
from brownfield_api.twin_config import CurveConfig, StalenessConfig, TwinAsset, TwinClass, TwinConfig, TwinProperty
from brownfield_twin.columns import SECOND, Bools, Bytes, Rows, Times

HOLD, MODEL, INVALIDATE = 0, 1, 2
"""What happens to a stale value; see `brownfield_twin.freshness`."""

_ON_STALE = {"Hold": HOLD, "Model": MODEL, "Invalidate": INVALIDATE}

BEHAVIOUR_PROPERTIES = ("expected", "residual", "error")
"""What a behaviour adds to each asset it applies to, as `<behaviour>.<name>`."""


@dataclass(frozen=True, slots=True)
class CurveSlots:
    """A curve and, per asset it applies to, the slots of its inputs and results (five columns of equal length)."""

    config: CurveConfig
    x: Rows
    y: Rows
    expected: Rows
    residual: Rows
    error: Rows


@dataclass(frozen=True, slots=True)
class Layout:
    """The slots of a twin. `start[i]:start[i + 1]` are the slots of asset i; `stored` tells measured and
    derived properties from those of behaviours; `fresh` and `expired` are nanoseconds of age; `names`,
    `asset/property`, is how a checkpoint finds its slots again after a change.
    """

    assets: tuple[TwinAsset, ...]
    properties: tuple[TwinProperty, ...]
    names: tuple[str, ...]
    asset_of: Rows
    start: Rows
    slot: dict[tuple[str, str], int]
    stored: Bools
    fresh: Times
    expired: Times
    on_stale: Bytes
    curves: tuple[CurveSlots, ...]
    active: str

    def __len__(self) -> int:
        return len(self.properties)


def build_layout(config: TwinConfig) -> Layout:
    """The layout of a configuration; raises `InvalidResource` for a class or policy that does not exist."""
    classes = {item.name: item for item in config.classes}
    properties: list[TwinProperty] = []
    stored: list[bool] = []
    asset_of: list[int] = []
    start = [0]
    slot: dict[tuple[str, str], int] = {}
    for position, asset in enumerate(config.assets):
        if asset.class_name not in classes:
            raise InvalidResource(f"class {asset.class_name} does not exist", f"asset {asset.id}")
        own = classes[asset.class_name].properties
        added = _behaviour_properties(classes[asset.class_name], config.behaviours)
        for item in (*own, *added):
            slot[asset.id, item.name] = len(properties)
            properties.append(item)
            asset_of.append(position)
        stored += [True] * len(own) + [False] * len(added)
        start.append(len(properties))
    policies = [item.staleness or config.staleness for item in properties]
    return Layout(
        assets=config.assets,
        properties=tuple(properties),
        names=tuple(f"{config.assets[i].id}/{item.name}" for i, item in zip(asset_of, properties, strict=True)),
        asset_of=np.array(asset_of, np.intp),
        start=np.array(start, np.intp),
        slot=slot,
        stored=np.array(stored, np.bool_),
        fresh=np.array([policy.fresh * SECOND for policy in policies], np.int64),
        expired=np.array([policy.expired * SECOND for policy in policies], np.int64),
        on_stale=np.array([_policy(policy) for policy in policies], np.uint8),
        curves=tuple(_curve_slots(item, config.assets, slot) for item in config.behaviours),
        active=config.active,
    )


def applies_to(curve: CurveConfig, properties: set[str]) -> bool:
    """Whether a class with these properties has what the curve reads and predicts."""
    return {curve.inputs["x"], curve.outputs["y"]} <= properties


def _policy(staleness: StalenessConfig) -> int:
    try:
        return _ON_STALE[staleness.on_stale]
    except KeyError:
        raise InvalidResource(
            f"onStale {staleness.on_stale!r} does not exist", "staleness", f"Use one of {', '.join(_ON_STALE)}"
        ) from None


def _behaviour_properties(class_: TwinClass, behaviours: tuple[CurveConfig, ...]) -> list[TwinProperty]:
    by_name = {item.name: item for item in class_.properties}
    return [
        TwinProperty(
            name=f"{curve.name}.{result}",
            type=ValueType.FLOAT64,
            unit=by_name[curve.outputs["y"]].unit,
            staleness=by_name[curve.inputs["x"]].staleness,
        )
        for curve in behaviours
        if applies_to(curve, set(by_name))
        for result in BEHAVIOUR_PROPERTIES
    ]


def _curve_slots(curve: CurveConfig, assets: tuple[TwinAsset, ...], slot: dict[tuple[str, str], int]) -> CurveSlots:
    names = (curve.inputs["x"], curve.outputs["y"], *(f"{curve.name}.{result}" for result in BEHAVIOUR_PROPERTIES))
    rows = [[slot[asset.id, name] for name in names] for asset in assets if (asset.id, names[2]) in slot]
    columns = np.array(rows, np.intp).reshape(-1, len(names)).T
    return CurveSlots(curve, *columns)
