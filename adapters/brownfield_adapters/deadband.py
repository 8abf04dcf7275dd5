"""Leaves out values that have hardly moved, for tags that ask for it; `asOf` vouches for what is not sent."""

from typing import Self

import numpy as np

from brownfield_api.batch import SampleBatch
from brownfield_api.tables import TagTable


class Deadband:
    """Last value sent per tag. A change of status always counts, as does a tag without a deadband."""

    def __init__(self, table: TagTable) -> None:
        self._width = np.array([tag.deadband for tag in table.tags])
        self._value = np.full(len(self._width), np.nan)
        self._status = np.zeros(len(self._width), np.uint32)

    @classmethod
    def of(cls, table: TagTable) -> Self | None:
        """A filter, or None if no tag of the table has a deadband."""
        return cls(table) if any(tag.deadband > 0 for tag in table.tags) else None

    def reset(self) -> None:
        """Every tag's next value counts as changed."""
        self._value[:] = np.nan

    def changed(self, batch: SampleBatch) -> SampleBatch:
        """The samples that count; a tag must not be in the batch twice."""
        rows = batch.index
        still = (np.abs(batch.value - self._value[rows]) <= self._width[rows]) & (self._width[rows] > 0)
        still &= batch.status == self._status[rows]
        kept = batch.take(np.flatnonzero(~still)) if still.any() else batch
        self._value[kept.index] = kept.value
        self._status[kept.index] = kept.status
        return kept
