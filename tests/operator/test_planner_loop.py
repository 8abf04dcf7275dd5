"""When it is planned, and what is looked up for it, on a virtual clock."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from tests.operator import cluster_objects as objects
from tests.operator.cluster_objects import Body
from tests.operator.fake_kube import FakeKube
from tests.operator.kube.virtual_time import run_in_virtual_time
from tests.operator.test_planning import A, settings

from brownfield_operator import planner_loop
from brownfield_operator.children import Children, child_of
from brownfield_operator.egress import ANYWHERE
from brownfield_operator.kube.errors import ServerError
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.manifests import render
from brownfield_operator.planner_loop import LONGEST_WAIT, LOOK_AGAIN, QUIET, PlannerLoop
from brownfield_operator.planning import Desired
from brownfield_operator.store import CONFIG_MAP, Store


@dataclass
class Bench:
    """`plans` are the plans so far and when they were made."""

    kube: FakeKube = field(default_factory=FakeKube)
    store: Store = field(default_factory=Store)
    children: Children = field(default_factory=Children)
    plans: list[tuple[float, Desired]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = PlannerLoop(
            kube=self.kube,
            store=self.store,
            children=self.children,
            settings=settings(),
            planned=lambda desired, _: self.plans.append((now(), desired)),
        )

    def put(self, *bodies: Body) -> None:
        for body in bodies:
            if self.store.put(body["kind"], body):
                self.loop.soon()

    def run(self, scenario: Callable[[], Awaitable[None]], *, seconds: float = 20.0) -> None:
        async def play() -> None:
            running = asyncio.create_task(self.loop.run())
            await scenario()
            await asyncio.sleep(seconds)
            running.cancel()

        run_in_virtual_time(play())

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.plans]


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(planner_loop, "time", SimpleNamespace(monotonic=now, perf_counter=time.perf_counter))
    return Bench()


async def nothing() -> None:
    await asyncio.sleep(0.0)


def test_the_first_plan_is_made_at_once_and_none_follows_without_a_change(bench: Bench) -> None:
    bench.store.put("LegacySource", objects.source("a"))
    bench.kube.hold(objects.table())
    bench.run(nothing, seconds=600.0)
    assert bench.times == [0.0]


def test_two_hundred_sources_at_once_are_one_plan_after_a_second_of_quiet(bench: Bench) -> None:
    async def scenario() -> None:
        await asyncio.sleep(10.0)
        bench.put(objects.table())
        for number in range(200):
            bench.put(objects.source(f"s{number}", group="g"))
            await asyncio.sleep(0.005)

    bench.run(scenario)
    assert bench.times == [0.0, pytest.approx(10.0 + 199 * 0.005 + QUIET)]
    assert [len(process.owners) for process in bench.plans[-1][1].processes.values()] == [200]


def test_changes_that_never_end_are_planned_all_the_same(bench: Bench) -> None:
    async def scenario() -> None:
        bench.put(objects.table())
        await asyncio.sleep(10.0)
        for number in range(100):
            bench.put(objects.source("a", generation=number + 2, version=number + 2, interval=f"{number + 1}s"))
            await asyncio.sleep(0.5 * QUIET)

    bench.run(scenario)
    pauses = [later - earlier for earlier, later in zip(bench.times[1:], bench.times[2:], strict=False)]
    assert len(pauses) > 5
    assert max(pauses) <= LONGEST_WAIT + QUIET


def test_a_table_nobody_labelled_is_looked_up_once_and_again_at_the_resync(bench: Bench) -> None:
    bench.kube.hold(objects.table(labelled=False))
    bench.store.put("LegacySource", objects.source("a"))

    async def scenario() -> None:
        await asyncio.sleep(5.0)
        bench.put(objects.source("b"))
        await asyncio.sleep(5.0)
        assert bench.kube.asked.count("get ConfigMap/tags") == 1
        bench.kube.hold(objects.table("tags", "power,holding:8,float32,kW", labelled=False))
        bench.loop.forget_lookups()

    bench.run(scenario)
    assert bench.kube.asked.count("get ConfigMap/tags") == 2
    first, last = bench.plans[0][1], bench.plans[-1][1]
    assert first.processes[A].content != last.processes[A].content


def test_a_table_that_is_not_there_is_looked_for_every_half_minute_and_not_more(bench: Bench) -> None:
    bench.store.put("LegacySource", objects.source("a"))

    async def scenario() -> None:
        for number in range(50):
            await asyncio.sleep(2.0)
            bench.put(objects.source("b", generation=number + 2, version=number + 2, interval=f"{number + 1}s"))
        asked = bench.kube.asked.count("get ConfigMap/tags")
        assert 1 <= asked <= 2 + 100.0 / LOOK_AGAIN
        bench.kube.hold(objects.table(labelled=False))

    bench.run(scenario, seconds=2 * LOOK_AGAIN)
    assert A in bench.plans[-1][1].processes


def test_to_look_for_what_is_not_there_is_no_reason_to_plan(bench: Bench) -> None:
    """A plant's names are no Services, and may look like some: that must cost next to nothing for ever after."""
    bench.kube.hold(objects.table())
    for number in range(50):
        bench.store.put("LegacySource", objects.source(f"s{number}"))
    bench.run(nothing, seconds=20 * LOOK_AGAIN)
    assert len(bench.plans) == 1
    assert 10 <= bench.kube.asked.count("list Service/") <= 21, "one list for all fifty"


