"""Cutting what a source read into batches that fit the spine."""

import numpy as np

from brownfield_api.batch import MAX_BATCH_BYTES, SampleBatch, encode, split, utf8_column
from brownfield_api.status import Reason, Status, degrade


def pieces(batch: SampleBatch) -> list[tuple[SampleBatch, bytes]]:
    """The batch in order, in pieces whose encoding is at most `MAX_BATCH_BYTES`, each with its encoding.

    A single sample that alone is too large (a giant string) loses its string and becomes Bad with the
    reason Unreadable: it must not cost the others.
    """
    return [piece for part in split(batch) for piece in _fitting(part)]


def _fitting(batch: SampleBatch) -> list[tuple[SampleBatch, bytes]]:
    payload = encode(batch)
    if len(payload) <= MAX_BATCH_BYTES:
        return [(batch, payload)]
    if len(batch) == 1:
        return _fitting(_without_text(batch))
    half = np.arange(len(batch)) < len(batch) // 2
    return [*_fitting(batch.take(np.flatnonzero(half))), *_fitting(batch.take(np.flatnonzero(~half)))]


def _without_text(batch: SampleBatch) -> SampleBatch:
    everywhere = np.ones(len(batch), np.bool_)
    return SampleBatch(
        index=batch.index,
        value=batch.value,
        status=degrade(batch.status, everywhere, Status.BAD_OUT_OF_RANGE),
        reasons=batch.reasons | np.uint16(Reason.UNREADABLE),
        source_time=batch.source_time,
        receive_time=batch.receive_time,
        value_i64=batch.value_i64,
        value_u64=batch.value_u64,
        value_utf8=utf8_column([""] * len(batch)),
    )
