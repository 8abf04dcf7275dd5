"""Answers "how was this property between then and then": memory first, finished files for what is older.

Expected values and residuals are kept nowhere: they follow from the recorded input and output, and are
computed again when somebody asks. A running error reaches back as far as the memory of this process.
"""

import numpy as np

from brownfield_api.twin_view import HistoryView
from brownfield_twin.columns import SECOND
from brownfield_twin.curve import Curve
from brownfield_twin.history_files import RESOLUTION, HistoryFiles
from brownfield_twin.layout import Layout
from brownfield_twin.ring import Ring, Samples
from brownfield_twin.thinning import thin


class History:
    """The past of all slots of a twin."""

    def __init__(self, layout: Layout, ring: Ring, files: HistoryFiles, curves: tuple[Curve, ...]) -> None:
        self._layout = layout
        self._ring = ring
        self._files = files
        self._expected: dict[int, tuple[Curve, int]] = {}
        self._residual: dict[int, tuple[Curve, int, int]] = {}
        for slots, curve in zip(layout.curves, curves, strict=True):
            columns = (slots.x, slots.y, slots.expected, slots.residual)
            for x, y, expected, residual in zip(*(column.tolist() for column in columns), strict=True):
                self._expected[expected] = (curve, x)
                self._residual[residual] = (curve, x, y)

    async def read(self, slot: int, begin: int, end: int) -> Samples:
        """All samples of a slot with begin <= source time <= end (nanoseconds), oldest first."""
        if slot in self._expected:
            curve, x = self._expected[slot]
            inputs = await self._recorded(x, begin, end)
            return Samples(inputs.time, curve.expect(inputs.value), inputs.quality)
        if slot in self._residual:
            curve, x, y = self._residual[slot]
            patience = int(self._layout.fresh[y])
            inputs = await self._recorded(x, begin - patience, end)
            return residuals(curve, inputs, await self._recorded(y, begin, end), patience)
        return await self._recorded(slot, begin, end)

    async def _recorded(self, slot: int, begin: int, end: int) -> Samples:
        recent = self._ring.read(slot, begin, end)
        remembered_from = int(recent.time[0]) if len(recent) else end + RESOLUTION
        asset = self._layout.assets[int(self._layout.asset_of[slot])].id
        older = await self._files.read(
            asset,
            self._layout.properties[slot].name,
            begin // RESOLUTION * RESOLUTION,
            remembered_from // RESOLUTION * RESOLUTION,
        )
        if not len(older):
            return recent
        return Samples(
            np.concatenate([older.time, recent.time]),
            np.concatenate([older.value, recent.value]),
            np.concatenate([older.quality, recent.quality]),
        )

    async def view(self, slot: int, begin: int, end: int, points: int) -> HistoryView:
        """What the API serves: at most `points` samples, times in seconds."""
        samples = await self.read(slot, begin, end)
        rows = thin(samples.time, samples.value, points)
        value = samples.value[rows]
        finite = np.isfinite(value)
        return HistoryView(
            asset=self._layout.assets[int(self._layout.asset_of[slot])].id,
            property=self._layout.properties[slot].name,
            unit=self._layout.properties[slot].unit,
            time=(samples.time[rows] / SECOND).tolist(),
            value=[item if known else None for item, known in zip(value.tolist(), finite.tolist(), strict=True)],
            quality=samples.quality[rows].tolist(),
            thinned=len(rows) < len(samples),
        )


def residuals(curve: Curve, inputs: Samples, outputs: Samples, patience: int) -> Samples:
    """Each Good output minus the curve at the newest Good input of at most `patience` nanoseconds before."""
    x_rows, y_rows = np.flatnonzero(inputs.quality == 0), np.flatnonzero(outputs.quality == 0)
    if not len(x_rows) or not len(y_rows):
        return Samples(outputs.time[:0], outputs.value[:0], outputs.quality[:0])
    before = np.searchsorted(inputs.time[x_rows], outputs.time[y_rows], side="right") - 1
    matched = x_rows[np.maximum(before, 0)]
    near = (before >= 0) & (outputs.time[y_rows] - inputs.time[matched] <= patience)
    matched, y_rows = matched[near], y_rows[near]
    value = outputs.value[y_rows] - curve.expect(inputs.value[matched])
    return Samples(outputs.time[y_rows], value, outputs.quality[y_rows])
