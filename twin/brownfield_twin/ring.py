"""The recent past in memory, at full resolution: what trends show first and files do not hold yet.

Samples are appended in columns to an open chunk; a full chunk is sorted by slot once, so that reading a
slot is two binary searches per chunk. Old chunks go when they hold nothing younger than the time to keep,
or when the bound on samples is reached.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from brownfield_twin.columns import Bytes, Floats, Rows, Times

CHUNK = 65_536
"""Samples per chunk."""

MAX_SAMPLES = 8_000_000
"""Bound on memory: 25 bytes each, so about 200 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples of one slot, oldest first: source time, value (NaN = none), severity 0 to 2."""

    time: Times
    value: Floats
    quality: Bytes

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    slot: Rows
    samples: Samples
    newest: int

    def of(self, slot: int) -> slice:
        begin, end = np.searchsorted(self.slot, [slot, slot + 1])
        return slice(int(begin), int(end))


class Ring:
    """The last `memory` nanoseconds (by arrival) of all slots."""

    def __init__(self, memory: int, *, chunk: int = CHUNK, max_samples: int = MAX_SAMPLES) -> None:
        self._memory = memory
        self._size = chunk
        self._max_chunks = max(max_samples // chunk, 1)
        self._sealed: deque[_Chunk] = deque()
        self._open()

    def _open(self) -> None:
        self._slot: Rows = np.empty(self._size, np.intp)
        self._time: Times = np.empty(self._size, np.int64)
        self._value: Floats = np.empty(self._size, np.float64)
        self._quality: Bytes = np.empty(self._size, np.uint8)
        self._filled = 0
        self._newest = 0

    def append(self, slot: Rows, time: Times, value: Floats, quality: Bytes, arrived: int) -> None:
        """Take samples that arrived at `arrived` (adapter's clock)."""
        done = 0
        while done < len(slot):
            room = min(self._size - self._filled, len(slot) - done)
            into, rows = slice(self._filled, self._filled + room), slice(done, done + room)
            self._slot[into], self._time[into] = slot[rows], time[rows]
            self._value[into], self._quality[into] = value[rows], quality[rows]
            self._filled += room
            self._newest = max(self._newest, arrived)
            done += room
            if self._filled == self._size:
                self._seal()

    def read(self, slot: int, begin: int, end: int) -> Samples:
        """Samples of `slot` with begin <= source time <= end, by source time."""
        parts = [
            (chunk.samples.time[rows], chunk.samples.value[rows], chunk.samples.quality[rows])
            for chunk in self._sealed
            for rows in (chunk.of(slot),)
        ]
        rows = np.flatnonzero(self._slot[: self._filled] == slot)
        parts.append((self._time[rows], self._value[rows], self._quality[rows]))
        time = np.concatenate([part[0] for part in parts])
        order = np.flatnonzero((time >= begin) & (time <= end))
        order = order[np.argsort(time[order], kind="stable")]
        value, quality = (np.concatenate([part[column] for part in parts])[order] for column in (1, 2))
        return Samples(time[order], value.astype(np.float64), quality.astype(np.uint8))

    def _seal(self) -> None:
        order = np.argsort(self._slot, kind="stable")
        samples = Samples(self._time[order], self._value[order], self._quality[order])
        self._sealed.append(_Chunk(self._slot[order], samples, self._newest))
        oldest_to_keep = self._newest - self._memory
        while self._sealed and (len(self._sealed) >= self._max_chunks or self._sealed[0].newest < oldest_to_keep):
            self._sealed.popleft()
        self._open()
