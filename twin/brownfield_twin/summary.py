"""An asset in one word each: fresh or not, since when, and the worst quality of what is measured on it.

Freshness asks "do we still hear of it", quality "is what we hear good". A tag that its device itself calls
Bad is therefore counted by quality and not by freshness: one bad tag must not make its asset look lost.
"""

from dataclasses import dataclass

import numpy as np

from brownfield_api.status import Severity, severity
from brownfield_twin.columns import Bools, Bytes, Rows, Times
from brownfield_twin.freshness import NEVER, Frame
from brownfield_twin.layout import Layout

_NOT_STALE = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """One row per asset: freshness code, nanoseconds since when it is stale (0 = it is not), severity, and how
    many of its stored properties are good, uncertain and bad (three columns).
    """

    freshness: Bytes
    stale_since: Times
    quality: Bytes
    counts: Rows


def summarise(layout: Layout, frame: Frame, measured: Bools, usable: Bools) -> Summary:
    """Worst of the `measured` slots of each asset; `usable` tells slots whose own status is not Bad."""
    count = len(layout.assets)
    freshness = np.full(count, NEVER, np.uint8)
    known = measured & (frame.freshness != NEVER)
    for chosen in (known, known & usable):  # where nothing is usable, the age of what is Bad has to do
        worst = np.zeros(count, np.uint8)
        np.maximum.at(worst, layout.asset_of[chosen], frame.freshness[chosen])
        any_chosen = np.bincount(layout.asset_of[chosen], minlength=count) > 0
        freshness[any_chosen] = worst[any_chosen]
    stale = known & (frame.stale_since > 0) & (usable | (freshness[layout.asset_of] > 0))
    since = np.full(count, _NOT_STALE)
    np.minimum.at(since, layout.asset_of[stale], frame.stale_since[stale])
    since[(since == _NOT_STALE) | (freshness == 0) | (freshness == NEVER)] = 0
    quality = np.full(count, Severity.GOOD, np.uint8)
    level = severity(frame.status).astype(np.uint8)
    np.maximum.at(quality, layout.asset_of[measured], level[measured])
    cells = layout.asset_of[layout.stored] * len(Severity) + level[layout.stored]
    counts = np.bincount(cells, minlength=count * len(Severity)).reshape(count, len(Severity))
    return Summary(freshness, since, quality, counts)
