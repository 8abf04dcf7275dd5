"""Statuses as people see them: of the right generation, with their inputs, and events when something flips."""

from hack.cluster.control_plane import ControlPlane
from tests.api_server import plant
from tests.api_server.admin import Json
from tests.api_server.eventually import eventually
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.space import Space
from tests.api_server.writes import Written


def test_a_chain_becomes_ready_and_says_what_it_is_made_from(operator: OperatorProcess, space: Space) -> None:
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    source, mapping, twin = (status(space, resource) for resource in plant.CHAIN)
    assert (source["protocol"], source["endpoint"]) == ("modbus", f"tcp://{space.name}.plant:502")
    assert [item["ref"] for item in source["inputs"]] == ["ConfigMap/tags"]
    assert (mapping["assets"], mapping["properties"]) == (1, 2)
    assert (twin["assets"], twin["url"]) == (1, f"http://twin-live.{space.name}.svc")
    for found in (source, mapping, twin):
        assert found["observedGeneration"] == 1
        assert {item["observedGeneration"] for item in found["conditions"]} == {1}


def test_a_new_generation_is_observed_in_status_and_in_every_condition(operator: OperatorProcess, space: Space) -> None:
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    space.patch("LegacySource", "turbine", {"spec": {"interval": "2s"}})
    space.await_ready("LegacySource/turbine")
    found = status(space, "LegacySource/turbine")
    assert {found["observedGeneration"], *(item["observedGeneration"] for item in found["conditions"])} == {2}


def test_an_edited_table_changes_the_hash_of_the_input(operator: OperatorProcess, space: Space) -> None:
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    before = status(space, "LegacySource/turbine")["inputs"]
    space.apply(plant.table("tags", "power,holding:4,float32,kW", "wind,holding:2,float32,m/s"))
    eventually(lambda: status(space, "LegacySource/turbine")["inputs"] != before, what="another hash")
    assert (space.get("LegacySource", "turbine") or {})["metadata"]["generation"] == 1


def test_events_tell_of_transitions_and_of_nothing_else(
    control_plane: ControlPlane, operator: OperatorProcess, space: Space
) -> None:
    space.apply(*plant.chain(space.name))
    space.await_ready(*plant.CHAIN)
    space.apply(plant.source("turbine", f"{space.name}.plant", table="missing"))
    space.await_condition("LegacySource/turbine", "Resolved", "False", "MissingConfigMap")
    space.apply(plant.source("turbine", f"{space.name}.plant"))
    space.await_ready(*plant.CHAIN)
    told = [(event["type"], event["reason"]) for event in events(space, "turbine")]
    print(told)  # noqa: T201
    assert told.count(("Warning", "MissingConfigMap")) == 1
    assert told.count(("Normal", "Ready")) == 2
    written = Written.from_now(control_plane)
    space.patch("LegacySource", "turbine", {"metadata": {"labels": {"touched": "yes"}}})
    space.patch("LegacySource", "turbine", {"spec": {"owner": {"team": "another"}}})
    eventually(lambda: status(space, "LegacySource/turbine")["observedGeneration"] == 4, what="it was looked at")
    assert [write for write in written.all() if write.resource == "events" and write.namespace == space.name] == []


def status(space: Space, resource: str) -> Json:
    kind, _, name = resource.partition("/")
    found: Json = (space.get(kind, name) or {})["status"]
    return found


def events(space: Space, name: str) -> list[Json]:
    return [event for event in space.list("Event") if event["involvedObject"]["name"] == name]
