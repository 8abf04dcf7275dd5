"""Statuses are written when there is news, never for an object that is another one by now, and read back at once."""

import time
from dataclasses import dataclass, field, replace

import pytest
from tests.operator import cluster_objects as objects
from tests.operator.fake_kube import FakeKube

from brownfield_operator.children import Children, child_of
from brownfield_operator.desired import ProcessKey
from brownfield_operator.kube.errors import Conflict, NotFound, ServerError
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.last_good import Ident
from brownfield_operator.names import INTENT, PROCESS_KIND, PROCESS_NAME
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
    children: Children = field(default_factory=Children)
    again: list[tuple[Ident, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kube.hold(objects.source("a"))
        self.store.put("LegacySource", self.kube.objects[IDENT])
        self.writer = StatusWriter(
            kube=self.kube,
            store=self.store,
            children=self.children,
            heard=dict,
            spine_reachable=lambda: True,
            figures=lambda _subject: None,
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


async def test_waiting_in_line_for_a_restart_is_no_absence_however_long_it_takes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = {"updateRevision": "r", "currentRevision": "r", "updatedReplicas": 1, "readyReplicas": 1}
    stateful_set = child_of(working(status))
    assert stateful_set is not None
    bench.children.put(stateful_set)
    bench.writer.brought(KEY, ProcessState(intent="a"))
    await bench.writer.write(IDENT)
    assert available(bench)["status"] == "True"
    bench.writer.brought(KEY, ProcessState(intent="b", in_line=True))
    for later in (0.0, 1000.0):
        now = time.monotonic() + later
        monkeypatch.setattr(time, "monotonic", lambda now=now: now)
        await bench.writer.write(IDENT)
        assert available(bench)["status"] == "True"
        assert bench.again[-1][1] == REFRESH, "there is nothing to look for meanwhile"


def working(status: dict[str, object]) -> objects.Body:
    """The StatefulSet of the process, with the intent `a`."""
    labels, annotations = {PROCESS_KIND: KEY[0]}, {PROCESS_NAME: KEY[2], INTENT: "a"}
    spec: objects.Body = {"template": {"spec": {}}}
    whole = objects.body("StatefulSet", "adapter-a", spec, labels=labels, annotations=annotations)
    return {**whole, "apiVersion": "apps/v1", "status": {"observedGeneration": 1, **status}}


def available(bench: Bench) -> dict[str, object]:
    conditions = bench.kube.objects[IDENT]["status"]["conditions"]
    found: dict[str, object] = next(item for item in conditions if item["type"] == "Available")
    return found
