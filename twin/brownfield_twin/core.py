"""The twin without its edges: batches in, state out, the same state for the same batches.

`take` is given every batch of the asset subjects in stream order. It counts, checks counters end to end,
updates state, behaviours and the ring of recent history, and notes which assets changed. No clock, no
network: the edges (`brownfield_twin.process`) bring batches and look at the state.
"""

from typing import Literal

import numpy as np

from brownfield_api.batch import SampleBatch
from brownfield_api.errors import CorruptBatch
from brownfield_api.header import BatchHeader
from brownfield_api.status import Reason, severity
from brownfield_api.tables import AssetTable
from brownfield_api.twin_config import TwinConfig
from brownfield_twin.arrivals import Arrivals
from brownfield_twin.binding import Binding, Lineage, bind
from brownfield_twin.columns import SECOND, Rows
from brownfield_twin.curve import Curve
from brownfield_twin.freshness import Frame, look
from brownfield_twin.layout import build_layout
from brownfield_twin.ring import Ring
from brownfield_twin.rounds import rounds
from brownfield_twin.sequence import SequenceCheck
from brownfield_twin.state import apply, empty_state, keep_proofs
from brownfield_twin.vouching import Vouching

Kind = Literal["measured", "derived", "behaviour"]

_HELD = np.uint16(Reason.HELD)


class Twin:
    """All that one TwinModel knows. Public attributes are read by the edges and by the checkpoint."""

    def __init__(self, config: TwinConfig) -> None:
        self.config = config
        self.layout = build_layout(config)
        self.state = empty_state(len(self.layout))
        self.vouching = Vouching(len(self.layout))
        self.sequence = SequenceCheck(self.layout)
        self.curves = tuple(Curve(slots, self.layout) for slots in self.layout.curves)
        self.arrivals = Arrivals()
        self.ring = Ring(int(config.history.memory * SECOND))
        self.lineage: dict[int, Lineage] = {}
        self.measured = self.layout.stored.copy()
        self.changes = 0
        self.version = np.zeros(len(config.assets), np.int64)
        self._bindings: dict[str, Binding] = {}
        self._scratch: Rows = np.empty(len(self.layout), np.intp)

    def bound(self, table_hash: str) -> bool:
        """Whether batches of this table can be taken already."""
        return table_hash in self._bindings

    def introduce(self, table_hash: str, table: AssetTable) -> None:
        """Learn what a table's rows mean, and where their values come from."""
        self.adopt(table_hash, bind(table, self.layout))

    def adopt(self, table_hash: str, binding: Binding) -> None:
        """The same for a table that was bound to our layout elsewhere."""
        self._bindings[table_hash] = binding
        self.lineage.update(binding.lineage)
        for slot, lineage in binding.lineage.items():
            self.measured[slot] = not lineage.definition.expression
        self.vouching.depend(binding.sources)
        self.touch(np.array(list(binding.lineage), np.intp))

    def frame(self, now: int) -> Frame:
        """What the twin shows at `now` (nanoseconds since 1970 UTC)."""
        return look(self.layout, self.state, self.vouching.until(), now)

    def kind(self, slot: int) -> Kind:
        """What makes a slot's value: a tag, an expression of the mapping, or a behaviour."""
        if not self.layout.stored[slot]:
            return "behaviour"
        return "measured" if self.measured[slot] else "derived"

    def touch(self, slots: Rows) -> None:
        """Note that the views of these slots' assets changed; `version` says in which change."""
        if len(slots):
            self.changes += 1
            self.version[self.layout.asset_of[slots]] = self.changes

    def locate(self, header: BatchHeader, batch: SampleBatch) -> tuple[Rows, SampleBatch]:
        """The slots of a batch's samples, and the batch without samples of what this twin does not hold.

        Its table must have been introduced. Raises `CorruptBatch` for a row the table does not have.
        """
        binding = self._bindings[header.table]
        if len(batch) and int(batch.index.max()) >= len(binding.slots):
            raise CorruptBatch(f"row {int(batch.index.max())} of a table of {len(binding.slots)}")
        slots = binding.slots[batch.index]
        if not binding.complete:
            known = np.flatnonzero(slots >= 0)
            slots, batch = slots[known], batch.take(known)
        return slots, batch

    def take(self, header: BatchHeader, slots: Rows, batch: SampleBatch) -> None:
        """Bring a located batch into the state."""
        self.vouching.renew(header.source, header.as_of)
        for rows in rounds(slots, self._scratch):
            some = batch if len(rows) == len(slots) else batch.take(rows)
            self._take_round(slots[rows], some, header)

    def remember(self, slots: Rows, batch: SampleBatch) -> None:
        """Only refill the recent history from a located batch that the state holds already (after a restart)."""
        self._record(slots, batch)

    def _take_round(self, slots: Rows, batch: SampleBatch, header: BatchHeader) -> None:
        self.sequence.step(slots, batch)
        known = self.vouching.known(slots, batch, source=header.source, as_of=header.as_of)
        keep_proofs(self.state, slots, batch, self.vouching.until())
        taken = apply(self.state, self.layout, slots, batch, as_of=header.as_of, known=known)
        self._record(slots, batch)
        changed = slots[taken]
        for curve in self.curves:
            errors = curve.step(self.state, changed)
            if len(errors):
                self._record_errors(errors)
        self.touch(changed)

    def _record(self, slots: Rows, batch: SampleBatch) -> None:
        rows = np.flatnonzero((batch.reasons & _HELD) == 0)
        if len(rows):
            quality = severity(batch.status[rows]).astype(np.uint8)
            arrived = int(batch.receive_time[rows].max())
            self.ring.append(slots[rows], batch.source_time[rows], batch.value[rows], quality, arrived)

    def _record_errors(self, slots: Rows) -> None:
        """Running errors cannot be computed again from the past, unlike expected values and residuals."""
        state = self.state
        quality = severity(state.status[slots]).astype(np.uint8)
        arrived = int(state.receive_time[slots].max())
        self.ring.append(slots, state.source_time[slots], state.value[slots], quality, arrived)
