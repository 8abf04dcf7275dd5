"""End to end proof of delivery: a counter that its source raises by one with each sample.

A step of one is delivery; a larger one is loss, no step a duplicate, a step back in source time too is
disorder. Two things are neither: a counter that begins again, and a jump over a gap that is on record
(`GAP_BEFORE`, `INITIAL`: nobody could read the register meanwhile). Both count as an epoch. Held samples
and the repeated value after a reconnect say nothing and are skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brownfield_api.batch import SampleBatch
from brownfield_api.health import Hop
from brownfield_api.status import Reason, Severity, severity
from brownfield_api.tables import ValueType
from brownfield_twin.arrivals import add_hops
from brownfield_twin.columns import Bools, Rows, Times
from brownfield_twin.layout import Layout
from brownfield_twin.state import is_held

_BITS = {ValueType.UINT8: 8, ValueType.UINT16: 16, ValueType.UINT32: 32}
_RECORDED_GAP = np.uint16(Reason.INITIAL | Reason.GAP_BEFORE)
_WRAP_REACH = 1000
"""How far a counter may be on either side of its end for a step back to be read as a wrap."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where each counter stands: one row per counter. `seen`: a first value has arrived."""

    last: Times
    time: Times
    seen: Bools
    hop: Hop


class SequenceCheck:
    """The counters of a twin. Feed it batches of distinct slots in stream order."""

    def __init__(self, layout: Layout) -> None:
        slots = [slot for slot, item in enumerate(layout.properties) if item.sequence]
        self.slots: Rows = np.array(slots, np.intp)
        self._types: Sequence[ValueType] = [layout.properties[slot].type for slot in slots]
        self._modulus: Times = np.array([1 << _BITS.get(kind, 62) for kind in self._types], np.int64)
        self._row: Rows = np.full(len(layout), -1, np.intp)
        self._row[self.slots] = np.arange(len(slots))
        self.standing = Standing(
            np.zeros(len(slots), np.int64), np.zeros(len(slots), np.int64), np.zeros(len(slots), np.bool_), Hop()
        )

    def step(self, slots: Rows, batch: SampleBatch) -> None:
        """Check the counters among `slots`, the slots of the rows of `batch`."""
        if not len(self.slots):
            return
        rows = np.flatnonzero(self._row[slots] >= 0)
        if not len(rows):
            return
        status, reasons = batch.status[rows], batch.reasons[rows]
        rows = rows[(severity(status) != Severity.BAD) & ~is_held(status, reasons)]
        if len(rows):
            at = self._row[slots[rows]]
            self.standing = advance(
                self.standing,
                at,
                number=self._numbers(at, rows, batch),
                time=batch.source_time[rows],
                gap_on_record=(batch.reasons[rows] & _RECORDED_GAP) != 0,
                modulus=self._modulus[at],
            )

    def _numbers(self, at: Rows, rows: Rows, batch: SampleBatch) -> Times:
        """The counters' exact values, from whichever column holds them."""
        value = batch.value[rows]
        numbers = np.where(np.isfinite(value), value, 0.0).astype(np.int64)
        for kind, column in ((ValueType.INT64, batch.value_i64), (ValueType.UINT64, batch.value_u64)):
            if column is not None:
                exact = np.array([self._types[position] == kind for position in at.tolist()], np.bool_)
                numbers[exact] = column[rows[exact]].astype(np.int64)
        return numbers


def advance(
    standing: Standing, at: Rows, *, number: Times, time: Times, gap_on_record: Bools, modulus: Times
) -> Standing:
    """The standing after one new number for each of the distinct counters `at`."""
    last, seen = standing.last[at], standing.seen[at]
    step = number - last
    if seen.all() and (step == 1).all():  # delivery, as nearly always
        return _moved(standing, at, number, time, Hop(samples=len(at)))
    wraps = (step < 0) & (last >= modulus - _WRAP_REACH) & (number < _WRAP_REACH)
    step = np.where(wraps, step + modulus, step)
    repeat = seen & (step == 0)
    duplicated = repeat & ~gap_on_record
    back = seen & (step < 0)
    reordered = back & (time < standing.time[at]) & ~gap_on_record
    jump = seen & (step > 1)
    lost = jump & ~gap_on_record
    begun_again = (back & ~reordered) | (jump & gap_on_record)
    moved = ~(repeat | reordered)
    counts = Hop(
        samples=int((~repeat).sum()),
        lost=int((step[lost] - 1).sum()),
        duplicated=int(duplicated.sum()),
        reordered=int(reordered.sum()),
        epochs=int(begun_again.sum()),
    )
    return _moved(standing, at[moved], number[moved], time[moved], counts)


def _moved(standing: Standing, at: Rows, number: Times, time: Times, counts: Hop) -> Standing:
    """The standing with counters `at` at new numbers, and `counts` more."""
    new = Standing(standing.last.copy(), standing.time.copy(), standing.seen.copy(), add_hops(standing.hop, counts))
    new.last[at], new.time[at], new.seen[at] = number, time, True
    return new
