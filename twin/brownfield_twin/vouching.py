"""Up to when a value is known to be so: what makes it young, always on the adapter's clock.

A sample proves its value for the time its batch stands for, and that is the header's `as_of`: the time of the
poll or publish for a source that is asked, the newest row's time for files (rows written an hour ago say
nothing about now, however lately they were read). A batch may hold samples younger than its `as_of` (the
source also has slower tags, or this is the first part of a poll); those prove the earlier of when they were
received and their own source time, so that neither a late reading nor a clock that is ahead makes a value
younger than it is. A batch without `as_of` has only its times of receipt.

A quiet tag sends nothing; heartbeats say, with `as_of` and no samples, up to when all good tags of their
source are as they were. A derived value is known, and vouched for, only as far as each source behind it is.
"""

import numpy as np

from brownfield_api.batch import SampleBatch
from brownfield_twin.columns import Bools, Rows, Times
from brownfield_twin.state import is_usable


def proven_until(batch: SampleBatch, as_of: int) -> Times:
    """Per sample, up to when it proves its value (nanoseconds); held and Bad samples are the caller's to leave out."""
    if as_of <= 0:
        return batch.receive_time
    proven: Times = np.maximum(np.minimum(batch.receive_time, batch.source_time), as_of)
    return proven


class Vouching:
    """`as_of` and the newest proof per source, and which sources each slot depends on."""

    def __init__(self, slots: int) -> None:
        self._as_of: dict[str, int] = {}
        self._heard: dict[str, int] = {}
        self._groups: dict[tuple[str, ...], int] = {(): 0}
        self._group_of: Rows = np.zeros(slots, np.intp)
        self._shared: Bools = np.zeros(slots, np.bool_)

    @property
    def as_of(self) -> dict[str, int]:
        """The newest `as_of` of each source."""
        return dict(self._as_of)

    @property
    def heard(self) -> dict[str, int]:
        """The newest time each source has proven or vouched for."""
        return dict(self._heard)

    def depend(self, sources: dict[int, tuple[str, ...]]) -> None:
        """Say which sources stand behind slots; what was said before of other slots stays."""
        for slot, names in sources.items():
            self._group_of[slot] = self._groups.setdefault(names, len(self._groups))
            self._shared[slot] = len(names) > 1

    def renew(self, source: str, as_of: int) -> bool:
        """Take a batch's `as_of`; 0 (the link is down) or an older one renews nothing. True if it did."""
        self.hear(source, as_of)
        if as_of <= self._as_of.get(source, 0):
            return False
        self._as_of[source] = as_of
        return True

    def hear(self, source: str, proven: int) -> None:
        """A source has proven something up to `proven`."""
        self._heard[source] = max(proven, self._heard.get(source, 0))

    def known(self, slots: Rows, batch: SampleBatch, *, source: str, as_of: int) -> Times:
        """Per sample of a batch of `source`, up to when it makes its slot known; used for usable samples only."""
        proven = proven_until(batch, as_of)
        usable = is_usable(batch.status, batch.reasons)
        if usable.any():
            self.hear(source, int(proven[usable].max()))
        shared = np.flatnonzero(self._shared[slots])
        if len(shared):
            proven = proven.copy()
            proven[shared] = np.minimum(proven[shared], self._oldest(self._heard)[self._group_of[slots[shared]]])
        return proven

    def until(self) -> Times:
        """Per slot, up to when it is vouched for; 0 where nobody does."""
        vouched: Times = self._oldest(self._as_of)[self._group_of]
        return vouched

    def _oldest(self, times: dict[str, int]) -> Times:
        """Per group of sources, the oldest of their `times`."""
        return np.array([min((times.get(name, 0) for name in names), default=0) for names in self._groups], np.int64)