def test_a_service_that_appears_behind_a_name_is_found(bench: Bench) -> None:
    bench.kube.hold(objects.table())
    bench.store.put("LegacySource", objects.source("a", network=None))

    async def scenario() -> None:
        await asyncio.sleep(5.0)
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "plant", "name": "a"}}
        bench.kube.hold({**service, "spec": {"selector": {"app": "a"}, "ports": [{"port": 502}]}})

    bench.run(scenario, seconds=2 * LOOK_AGAIN)
    before, after = (desired.processes[A].egress for _, desired in bench.plans)
    assert [item.cidrs for item in before] == [ANYWHERE]
    assert [item.labels for item in after] == [{"app": "a"}]


def test_what_nobody_asks_for_any_more_is_not_looked_for(bench: Bench) -> None:
    bench.store.put("LegacySource", objects.source("a"))

    async def scenario() -> None:
        await asyncio.sleep(5.0)
        bench.store.remove(("LegacySource", "farm", "a"))
        bench.loop.soon()
        await asyncio.sleep(5.0)
        bench.kube.asked.clear()

    bench.run(scenario, seconds=5 * LOOK_AGAIN)
    assert bench.kube.asked == []


def test_a_plan_that_cannot_be_made_is_tried_again(bench: Bench) -> None:
    bench.store.put("LegacySource", objects.source("a"))
    bench.kube.refused["get", Kind.CONFIG_MAP] = ServerError("etcd is away", "here", code=500)

    async def scenario() -> None:
        await asyncio.sleep(12.0)
        assert bench.plans == []
        assert 2 <= len(bench.kube.asked) <= 4
        bench.kube.refused.clear()
        bench.kube.hold(objects.table())

    bench.run(scenario)
    assert A in bench.plans[-1][1].processes


CHAIN = (objects.table(), objects.source("a"))


def in_the_cluster(bench: Bench, rows: int, *, without: str = "") -> bytes:
    """A process as an operator before us left it: its children, and the configuration in parts."""
    made = Bench()
    tags = [f"tag-{number}-°,holding:{number},uint16," for number in range(rows)]
    made.store.put(CONFIG_MAP, objects.table("tags", *tags))
    made.store.put("LegacySource", objects.source("a", load={"maxRequestsPerSecond": 100000}))
    made.run(nothing, seconds=1.0)
    process = made.plans[0][1].processes[A]
    for manifest in render(process, settings()):
        if manifest["metadata"]["name"].endswith(without or "nothing"):
            continue
        bench.kube.hold(dict(manifest))
    for item in bench.kube.objects.values():
        child = child_of(item)
        if child is not None:
            bench.children.put(child)
    return process.content


@pytest.mark.parametrize("rows", [1, 15_000])
def test_a_wrong_resource_goes_on_with_what_the_operator_before_us_left_in_the_cluster(bench: Bench, rows: int) -> None:
    content = in_the_cluster(bench, rows)
    parts = sum(kind == "ConfigMap" for kind, _, _ in bench.kube.objects)
    assert (parts > 1) is (rows > 1)
    bench.store.put("LegacySource", objects.source("a", interval="soon"))
    bench.run(nothing)
    desired = bench.plans[0][1]
    assert desired.processes[A].content == content
    assert [egress.cidrs for egress in desired.processes[A].egress if egress.port == 502] == [("10.20.0.11/32",)]


def test_half_a_configuration_is_none(bench: Bench) -> None:
    in_the_cluster(bench, 15_000, without="-001")
    bench.store.put("LegacySource", objects.source("a", interval="soon"))
    bench.run(nothing)
    assert bench.plans[0][1].processes == {}
