"""Waves are held back by the roll-out of what came before, and by nothing that the plant does."""

from dataclasses import replace

import pytest
from tests.gitops.farm import MAPPING, SOURCES, TWIN, Farm
from tests.operator.status.known import finding, source, source_health

from brownfield_api.health import LinkState
from brownfield_api.resources import Reason

pytestmark = [pytest.mark.gitops, pytest.mark.apiserver, pytest.mark.timeout(240, func_only=True)]


def test_a_wave_begins_when_all_of_the_one_before_run(farm: Farm) -> None:
    farm.commit()
    farm.sync()
    farm.wait_for(lambda _: farm.names("LegacySource") == set(SOURCES))
    *others, last = SOURCES
    farm.report_running("LegacySource", *others)
    farm.wait_for(lambda state: state.message == f"waiting for healthy state of brownfield.dev/LegacySource/{last}")
    assert not farm.names("AssetMapping")

    farm.report_running("LegacySource", last)
    farm.wait_for(lambda state: state.message == f"waiting for healthy state of brownfield.dev/AssetMapping/{MAPPING}")
    assert not farm.names("TwinModel")

    farm.report_running("AssetMapping")
    farm.wait_for(lambda _: farm.names("TwinModel") == {TWIN})
    farm.report_running("TwinModel")
    farm.wait_for(sync="Synced", health="Healthy", operation="Succeeded")


def test_the_plant_holds_no_wave_back(farm: Farm) -> None:
    """One turbine does not answer, one is suspended, one belongs to another site."""
    away, suspended, elsewhere, *running = SOURCES
    endpoint = '{endpoint: "tcp://r80721.plant:502", unit: 1, byteOrder: ABCD}'
    farm.edit("sources.yaml", f"modbus: {endpoint}", f"suspend: true\n  modbus: {endpoint}")
    farm.commit()
    farm.sync()
    farm.wait_for(lambda _: farm.names("LegacySource") == set(SOURCES))

    farm.report_running("LegacySource", *running)
    farm.report(replace(source(source_health(name=away, state=LinkState.BACKOFF)), name=away))
    farm.report(replace(source(source_health(name=suspended, state=LinkState.SUSPENDED)), name=suspended))
    farm.report(replace(source(), name=elsewhere, other_site="plant-b", processes=()))

    state = farm.wait_for(lambda _: farm.names("AssetMapping") == {MAPPING})
    assert {state.resource("LegacySource", name).health for name in SOURCES} == {"Healthy"}
    assert state.resource("LegacySource", suspended).message.startswith("Suspended")
    assert state.resource("LegacySource", elsewhere).message.startswith("OtherSite")
    shown = farm.live("LegacySource", away)["status"]["conditions"]
    assert {item["type"]: item["status"] for item in shown}["Connected"] == "False"


def test_a_source_that_is_refused_holds_the_next_wave_back_until_a_commit_corrects_it(farm: Farm) -> None:
    wrong, *right = SOURCES
    farm.edit("sources.yaml", "tcp://r80711.plant:502", "tcp://r80711.plnat:502")
    farm.commit()
    farm.sync()
    farm.wait_for(lambda _: farm.names("LegacySource") == set(SOURCES))
    farm.report_running("LegacySource", *right)
    taken = finding(Reason.ENDPOINT_IN_USE, field="spec.modbus.endpoint", message="Another namespace reads it")
    farm.report(replace(source(), name=wrong, findings=(taken,), left_out_because=f"LegacySource/{wrong}"))

    state = farm.wait_for(lambda state: state.resource("LegacySource", wrong).health == "Degraded")
    assert "EndpointInUse: spec.modbus.endpoint: Another namespace reads it." in str(state)
    farm.wait_for(lambda state: "completed unsuccessfully" in state.message or "Retrying" in state.message)
    assert not farm.names("AssetMapping")

    farm.edit("sources.yaml", "tcp://r80711.plnat:502", "tcp://r80711.plant:502")
    farm.commit()
    farm.wait_for(lambda _: farm.live("LegacySource", wrong)["metadata"]["generation"] == 2)
    farm.report_running("LegacySource", wrong)
    farm.wait_for(lambda _: farm.names("AssetMapping") == {MAPPING})
