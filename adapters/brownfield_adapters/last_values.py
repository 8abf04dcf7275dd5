"""The last word on every tag of a source: what is held while its link is down, and what is still unknown.

Columns over the tag table, written on every batch and read only on link loss, heartbeats and for health.
"""

from dataclasses import replace

import numpy as np

from brownfield_adapters.samples import without_value
from brownfield_api.batch import SampleBatch, utf8_column
from brownfield_api.health import QualityCounts
from brownfield_api.status import Reason, Severity, Status, severity
from brownfield_api.tables import TagTable, ValueType


class LastValues:
    """Last value, status and times per tag; a tag that had no sample yet is Bad, waiting for initial data."""

    def __init__(self, table: TagTable) -> None:
        count = len(table.tags)
        types = [tag.type for tag in table.tags]
        self._value = np.full(count, np.nan)
        self._status = np.full(count, Status.BAD_WAITING_FOR_INITIAL_DATA, np.uint32)
        self._source_time = np.zeros(count, np.int64)
        self._receive_time = np.zeros(count, np.int64)
        self._seen = np.zeros(count, np.bool_)
        self._i64 = np.zeros(count, np.int64) if ValueType.INT64 in types else None
        self._u64 = np.zeros(count, np.uint64) if ValueType.UINT64 in types else None
        self._is_text = np.array([kind is ValueType.STRING for kind in types], np.bool_)
        self._texts = [""] * count
        self._fresh = np.ones(count, np.bool_)
        self._fresh_left = count
        self._mark = Reason.INITIAL

    def reconnected(self, *, gap: bool) -> None:
        """The first sample of each tag from now on is INITIAL; with `gap` also GAP_BEFORE, because nobody
        can read what happened in between.
        """
        self._fresh[:] = True
        self._fresh_left = len(self._fresh)
        self._mark = Reason.INITIAL | Reason.GAP_BEFORE if gap else Reason.INITIAL

    def observe(self, batch: SampleBatch) -> SampleBatch:
        """Takes the samples over and returns them, marked where they are a tag's first since the connection."""
        rows = batch.index
        if self._fresh_left:
            batch = self._marked(batch)
        # Repeated rows: numpy assigns in order, so the last sample of a tag stays.
        self._value[rows] = batch.value
        self._status[rows] = batch.status
        self._source_time[rows] = batch.source_time
        self._receive_time[rows] = batch.receive_time
        if batch.value_i64 is not None and self._i64 is not None:
            self._i64[rows] = batch.value_i64
        if batch.value_u64 is not None and self._u64 is not None:
            self._u64[rows] = batch.value_u64
        if batch.value_utf8 is not None:
            self._take_texts(batch)
        return batch

    def held(self, now: int) -> SampleBatch:
        """What is known while nobody can read: the last usable value of each tag with its original times as
        Uncertain, and Bad for tags that never had a sample. Tags whose last word was Bad have nothing to add.
        """
        usable = self._seen & (severity(self._status) < np.uint32(Severity.BAD))
        rows = np.flatnonzero(usable | ~self._seen)
        known = usable[rows]
        waiting = np.uint32(Status.BAD_WAITING_FOR_INITIAL_DATA)
        last = np.uint32(Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE)
        texts = [self._texts[row] for row in rows.tolist()] if self._is_text.any() else None
        return SampleBatch(
            index=rows.astype(np.uint32),
            value=np.where(known, self._value[rows], np.nan),
            status=np.where(known, last, waiting),
            reasons=np.where(known, np.uint16(Reason.HELD), np.uint16(Reason.NONE)),
            source_time=np.where(known, self._source_time[rows], now),
            receive_time=np.where(known, self._receive_time[rows], now),
            value_i64=None if self._i64 is None else self._i64[rows],
            value_u64=None if self._u64 is None else self._u64[rows],
            value_utf8=None if texts is None else utf8_column(texts),
        )

    def waiting(self, now: int) -> SampleBatch:
        """Bad, waiting for initial data, for the tags that never had a sample; empty if all had."""
        return without_value(np.flatnonzero(~self._seen), Status.BAD_WAITING_FOR_INITIAL_DATA, now=now)

    def counts(self, *, linked: bool) -> QualityCounts:
        """Tags by the severity of their last word; without a link nothing is Good."""
        good, uncertain, bad = np.bincount(severity(self._status), minlength=3).tolist()
        if linked:
            return QualityCounts(good=good, uncertain=uncertain, bad=bad)
        return QualityCounts(uncertain=good + uncertain, bad=bad)

    def _marked(self, batch: SampleBatch) -> SampleBatch:
        _, first = np.unique(batch.index, return_index=True)
        first = first[self._fresh[batch.index[first]]]
        rows = batch.index[first]
        self._fresh[rows] = False
        self._seen[rows] = True
        self._fresh_left -= len(rows)
        reasons = batch.reasons.copy()
        reasons[first] |= np.uint16(self._mark)
        return replace(batch, reasons=reasons)

    def _take_texts(self, batch: SampleBatch) -> None:
        rows = np.flatnonzero(self._is_text[batch.index])
        if len(rows) == 0:
            return
        for row, text in zip(batch.index[rows].tolist(), batch.take(rows).texts(), strict=True):
            self._texts[row] = text
