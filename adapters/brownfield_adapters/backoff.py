"""How long to wait before the next try: doubling, capped, jittered.

Jitter keeps two hundred sources, which a switch took away together, from coming back in one instant.
"""

from collections.abc import Callable

FIRST = 0.5
"""Seconds before the second try."""

CAP = 30.0
"""Longest wait in seconds: the price of a device that was away for hours."""


class Backoff:
    """Waits of one link or unit. `random` gives numbers in [0, 1)."""

    def __init__(self, random: Callable[[], float], *, first: float = FIRST, cap: float = CAP) -> None:
        self._random = random
        self._first = first
        self._cap = cap
        self._next = first

    def next(self) -> float:
        """Seconds to wait now: between half and all of the present step; the step then doubles up to the cap."""
        step = self._next
        self._next = min(2 * step, self._cap)
        return step * (0.5 + 0.5 * self._random())

    def reset(self) -> None:
        """It worked: begin with the shortest wait again."""
        self._next = self._first
