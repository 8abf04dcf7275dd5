"""What age does to a value. Pure: (state, vouched, now) -> what is shown.

Age is `now` minus the later of: up to when the last usable sample proves its value, and up to when its source
vouches for it (`brownfield_twin.vouching`); never merely when it was received. Up to `fresh` a value is Fresh, up to
`expired` Stale, then Expired; without any value ever it is Never. A value that is not fresh is

- held (`Hold`): the last value, at best UncertainLastUsableValue;
- replaced (`Model`): by the prediction of the active behaviour, as long as its input is fresh, marked
  Estimated and UncertainSubstituteValue; without a prediction it is held;
- withdrawn (`Invalidate`): no value, Bad.

A code that is already worse (the device said why) is left alone, except that a model stands in for any.
"""

from dataclasses import dataclass

import numpy as np

from brownfield_api.status import Reason, Severity, Status, degrade, severity
from brownfield_api.twin_view import Freshness
from brownfield_twin.columns import SECOND, Bools, Bytes, Codes, Floats, Reasons, Rows, Times
from brownfield_twin.layout import INVALIDATE, MODEL, CurveSlots, Layout
from brownfield_twin.state import State, is_vouched_for

FRESH, STALE, EXPIRED, NEVER = 0, 1, 2, 3
"""Codes of freshness, from best to worst."""

FRESHNESS_NAMES: tuple[Freshness, ...] = ("Fresh", "Stale", "Expired", "Never")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The twin at one instant, one row per slot: `age` in seconds (NaN = never), `stale_since` nanoseconds
    (0 = it is not), and value, status and reasons as they are shown. `withdrawn`: there is no value.
    """

    now: int
    renewed: Times
    age: Floats
    freshness: Bytes
    stale_since: Times
    value: Floats
    status: Codes
    reasons: Reasons
    estimated: Bools
    withdrawn: Bools


def look(layout: Layout, state: State, vouched: Times, now: int) -> Frame:
    """The twin at `now` (nanoseconds); `vouched` is up to when each slot's sources vouch for it."""
    renewed = renewed_until(layout, state, vouched)
    freshness, stale_since = classify(renewed, layout.fresh, layout.expired, now)
    stale = freshness != FRESH
    withdrawn = stale & (layout.on_stale == INVALIDATE)
    status = degrade(state.status, stale & (freshness != NEVER), Status.UNCERTAIN_LAST_USABLE_VALUE)
    status = degrade(status, withdrawn, Status.BAD_NO_DATA)
    value, reasons = state.value.copy(), state.reasons.copy()
    estimated = np.zeros(len(layout), np.bool_)
    for curve in layout.curves:
        if curve.config.name == layout.active:
            target, predicted = _predictions(curve, layout, state, freshness)
            value[target], estimated[target] = predicted, True
            status[target] = Status.UNCERTAIN_SUBSTITUTE_VALUE
            reasons[target] |= np.uint16(Reason.ESTIMATED)
    age = np.where(renewed > 0, np.maximum(now - renewed, 0) / SECOND, np.nan)
    withdrawn = (withdrawn & ~estimated) | (severity(status) == Severity.BAD)
    return Frame(now, renewed, age, freshness, stale_since, value, status, reasons, estimated, withdrawn)


def renewed_until(layout: Layout, state: State, vouched: Times) -> Times:
    """When (adapter's clock) each value was last known to be so; 0 = never. A behaviour's results are as
    old as what they were computed from, and age while that is not Good.
    """
    quiet = is_vouched_for(state.status, state.reasons) & (state.usable_time > 0)
    renewed: Times = np.where(quiet, np.maximum(state.usable_time, vouched), state.usable_time)
    for curve in layout.curves:
        both = np.minimum(renewed[curve.x], renewed[curve.y])
        compared = (severity(state.status[curve.x]) == 0) & (severity(state.status[curve.y]) == 0)
        for target, since, current in (
            (curve.expected, renewed[curve.x], severity(state.status[curve.x]) == 0),
            (curve.residual, both, compared),
            (curve.error, both, compared),
        ):
            known = state.usable_time[target]
            renewed[target] = np.where(current & (known > 0), since, known)
    return renewed


def classify(renewed: Times, fresh: Times, expired: Times, now: int) -> tuple[Bytes, Times]:
    """Freshness of each slot, and the instant its age passed `fresh` (0 where it has not, or never was)."""
    age = now - renewed
    freshness = (age > fresh).astype(np.uint8) + (age > expired).astype(np.uint8)
    freshness[renewed == 0] = NEVER
    stale = (freshness == STALE) | (freshness == EXPIRED)
    return freshness, np.where(stale, renewed + fresh, 0)


def _predictions(curve: CurveSlots, layout: Layout, state: State, freshness: Bytes) -> tuple[Rows, Floats]:
    """Outputs that are stale while their input is fresh, and what the curve says instead."""
    predicted = state.value[curve.expected]
    able = (freshness[curve.x] == FRESH) & np.isfinite(predicted) & (severity(state.status[curve.x]) != Severity.BAD)
    where = able & (freshness[curve.y] != FRESH) & (layout.on_stale[curve.y] == MODEL)
    return curve.y[where], predicted[where]
