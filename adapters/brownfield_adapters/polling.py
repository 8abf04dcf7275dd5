"""When which poll is due: spread over the interval, steady, and never piled up.

Two hundred polls at one instant triple the worst latency, so each has a phase of its own, taken from a hash
of its name: stable across restarts, with no list of others to agree with. A slot that passed while the device
was slow is skipped and counted, not caught up.
"""

import hashlib
import heapq
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

FIRST_WITHIN = 1.0
"""Seconds after a (re)connect within which everything is read once, however long its interval is."""

KeyT = TypeVar("KeyT")


class Due(NamedTuple, Generic[KeyT]):
    """A poll whose time has come; `missed` slots before it were skipped."""

    poll: KeyT
    missed: int


class PollSchedule(Generic[KeyT]):
    """Due times of some polls. Times are monotonic seconds."""

    def __init__(self, polls: Iterable[tuple[KeyT, str, float]], *, start: float) -> None:
        """`polls`: what to hand back, the name its phase comes from, its interval in seconds."""
        self._heap: list[tuple[float, int]] = []
        self._polls: list[tuple[KeyT, float, float]] = []
        for number, (poll, name, interval) in enumerate(polls):
            phase = phase_of(name)
            self._polls.append((poll, interval, start + phase * interval))
            self._heap.append((start + phase * min(interval, FIRST_WITHIN), number))
        heapq.heapify(self._heap)

    def next_due(self) -> float:
        """The earliest due time; infinity if there are no polls."""
        return self._heap[0][0] if self._heap else float("inf")

    def take(self, now: float) -> Due[KeyT]:
        """The poll that is due the longest; its next slot lies behind `now`."""
        due, number = self._heap[0]
        poll, interval, anchor = self._polls[number]
        # The first read after connecting may lie off the grid: rejoin it at least half an interval later.
        on_grid = anchor + round((due - anchor) / interval) * interval
        missed = max(0, int((now - on_grid) / interval))
        heapq.heapreplace(self._heap, (on_grid + (missed + 1) * interval, number))
        return Due(poll, missed)


def phase_of(name: str) -> float:
    """Where in its interval a poll of that name lies, in [0, 1)."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) / 2**32
