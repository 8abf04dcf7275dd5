"""What `/metrics` tells of the sources, read from their feeds and writers only when somebody asks.

Counting costs the hot path an integer; everything else happens at the scrape. Names follow OpenMetrics; the only
labels are source and quality class, never a tag.
"""

from collections.abc import Callable, Collection, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_adapters.source import Source
from brownfield_api.health import LinkState, QualityCounts

LATENCY_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
"""Upper bounds of the latency histogram's buckets in seconds."""

_NAME = ["source"]


class SourceMetrics(Collector):
    """The metrics of some sources; register it with a `CollectorRegistry`."""

    def __init__(self, sources: Collection[Source], *, clock: Callable[[], int]) -> None:
        """`sources` may still grow. `clock`: ns since 1970 UTC, for the age of what is buffered."""
        self._sources = sources
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        """A snapshot."""
        yield from self._counters()
        yield from self._gauges()
        yield self._latency()

    def _counters(self) -> Iterator[Metric]:
        yield self._counter("polls_scheduled", "Polls that were due", lambda each: each.feed.scheduled)
        yield self._counter("polls_succeeded", "Polls that delivered", lambda each: each.feed.succeeded)
        yield self._counter("reconnects", "Links that were lost and are back", lambda each: each.feed.reconnects)
        yield self._counter("device_requests", "Requests sent to the device", lambda each: each.feed.requests)
        yield self._counter(
            "samples_dropped", "Samples given up because the buffer was full", lambda each: each.stats.dropped.samples
        )
        samples = CounterMetricFamily(
            "brownfield_samples", "Samples read from the device", labels=["source", "quality"]
        )
        for source in self._sources:
            for quality, count in _by_quality(source.feed.samples):
                samples.add_metric([source.name, quality], count)
        yield samples

    def _gauges(self) -> Iterator[Metric]:
        now = self._clock()
        yield self._gauge(
            "source_connected", "Whether the source answers", lambda each: each.feed.state is LinkState.CONNECTED
        )
        yield self._gauge("buffer_batches", "Batches not yet on the spine", lambda each: each.stats.buffered.batches)
        yield self._gauge("buffer_bytes", "Bytes not yet on the spine", lambda each: each.stats.buffered_bytes)
        yield self._gauge(
            "buffer_oldest_age_seconds",
            "Age of the oldest batch not yet on the spine",
            lambda each: (now - each.stats.oldest) / 1e9 if each.stats.oldest else 0.0,
        )

    def _latency(self) -> Metric:
        family = HistogramMetricFamily(
            "brownfield_source_latency_seconds", "From a sample's source time until the spine has it", labels=_NAME
        )
        bounds = [*(str(bound) for bound in LATENCY_BOUNDS), "+Inf"]
        for source in self._sources:
            counts, total = source.writer.latency.histogram(LATENCY_BOUNDS)
            family.add_metric([source.name], list(zip(bounds, map(float, counts), strict=True)), total)
        return family

    def _counter(self, name: str, words: str, read: Callable[[Source], float]) -> Metric:
        family = CounterMetricFamily(f"brownfield_{name}", words, labels=_NAME)
        for source in self._sources:
            family.add_metric([source.name], read(source))
        return family

    def _gauge(self, name: str, words: str, read: Callable[[Source], float]) -> Metric:
        family = GaugeMetricFamily(f"brownfield_{name}", words, labels=_NAME)
        for source in self._sources:
            family.add_metric([source.name], float(read(source)))
        return family


def _by_quality(counts: QualityCounts) -> list[tuple[str, float]]:
    return [("good", counts.good), ("uncertain", counts.uncertain), ("bad", counts.bad)]
