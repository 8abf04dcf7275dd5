"""A `Session` without a coordinator behind it: it keeps what a driver hands over, for tests and benches of drivers.

Positions behave as on the spine: what was handed over last is where a new driver on the same recording goes on.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from brownfield_api.batch import SampleBatch

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One call of `Session.deliver`."""

    source: str
    batch: SampleBatch
    as_of: int
    position: str


@dataclass
class RecordingSession:
    """Everything a driver said, in order; `clock` gives ns since 1970 UTC."""

    clock: Callable[[], int] = time.time_ns
    deliveries: list[Delivered] = field(default_factory=list)
    polls: Counter[str] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)
    losses: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    positions: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    has_room: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.has_room.set()

    def now(self) -> int:
        return self.clock()

    def request(self, source: str = "") -> AbstractAsyncContextManager[None]:  # noqa: ARG002 - the protocol's name
        return self._turn()

    def scheduled(self, source: str, count: int = 1) -> None:
        self.polls[source] += count
        self._changed.set()

    def succeeded(self, source: str) -> None:
        self.successes[source] += 1
        self._changed.set()

    def deliver(self, source: str, batch: SampleBatch, *, as_of: int, position: str = "") -> None:
        self.deliveries.append(Delivered(source, batch, as_of, position))
        if position:
            self.positions[source] = position
        self._changed.set()

    def lost(self, source: str, reason: str) -> None:
        self.losses.append((source, reason))
        self._changed.set()

    def position(self, source: str) -> str:
        return self.positions.get(source, "")

    async def room(self, source: str) -> None:  # noqa: ARG002 - the protocol's name
        await self.has_room.wait()

    def note(self, source: str, message: str) -> None:
        self.notes.append((source, message))
        self._changed.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Waits for `condition`, looked at whenever the driver says something; raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def values(self, source: str, index: int) -> list[float]:
        """All values of one tag, in order."""
        return [value for row, value in self._rows(source, lambda batch: batch.value.tolist()) if row == index]

    def statuses(self, source: str, index: int) -> list[int]:
        """All status codes of one tag, in order."""
        return [status for row, status in self._rows(source, lambda batch: batch.status.tolist()) if row == index]

    def last(self, source: str) -> Mapping[int, tuple[float, int]]:
        """Value and status of each tag as last delivered."""
        values = self._rows(source, lambda batch: list(zip(batch.value.tolist(), batch.status.tolist(), strict=True)))
        return dict(values)

    def _rows(self, source: str, column: Callable[[SampleBatch], list[RowT]]) -> list[tuple[int, RowT]]:
        return [
            pair
            for each in self.deliveries
            if each.source == source
            for pair in zip(each.batch.index.tolist(), column(each.batch), strict=True)
        ]

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        self.requests += 1
        yield
