"""How often a process is rolled out: once for what belongs together, and only the processes a change concerns."""

from tests.api_server import plant
from tests.api_server.admin import Json
from tests.api_server.eventually import eventually
from tests.api_server.operator_process import OperatorProcess
from tests.api_server.space import Space

MEMBERS = 200


def test_two_hundred_sources_of_a_group_are_one_process_and_a_few_rollouts(
    operator: OperatorProcess, space: Space
) -> None:
    names = [f"turbine-{number}" for number in range(MEMBERS)]
    space.apply(plant.table())
    for name in names:
        space.apply(plant.source(name, f"{name}.{space.name}", group="feeder"))

    def with_all_members() -> Json | None:
        found = space.stateful_sets("adapter").get("group-feeder")
        return found if found and len(found["metadata"]["ownerReferences"]) == MEMBERS else None

    stateful_set = eventually(with_all_members, what=f"a process for all {MEMBERS}")
    space.await_ready(*(f"LegacySource/{name}" for name in names))
    assert list(space.stateful_sets()) == ["group-feeder"]
    generation = space.process("group-feeder")["metadata"]["generation"]
    print(f"{MEMBERS} sources of a group: {generation} versions of its StatefulSet")  # noqa: T201
    assert generation <= 4
    assert stateful_set["metadata"]["uid"] == space.process("group-feeder")["metadata"]["uid"]


def test_a_table_restarts_the_processes_that_use_it_and_no_others(operator: OperatorProcess, space: Space) -> None:
    space.apply(
        plant.table("makers-a"),
        plant.table("makers-b"),
        plant.source("a1", f"a1.{space.name}", table="makers-a"),
        plant.source("a2", f"a2.{space.name}", table="makers-a"),
        plant.source("b1", f"b1.{space.name}", table="makers-b"),
        plant.mapping("of-a", {"A": "a1"}),
        plant.mapping("of-b", {"B": "b1"}),
    )
    ready = [*(f"LegacySource/{name}" for name in ("a1", "a2", "b1")), "AssetMapping/of-a", "AssetMapping/of-b"]
    space.await_ready(*ready)
    before = generations(space)
    old = inputs(space, "b1")
    space.apply(plant.table("makers-b", "power,holding:10,float32,kW", "wind,holding:2,float32,m/s"))
    changed = eventually(lambda: before.items() ^ generations(space).items(), what="something is rolled out")
    eventually(lambda: inputs(space, "b1") != old, what="the source says from which table it is made")
    space.await_ready(*ready)
    assert {name for name, _ in changed} == {f"b1-{space.name}-502"} | ({"of-b"} & {name for name, _ in changed})
    left = {name for name, generation in generations(space).items() if before[name] == generation}
    assert {f"a1-{space.name}-502", f"a2-{space.name}-502", "of-a"} <= left


def test_a_table_without_our_label_is_seen_at_the_resync_and_the_condition_says_so(
    operator: OperatorProcess, space: Space
) -> None:
    made = plant.chain(space.name)
    space.apply(plant.table(labels={}), *made[1:])
    condition = space.await_condition("LegacySource/turbine", "Resolved", "True", "ResolvedWithWarnings")
    assert "brownfield.dev/input" in condition["message"]
    space.patch("ConfigMap", "tags", {"metadata": {"labels": plant.LABELLED}})
    space.await_condition("LegacySource/turbine", "Resolved", "True", "Resolved")


def generations(space: Space) -> dict[str, int]:
    return {name: item["metadata"]["generation"] for name, item in space.stateful_sets().items()}


def inputs(space: Space, source: str) -> list[Json]:
    found: list[Json] = (space.get("LegacySource", source) or {}).get("status", {}).get("inputs") or []
    return found
