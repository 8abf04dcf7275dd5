"""The service levels that the leading operator exposes, read from its own `/metrics`."""

import time
from dataclasses import dataclass

import httpx
from hack.cluster_demo.deployment import FARM, SYSTEM
from prometheus_client.parser import text_string_to_metric_families
from tests.api_server.admin import Refused
from tests.api_server.eventually import eventually
from tests.cluster.farm import PIPELINE, Farm
from tests.cluster.proxy import Proxied

from brownfield_operator.paths import METRICS_PORT

Totals = dict[tuple[str, str, str], float]
"""Counts by series name, resource and indicator."""

_COUNTERS = ("brownfield_sli_events_total", "brownfield_sli_good_events_total")


@dataclass(frozen=True, slots=True)
class Reading:
    """`at`: monotonic seconds at which these figures were new. `judged`: what the pipeline itself then had counted for
    quality, by source.
    """

    at: float
    totals: Totals
    judged: dict[str, float]

    def total(self, source: str, sli: str) -> float:
        return self.totals["brownfield_sli_events_total", source, sli]

    def good(self, source: str, sli: str) -> float:
        return self.totals["brownfield_sli_good_events_total", source, sli]


def exposition(farm: Farm) -> str:
    """What the leader answers to a scrape; empty while there is none."""
    leader = farm.leader()
    try:
        return Proxied(farm.admin, SYSTEM, leader, METRICS_PORT, kind="pods").text("/metrics") if leader else ""
    except (Refused, httpx.TransportError):
        return ""


def totals(text: str) -> Totals:
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        (sample.name, sample.labels["source"] or sample.labels["twin"], sample.labels["sli"]): sample.value
        for sample in found
        if sample.name in _COUNTERS
    }


def next_reading(farm: Farm, before: Totals, *, seconds: float = 60.0) -> Reading:
    """As soon as the ledger shows something else than `before`."""

    def look() -> Totals | None:
        found = totals(exposition(farm))
        return found if found and found != before else None

    shown = eventually(look, what="the ledger shows something new", seconds=seconds, step=0.2)
    return Reading(time.monotonic(), shown, _judged(farm))


def _judged(farm: Farm) -> dict[str, float]:
    text = Proxied(farm.admin, FARM, f"{PIPELINE}-0", METRICS_PORT, kind="pods").text("/metrics")
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {s.labels["source"]: s.value for s in samples if s.name == "brownfield_pipeline_judged_samples_total"}
