"""Promises end to end: a turbine is unplugged, its team is paged, the status says what became of the promise."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hack.cluster_demo.deployment import SYSTEM
from prometheus_client.parser import text_string_to_metric_families
from tests.api_server.eventually import eventually, stays
from tests.cluster.farm import OPERATOR, TURBINES, Farm
from tests.cluster.figures import Figures
from tests.cluster.ledger_reading import exposition, next_reading
from tests.cluster.operator_log import SELECTOR
from tests.cluster.prometheus import INTERVAL, Prometheus, pages_of, running_prometheus, seconds_until

from brownfield_slo.bookkeeper import INTERVAL as LEDGER
from brownfield_slo.rules import DEFAULT_RUNBOOKS
from brownfield_slo.rules.windows import burn_windows

WINDOWS = {"r80711": "12h", "r80721": "2m"}
SECONDS = {"12h": 12 * 3600.0, "2m": 120.0, "28d": 28 * 86400.0}
OBJECTIVE = 0.99
GROUPS = 3
"""Groups of rules that stand on one another: counters, errors, burn. Each may have to wait for its next evaluation."""
UNPLUGGED = 2.0
"""Seconds until an adapter has noticed, and said so in its health record."""
WITHOUT_OPERATOR = 30.0
SERVICE_LEVELS = ("brownfield_sli_", "brownfield_objective_", "brownfield_error_budget_")


@pytest.fixture
def promising(farm: Farm, tmp_path: Path) -> Iterator[Prometheus]:
    """Two turbines with other promises than the example's, and a Prometheus that has seen them for a while."""
    if farm.cluster.entry.provider != "local":
        pytest.skip("Prometheus is started in the network namespace of a node of the provider `local`")
    pods = farm.pods()
    next_reading(farm, next_reading(farm, {}).totals)  # what a young source owes is not of the window that now begins
    for name, window in WINDOWS.items():
        objectives = {"uptime": f"{OBJECTIVE * 100:g}", "window": window, "latency": None, "quality": None}
        farm.space.patch("LegacySource", name, {"spec": {"objectives": objectives}})
    with running_prometheus(farm, tmp_path, SECONDS.values()) as prometheus:
        eventually(lambda: _knows(prometheus), what="burn rates of both windows are recorded", seconds=60.0, step=0.5)
        assert farm.pods() == pods, "another promise restarts nobody"
        yield prometheus
    farm.mend()


@pytest.mark.timeout(420, func_only=True)
def test_an_unplugged_turbine_pages_its_team_and_is_forgiven_when_it_is_back(
    farm: Farm, promising: Prometheus, figures: Figures
) -> None:
    for name in WINDOWS:
        farm.space.await_condition(f"LegacySource/{name}", "ObjectivesMet", "True", "ObjectivesMet", seconds=150.0)
    seconds_until(promising, set(), time.monotonic(), seconds=30.0)
    stays(lambda: pages_of(promising) == set(), what="nothing pages of a healthy farm", seconds=2 * INTERVAL)
    tickets = [(alert["labels"]["alertname"], alert["labels"].get("source")) for alert in promising.alerts()]
    figures.note(f"alerts of the healthy farm: {tickets}")
    # Over 2m a single poll that is under way while the ledger looks is a ticket for as long as it takes.
    assert set(tickets) <= {("BrownfieldErrorBudgetBurn", name) for name in WINDOWS}
    pages = {("BrownfieldErrorBudgetBurn", name) for name in WINDOWS}

    unplugged = time.monotonic()
    for name in WINDOWS:
        farm.device(name).order("away")
    latest = _seconds_to_page() + UNPLUGGED + LEDGER + INTERVAL + GROUPS * INTERVAL
    took = seconds_until(promising, pages, unplugged, seconds=latest + 1)
    figures.note(
        f"turbines unplugged to page: {took:.1f} s; {_seconds_to_page():.1f} s by the formula, at most {latest:.1f} s "
        f"with ledger ({LEDGER:g} s), scrape and {GROUPS} evaluations ({INTERVAL} s each)"
    )
    assert _seconds_to_page() < took <= latest
    for alert in (alert for alert in promising.alerts() if alert["labels"]["severity"] == "page"):
        labels, told = alert["labels"], alert["annotations"]
        assert (labels["team"], labels["sli"], labels["namespace"]) == ("ot-north", "uptime", "wind-farm")
        assert labels["window"] == WINDOWS[labels["source"]]
        assert told["runbook_url"] == f"{DEFAULT_RUNBOOKS}/BrownfieldErrorBudgetBurn.md"
        assert labels["source"] in told["description"]
    _status_says_so(farm, promising, unplugged, figures)

    plugged = time.monotonic()
    for name in WINDOWS:
        farm.device(name).order("back")
    figures.say("plugged in to no page", seconds_until(promising, set(), plugged, seconds=90.0))
    met = farm.space.await_condition("LegacySource/r80721", "ObjectivesMet", "True", "ObjectivesMet", seconds=170.0)
    figures.say("plugged in to ObjectivesMet=True over 2m", time.monotonic() - plugged)
    assert met["message"] == "All promises can be kept."
    eventually(lambda: _names(promising) <= {"BrownfieldErrorBudgetBurn"}, what="no other alert is left", seconds=30.0)


