"""Batches the runtime and drivers make themselves: samples that say that there is no value."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from brownfield_api.batch import SampleBatch
from brownfield_api.status import Reason, Status


def without_value(
    rows: Sequence[int] | npt.NDArray[np.intp], status: Status, *, now: int, reasons: Reason = Reason.NONE
) -> SampleBatch:
    """NaN with one status for each of the `rows` of the tag table, stamped `now` (ns)."""
    count = len(rows)
    time = np.full(count, now, np.int64)
    return SampleBatch(
        index=np.asarray(rows, np.uint32),
        value=np.full(count, np.nan),
        status=np.full(count, status, np.uint32),
        reasons=np.full(count, reasons, np.uint16),
        source_time=time,
        receive_time=time,
    )
