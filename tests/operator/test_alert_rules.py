"""Rules for Prometheus on the cluster: the right kind, the right windows, and nothing written where nothing differs."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from tests.operator.fake_kube import FakeKube

from brownfield_operator.alert_rules import NAME, AlertRules, alert_rules
from brownfield_operator.kube.errors import ServerError
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.names import INTENT, MANAGED_BY
from brownfield_operator.settings import AlertRuleSettings
from brownfield_slo.rules import FILE_NAME, rule_file, rule_groups

HOME, WEEK, MONTH = "brownfield", 7 * 86400.0, 28 * 86400.0
AT = {kind: (kind, HOME, NAME) for kind in (Kind.CONFIG_MAP, Kind.PROMETHEUS_RULE)}


@dataclass
class Bench:
    """The windows are the test's to change; `settle` lets the rules do what there is to do."""

    settings: AlertRuleSettings = field(default_factory=AlertRuleSettings)
    windows: tuple[float, ...] = (MONTH,)
    kube: FakeKube = field(default_factory=FakeKube)

    def __post_init__(self) -> None:
        self.rules = AlertRules(self.kube, HOME, self.settings, windows=lambda: self.windows)

    async def settle(self) -> None:
        task = asyncio.create_task(self.rules.run())
        await self.rules.queue.until_idle(5.0)
        assert self.rules.queue.idle
        task.cancel()

    async def plan(self, *windows: float) -> None:
        self.windows = windows
        self.rules.planned()
        await self.settle()

    async def resync(self) -> None:
        self.rules.doubt()
        await self.settle()

    def live(self, kind: Kind) -> Json:
        return self.kube.objects[AT[kind]]


def burns(groups: list[dict[str, Any]]) -> list[str]:
    """The windows that the rules are for."""
    return [group["name"].rpartition("-")[2] for group in groups if group["name"].startswith("brownfield-burn-")]


def groups_in_file(bench: Bench) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load(bench.live(Kind.CONFIG_MAP)["data"][FILE_NAME])["groups"]
    return groups


async def test_without_the_kind_they_are_a_file_in_a_config_map() -> None:
    bench = Bench()
    await bench.plan(WEEK, MONTH)
    assert bench.live(Kind.CONFIG_MAP)["data"][FILE_NAME] == rule_file(rule_groups((WEEK, MONTH)))
    assert bench.kube.writes == [f"apply ConfigMap/{NAME}"]


async def test_where_the_kind_exists_they_are_a_prometheus_rule_that_a_prometheus_selects() -> None:
    bench = Bench(AlertRuleSettings.model_validate({"labels": {"release": "stack", MANAGED_BY: "me"}}))
    bench.kube.unknown.clear()
    await bench.plan(WEEK, MONTH)
    live = bench.live(Kind.PROMETHEUS_RULE)
    assert burns(live["spec"]["groups"]) == ["7d", "28d"]
    assert live["metadata"]["labels"].items() >= {"release": "stack", MANAGED_BY: "brownfield"}.items()
    assert bench.kube.writes == [f"apply PrometheusRule/{NAME}"]


async def test_interval_and_runbooks_are_those_of_the_settings() -> None:
    bench = Bench(AlertRuleSettings.model_validate({"interval": "1m", "runbooks": "https://wiki.example/alerts"}))
    await bench.plan(MONTH)
    groups = groups_in_file(bench)
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert {group["interval"] for group in groups} == {"1m", "2m"}
    assert all(rule["annotations"]["runbook_url"].startswith("https://wiki.example/alerts/") for rule in alerts)


async def test_at_rest_a_resync_writes_nothing_and_a_plan_with_the_same_windows_asks_nothing() -> None:
    bench = Bench()
    await bench.plan(MONTH)
    bench.kube.asked.clear()
    await bench.plan(MONTH)
    assert bench.kube.asked == []
    await bench.resync()
    assert bench.kube.asked
    assert bench.kube.writes == []


async def test_other_windows_are_written_once_and_those_that_are_gone_leave() -> None:
    bench = Bench()
    for windows, expected in (((MONTH,), ["28d"]), ((WEEK, MONTH), ["7d", "28d"]), ((WEEK,), ["7d"]), ((), [])):
        bench.kube.asked.clear()
        await bench.plan(*windows)
        assert burns(groups_in_file(bench)) == expected
        assert len(bench.kube.writes) == 1


@pytest.mark.parametrize("kind", AT)
async def test_what_was_deleted_or_edited_by_hand_is_back_after_the_resync(kind: Kind) -> None:
    bench = Bench()
    bench.kube.unknown = set(AT) - {kind, Kind.CONFIG_MAP}
    await bench.plan(MONTH)
    whole = bench.live(kind)
    content = "spec" if kind is Kind.PROMETHEUS_RULE else "data"
    fewer = {"groups": whole["spec"]["groups"][1:]} if content == "spec" else {FILE_NAME: "groups: []"}
    unlabelled = {**whole, "metadata": {**whole["metadata"], "labels": {}}}
    for meddled in (None, {**whole, content: fewer}, unlabelled):
        del bench.kube.objects[AT[kind]]
        bench.kube.hold(*([meddled] if meddled else []))
        await bench.resync()
        live = bench.live(kind)
        assert (live[content], live["metadata"]["labels"]) == (whole[content], whole["metadata"]["labels"])


async def test_when_the_kind_comes_the_config_map_goes_and_when_it_is_taken_away_comes_back() -> None:
    bench = Bench()
    await bench.plan(MONTH)
    bench.kube.unknown.clear()
    await bench.resync()
    assert set(bench.kube.objects) == {AT[Kind.PROMETHEUS_RULE]}
    del bench.kube.objects[AT[Kind.PROMETHEUS_RULE]]
    bench.kube.unknown.add(Kind.PROMETHEUS_RULE)
    await bench.resync()
    assert set(bench.kube.objects) == {AT[Kind.CONFIG_MAP]}


async def test_a_config_map_of_that_name_that_is_somebody_elses_stays() -> None:
    bench = Bench()
    bench.kube.unknown.clear()
    bench.kube.hold({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": HOME}})
    await bench.plan(MONTH)
    assert set(bench.kube.objects) == set(AT.values())


async def test_switched_off_nothing_is_asked_made_or_removed() -> None:
    bench = Bench(AlertRuleSettings(enabled=False))
    kept = alert_rules(Kind.CONFIG_MAP, (WEEK,), HOME, AlertRuleSettings())
    bench.kube.hold(dict(kept))
    await bench.plan(MONTH)
    await bench.resync()
    assert bench.kube.asked == []
    assert bench.live(Kind.CONFIG_MAP)["metadata"]["annotations"][INTENT] == kept["metadata"]["annotations"][INTENT]


async def test_what_fails_is_tried_again() -> None:
    bench = Bench()
    bench.kube.refused["apply", Kind.CONFIG_MAP] = ServerError("in trouble", "fake", code=500)
    bench.rules.planned()
    task = asyncio.create_task(bench.rules.run())
    async with asyncio.timeout(5.0):
        while bench.rules.queue.retries == 0:
            await asyncio.sleep(0.01)
        bench.kube.refused.clear()
        while AT[Kind.CONFIG_MAP] not in bench.kube.objects:
            await asyncio.sleep(0.01)
    task.cancel()
