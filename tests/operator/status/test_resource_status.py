"""The whole status is what the CRD's model says, and equal facts give the very same status."""

import json
from datetime import timedelta

from hypothesis import given
from tests.operator.status.any_facts import facts
from tests.operator.status.known import NOW, mapping, source, twin

from brownfield_api.resources.assetmapping import AssetMappingStatus
from brownfield_api.resources.legacysource import LegacySourceStatus
from brownfield_api.resources.status import Status
from brownfield_api.resources.twinmodel import TwinModelStatus
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.resource_status import MOST_INPUTS, resource_status

MODELS: dict[str, type[Status]] = {
    "LegacySource": LegacySourceStatus,
    "AssetMapping": AssetMappingStatus,
    "TwinModel": TwinModelStatus,
}


@given(facts())
def test_any_status_is_valid_and_comes_out_the_same_again(known: ResourceFacts) -> None:
    status = resource_status(known, None, NOW)
    MODELS[known.kind].model_validate_json(json.dumps(status))
    assert resource_status(known, status, NOW + timedelta(hours=1)) == status


def test_a_source_that_is_well() -> None:
    status = resource_status(source(), None, NOW)
    assert status["observedGeneration"] == 3
    assert status["inputs"] == [{"ref": "ConfigMap/senvion-mm82", "hash": "abc"}]
    assert (status["protocol"], status["endpoint"]) == ("modbus", "tcp://r80711.plant:502")
    assert status["summary"]["tags"] == "120/120"
    assert status["conditions"][0] == {
        "type": "Ready",
        "status": "True",
        "reason": "Ready",
        "message": "It is accepted, resolved and available.",
        "lastTransitionTime": "2026-03-01T12:00:00Z",
        "observedGeneration": 3,
    }


def test_a_mapping_counts_assets_and_properties() -> None:
    status = resource_status(mapping(), None, NOW)
    assert (status["assets"], status["properties"]) == (5, 24)


def test_a_twin_shows_freshness_and_address() -> None:
    status = resource_status(twin(), None, NOW)
    assert (status["assets"], status["fresh"], status["url"]) == (4, "4/4", "http://twin-wind-farm.farm.svc")


def test_a_resource_that_moves_to_another_site_keeps_nothing_of_this_one() -> None:
    live = resource_status(source(), None, NOW)
    gone = ResourceFacts(kind="LegacySource", namespace="farm", name="r80711", generation=4, other_site="plant-b")
    status = resource_status(gone, live, NOW)
    assert set(status) == {"observedGeneration", "conditions"}
    assert [item["type"] for item in status["conditions"]] == ["Accepted"]


def test_more_inputs_than_the_crd_bears_are_summed_up_so_that_each_change_still_shows() -> None:
    many = tuple((f"LegacySource/s{number:03}", f"h{number}") for number in range(200))
    status = resource_status(mapping(inputs=many), None, NOW)
    assert len(status["inputs"]) == MOST_INPUTS
    assert status["inputs"][-1]["ref"] == f"{200 - MOST_INPUTS + 1} more"
    changed = (*many[:-1], ("LegacySource/s199", "another"))
    assert resource_status(mapping(inputs=changed), None, NOW)["inputs"] != status["inputs"]
    assert resource_status(mapping(inputs=tuple(reversed(many))), None, NOW) == status
