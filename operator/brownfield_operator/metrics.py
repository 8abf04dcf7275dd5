"""The operator's own figures, collected when somebody asks."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_operator.controller import Controller
from brownfield_operator.planner_loop import PlannerLoop
from brownfield_operator.resync import Resync


class OperatorMetrics(Collector):
    """Nothing before `follow`: a replica that stands by has nothing to tell."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._followed: tuple[Controller, PlannerLoop, Resync] | None = None
        registry.register(self)

    def follow(self, controller: Controller, planner: PlannerLoop, resync: Resync) -> None:
        """Report on these from now on."""
        self._followed = controller, planner, resync

    def collect(self) -> Iterator[Metric]:
        """What Prometheus gets."""
        yield GaugeMetricFamily("brownfield_operator_leader", "Whether this replica leads", value=bool(self._followed))
        if self._followed is None:
            return
        controller, planner, resync = self._followed
        queues = {"process": controller.processes, "status": controller.resources}
        depth = GaugeMetricFamily("brownfield_operator_queue_depth", "Keys waiting or worked on", labels=["queue"])
        begun = CounterMetricFamily("brownfield_operator_reconciles", "Keys worked on", labels=["queue"])
        retries = CounterMetricFamily("brownfield_operator_retries", "Keys whose work failed", labels=["queue"])
        for name, queue in queues.items():
            depth.add_metric([name], len(queue))
            begun.add_metric([name], queue.begun)
            retries.add_metric([name], queue.retries)
        yield from (depth, begun, retries)
        yield GaugeMetricFamily("brownfield_operator_plan_seconds", "Duration of the last plan", value=planner.seconds)
        age = time.monotonic() - resync.last
        yield GaugeMetricFamily("brownfield_operator_resync_age_seconds", "Since the last resync", value=age)
