"""One clock for the whole plant: which recorded step is played when, and under which wall time.

Every device gets the same `Tick` at the same moment, so that the turbines of one ten minutes stay aligned. The
schedule is absolute (start + n / speed): a slow step is followed by a prompt one and the farm does not drift.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from brownfield_plant.records import Records

WallClock = Callable[[], datetime]


def wall_time() -> datetime:
    """Now, in UTC: what simulated machines stamp their values with."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Tick:
    """One played step: its place in the records, its recorded time, and the wall time it is stamped with."""

    step: int
    recorded: datetime
    stamp: datetime
    records: Records

    def rows(self, machine: str) -> NDArray[np.float64]:
        """The machine's records of this step, float64 (records, columns)."""
        return self.records.tracks[machine].rows(self.step)


class Playback:
    """Walks through the records, and from the end on to the beginning."""

    def __init__(
        self, records: Records, *, speed: float = 1.0, start: datetime | None = None, wall: WallClock = wall_time
    ) -> None:
        self._records = records
        self._next = records.step_at(start) if start is not None else 0
        self._wall = wall
        self.speed = speed

    def step(self) -> Tick:
        """The next tick, stamped with the wall time of this call."""
        tick = Tick(self._next, self._records.recorded(self._next), self._wall(), self._records)
        self._next = (self._next + 1) % self._records.steps
        return tick

    async def run(self, play: Callable[[Tick], Awaitable[None]]) -> None:
        """Play `speed` ticks a second until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + 1.0 / self.speed, loop.time())
            await asyncio.sleep(due - loop.time())
            await play(self.step())
