"""One indicator's counts: since the beginning, and by time within the window of its objective."""

from array import array
from dataclasses import dataclass, field

SLOTS = 56
"""Parts of a window that are forgotten one by one: half a day of four weeks."""


@dataclass(frozen=True, slots=True)
class Events:
    """Events that count, and how many of them were good. Seconds where an indicator is a share of time."""

    good: float = 0.0
    total: float = 0.0

    @property
    def ratio(self) -> float | None:
        """Good of all; None without events, which is neither good nor bad."""
        return self.good / self.total if self.total > 0 else None


def _zeros() -> "array[float]":
    return array("d", bytes(8 * SLOTS))


@dataclass(slots=True)
class Account:
    """`good` and `total` never fall. `began`: when it was opened (ns since 1970 UTC); `slot` numbers the newest part of
    the window, by time since 1970.
    """

    window: float
    began: int
    good: float = 0.0
    total: float = 0.0
    slot: int = 0
    goods: "array[float]" = field(default_factory=_zeros)
    totals: "array[float]" = field(default_factory=_zeros)

    def add(self, events: Events, now: int) -> None:
        """Count events at `now` (ns since 1970 UTC). More good ones than there were events are not believed."""
        self._advance(now)
        total = max(0.0, events.total)
        good = min(max(0.0, events.good), self.total + total - self.good)
        self.good += good
        self.total += total
        row = self.slot % SLOTS
        self.goods[row] += good
        self.totals[row] += total

    def within(self, now: int) -> Events:
        """Events of the window up to `now`, which begins at the border of a slot: it is up to 1/56 longer."""
        self._advance(now)
        total = sum(self.totals)
        return Events(min(sum(self.goods), total), total)

    def covered(self, now: int) -> float:
        """The share of the window that lies behind its opening: a promise over four weeks is not a day old."""
        return min(1.0, max(0.0, (now - self.began) / 1e9 / self.window))

    def measure_over(self, window: float, now: int) -> None:
        """Change the window's length; what is kept moves to the slots of its time. Nobody knows when within a long slot
        something happened: in a shorter window it counts as of the slot's end.
        """
        if window == self.window:
            return
        self._advance(now)
        old, self.window = self.window, window
        goods, totals, newest = self.goods, self.totals, self.slot
        self.goods, self.totals, self.slot = _zeros(), _zeros(), self._number(now)
        kept_from = now
        for back in range(SLOTS):
            number = min(int((newest - back + 1) * old / window), self.slot)
            if number > self.slot - SLOTS:
                self.goods[number % SLOTS] += goods[(newest - back) % SLOTS]
                self.totals[number % SLOTS] += totals[(newest - back) % SLOTS]
                kept_from = int((newest - back) * old / SLOTS * 1e9)
        self.began = max(self.began, kept_from)

    def _number(self, now: int) -> int:
        return int(now / 1e9 * SLOTS / self.window)

    def _advance(self, now: int) -> None:
        number = self._number(now)
        for passed in range(max(self.slot + 1, number - SLOTS + 1), number + 1):
            self.goods[passed % SLOTS] = 0.0
            self.totals[passed % SLOTS] = 0.0
        self.slot = max(self.slot, number)
