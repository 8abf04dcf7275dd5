"""`/metrics`: read from the twin's own counts when somebody asks. Never a label per asset, property or tag."""

from collections.abc import Iterator

import numpy as np
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_api.health import Hop
from brownfield_twin.arrivals import add_hops
from brownfield_twin.columns import SECOND, Times
from brownfield_twin.core import Twin
from brownfield_twin.freshness import FRESHNESS_NAMES
from brownfield_twin.live import Live

_BOUNDS = np.array([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0])


class LatencyHistogram:
    """Source time -> twin, counted a batch at a time."""

    def __init__(self) -> None:
        self._counts = np.zeros(len(_BOUNDS) + 1, np.int64)
        self._sum = 0.0

    def add(self, latencies: Times) -> None:
        """Count latencies in nanoseconds."""
        if len(latencies):
            seconds = latencies / SECOND
            self._counts += np.bincount(np.searchsorted(_BOUNDS, seconds), minlength=len(self._counts))
            self._sum += float(seconds.sum())

    def family(self) -> HistogramMetricFamily:
        """As Prometheus wants it: cumulative buckets."""
        bounds = [*(str(bound) for bound in _BOUNDS.tolist()), "+Inf"]
        buckets = list(zip(bounds, np.cumsum(self._counts).astype(float).tolist(), strict=True))
        return HistogramMetricFamily(
            "brownfield_twin_latency_seconds",
            "Source time to twin, live samples",
            buckets=buckets,
            sum_value=self._sum,
        )


class TwinMetrics(Collector):
    """Everything a twin exports."""

    def __init__(self, twin: Twin, live: Live, latency: LatencyHistogram) -> None:
        self._twin = twin
        self._live = live
        self._latency = latency

    def collect(self) -> Iterator[Metric]:
        """The present values."""
        yield self._latency.family()
        yield self._samples()
        yield self._assets()
        yield from _hop_families("", "batches", total_hop(self._twin))
        yield from _hop_families("sequence_", "samples", self._twin.sequence.standing.hop)
        clients = GaugeMetricFamily("brownfield_twin_live_clients", "Clients of the live stream")
        clients.add_metric([], self._live.clients)
        yield clients

    def _samples(self) -> Metric:
        family = CounterMetricFamily("brownfield_twin_samples", "Samples that arrived", labels=["quality"])
        quality = self._twin.arrivals.quality
        for name in ("good", "uncertain", "bad"):
            family.add_metric([name], getattr(quality, name))
        return family

    def _assets(self) -> Metric:
        family = GaugeMetricFamily("brownfield_twin_assets", "Assets by freshness", labels=["freshness"])
        counts = np.bincount(self._live.latest[1].freshness, minlength=len(FRESHNESS_NAMES)).tolist()
        for name, count in zip(FRESHNESS_NAMES, counts, strict=True):
            family.add_metric([name.lower()], count)
        return family


def total_hop(twin: Twin) -> Hop:
    """All asset subjects together."""
    total = Hop()
    for hop in twin.arrivals.hops.values():
        total = add_hops(total, hop.total())
    return total


def _hop_families(prefix: str, what: str, hop: Hop) -> Iterator[Metric]:
    for name in ("lost", "duplicated", "reordered", "corrupt"):
        help_text = f"{what.capitalize()} {name}, by contiguous numbers"
        yield CounterMetricFamily(f"brownfield_twin_{prefix}{name}_{what}", help_text, value=getattr(hop, name))
    yield CounterMetricFamily(
        f"brownfield_twin_{prefix}epochs", "Times continuity could not be proven", value=hop.epochs
    )


def make_registry(twin: Twin, live: Live, latency: LatencyHistogram) -> CollectorRegistry:
    """The registry that both `/metrics` endpoints of the process serve."""
    registry = CollectorRegistry()
    registry.register(TwinMetrics(twin, live, latency))
    return registry