@pytest.mark.timeout(180, func_only=True)
def test_without_an_operator_nothing_is_lost_and_no_counter_falls(farm: Farm, figures: Figures) -> None:
    before = next_reading(farm, next_reading(farm, {}).totals)
    farm.of_system("scale", OPERATOR, "--replicas=0")
    farm.of_system("delete", "pods", "--selector", SELECTOR, "--grace-period=0", "--force")
    try:
        gone = time.monotonic()
        stays(lambda: not farm.admin.list("Pod", SYSTEM, SELECTOR), what="no operator", seconds=WITHOUT_OPERATOR)
        away = time.monotonic() - gone
    finally:
        farm.of_system("scale", OPERATOR, "--replicas=2")
        farm.of_system("rollout", "status", OPERATOR, "--timeout=60s", seconds=70.0)
    first = next_reading(farm, {})
    after = next_reading(farm, first.totals)
    for reading in (first, after):
        assert {key for key, total in before.totals.items() if reading.totals[key] < total} == set()
    passed = after.at - before.at
    grown = {name: after.total(name, "uptime") - before.total(name, "uptime") for name in TURBINES}
    figures.note(f"no operator for {away:.0f} s: {grown} polls counted in {passed:.1f} s")
    assert grown == {name: pytest.approx(passed, abs=3.0) for name in TURBINES}
    assert {name: after.good(name, "uptime") - before.good(name, "uptime") for name in TURBINES} == {
        name: pytest.approx(count, abs=1.0) for name, count in grown.items()
    }
    for name in TURBINES:  # what the ledger has is what the pipeline counted, but for what came meanwhile
        behind = [reading.judged[name] - reading.total(name, "quality") for reading in (before, after)]
        assert behind[1] - behind[0] == pytest.approx(0.0, abs=3 * 12), name
    _note_series(farm, figures)


def _seconds_to_page() -> float:
    """Of a total outage: the formula of docs/slo.md for the fastest of the pairs."""
    pairs = (pair for window in WINDOWS.values() for pair in burn_windows(SECONDS[window], INTERVAL))
    return max(pair.factor * (1 - OBJECTIVE) * pair.long for pair in pairs if pair.factor == 14.4)


def _names(prometheus: Prometheus) -> set[str]:
    return {alert["labels"]["alertname"] for alert in prometheus.alerts()}


def _knows(prometheus: Prometheus) -> bool:
    found = prometheus.query("source_sli_window:brownfield_error_budget_burn_rate:ratio")
    known = {(item["metric"]["source"], item["metric"]["window"]) for item in found if item["metric"].get("source")}
    return set(WINDOWS.items()) <= known


def _status_says_so(farm: Farm, prometheus: Prometheus, unplugged: float, figures: Figures) -> None:
    broken = farm.space.await_condition("LegacySource/r80721", "ObjectivesMet", "False", seconds=2 * LEDGER)
    assert broken["reason"] == "BudgetExhausted"
    figures.say("turbine unplugged to ObjectivesMet=False", time.monotonic() - unplugged)
    assert "99% were promised over 2m: the error budget is used up" in broken["message"]
    assert "docs/runbooks/BrownfieldErrorBudgetExhausted.md" in broken["message"]
    columns = farm.columns("legacysources")
    figures.note(f"kubectl get lsrc: { {name: columns[name]['BUDGET'] for name in columns} }")
    assert columns["r80721"]["BUDGET"] == "overdrawn"
    assert columns["r80721"]["READY"] == "True"
    left = prometheus.value('brownfield_error_budget_remaining_ratio{source="r80721",sli="uptime"}')
    assert left < 0
    left = prometheus.value('brownfield_error_budget_remaining_ratio{source="r80711",sli="uptime"}')
    assert not math.isnan(left)


def _note_series(farm: Farm, figures: Figures) -> None:
    samples = [sample for family in text_string_to_metric_families(exposition(farm)) for sample in family.samples]
    levels = [sample for sample in samples if sample.name.startswith(SERVICE_LEVELS)]
    figures.note(f"series of the operator's /metrics: {len(samples)}, of them service levels {len(levels)}")
    assert len(samples) < 1000
