"""Numbers of one pipeline process for Prometheus; one label at most, never an asset or a property."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_api.health import EventCounts, Hop
from brownfield_pipeline.stage import Output
from brownfield_spine.hops import HopCounter

_BUCKETS_NS = np.array([1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 60000]) * 1_000_000


class Metrics:
    """Counters of a process, in the `registry` that is served under /metrics."""

    def __init__(self, hops: Mapping[str, HopCounter], registry: CollectorRegistry) -> None:

        samples = Counter(
            "brownfield_pipeline_samples", "Samples that went on, by quality", ["quality"], registry=registry
        )
        self._samples = [samples.labels(quality) for quality in ("good", "uncertain", "bad")]
        self._quarantined = Counter(
            "brownfield_pipeline_quarantined", "Samples that rules took out of the way", registry=registry
        )
        self._latency = _LatencyHistogram()
        registry.register(self._latency)
        registry.register(_HopCollector(hops))
        self.quarantined = 0
        self.judged: dict[str, EventCounts] = {}
        registry.register(_QualityCollector(self.judged))

    def count(self, output: Output) -> None:
        """Count what one batch became."""
        good, judged = output.judged()
        if judged:
            before = self.judged.get(output.source, EventCounts())
            self.judged[output.source] = EventCounts(good=before.good + good, total=before.total + judged)
        for counter, count in zip(self._samples, output.counts(), strict=True):
            if count:
                counter.inc(count)
        if output.quarantined is not None:
            self.quarantined += len(output.quarantined)
            self._quarantined.inc(len(output.quarantined))

    def latency(self, nanoseconds: npt.NDArray[np.int64]) -> None:
        """Count latencies from source time to published."""
        self._latency.add(nanoseconds)


class _LatencyHistogram(Collector):
    """A histogram fed with arrays: prometheus_client's own takes one value at a time."""

    def __init__(self) -> None:
        self._counts = np.zeros(len(_BUCKETS_NS) + 1, np.int64)
        self._sum = 0.0

    def add(self, nanoseconds: npt.NDArray[np.int64]) -> None:
        self._counts += np.bincount(np.searchsorted(_BUCKETS_NS, nanoseconds), minlength=len(self._counts))
        self._sum += float(nanoseconds.sum()) / 1e9

    def collect(self) -> Iterator[Metric]:
        bounds = [*(f"{bound / 1e9:g}" for bound in _BUCKETS_NS), "+Inf"]
        yield HistogramMetricFamily(
            "brownfield_pipeline_latency_seconds",
            "Source time to published, without initial and held samples and backlog",
            buckets=list(zip(bounds, np.cumsum(self._counts).tolist(), strict=True)),
            sum_value=self._sum,
        )


class _QualityCollector(Collector):
    """By source: samples a rule could judge, and those that are Good after all rules."""

    def __init__(self, judged: Mapping[str, EventCounts]) -> None:
        self._judged = judged

    def collect(self) -> Iterator[Metric]:
        judged = CounterMetricFamily("brownfield_pipeline_judged_samples", "Fresh samples", labels=["source"])
        good = CounterMetricFamily("brownfield_pipeline_good_samples", "Those that are Good", labels=["source"])
        for source, counts in self._judged.items():
            judged.add_metric([source], counts.total)
            good.add_metric([source], counts.good)
        yield from (judged, good)


class _HopCollector(Collector):
    """Sums over the input subjects, read when somebody asks."""

    def __init__(self, hops: Mapping[str, HopCounter]) -> None:
        self._hops = hops

    def collect(self) -> Iterator[Metric]:
        hops: list[Hop] = [hop.snapshot() for hop in self._hops.values()]
        sums = {
            "lost": sum(hop.lost for hop in hops),
            "duplicated": sum(hop.duplicated for hop in hops),
            "reordered": sum(hop.reordered for hop in hops),
            "corrupt": sum(hop.corrupt for hop in hops),
        }
        for name, value in sums.items():
            yield _counter(f"brownfield_pipeline_{name}_batches", f"Input batches {name}", value)


def _counter(name: str, documentation: str, value: int) -> Metric:
    metric = Metric(name, documentation, "counter")
    metric.add_sample(f"{name}_total", {}, value)
    return metric
