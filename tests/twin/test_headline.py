"""A large twin shows the first properties of each asset and says so; an asset by itself shows all."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from brownfield_api.status import Reason, Status
from brownfield_api.twin_config import CurveConfig, TwinAsset, TwinClass, TwinConfig, TwinProperty
from brownfield_api.twin_view import AssetDetailView, AssetView, LiveMessage, TwinView
from brownfield_twin.headline import MANY, headline_slots
from brownfield_twin.layout import build_layout
from brownfield_twin.sources import SourceBoard
from brownfield_twin.views import Views

NOW = 1_800_000_000 * 10**9


def curve(name: str, x: str, y: str) -> CurveConfig:
    return CurveConfig(name=name, inputs={"x": x}, outputs={"y": y}, points=((0.0, 0.0), (1.0, 1.0)))


def large(farm: Any, assets: int, properties: int, **changes: Any) -> TwinConfig:
    """Assets of one class with properties P0000 …; two behaviours, the second one active."""
    config: TwinConfig = farm.config(
        classes=(TwinClass(name="M", properties=tuple(TwinProperty(name=f"P{n:04d}") for n in range(properties))),),
        assets=tuple(
            TwinAsset(id=f"A{n}", class_name="M", path=f"site/A{n}", mapping="farm", sources={"default": "r1"})
            for n in range(assets)
        ),
        behaviours=(curve("idle", "P0007", "P0008"), curve("used", "P0009", "P0003")),
        active="used",
        **changes,
    )
    return config


def test_a_small_twin_shows_everything(farm: Any) -> None:
    layout = build_layout(farm.config())
    assert np.concatenate(headline_slots(layout)).tolist() == list(range(len(layout)))


def test_what_behaviours_are_about_comes_first_and_is_shown_in_display_order(farm: Any) -> None:
    layout = build_layout(large(farm, 3, 20))
    for asset, slots in enumerate(headline_slots(layout, many=12, fewest=4)):
        names = [layout.properties[slot].name for slot in slots.tolist()]
        assert names == ["P0003", "P0009", "used.expected", "used.residual"]
        assert {int(layout.asset_of[slot]) for slot in slots} == {asset}
    names = [layout.properties[slot].name for slot in headline_slots(layout, many=36, fewest=4)[2].tolist()]
    behaviours = [f"{name}.{result}" for name in ("idle", "used") for result in ("expected", "residual", "error")]
    assert names == ["P0000", "P0001", "P0003", "P0007", "P0008", "P0009", *behaviours]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(assets=st.integers(1, 30), properties=st.integers(10, 60), many=st.integers(1, 600), fewest=st.integers(1, 12))
def test_never_more_than_asked_for_unless_the_fewest_are(
    farm: Any, assets: int, properties: int, many: int, fewest: int
) -> None:
    layout = build_layout(large(farm, assets, properties))
    shown = headline_slots(layout, many=many, fewest=fewest)
    assert len(shown) == assets
    assert sum(map(len, shown)) <= max(many, fewest * assets)
    assert all(len(slots) >= min(fewest, properties + 6) for slots in shown)


def test_counts_are_of_all_properties_shown_or_not(farm: Any) -> None:
    twin = farm.twin()
    bad = farm.sample("T1", "windSpeed", np.nan, NOW, status=Status.BAD_SENSOR_FAILURE)
    out = farm.sample("T1", "power", 9e9, NOW, status=Status.UNCERTAIN, reasons=Reason.RANGE)
    farm.take(twin, [*farm.poll("T1", NOW), bad, out], as_of=NOW)
    views = Views(twin, SourceBoard(twin.config), clock=lambda: NOW, catching_up=lambda: False)
    one, other = views.detail(0), views.detail(1)
    assert (one.good, one.uncertain, one.bad) == (5, 1, 1)
    assert (other.good, other.uncertain, other.bad) == (0, 0, 7)


@pytest.mark.wire
async def test_every_answer_about_the_whole_of_a_large_twin_is_abridged_and_says_so(farm: Any, tmp_path: Path) -> None:
    config = large(farm, 20, 300, state_dir=str(tmp_path / "state"))
    async with farm.running_twin(config, tmp_path) as twin:
        whole = TwinView.model_validate(await twin.json("/api/v1/twin"))
        listed = [AssetView.model_validate(item) for item in await twin.json("/api/v1/assets")]
        address = str(twin.page).replace("http://", "ws://") + "api/v1/live"
        async with connect(address, proxy=None) as socket:
            first = LiveMessage.model_validate(json.loads(await asyncio.wait_for(socket.recv(), 10)))
        assert first.twin is not None
        for assets in (whole.assets, listed, first.twin.assets):
            assert len(assets) == 20
            assert all(asset.abridged and len(asset.properties) == MANY // 20 for asset in assets)
            assert all((asset.good, asset.uncertain, asset.bad) == (0, 0, 300) for asset in assets)
        alone = AssetDetailView.model_validate(await twin.json("/api/v1/assets/A19"))
        assert (alone.abridged, len(alone.properties)) == (False, 306)
        described = (await twin.json("/openapi.json"))["components"]["schemas"]["AssetView"]["properties"]
        assert {"abridged", "good", "uncertain", "bad"} <= set(described)
