"""Latency of the last minute in constant memory.

Kept as counts per logarithmic bucket (2.5 % wide either way) in slots of ten seconds, because the
samples themselves would be megabytes per source at 600 samples a second.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from brownfield_api.health import Quantiles

_SLOTS = 7
_SLOT_NS = 10_000_000_000
_LOWEST_NS = 1e4
_RATIO = 1.05
_BUCKETS = 408  # up to 1e4 ns * 1.05 ** 407 = 4.2e12 ns, over an hour
_EDGES: npt.NDArray[np.int64] = (_LOWEST_NS * _RATIO ** np.arange(_BUCKETS - 1)).astype(np.int64)
_CENTRES: npt.NDArray[np.float64] = np.asarray(_LOWEST_NS * _RATIO ** (np.arange(_BUCKETS) - 0.5), np.float64)


class LatencyWindow:
    """Latencies of the last 60 to 70 seconds by `clock` (ns since 1970 UTC)."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._counts = np.zeros((_SLOTS, _BUCKETS), np.int64)
        self._max = np.zeros(_SLOTS, np.int64)
        self._slot = clock() // _SLOT_NS
        self._ever = np.zeros(_BUCKETS, np.int64)
        self._sum = 0

    def add(self, latencies: npt.NDArray[np.int64]) -> None:
        """Count latencies in ns; a negative one (the source's clock is ahead) counts as 0."""
        if not len(latencies):
            return
        row = self._advance()
        lowest, highest = int(latencies.min()), int(latencies.max())
        self._max[row] = max(self._max[row], highest)
        if lowest == highest:  # the usual polled batch: all samples were stamped together
            bucket = np.searchsorted(_EDGES, highest)
            self._counts[row, bucket] += len(latencies)
            self._ever[bucket] += len(latencies)
            self._sum += highest * len(latencies)
        else:
            counts = np.bincount(np.searchsorted(_EDGES, latencies), minlength=_BUCKETS)
            self._counts[row] += counts
            self._ever += counts
            self._sum += int(latencies.sum())

    def quantiles(self) -> Quantiles:
        """Count, p50, p99 and maximum in seconds; p50 and p99 are exact to 2.5 %."""
        self._advance()
        total = np.cumsum(self._counts.sum(axis=0))
        count = int(total[-1])
        if not count:
            return Quantiles()
        highest = float(self._max.max())
        p50, p99 = (min(float(_CENTRES[np.searchsorted(total, share * count)]), highest) for share in (0.5, 0.99))
        return Quantiles(count=count, p50=max(p50, 0.0) / 1e9, p99=max(p99, 0.0) / 1e9, max=highest / 1e9)

    def histogram(self, bounds: Sequence[float]) -> tuple[list[int], float]:
        """Since the process began: how many latencies were at most each of `bounds` (seconds, ascending; the last
        count is of all) to 2.5 %, and their sum in seconds. What a Prometheus histogram wants.
        """
        reached = np.cumsum(self._ever)
        at_most = [int(reached[np.searchsorted(_EDGES, bound * 1e9)]) for bound in bounds]
        return [*at_most, int(reached[-1])], self._sum / 1e9

    def _advance(self) -> int:
        slot = self._clock() // _SLOT_NS
        passed = min(max(slot - self._slot, 0), _SLOTS)
        for step in range(1, passed + 1):
            row = (self._slot + step) % _SLOTS
            self._counts[row] = 0
            self._max[row] = 0
        self._slot = max(slot, self._slot)
        return int(self._slot % _SLOTS)
