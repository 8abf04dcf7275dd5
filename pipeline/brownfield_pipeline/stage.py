"""One raw batch in, one asset batch out: the pure middle of the pipeline.

No clock, no network, no files: what comes out follows from the configuration, the state and the batches
seen, in the order of the stream. That is what lets a killed pipeline read again from its checkpoint and
publish the same bytes.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from brownfield_api.batch import SampleBatch, decode, empty_batch
from brownfield_api.errors import CorruptBatch
from brownfield_api.header import BatchHeader
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.status import Reason, severity
from brownfield_api.tables import TagTable, ValueType
from brownfield_pipeline.binding import Binding, Selection
from brownfield_pipeline.columns import join, with_quality
from brownfield_pipeline.derive import Derivations
from brownfield_pipeline.rules import RuleSet
from brownfield_pipeline.slots import Slots, number_slots
from brownfield_pipeline.state import SourceState, State

_Item = TypeVar("_Item", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """What one raw batch became. Index columns are slots.

    `samples`: of the raw batch. `asset`: for the twin, empty if the batch only renews `as_of`. `stored`: for
    history, both routes.
    `quarantined`: None if nothing was. `corrupt`: why nothing of the raw batch could be used, "" if it was.
    """

    source: str
    as_of: int
    samples: int
    asset: SampleBatch
    stored: SampleBatch
    quarantined: SampleBatch | None = None
    corrupt: str = ""

    def counts(self) -> tuple[int, int, int]:
        """Good, uncertain and bad samples that went on."""
        status = self.stored.status
        if not bool(status.any()):
            return len(status), 0, 0
        good, uncertain, bad = np.bincount(severity(status), minlength=3)
        return int(good), int(uncertain), int(bad)

    def judged(self) -> tuple[int, int]:
        """Good ones and all of the samples that tell how good the source is: not the repetitions of what is held."""
        fresh = _fresh(self.stored)
        judged = len(fresh) + (0 if self.quarantined is None else len(_fresh(self.quarantined)))
        return int(np.count_nonzero(severity(fresh) == 0)), judged


def _fresh(batch: SampleBatch) -> npt.NDArray[np.uint32]:
    """Codes of the samples that are no repetition."""
    if not bool(batch.reasons.any()):
        return batch.status
    codes: npt.NDArray[np.uint32] = batch.status[(batch.reasons & Reason.HELD) == 0]
    return codes


class Stage:
    """The transformation of one partition and its state."""

    def __init__(self, config: PipelineConfig, slots: Slots | None = None, state: State | None = None) -> None:
        """Raises `InvalidResource` if the configuration contradicts itself; `state` must fit `slots`."""
        self.slots = number_slots(config) if slots is None else slots
        self.state = State.empty(len(self.slots)) if state is None else state
        self._sources = {source.name: source for source in config.sources}
        self._rules = RuleSet(self.slots, self._sources)
        self._derivations = Derivations(self.slots, self._rules)
        self._conversions = {(item.from_unit, item.to_unit): item for item in config.conversions}
        self._bindings: dict[str, tuple[str, Binding]] = {}
        types = [bound.config.type for bound in self.slots.properties]
        self._wide = {kind: np.array([item is kind for item in types], np.bool_) for kind in _WIDE}

    @property
    def quarantines(self) -> bool:
        """Whether any rule can send samples to quarantine."""
        return self._rules.quarantines

    def knows(self, source: str, table: str) -> bool:
        """Whether the source's tag table of this hash is bound."""
        bound = self._bindings.get(source)
        return bound is not None and bound[0] == table

    def bind(self, source: str, name: str, table: TagTable) -> tuple[str, ...]:
        """Use this tag table for the source from now on; returns what it cannot feed, in plain words."""
        binding = Binding(
            source,
            table,
            self.slots,
            conversions=self._conversions,
            rules=self._rules,
            derivations=self._derivations,
        )
        self._bindings[source] = (name, binding)
        return tuple(refusal.message for refusal in binding.refused)

    def step(self, source: str, header: BatchHeader, payload: bytes) -> Output | None:
        """What the batch becomes; None if it was seen before or comes too late. The header's table must be bound."""
        standing = self.state.sources.setdefault(source, SourceState())
        if (header.epoch, header.seq) <= (standing.epoch, standing.seq):
            return None
        if standing.epoch and (header.epoch != standing.epoch or header.seq != standing.seq + 1):
            self._mark_gap(source)
        standing.epoch, standing.seq = header.epoch, header.seq
        # Values of a plant may be anything: what overflows becomes Bad, not a warning.
        with np.errstate(all="ignore"):
            return self._transformed(source, header, payload, standing)

    def _transformed(self, source: str, header: BatchHeader, payload: bytes, standing: SourceState) -> Output:
        binding = self._bindings[source][1]
        try:
            raw = decode(payload, header.crc)
            selection = binding.select(raw.index)
        except CorruptBatch as error:
            self._mark_gap(source)
            return Output(source, 0, 0, empty_batch(), empty_batch(), corrupt=str(error))
        if header.as_of != standing.as_of:
            standing.vouched, standing.as_of = standing.as_of, header.as_of
        parts = [self._mapped(raw, selection)] if len(selection.slots) else []
        if standing.table != header.table:
            standing.table = header.table
            parts += _refused(binding, header, raw)
        return self._finish(
            Output(source, header.as_of, len(raw), empty_batch(), empty_batch()), parts, selection, standing.vouched
        )

    def _mark_gap(self, source: str) -> None:
        self.state.memory.gap[list(self.slots.by_source[source])] = True

    def _mapped(self, raw: SampleBatch, selection: Selection) -> SampleBatch:
        """The raw samples under their slots, scaled, in the properties' units."""
        if selection.rows is not None:
            raw = raw.take(selection.rows)
        value = raw.value
        if selection.factor is not None:
            value = value * selection.factor
        if selection.offset is not None:
            value = value + selection.offset
        return SampleBatch(
            selection.slots,
            value,
            raw.status,
            self._with_gaps(raw.reasons, selection),
            raw.source_time,
            raw.receive_time,
            _exact(raw.value_i64, self._wide[ValueType.INT64], selection.slots),
            _exact(raw.value_u64, self._wide[ValueType.UINT64], selection.slots),
            raw.value_utf8 if selection.layout.text is not None else None,
        )

    def _with_gaps(self, reasons: npt.NDArray[np.uint16], selection: Selection) -> npt.NDArray[np.uint16]:
        """The first sample of a slot after a loss says that others are missing."""
        pending = self.state.memory.gap[selection.slots]
        if not bool(pending.any()):
            return reasons
        rows = np.flatnonzero(pending)
        rows = rows[np.unique(selection.slots[rows], return_index=True)[1]]
        self.state.memory.gap[selection.slots] = False
        reasons = reasons.copy()
        reasons[rows] |= np.uint16(Reason.GAP_BEFORE)
        return reasons

    def _finish(self, nothing: Output, parts: list[SampleBatch], selection: Selection, vouched: int) -> Output:
        if not parts:
            return nothing
        batch, layout, touch = parts[0], selection.layout, selection.touch
        if len(parts) > 1 or not len(selection.slots):
            batch = join(parts)
            layout, touch = self._rules.layout(batch.index), self._derivations.touch(batch.index)
        judged = self._rules.judge(batch, layout, self.state.memory, vouched)
        batch = with_quality(batch, judged.value, judged.status, judged.reasons)
        kept: list[SampleBatch] = [batch]
        removed: list[SampleBatch] = []
        if len(touch.events):
            derived = self._derivations.derive(
                batch, touch, self.state, unique=layout.unique, dropped=judged.quarantined
            )
            kept += derived.kept
            removed += derived.quarantined
        if judged.quarantined is not None:
            kept[0] = batch.take(np.flatnonzero(~judged.quarantined))
            removed.insert(0, batch.take(np.flatnonzero(judged.quarantined)))
        stored = join(kept)
        asset = stored
        if not self.slots.all_realtime:
            realtime = self.slots.realtime[stored.index]
            if not bool(realtime.all()):
                asset = stored.take(np.flatnonzero(realtime))
        return Output(nothing.source, nothing.as_of, nothing.samples, asset, stored, join(removed) if removed else None)


_WIDE = (ValueType.INT64, ValueType.UINT64)


def _exact(
    column: npt.NDArray[_Item] | None, wide: npt.NDArray[np.bool_], slots: npt.NDArray[np.uint32]
) -> npt.NDArray[_Item] | None:
    """The exact integers of the slots that have that type, 0 in other rows; None if there are none."""
    if column is None:
        return None
    own = wide[slots]
    return np.where(own, column, np.zeros(1, column.dtype)) if bool(own.any()) else None


def _refused(binding: Binding, header: BatchHeader, raw: SampleBatch) -> list[SampleBatch]:
    """One Bad sample for each slot that a new table cannot feed; dated by the batch, for want of a better time."""
    count = len(binding.refused)
    if not count:
        return []
    time = max(header.as_of, int(raw.receive_time.max()) if len(raw) else header.epoch)
    return [
        SampleBatch(
            np.array([refusal.slot for refusal in binding.refused], dtype=np.uint32),
            np.full(count, np.nan),
            np.array([refusal.status for refusal in binding.refused], dtype=np.uint32),
            np.zeros(count, np.uint16),
            np.full(count, time, np.int64),
            np.full(count, time, np.int64),
        )
    ]
