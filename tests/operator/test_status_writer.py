"""Statuses are written when there is news, never for an object that is another one by now, and read back at once."""

from dataclasses import dataclass, field, replace

import pytest
from tests.operator import cluster_objects as objects
from tests.operator.fake_kube import FakeKube

from brownfield_operator.children import Children
from brownfield_operator.desired import ProcessKey
from brownfield_operator.kube.errors import Conflict, NotFound, ServerError
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.last_good import Ident
from brownfield_operator.planned_facts import PlannedFacts
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status_writer import REFRESH, UNREADY, ProcessState, StatusWriter
from brownfield_operator.store import Store

IDENT: Ident = ("LegacySource", "farm", "a")
KEY: ProcessKey = ("adapter", "farm", "a-plant-502")
FACTS = ResourceFacts(kind="LegacySource", namespace="farm", name="a", generation=1, protocol="modbus")


@dataclass
class Bench:
    """A writer for one source; `again` are the looks it asked for."""

    kube: FakeKube = field(default_factory=FakeKube)
    store: Store = field(default_factory=Store)
    again: list[tuple[Ident, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kube.hold(objects.source("a"))
        self.store.put("LegacySource", self.kube.objects[IDENT])
        self.writer = StatusWriter(
            kube=self.kube,
            store=self.store,
            children=Children(),
            heard=dict,
            spine_reachable=lambda: True,
            again=lambda ident, delay: self.again.append((ident, delay)),
            instance="operator-0",
        )

    def plan(self, facts: ResourceFacts = FACTS) -> list[Ident]:
        return self.writer.planned({IDENT: PlannedFacts(facts, (KEY,))})

    def statuses(self) -> int:
        return self.kube.asked.count("patch_status LegacySource/a")


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.plan()
    return bench


async def test_nothing_is_told_of_a_process_nobody_has_looked_at(bench: Bench) -> None:
    """After a restart it would be news of nothing."""
    await bench.writer.write(IDENT)
    assert bench.kube.writes == []
    assert bench.writer.brought(KEY, ProcessState())
    await bench.writer.write(IDENT)
    assert bench.statuses() == 1


async def test_a_status_that_is_there_is_not_written_again(bench: Bench) -> None:
    bench.writer.brought(KEY, ProcessState())
    await bench.writer.write(IDENT)
    writes = len(bench.kube.writes)
    for _ in range(3):
        await bench.writer.write(IDENT)
    assert len(bench.kube.writes) == writes


async def test_only_news_makes_a_resource_worth_a_look(bench: Bench) -> None:
    assert bench.plan() == []
    assert bench.plan(replace(FACTS, generation=2)) == [IDENT]
    assert bench.writer.brought(KEY, ProcessState(intent="x"))
    assert not bench.writer.brought(KEY, ProcessState(intent="x"))
    assert not bench.writer.brought(("twin", "farm", "unknown"), ProcessState())


async def test_a_process_that_does_not_come_up_is_looked_at_sooner(bench: Bench) -> None:
    bench.writer.brought(KEY, ProcessState())
    await bench.writer.write(IDENT)
    assert bench.again == [(IDENT, UNREADY)]
    assert UNREADY < REFRESH


async def test_a_refusal_of_the_api_server_is_told(bench: Bench) -> None:
    bench.writer.brought(KEY, ProcessState(refusal="quota exceeded"))
    await bench.writer.write(IDENT)
    conditions = bench.kube.objects[IDENT]["status"]["conditions"]
    available = next(item for item in conditions if item["type"] == "Available")
    assert available["reason"] == "Forbidden"
    assert "quota exceeded" in available["message"]


@pytest.mark.parametrize("error", [NotFound("gone", "x", code=404), Conflict("another uid", "x", code=409)])
async def test_an_object_that_is_gone_or_another_is_left_to_the_watch(bench: Bench, error: NotFound | Conflict) -> None:
    bench.writer.brought(KEY, ProcessState())
    bench.kube.refused["patch_status", Kind.LEGACY_SOURCE] = error
    await bench.writer.write(IDENT)
    assert not any(request.startswith("create Event") for request in bench.kube.asked)


async def test_an_api_server_in_trouble_is_somebody_elses_to_try_again(bench: Bench) -> None:
    bench.writer.brought(KEY, ProcessState())
    bench.kube.refused["patch_status", Kind.LEGACY_SOURCE] = ServerError("etcd", "x", code=500)
    with pytest.raises(ServerError):
        await bench.writer.write(IDENT)
    bench.kube.refused.clear()
    await bench.writer.write(IDENT)
    assert bench.store.entries[IDENT].status != b"{}"


async def test_what_a_plan_no_longer_knows_is_forgotten(bench: Bench) -> None:
    bench.writer.brought(KEY, ProcessState())
    bench.writer.planned({})
    await bench.writer.write(IDENT)
    assert bench.kube.writes == []
    assert bench.writer.everybody() == []
    bench.plan()
    await bench.writer.write(IDENT)
    assert bench.kube.writes == [], "its process has to be looked at anew"
