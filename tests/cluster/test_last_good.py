"""A wrong resource is told what is wrong with it, and what ran before it was wrong goes on."""

from hack.cluster_demo.deployment import condition, is_ready
from tests.cluster.farm import ADAPTERS, TURBINES, Farm
from tests.cluster.figures import Figures

MAPPING = "AssetMapping/la-haute-borne"


def test_a_mapping_that_reads_an_unknown_tag_keeps_its_last_good_version_running(farm: Farm, figures: Figures) -> None:
    pods = farm.pods()
    wrong = [{"op": "replace", "path": "/spec/classes/0/properties/0/tag", "value": "P_average"}]
    with farm.watch() as watch:
        farm.space.patch("AssetMapping", "la-haute-borne", wrong, how="json")
        found = farm.space.await_condition(MAPPING, "Resolved", "False", "UnknownTag")
        assert "P_average" in found["message"]
        figures.note(f"unknown tag: {found['message']}")
        ready = farm.space.await_condition(MAPPING, "Ready", "False", "UnknownTag")
        assert ready["message"] == found["message"]
        assert farm.columns("assetmappings")["la-haute-borne"]["REASON"] == "UnknownTag"
        watch.await_news(TURBINES.values(), count=3)
        sources = [item for item in farm.resources() if item["kind"] == "LegacySource"]
        assert all(map(is_ready, sources))
        twin = next(item for item in farm.resources() if item["kind"] == "TwinModel")
        assert condition(twin, "Available")["status"] == "True"
        assert farm.pods() == pods
        right = [{**wrong[0], "value": "P_avg"}]
        farm.space.patch("AssetMapping", "la-haute-borne", right, how="json")
        farm.space.await_ready(MAPPING, "TwinModel/wind-farm", *(f"LegacySource/{name}" for name in ADAPTERS))
        watch.await_news(TURBINES.values())
    assert farm.pods() == pods
    assert max(watch.live_gap(asset) for asset in TURBINES.values()) < 3.0
