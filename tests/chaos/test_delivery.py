"""Everything that was read arrives once and in order, whatever is killed; what could not be read is a reported gap."""

import asyncio
import itertools
from pathlib import Path

import pytest
from tests.chaos.farm import Farm, fresh, running_farm, until
from tests.chaos.proof import (
    assert_nothing_lost,
    assert_only_read,
    assert_outputs_are_a_function_of_inputs,
    exported_rows,
    stored_counts,
)

MODBUS_ASSETS = ("Asset_2047", "Asset_2048")


def assert_counters_whole(state: Path, kills: int) -> None:
    """A register whose counter grows with each answer: at most the answer under way at a kill is missing."""
    for asset in MODBUS_ASSETS:
        counts = stored_counts(state, asset, "count")
        steps = [later - earlier for earlier, later in itertools.pairwise(counts)]
        assert all(step >= 1 for step in steps), f"{asset} repeats or goes back: {counts}"
        assert sum(step - 1 for step in steps) <= kills, f"{asset} misses counts: {counts}"


def assert_rows_whole(farm: Farm) -> None:
    """The file source misses no row and repeats none; the newest row may have come after the adapter stopped."""
    stored = stored_counts(farm.state, "Asset_2000", "row")
    exported = exported_rows(farm.state.parent / "plant" / "exports" / "meter-export")
    assert len(stored) > 10
    assert stored == exported[: len(stored)]
    assert len(exported) - len(stored) <= 20


@pytest.mark.chain
@pytest.mark.timeout(420)
@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.chaos)])
async def test_each_process_and_the_spine_killed_in_turn_loses_nothing(tmp_path: Path, rounds: int) -> None:
    async with running_farm(tmp_path) as farm:
        names = farm.names()
        for _ in range(rounds):
            for name in names:
                await farm.kill(name)
            farm.broker.kill()
            await farm.until_sampled("new values after the spine was killed")
        report = await farm.stop()
        assert_nothing_lost(report)
        assert_only_read(farm.plant)
        assert {name for name, process in report["processes"].items() if process["restarts"] == rounds} == set(names)
        assert_counters_whole(farm.state, rounds)
        assert_rows_whole(farm)
        assert await assert_outputs_are_a_function_of_inputs(farm.broker.config, farm.state) > 100


@pytest.mark.chain
@pytest.mark.timeout(900)
@pytest.mark.parametrize("away", [20.0, pytest.param(300.0, marks=pytest.mark.chaos)])
async def test_a_spine_that_is_away_costs_nothing_but_time(tmp_path: Path, away: float) -> None:
    async with running_farm(tmp_path) as farm:
        await farm.broker.stop()
        await farm.until_twin(lambda view: not fresh(view), 15, "stale turbines while the spine is away")
        await asyncio.sleep(away)  # the fault itself: this long without a broker
        await farm.broker.start()
        await farm.until_sampled("new values after the spine came back")
        report = await farm.stop()
        assert_nothing_lost(report)
        assert_only_read(farm.plant)
        assert all(process["restarts"] == 0 for process in report["processes"].values()), report["processes"]
        assert_counters_whole(farm.state, 0)
        assert_rows_whole(farm)
        assert await assert_outputs_are_a_function_of_inputs(farm.broker.config, farm.state) > away


@pytest.mark.chain
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["r80711", "r80736"])
async def test_an_unplugged_turbine_is_stale_in_time_and_live_again_when_plugged_in(tmp_path: Path, name: str) -> None:
    from brownfield_plant import Fault, FaultKind

    async with running_farm(tmp_path) as farm:
        device = farm.plant.devices[name]

        def turbine(view: dict[str, object], state: str) -> bool:
            assets = view["assets"]
            assert isinstance(assets, list)
            return {a["freshness"] for a in assets if a["sources"].get("default") == name} == {state}

        await device.apply(Fault(kind=FaultKind.AWAY))
        took = await farm.until_twin(lambda view: turbine(view, "Stale"), 15, "a stale turbine")
        fresh_seconds = (await farm.twin())["fresh"]
        assert took <= fresh_seconds + 1.0
        assert turbine(await farm.twin(), "Stale"), "stale is not yet expired"
        others = [a for a in (await farm.twin())["assets"] if a["sources"].get("default") != name]
        assert {a["freshness"] for a in others} == {"Fresh"}
        await device.apply(Fault(kind=FaultKind.BACK))
        await farm.until_twin(lambda view: turbine(view, "Fresh"), 45, "the turbine back")
        await until(lambda: "is connected" in farm.log_tail(), 10, "a line that says so")
        log = [line for line in farm.log_path.read_text().splitlines() if f"adapter-{name}" in line]
        away = [line for line in log if "WARNING" in line]
        assert len(away) == 1, log
        assert_nothing_lost(await farm.stop())
        assert_only_read(farm.plant)
