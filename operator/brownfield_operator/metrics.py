"""The operator's own figures, collected when somebody asks."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_operator.leading import Leading


class OperatorMetrics(Collector):
    """Nothing before `follow`: a replica that stands by has nothing to tell."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._leading: Leading | None = None
        registry.register(self)

    def follow(self, leading: Leading) -> None:
        """Report on this from now on."""
        self._leading = leading

    def collect(self) -> Iterator[Metric]:
        """What Prometheus gets."""
        yield GaugeMetricFamily("brownfield_operator_leader", "Whether this replica leads", value=bool(self._leading))
        if self._leading is None:
            return
        queues = {"process": self._leading.controller.processes, "status": self._leading.controller.resources}
        depth = GaugeMetricFamily("brownfield_operator_queue_depth", "Keys waiting or worked on", labels=["queue"])
        begun = CounterMetricFamily("brownfield_operator_reconciles", "Keys worked on", labels=["queue"])
        retries = CounterMetricFamily("brownfield_operator_retries", "Keys whose work failed", labels=["queue"])
        for name, queue in queues.items():
            depth.add_metric([name], len(queue))
            begun.add_metric([name], queue.begun)
            retries.add_metric([name], queue.retries)
        yield from (depth, begun, retries)
        planning = self._leading.planner.seconds
        yield GaugeMetricFamily("brownfield_operator_plan_seconds", "Duration of the last plan", value=planning)
        age = time.monotonic() - self._leading.resync.last
        yield GaugeMetricFamily("brownfield_operator_resync_age_seconds", "Since the last resync", value=age)
