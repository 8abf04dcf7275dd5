"""Building batches out of batches: the few column operations that the pipeline's parts share."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from brownfield_api.batch import SampleBatch, utf8_column


def with_quality(
    batch: SampleBatch,
    value: npt.NDArray[np.float64],
    status: npt.NDArray[np.uint32],
    reasons: npt.NDArray[np.uint16],
) -> SampleBatch:
    """The batch with other values, status and reasons; `dataclasses.replace` takes ten times as long."""
    return SampleBatch(
        batch.index,
        value,
        status,
        reasons,
        batch.source_time,
        batch.receive_time,
        batch.value_i64,
        batch.value_u64,
        batch.value_utf8,
    )


def join(batches: Sequence[SampleBatch]) -> SampleBatch:
    """Batches one after the other; a side column that any of them has is 0 or "" where others lack it."""
    if len(batches) == 1:
        return batches[0]
    texts = None
    if any(batch.value_utf8 is not None for batch in batches):
        texts = utf8_column([text for batch in batches for text in batch.texts()])
    return SampleBatch(
        index=np.concatenate([batch.index for batch in batches]),
        value=np.concatenate([batch.value for batch in batches]),
        status=np.concatenate([batch.status for batch in batches]),
        reasons=np.concatenate([batch.reasons for batch in batches]),
        source_time=np.concatenate([batch.source_time for batch in batches]),
        receive_time=np.concatenate([batch.receive_time for batch in batches]),
        value_i64=_side(batches, lambda batch: batch.value_i64, np.int64),
        value_u64=_side(batches, lambda batch: batch.value_u64, np.uint64),
        value_utf8=texts,
    )


def _side(
    batches: Sequence[SampleBatch], column: Callable[[SampleBatch], npt.NDArray[Any] | None], dtype: type[np.generic]
) -> npt.NDArray[Any] | None:
    columns = [column(batch) for batch in batches]
    if all(side is None for side in columns):
        return None
    return np.concatenate(
        [np.zeros(len(batch), dtype) if side is None else side for batch, side in zip(batches, columns, strict=True)]
    )
