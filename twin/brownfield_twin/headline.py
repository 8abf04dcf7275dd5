"""Which properties of an asset are shown among many assets, where all of them would be too much.

A farm of 200 turbines with 600 properties each is 26 MB of JSON a second: no page draws that and no event loop
should make it. Above `MANY` properties the twin as a whole carries of each asset only the first few: what the
behaviours read, predict and add, the active one first, then the order of the class. The rest is a question
about one asset away. Pure.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from brownfield_api.twin_config import CurveConfig
from brownfield_twin.columns import Rows
from brownfield_twin.layout import BEHAVIOUR_PROPERTIES, Layout

MANY = 2000
"""Properties of all assets together up to which everything is shown: half a megabyte of JSON."""

FEWEST = 8
"""Properties per asset that are shown however many assets there are: a behaviour's five, and three more."""


def headline_slots(layout: Layout, *, many: int = MANY, fewest: int = FEWEST) -> tuple[Rows, ...]:
    """Per asset the slots that are shown, in display order."""
    start = layout.start.tolist()
    every = [np.arange(begin, end) for begin, end in pairwise(start)]
    if len(layout) <= many or not layout.assets:
        return tuple(every)
    room = max(many // len(layout.assets), fewest)
    first = _names_first([slots.config for slots in layout.curves], layout.active)
    chosen: dict[str, Rows] = {}
    for asset, slots in zip(layout.assets, every, strict=True):
        if asset.class_name not in chosen:
            names = [layout.properties[slot].name for slot in slots.tolist()]
            order = sorted(range(len(names)), key=lambda row: first.get(names[row], len(first)))
            chosen[asset.class_name] = np.array(sorted(order[:room]), np.intp)
    return tuple(slots[chosen[asset.class_name]] for asset, slots in zip(layout.assets, every, strict=True))


def _names_first(curves: Iterable[CurveConfig], active: str) -> dict[str, int]:
    """Rank of the properties that behaviours are about."""
    names: dict[str, int] = {}
    for curve in sorted(curves, key=lambda curve: curve.name != active):
        results = (f"{curve.name}.{result}" for result in BEHAVIOUR_PROPERTIES)
        for name in (*curve.inputs.values(), *curve.outputs.values(), *results):
            names.setdefault(name, len(names))
    return names
