"""The HTTP API of a real twin process over a real broker."""

import time
from typing import Any

import pytest

from brownfield_api.twin_view import AssetDetailView, HistoryView, TwinView

pytestmark = pytest.mark.wire

SECOND = 1_000_000_000


async def test_the_twin_shows_what_the_pipeline_published(twin: Any, feeder: Any) -> None:
    await feeder.poll("T1", wind=8.0, power=800.0)
    raw = await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh" and not view["catchingUp"])
    view = TwinView.model_validate(raw)
    assert (view.name, view.site, view.fresh, view.expired) == ("wind-farm", "plant", 2.0, 5.0)
    assert [asset.id for asset in view.assets] == ["T1", "T2"]
    properties = {item.name: item for item in view.assets[0].properties}
    assert {name: item.value for name, item in properties.items()} == {
        "power": 800.0,
        "windSpeed": 8.0,
        "powerCoefficient": 100.0,
        "running": True,
        "serial": "SN-T1",
        "count": 1,
        "pulses": 2**63 + 1,
        "curve.expected": 760.0,
        "curve.residual": 40.0,
        "curve.error": 40.0,
    }
    assert [properties[name].kind for name in ("power", "powerCoefficient", "curve.error")] == [
        "measured",
        "derived",
        "behaviour",
    ]
    assert view.assets[1].freshness == "Never"
    assert view.behaviours[0].points[0] == (3.0, 0.0)
    assert [source.name for source in view.sources] == ["r1", "r2"]
    assert view.sources[0].expired
    assert view.sources[0].message == "No adapter has reported on this source yet"


async def test_an_unplugged_asset_is_stale_within_fresh_plus_a_second_and_says_since_when(
    twin: Any, feeder: Any
) -> None:
    began = time.time_ns()
    await feeder.poll("T1", began)
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh")
    view = await twin.until(lambda view: view["assets"][0]["freshness"] == "Stale", seconds=3.5)
    assert time.time_ns() - began < 3 * SECOND
    power = view["assets"][0]["properties"][0]
    assert (power["status"], power["value"]) == ("UncertainLastUsableValue", 800.0)
    assert view["assets"][0]["staleSince"] == power["staleSince"]
    assert view["assets"][0]["staleSince"] > power["sourceTime"]
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh")


async def test_an_asset_in_depth_tells_where_each_value_comes_from(twin: Any, feeder: Any) -> None:
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh")
    detail = AssetDetailView.model_validate(await twin.json("/api/v1/assets/T1"))
    lineage = {item.property: item for item in detail.lineage}
    assert (lineage["power"].source, lineage["power"].tag, lineage["power"].generation) == ("r1", "power_tag", "g1")
    assert (lineage["power"].tag_unit, lineage["powerCoefficient"].tag_unit) == ("W", "")
    assert lineage["powerCoefficient"].inputs == ["power", "windSpeed"]
    assert lineage["curve.expected"].expression == "curve(windSpeed)"
    assert (await twin.json("/api/v1/assets/T1/lineage")) == [item.model_dump(by_alias=True) for item in detail.lineage]
    assert len(await twin.json("/api/v1/assets")) == 2
    assert [source["name"] for source in await twin.json("/api/v1/sources")] == ["r1", "r2"]


async def test_history_holds_every_sample_and_thins_on_request(twin: Any, feeder: Any) -> None:
    now = time.time_ns()
    for step in range(40):
        await feeder.poll("T1", now - (40 - step) * 100_000_000, power=700.0 + step)
    await twin.until(lambda view: view["assets"][0]["properties"][0]["value"] == 739.0)
    whole = HistoryView.model_validate(await twin.json("/api/v1/assets/T1/history?property=power"))
    assert (whole.value, whole.quality, whole.thinned) == ([700.0 + step for step in range(40)], [0] * 40, False)
    assert whole.time == sorted(whole.time)
    assert abs(whole.time[-1] - (now / SECOND - 0.1)) < 1e-3
    thin = HistoryView.model_validate(await twin.json("/api/v1/assets/T1/history?property=power&points=8"))
    assert len(thin.time) <= 8
    assert thin.thinned
    begin = whole.time[10] - 0.01
    part = await twin.json(f"/api/v1/assets/T1/history?property=power&from={begin}&to={whole.time[19] + 0.01}")
    assert part["value"] == [710.0 + step for step in range(10)]
    expected = await twin.json("/api/v1/assets/T1/history?property=curve.expected")
    assert expected["value"] == [760.0] * 40
    residual = await twin.json("/api/v1/assets/T1/history?property=curve.residual")
    assert residual["value"] == [-60.0 + step for step in range(40)]
    assert len((await twin.json("/api/v1/assets/T1/history?property=curve.error"))["value"]) == 40


async def test_metrics_name_neither_asset_nor_property(twin: Any, feeder: Any, farm: Any) -> None:
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh" and not view["catchingUp"])
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["properties"][5]["value"] == 2)

    async def metrics() -> str:
        return str((await twin.get("/metrics")).body.decode())

    text = await farm.until(metrics, lambda text: 'brownfield_twin_assets{freshness="never"} 1.0' in text)
    assert 'brownfield_twin_samples_total{quality="good"} 14.0' in text
    assert "brownfield_twin_lost_batches_total 0.0" in text
    assert "brownfield_twin_sequence_lost_samples_total 0.0" in text
    assert "brownfield_twin_latency_seconds_count" in text
    assert "T1" not in text
    assert "windSpeed" not in text
    assert (await twin.get("/healthz")).body == b"ok\n"
