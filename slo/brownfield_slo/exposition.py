"""The figures of the ledger for Prometheus. Labels are namespace, resource, indicator; never a tag or an asset."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from brownfield_slo.indicators import Subject
from brownfield_slo.levels import Figures, Level, window_text

_RESOURCE = ["namespace", "source", "twin", "sli"]
_OBJECTIVE = [*_RESOURCE, "window", "team", "contact"]


class ServiceLevelMetrics(Collector):
    """Collects whatever `figures` says when somebody asks. A label that says nothing is empty, which is absent."""

    def __init__(self, figures: Callable[[], Mapping[Subject, Figures]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Counters of all resources, and gauges of those with objectives."""
        figures = self._figures().values()
        events = CounterMetricFamily("brownfield_sli_events", "Events that count", labels=_RESOURCE)
        good = CounterMetricFamily("brownfield_sli_good_events", "Those that were good", labels=_RESOURCE)
        for item in figures:
            for sli, counts in item.totals.items():
                labels = [*_resource(item.measured.subject), sli.value]
                events.add_metric(labels, counts.total)
                good.add_metric(labels, counts.good)
        yield from (events, good)
        gauges: tuple[tuple[str, str, Callable[[Level], float]], ...] = (
            ("brownfield_objective_ratio", "The share that was promised", lambda level: level.objective),
            ("brownfield_objective_window_events", "Events in the window", lambda level: level.events.total),
            ("brownfield_objective_window_good_events", "Good ones of them", lambda level: level.events.good),
            ("brownfield_error_budget_remaining_ratio", "What is left of the budget", lambda level: level.budget),
        )
        for name, words, read in gauges:
            family = GaugeMetricFamily(name, words, labels=_OBJECTIVE)
            for item in figures:
                for level in item.levels:
                    family.add_metric(_objective(item, level), read(level))
            yield family


def _resource(subject: Subject) -> list[str]:
    source, twin = (subject.name, "") if subject.kind == "source" else ("", subject.name)
    return [subject.namespace, source, twin]


def _objective(item: Figures, level: Level) -> list[str]:
    measured = item.measured
    return [
        *_resource(level.subject),
        level.sli.value,
        window_text(level.window),
        measured.team,
        measured.contact,
    ]
