"""A turbine is taken out of service: the plant's business, which blocks no roll-out and touches no other turbine."""

import time

from hack.cluster_demo.deployment import is_ready
from tests.api_server.eventually import stays
from tests.cluster.farm import TURBINES, Farm
from tests.cluster.figures import Figures

AWAY = "r80711"
OTHERS = {source: asset for source, asset in TURBINES.items() if source != AWAY}


def test_a_turbine_in_maintenance_leaves_everything_ready_and_says_so_in_connected(
    farm: Farm, figures: Figures
) -> None:
    device, pods = farm.device(AWAY), farm.pods()
    accepted = {name: farm.device(name).traffic["accepted"] for name in OTHERS}
    losses = farm.losses()
    with farm.watch() as watch:
        begun = time.monotonic()
        device.order("away")
        connected = farm.space.await_condition(f"LegacySource/{AWAY}", "Connected", "False", "Backoff")
        figures.say("turbine away to Connected=False", time.monotonic() - begun)
        assert "does not answer" in connected["message"]
        assert "r80711.plant:502" in connected["message"]
        fresh = farm.space.await_condition("TwinModel/wind-farm", "Fresh", "False", "Stale")
        figures.say("turbine away to Fresh=False", time.monotonic() - begun)
        assert fresh["message"].startswith("1 of 4 assets is not fresh")
        stays(lambda: all(map(is_ready, farm.resources())), what="everything is Ready", seconds=5.0)
        assert farm.columns("legacysources")[AWAY]["CONNECTED"] == "False"
        described = farm.of_farm("describe", "legacysource", AWAY)
        assert connected["message"] in described
        assert {asset["id"]: asset["freshness"] for asset in farm.twin.get("/api/v1/assets")} == {
            TURBINES[AWAY]: "Stale",
            **dict.fromkeys(OTHERS.values(), "Fresh"),
        }
        begun = time.monotonic()
        device.order("back")
        farm.space.await_condition(f"LegacySource/{AWAY}", "Connected", "True", "Connected", seconds=60.0)
        figures.say("turbine back to Connected=True", time.monotonic() - begun)
        farm.space.await_condition("TwinModel/wind-farm", "Fresh", "True", "Fresh", seconds=60.0)
        figures.say("turbine back to Fresh=True", time.monotonic() - begun)
    gaps = {asset: round(watch.live_gap(asset), 1) for asset in OTHERS.values()}
    figures.note(f"longest time without news of the other turbines: {gaps} s")
    assert max(gaps.values()) < 3.0
    assert farm.losses() == losses
    assert farm.pods() == pods
    assert {name: farm.device(name).traffic["accepted"] for name in OTHERS} == accepted
