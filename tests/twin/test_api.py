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


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/assets/T9", 404, "no asset 'T9'"),
        ("/api/v1/assets/T9/lineage", 404, "no asset 'T9'"),
        ("/api/v1/assets/T1/history?property=nope", 404, "no property 'nope'"),
        ("/api/v1/assets/T1/history", 422, "property"),
        ("/api/v1/assets/T1/history?property=power&from=20&to=10", 422, "must not be later"),
        ("/api/v1/assets/T1/history?property=power&from=nan&to=10", 422, "from"),
        ("/api/v1/assets/T1/history?property=power&from=0&to=100000000", 422, "at most"),
        ("/api/v1/assets/T1/history?property=power&points=3", 422, "points"),
        ("/api/v1/assets/T1/history?property=power&points=99999999", 422, "points"),
        ("/api/v1/nope", 404, "Not Found"),
    ],
)
async def test_questions_without_an_answer_say_why(twin: Any, path: str, status: int, words: str) -> None:
    answer = await twin.get(path)
    assert answer.status == status
    assert words in answer.body.decode()


async def test_the_description_is_served_and_nothing_loads_from_elsewhere(twin: Any) -> None:
    description = await twin.json("/openapi.json")
    schemas, paths = description["components"]["schemas"], description["paths"]
    answer = paths["/api/v1/twin"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/TwinView"}
    assert set(paths) == {
        "/api/v1/twin",
        "/api/v1/assets",
        "/api/v1/assets/{asset}",
        "/api/v1/assets/{asset}/history",
        "/api/v1/assets/{asset}/lineage",
        "/api/v1/sources",
    }
    assert set(schemas["TwinView"]["properties"]) == set(await twin.json("/api/v1/twin"))
    for path in ("/docs", "/redoc"):
        assert (await twin.get(path)).status == 404


async def test_every_answer_carries_the_security_headers(twin: Any) -> None:
    for path in ("/", "/api/v1/twin", "/nope", "/api/v1/assets/T9"):
        headers = (await twin.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'self';"), path
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


async def test_methods_other_than_get_and_head_do_not_exist(twin: Any) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = await twin.get("/api/v1/twin", method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD"), method
    head = await twin.get("/api/v1/twin", method="HEAD")
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "", "10.0.0.1"])
async def test_a_host_that_is_not_this_machine_is_refused(twin: Any, host: str) -> None:
    assert (await twin.get("/api/v1/twin", headers={"Host": host})).status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]", "[::1]:99"])
async def test_loopback_names_are_answered(twin: Any, host: str) -> None:
    assert (await twin.get("/api/v1/twin", headers={"Host": host})).status == 200


async def test_the_page_is_served_with_types_and_etags(twin: Any) -> None:
    page = await twin.get("/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    again = await twin.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert (await twin.get("/page/index.html")).body == page.body
    script = await twin.get("/js/main.js")
    assert script.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    ["/../api.py", "/page/../api.py", "/%2e%2e/api.py", "/page/..%2fapi.py", "/page/%5c..%5capi.py", "//etc/passwd"],
)
async def test_nothing_outside_the_page_folder_is_served(twin: Any, path: str) -> None:
    answer = await twin.get(path)
    assert answer.status == 404
    assert b"import" not in answer.body


async def test_metrics_name_neither_asset_nor_property(twin: Any, feeder: Any) -> None:
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh" and not view["catchingUp"])
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["properties"][5]["value"] == 2)
    text = (await twin.get("/metrics")).body.decode()
    assert 'brownfield_twin_samples_total{quality="good"} 14.0' in text
    assert 'brownfield_twin_assets{freshness="never"} 1.0' in text
    assert "brownfield_twin_lost_batches_total 0.0" in text
    assert "brownfield_twin_sequence_lost_samples_total 0.0" in text
    assert "brownfield_twin_latency_seconds_count" in text
    assert "T1" not in text
    assert "windSpeed" not in text
    assert (await twin.get("/healthz")).body == b"ok\n"
