"""What the twin knows: columns over slots, changed only by `apply`, in the order of the stream.

No wall clock is read here: the state is a function of the batches alone, so that a twin that was killed
and reads them again arrives at the same state. What time does to it is `brownfield_twin.freshness`.
"""

from dataclasses import dataclass, field

import numpy as np

from brownfield_api.batch import SampleBatch
from brownfield_api.status import Reason, Severity, Status, severity
from brownfield_api.tables import ValueType
from brownfield_twin.columns import SECOND, Bools, Codes, Floats, Reasons, Rows, Times
from brownfield_twin.layout import Layout

_LAST_USABLE = (
    np.uint32(Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE),
    np.uint32(Status.UNCERTAIN_LAST_USABLE_VALUE),
)
_CODE = np.uint32(0xFFFF_0000)
_HELD = np.uint16(Reason.HELD)

_RULES = np.uint16(int(Reason.INITIAL) - 1)
"""The reasons a pipeline's rules give (the bits below those of the adapter)."""


@dataclass(slots=True, eq=False)
class State:
    """One row per slot. `usable_time` is up to when (adapter's clock) the last sample that was neither held nor
    Bad proves its value (see `brownfield_twin.vouching`); `good_value` and `good_time` are the last Good one
    and its source time. `exact` holds 64-bit integers (uint64 by its bits), `texts` strings.
    """

    value: Floats
    status: Codes
    reasons: Reasons
    source_time: Times
    receive_time: Times
    usable_time: Times
    good_value: Floats
    good_time: Times
    exact: Times
    texts: dict[int, str] = field(default_factory=dict)


ARRAYS = (
    "value",
    "status",
    "reasons",
    "source_time",
    "receive_time",
    "usable_time",
    "good_value",
    "good_time",
    "exact",
)
"""The columns of `State`, in the order of a checkpoint."""


def empty_state(slots: int) -> State:
    """Nothing has arrived yet: BadWaitingForInitialData everywhere."""
    times = [np.zeros(slots, np.int64) for _ in range(5)]
    return State(
        value=np.full(slots, np.nan),
        status=np.full(slots, Status.BAD_WAITING_FOR_INITIAL_DATA, np.uint32),
        reasons=np.zeros(slots, np.uint16),
        source_time=times[0],
        receive_time=times[1],
        usable_time=times[2],
        good_value=np.full(slots, np.nan),
        good_time=times[3],
        exact=times[4],
    )


def is_held(status: Codes, reasons: Reasons) -> Bools:
    """Whether a sample repeats what was known before the link went: it says nothing about now.

    Values derived from held ones carry the code but not the reason, hence both are looked at.
    """
    held: Bools = (reasons & _HELD) != 0
    if not status.any():  # all plainly Good, as most batches are
        return held
    code = status & _CODE
    held |= (code == _LAST_USABLE[0]) | (code == _LAST_USABLE[1])
    return held


def is_usable(status: Codes, reasons: Reasons) -> Bools:
    """Whether a sample brings a value of now: it is neither Bad nor held."""
    if not status.any():
        return ~is_held(status, reasons)
    usable: Bools = (severity(status) != Severity.BAD) & ~is_held(status, reasons)
    return usable


def is_vouched_for(status: Codes, reasons: Reasons) -> Bools:
    """Whether a source's `as_of` speaks for a value: it was Good at the source and is not held.

    A value that only a rule of the pipeline made Uncertain is Good at its source.
    """
    level = severity(status)
    good: Bools = level == Severity.GOOD
    good |= (level == Severity.UNCERTAIN) & ((reasons & _RULES) != 0)
    good &= ~is_held(status, reasons)
    return good


def keep_proofs(state: State, slots: Rows, batch: SampleBatch, vouched: Times) -> None:
    """Writes down up to when a quiet value was vouched for (`vouched`, per slot) before a held sample repeats it:
    nobody vouches for that one, and the value must not look as old as its own last sample.
    """
    held = is_held(batch.status, batch.reasons)
    if not held.any():
        return
    ending = slots[held]
    ending = ending[is_vouched_for(state.status[ending], state.reasons[ending]) & (state.usable_time[ending] > 0)]
    state.usable_time[ending] = np.maximum(state.usable_time[ending], vouched[ending])


def apply(state: State, layout: Layout, slots: Rows, batch: SampleBatch, *, as_of: int, known: Times) -> Bools:
    """Bring samples of distinct slots into the state; which of them it took. `known`: up to when each of them
    proves its value.

    A sample older than what the slot holds is for history only, with two exceptions: a held one, which
    speaks of the link, and one whose source vouches for now although its clock was put back (the sample
    arrived longer than `fresh` after the newer-looking one): else the twin would freeze until that
    clock has caught up.
    """
    held = is_held(batch.status, batch.reasons)
    older = batch.source_time < state.source_time[slots]
    if older.any():
        patience = np.minimum(layout.fresh[slots], 60 * SECOND)
        waited = batch.receive_time - state.receive_time[slots] > patience
        put_back = waited & (as_of + patience >= batch.receive_time)
        taken = ~older | held | put_back
    else:
        taken = ~older
    if taken.all():
        rows = np.arange(len(slots))
    else:
        rows = np.flatnonzero(taken)
        slots, held, known, batch = slots[rows], held[rows], known[rows], batch.take(rows)
    _store(state, layout, slots, batch, held=held, known=known)
    return taken


def _store(state: State, layout: Layout, slots: Rows, batch: SampleBatch, *, held: Bools, known: Times) -> None:
    level = severity(batch.status)
    good, usable = level == Severity.GOOD, (level != Severity.BAD) & ~held
    state.value[slots] = batch.value
    state.status[slots] = batch.status
    state.reasons[slots] = batch.reasons
    state.source_time[slots] = batch.source_time
    state.receive_time[slots] = batch.receive_time
    state.usable_time[slots[usable]] = known[usable]
    state.good_value[slots[good]] = batch.value[good]
    state.good_time[slots[good]] = batch.source_time[good]
    if batch.value_i64 is not None:
        _store_exact(state, layout, slots, batch.value_i64, ValueType.INT64)
    if batch.value_u64 is not None:
        _store_exact(state, layout, slots, batch.value_u64.view(np.int64), ValueType.UINT64)
    if batch.value_utf8 is not None:
        for slot, text in zip(slots.tolist(), batch.texts(), strict=True):
            if layout.properties[slot].type == ValueType.STRING:
                state.texts[slot] = text


def _store_exact(state: State, layout: Layout, slots: Rows, exact: Times, kind: ValueType) -> None:
    rows = [row for row, slot in enumerate(slots.tolist()) if layout.properties[slot].type == kind]
    state.exact[slots[rows]] = exact[rows]
