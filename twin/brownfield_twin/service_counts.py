"""What a twin counts for service levels: samples it had in time, by source, and seconds in which its properties were
fresh. A stopped clock or one that is set back adds nothing.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_api.health import EventCounts
from brownfield_twin.columns import SECOND, Bools, Times
from brownfield_twin.freshness import FRESH, Frame

DEFAULT = 1.0
"""Seconds in which a sample is in time where nothing was promised."""


class ServiceCounts(Collector):
    """`promised`: seconds by source. `stored`: the slots whose freshness counts."""

    def __init__(self, promised: Mapping[str, float], stored: Bools) -> None:
        self._promised = {name: round(seconds * SECOND) for name, seconds in promised.items()}
        self._stored = stored
        self._looked = 0
        self.properties = int(np.count_nonzero(stored))
        self.timely: dict[str, EventCounts] = {}
        self.freshness = EventCounts()

    def arrived(self, source: str, latencies: Times) -> None:
        """Count live samples of a source; latencies in nanoseconds."""
        before = self.timely.get(source, EventCounts())
        limit = self._promised.get(source, round(DEFAULT * SECOND))
        good = int(np.count_nonzero(latencies <= limit))
        self.timely[source] = EventCounts(good=before.good + good, total=before.total + len(latencies))

    def look(self, frame: Frame) -> None:
        """Count the time since the last look by what is fresh now."""
        passed = (frame.now - self._looked) / SECOND if self._looked else 0.0
        self._looked = frame.now
        if passed <= 0:
            return
        fresh = int(np.count_nonzero(frame.freshness[self._stored] == FRESH))
        before = self.freshness
        self.freshness = EventCounts(good=before.good + fresh * passed, total=before.total + self.properties * passed)

    def collect(self) -> Iterator[Metric]:
        """What `/metrics` tells of it."""
        live = CounterMetricFamily("brownfield_twin_live_samples", "Live samples that arrived", labels=["source"])
        timely = CounterMetricFamily("brownfield_twin_timely_samples", "Those that were in time", labels=["source"])
        for source, counts in self.timely.items():
            live.add_metric([source], counts.total)
            timely.add_metric([source], counts.good)
        yield from (live, timely)
        words = "Properties held, times seconds"
        yield CounterMetricFamily("brownfield_twin_property_seconds", words, value=self.freshness.total)
        words = "The part of them in which the property was fresh"
        yield CounterMetricFamily("brownfield_twin_fresh_property_seconds", words, value=self.freshness.good)
