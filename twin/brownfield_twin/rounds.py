"""A batch may hold many samples of one slot; state wants them one after another.

Round k holds the k-th sample of each slot, so that every numpy step sees each slot once and the result
does not depend on where batches were cut.
"""

from collections.abc import Iterator

import numpy as np

from brownfield_twin.columns import Rows


def rounds(slots: Rows, scratch: Rows) -> Iterator[Rows]:
    """Rows of each round, in stream order. `scratch` is any array over all slots; its content is lost."""
    rows = np.arange(len(slots))
    if not len(slots):
        return
    scratch[slots] = rows
    if (scratch[slots] == rows).all():  # the usual case: each slot once
        yield rows
        return
    order = np.argsort(slots, kind="stable")
    begins = np.flatnonzero(np.diff(slots[order], prepend=-1))
    occurrence = np.empty(len(slots), np.intp)
    occurrence[order] = rows - np.repeat(begins, np.diff(np.append(begins, len(slots))))
    by_round = np.argsort(occurrence, kind="stable")
    yield from np.split(by_round, np.cumsum(np.bincount(occurrence))[:-1])
