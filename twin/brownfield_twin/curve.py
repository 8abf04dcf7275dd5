"""The behaviour `Curve`: expected output from one input, and how far the actual is from it.

One numpy step for all assets of a class. `<name>.expected` follows the input; `<name>.residual` and
`<name>.error` need an actual: a Good, measured output and a Good input, both arrived anew and at most
`fresh` apart. What a model stood in for is never an actual: predictions are not written back into the state.
"""

import numpy as np

from brownfield_api.status import Reason, Severity, Status, severity
from brownfield_twin.columns import SECOND, Bools, Codes, Floats, Rows, Times
from brownfield_twin.layout import CurveSlots, Layout
from brownfield_twin.state import State, is_held


class Curve:
    """One curve over all assets it applies to. Its results live in the state, like any property."""

    def __init__(self, slots: CurveSlots, layout: Layout) -> None:
        self._slots = slots
        self._layout = layout
        self._x, self._y = (np.array(column, np.float64) for column in zip(*slots.config.points, strict=True))
        self._window = slots.config.error_window * SECOND
        self._member: Rows = np.full(len(layout), -1, np.intp)
        for column in (slots.x, slots.y):
            self._member[column] = np.arange(len(column))

    def expect(self, x: Floats) -> Floats:
        """The curve at `x`; constant beyond its ends, NaN stays NaN."""
        return np.interp(x, self._x, self._y)

    def step(self, state: State, changed: Rows) -> Rows:
        """Recompute the assets of which a slot among `changed` is input or output; slots whose error stepped."""
        touched = self._member[changed]
        assets: Rows = np.unique(touched[touched >= 0])
        if not len(assets):
            return assets
        self._step_expected(state, assets)
        return self._step_residual(state, assets)

    def _step_expected(self, state: State, assets: Rows) -> None:
        x, target = self._slots.x[assets], self._slots.expected[assets]
        known = state.source_time[x] > 0
        x, target = x[known], target[known]
        state.value[target] = self.expect(state.value[x])
        _derive(state, target, x, x)

    def _step_residual(self, state: State, assets: Rows) -> Rows:
        slots = self._slots
        x, y = slots.x[assets], slots.y[assets]
        actual = self._actual(state, x, y)
        assets, x, y = assets[actual], x[actual], y[actual]
        residual = state.value[y] - state.value[slots.expected[assets]]
        target = slots.residual[assets]
        state.value[target] = residual
        _derive(state, target, x, y)
        return self._step_error(state, assets, np.abs(residual))

    def _actual(self, state: State, x: Rows, y: Rows) -> Bools:
        usable: Bools = np.ones(len(x), np.bool_)
        for column in (x, y):
            usable &= severity(state.status[column]) == Severity.GOOD
            usable &= ~is_held(state.status[column], state.reasons[column]) & np.isfinite(state.value[column])
        usable &= np.abs(state.receive_time[x] - state.receive_time[y]) <= self._layout.fresh[y]
        return usable

    def _step_error(self, state: State, assets: Rows, magnitude: Floats) -> Rows:
        """Exponentially weighted mean of |residual|, irregular steps: weight 1 - exp(-dt / window).

        dt is in source time and counts pairs: the error steps when both input and output are newer than at
        its last step, so that a batch with one of them does not compare this minute with the last.
        """
        slots = self._slots
        target: Rows = slots.error[assets]
        pair = np.minimum(state.source_time[slots.x[assets]], state.source_time[slots.y[assets]])
        before = state.source_time[target]
        due = pair != before
        target = target[due]
        pair, before, magnitude = pair[due], before[due], magnitude[due]
        weight = np.where(before > 0, -np.expm1(-np.maximum(pair - before, 0) / self._window), 1.0)
        old = np.where(before > 0, state.value[target], 0.0)
        state.value[target] = old + weight * (magnitude - old)
        state.status[target] = Status.GOOD
        state.source_time[target] = pair
        arrived = np.maximum(state.receive_time[slots.x[assets]], state.receive_time[slots.y[assets]])[due]
        state.receive_time[target] = arrived
        known = np.minimum(state.usable_time[slots.x[assets]], state.usable_time[slots.y[assets]])
        state.usable_time[target] = known[due]
        return target


def _derive(state: State, target: Rows, x: Rows, y: Rows) -> None:
    """Give computed slots the worse status, the newer times and the older proof of the two slots they come from."""
    worse = np.where(severity(state.status[x]) >= severity(state.status[y]), x, y)
    state.status[target] = _bad_where_missing(state.status[worse], state.value[target])
    state.reasons[target] = np.where(severity(state.status[worse]) > 0, np.uint16(Reason.INPUT), np.uint16(0))
    newest: Times = np.maximum(state.source_time[x], state.source_time[y])
    state.source_time[target] = newest
    state.receive_time[target] = np.maximum(state.receive_time[x], state.receive_time[y])
    state.usable_time[target] = np.minimum(state.usable_time[x], state.usable_time[y])


def _bad_where_missing(status: Codes, value: Floats) -> Codes:
    return np.where(np.isfinite(value) | (severity(status) == Severity.BAD), status, np.uint32(Status.BAD_NO_DATA))
