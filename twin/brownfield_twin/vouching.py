"""Up to when somebody vouches for a value that did not change.

A quiet tag sends nothing; its source's heartbeats say, with `as_of`, up to when all its good tags are
known to be as they were. A derived value is vouched for only as far as all the sources behind it are.
"""

import numpy as np

from brownfield_twin.columns import Rows, Times


class Vouching:
    """`as_of` per source, and which sources each slot depends on. Times are on the adapters' clocks."""

    def __init__(self, slots: int) -> None:
        self._as_of: dict[str, int] = {}
        self._groups: dict[tuple[str, ...], int] = {(): 0}
        self._group_of: Rows = np.zeros(slots, np.intp)

    @property
    def as_of(self) -> dict[str, int]:
        """The newest `as_of` of each source."""
        return dict(self._as_of)

    def depend(self, sources: dict[int, tuple[str, ...]]) -> None:
        """Say which sources stand behind slots; what was said before of other slots stays."""
        for slot, names in sources.items():
            self._group_of[slot] = self._groups.setdefault(names, len(self._groups))

    def renew(self, source: str, as_of: int) -> bool:
        """Take a batch's `as_of`; 0 (the link is down) or an older one renews nothing. True if it did."""
        if as_of <= self._as_of.get(source, 0):
            return False
        self._as_of[source] = as_of
        return True

    def until(self) -> Times:
        """Per slot, up to when it is vouched for; 0 where nobody does."""
        newest = [min((self._as_of.get(name, 0) for name in names), default=0) for names in self._groups]
        vouched: Times = np.array(newest, np.int64)[self._group_of]
        return vouched
