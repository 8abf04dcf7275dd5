"""What is wrong is said where people look, and what ran on the last good version runs on, operator or not."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.api_server import plant
from tests.api_server.configs import running
from tests.api_server.eventually import eventually
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.plant import Manifest
from tests.api_server.space import Space


@dataclass(frozen=True, slots=True)
class Mistake:
    """A good chain's `wrong` edit, and where it must be told: condition and reason, words of the message."""

    wrong: Callable[[str], Manifest]
    resource: str
    condition: str
    reason: str
    says: tuple[str, ...]


MISTAKES = {
    "a table that is not there": Mistake(
        lambda host: plant.source("turbine", host, table="forgotten"),
        "LegacySource/turbine",
        "Resolved",
        "MissingConfigMap",
        ("forgotten", "The last good version goes on running"),
    ),
    "an address nobody understands": Mistake(
        lambda host: plant.source("turbine", host, tagsFrom=None, tags=[{"name": "power", "address": "holdin:0"}]),
        "LegacySource/turbine",
        "Accepted",
        "MalformedAddress",
        ("holdin:0", "The last good version goes on running"),
    ),
    "a tag the source does not have": Mistake(
        lambda _: plant.mapping("farm", {"T1": "turbine"}, tag="pouwer"),
        "AssetMapping/farm",
        "Resolved",
        "UnknownTag",
        ("pouwer", "power", "The last good version goes on running"),
    ),
    "a unit that is none": Mistake(
        lambda _: plant.mapping("farm", {"T1": "turbine"}, unit="kilowatt"),
        "AssetMapping/farm",
        "Accepted",
        "InvalidUnit",
        ("kilowatt", "The last good version goes on running"),
    ),
    "a unit of another kind": Mistake(
        lambda _: plant.mapping("farm", {"T1": "turbine"}, unit="m"),
        "AssetMapping/farm",
        "Resolved",
        "DimensionMismatch",
        ("The last good version goes on running",),
    ),
    "a source that is not there": Mistake(
        lambda _: plant.mapping("farm", {"T1": "turbin"}),
        "AssetMapping/farm",
        "Resolved",
        "UnknownSource",
        ("turbin", "The last good version goes on running"),
    ),
    "a mapping that is not there": Mistake(
        lambda _: plant.twin("live", "fram"),
        "TwinModel/live",
        "Resolved",
        "UnknownMapping",
        ("fram", "The last good version goes on running"),
    ),
}
PROCESSES = (("adapter", "{host}-502"), ("pipeline", "farm"), ("twin", "live"))


@pytest.mark.timeout(180)
def test_every_mistake_is_explained_and_costs_no_process_its_last_good_version(
    operator: OperatorProcess, new_space: Callable[[], Space]
) -> None:
    spaces = {mistake: new_space() for mistake in MISTAKES}
    for space in spaces.values():
        space.apply(*plant.chain(space.name))
    for space in spaces.values():
        space.await_ready(*plant.CHAIN)
    good = {mistake: _all_running(space) for mistake, space in spaces.items()}
    for mistake, space in spaces.items():
        space.apply(MISTAKES[mistake].wrong(f"{space.name}.plant"))
    for mistake, space in spaces.items():
        _is_explained(space, MISTAKES[mistake])
    assert {mistake: _all_running(space) for mistake, space in spaces.items()} == good
    operator.stop()
    operator.start()
    for mistake, space in spaces.items():
        _is_explained(space, MISTAKES[mistake])
    assert {mistake: _all_running(space) for mistake, space in spaces.items()} == good
    for space in spaces.values():
        space.apply(*plant.chain(space.name))
    for space in spaces.values():
        space.await_ready(*plant.CHAIN)


def _is_explained(space: Space, mistake: Mistake) -> None:
    found = space.await_condition(mistake.resource, mistake.condition, "False", mistake.reason)
    assert all(words in found["message"] for words in mistake.says), found
    kind, _, name = mistake.resource.partition("/")
    ready = space.condition(kind, name, "Ready")
    assert (ready["status"], ready["reason"]) == ("False", mistake.reason)


def _all_running(space: Space) -> dict[str, object]:
    return {kind: running(space, name.format(host=f"{space.name}-plant"), kind) for kind, name in PROCESSES}


def test_the_second_namespace_that_wants_an_endpoint_is_told_who_has_it(
    operator: OperatorProcess, new_space: Callable[[], Space]
) -> None:
    first, second = new_space(), new_space()
    host = f"{first.name}.plant"
    first.apply(plant.table(), plant.source("turbine", host))
    first.await_ready("LegacySource/turbine")
    second.apply(plant.table(), plant.source("mine", host))
    found = second.await_condition("LegacySource/mine", "Accepted", "False", "EndpointInUse")
    assert first.name in found["message"]
    assert "It does not run until this is corrected" in found["message"]
    assert second.stateful_sets() == {}
    assert first.condition("LegacySource", "turbine", "Ready")["status"] == "True"
    first.delete("LegacySource", "turbine")
    second.await_ready("LegacySource/mine")


def test_one_broken_member_of_a_group_keeps_its_part_while_the_others_change(
    operator: OperatorProcess, space: Space
) -> None:
    members = {name: plant.source(name, f"{name}.{space.name}", group="feeder") for name in ("a", "b", "c")}
    everybody = tuple(f"LegacySource/{name}" for name in members)
    space.apply(plant.table(), *members.values())
    space.await_ready(*everybody)
    before = running(space, "group-feeder")
    space.apply(plant.source("b", f"b.{space.name}", group="feeder", table="forgotten"))
    space.await_condition("LegacySource/b", "Resolved", "False", "MissingConfigMap")
    assert running(space, "group-feeder") == before
    space.apply(plant.source("a", f"a.{space.name}", group="feeder", interval="5s"))
    eventually(lambda: running(space, "group-feeder").sources["a"]["interval"] == 5.0, what="a follows its resource")
    after = running(space, "group-feeder")
    assert {name: after.sources[name] for name in "bc"} == {name: before.sources[name] for name in "bc"}
    assert after.config["tables"].items() >= before.config["tables"].items()
    operator.stop()
    operator.start()
    assert running(space, "group-feeder") == after
    space.delete("LegacySource", "b")
    eventually(lambda: set(running(space, "group-feeder").sources) == {"a", "c"}, what="a deleted member goes")
