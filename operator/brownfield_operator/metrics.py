"""The operator's own figures, collected when somebody asks."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_api.version import VERSION
from brownfield_operator.leading import Leading
from brownfield_operator.queue import WorkQueue
from brownfield_slo.exposition import ServiceLevelMetrics


class OperatorMetrics(Collector):
    """Nothing but who it is before `follow`: a replica that stands by has nothing to tell."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._leading: Leading | None = None
        self._seconds = Histogram(
            "brownfield_operator_reconcile_seconds", "How long a key was worked on", ["queue"], registry=registry
        )
        registry.register(self)

    def follow(self, leading: Leading) -> None:
        """Report on this from now on."""
        self._leading = leading
        leading.controller.processes.done = self._seconds.labels("process").observe
        leading.controller.resources.done = self._seconds.labels("status").observe
        leading.rules.queue.done = self._seconds.labels("rules").observe
        self._registry.register(ServiceLevelMetrics(lambda: leading.link.keeper.figures))
        self._registry.register(leading.link.streams)

    def collect(self) -> Iterator[Metric]:
        """What Prometheus gets."""
        build = GaugeMetricFamily("brownfield_build_info", "Which Brownfield this is", labels=["version"])
        build.add_metric([VERSION], 1.0)
        yield build
        yield GaugeMetricFamily("brownfield_operator_leader", "Whether this replica leads", value=bool(self._leading))
        if self._leading is None:
            return
        yield from _queues(self._leading)
        planning = self._leading.planner.seconds
        yield GaugeMetricFamily("brownfield_operator_plan_seconds", "Duration of the last plan", value=planning)
        age = time.monotonic() - self._leading.resync.last
        yield GaugeMetricFamily("brownfield_operator_resync_age_seconds", "Since the last resync", value=age)
        yield _watches(self._leading)


def _queues(leading: Leading) -> Iterator[Metric]:
    queues: dict[str, WorkQueue[Any]] = {
        "process": leading.controller.processes,
        "status": leading.controller.resources,
        "rules": leading.rules.queue,
    }
    depth = GaugeMetricFamily("brownfield_operator_queue_depth", "Keys waiting or worked on", labels=["queue"])
    oldest = GaugeMetricFamily("brownfield_operator_queue_oldest_seconds", "Longest wait of a key", labels=["queue"])
    begun = CounterMetricFamily("brownfield_operator_reconciles", "Keys worked on", labels=["queue"])
    retries = CounterMetricFamily("brownfield_operator_retries", "Keys whose work failed", labels=["queue"])
    for name, queue in queues.items():
        depth.add_metric([name], len(queue))
        oldest.add_metric([name], queue.oldest)
        begun.add_metric([name], queue.begun)
        retries.add_metric([name], queue.retries)
    yield from (depth, oldest, begun, retries)


def _watches(leading: Leading) -> Metric:
    """By kind; of several namespaces the watch that has been silent for longest."""
    now = asyncio.get_running_loop().time()
    family = GaugeMetricFamily(
        "brownfield_operator_watch_age_seconds", "Since a watch was last known to be alive", labels=["kind"]
    )
    ages: dict[str, float] = {}
    for (kind, _), alive in leading.watches.items():
        ages[str(kind)] = max(now - alive, ages.get(str(kind), 0.0))
    for name, age in sorted(ages.items()):
        family.add_metric([name], age)
    return family
