"""The budget that protects an old device: requests leave evenly paced, never in a burst.

A token bucket of depth one: each request reserves the next slot of a grid whose pitch is one over the
rate. Slots are reserved in the order of asking, so nobody is starved. `max_connections` needs no
counting here: a driver opens exactly one connection per endpoint, and the planner puts all sources of
an endpoint into one process.
"""

from collections.abc import Awaitable, Callable

SLACK = 0.01
"""Seconds by which a request may miss its slot in all, late and early: event loops are no clockwork."""

EARLY = 0.002
"""The part of it for requests that come too early: the timers of event loops are no finer, and each costs a wake-up."""


class Budget:
    """Requests of one endpoint. `clock` is monotonic seconds, `sleep` waits that many."""

    def __init__(
        self, requests_per_second: float, *, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._pitch = 1.0 / requests_per_second
        self._clock = clock
        self._sleep = sleep
        self._slot = float("-inf")
        self.requests = 0

    async def turn(self) -> None:
        """Waits for the next free slot and counts the request."""
        now = self._clock()
        slot = max(self._slot, now - (SLACK - EARLY))
        self._slot = slot + self._pitch
        if slot > now + EARLY:
            await self._sleep(slot - now)
        self.requests += 1
