"""The wiring: nothing before all lists are complete, and everybody whom something concerns gets a turn."""

import asyncio
import secrets as random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.operator import cluster_objects as objects
from tests.operator.cluster_objects import Body
from tests.operator.fake_kube import FakeKube
from tests.operator.test_planning import A, B, settings

from brownfield_operator.access.trust import new_trust
from brownfield_operator.children import Children
from brownfield_operator.controller import CREDENTIALS, SPINE_PATIENCE, WATCHED, Controller
from brownfield_operator.desired import ProcessKey
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.names import ENDPOINTS, PROCESS, PROCESS_KIND, PROCESS_NAME, endpoint_hash, process_object
from brownfield_operator.planner_loop import PlannerLoop
from brownfield_operator.reconcile import Reconciler
from brownfield_operator.spine_secrets import SpineSecrets
from brownfield_operator.status_writer import StatusWriter
from brownfield_operator.store import Store

NOW = 1_800_000_000
TRUST = new_trust(random.token_bytes, now=NOW)
KINDS = {str(kind): kind for kind in Kind}
SECONDS = 5.0
"""A real second is all that any of these waits for, and the planner's is one of them."""


@dataclass
class Bench:
    """A controller on a fake API server. Tests say what is seen; nothing is seen by itself."""

    watch_namespaces: tuple[str, ...] = ()
    kube: FakeKube = field(default_factory=FakeKube)
    children: Children = field(default_factory=Children)
    store: Store = field(default_factory=Store)

    def __post_init__(self) -> None:
        chosen = settings(watch_namespaces=self.watch_namespaces)
        self.informed = asyncio.Event()
        self.informed.set()
        self.planner = PlannerLoop(
            kube=self.kube,
            store=self.store,
            children=self.children,
            settings=chosen,
            planned=lambda desired, before: self.controller.planned(desired, before),  # noqa: PLW0108 - made below
        )
        spine_secrets = SpineSecrets(
            kube=self.kube,
            trust=lambda: TRUST,
            desired=lambda: self.planner.desired.processes.values() if self.planner.desired else (),
            now=lambda: NOW,
            random=random.token_bytes,
            withdrawn=lambda _: None,
        )
        self.controller = Controller(
            kube=self.kube,
            settings=chosen,
            store=self.store,
            children=self.children,
            planner=self.planner,
            reconciler=Reconciler(
                kube=self.kube,
                children=self.children,
                secrets=spine_secrets,
                settings=chosen,
                desired=lambda key: self.planner.desired.processes.get(key) if self.planner.desired else None,
            ),
            secrets=spine_secrets,
            statuses=StatusWriter(
                kube=self.kube,
                store=self.store,
                children=self.children,
                heard=dict,
                spine_reachable=lambda: True,
                again=lambda _ident, _delay: None,
                instance="operator-0",
            ),
            informed=self.informed,
        )

    def apply(self, *bodies: Body) -> None:
        """Somebody applies something, and it is seen."""
        for body in bodies:
            self.kube.hold(body)
            self.controller.seen(KINDS[body["kind"]], "MODIFIED", _live(self.kube, body))

    def list_all(self) -> None:
        """Every list is complete, and holds what is on the API server."""
        for watched in WATCHED:
            there = frozenset((space, name) for kind, space, name in self.kube.objects if kind == watched.kind)
            for namespace in self.watch_namespaces or (None,):
                self.controller.listed(watched.kind, namespace, there)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                await asyncio.sleep(0.01)
        assert condition(), what

    def stateful_sets(self) -> set[str]:
        return {name for kind, _, name in self.kube.objects if kind == Kind.STATEFUL_SET}


def _live(kube: FakeKube, body: Body) -> Json:
    metadata = body["metadata"]
    return kube.objects[body["kind"], metadata["namespace"], metadata["name"]]


async def running(bench: Bench, scenario: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.create_task(bench.controller.run())
    try:
        await scenario()
    finally:
        task.cancel()


def pod(of: ProcessKey, name: str, *endpoints: str) -> Body:
    """A pod of a process, as it is seen."""
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": of[1],
        "uid": f"uid-{name}",
        "resourceVersion": "5",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {PROCESS_KIND: of[0], PROCESS: process_object(of)},
        "annotations": {PROCESS_NAME: of[2], ENDPOINTS: ",".join(map(endpoint_hash, endpoints))},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}}


@pytest.mark.parametrize("namespaces", [(), ("farm", "mill")])
async def test_nothing_is_planned_before_every_list_is_complete(namespaces: tuple[str, ...]) -> None:
    """A restart would otherwise roll a group of two hundred out as a group of three."""
    bench = Bench(watch_namespaces=namespaces)

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a", group="g"), objects.source("b", group="g"))
        lists = [(watched.kind, namespace) for watched in WATCHED for namespace in namespaces or (None,)]
        for kind, namespace in lists[:-1]:
            existing = frozenset((space, name) for of, space, name in bench.kube.objects if of == kind)
            bench.controller.listed(kind, namespace, existing)
            await asyncio.sleep(0.02)
        assert bench.planner.desired is None
        assert bench.kube.writes == []
        bench.controller.listed(*lists[-1], frozenset())
        await bench.until(bench.stateful_sets, "it works now")

    await running(bench, scenario)


async def test_children_seen_before_the_first_plan_are_no_leftovers() -> None:
    first = Bench()

    async def bring() -> None:
        first.apply(objects.table(), objects.source("a"))
        first.list_all()
        await first.until(lambda: "StatefulSet" in {kind for kind, _, _ in first.kube.objects}, "it is there")

    await running(first, bring)
    bench = Bench(kube=first.kube)
    bench.kube.asked.clear()

    async def scenario() -> None:
        for (kind, _, _), item in list(bench.kube.objects.items()):
            bench.controller.seen(KINDS[kind], "ADDED", dict(item))
        bench.list_all()
        await bench.until(lambda: bench.controller.processes.begun, "it was looked at")
        await asyncio.sleep(0.1)

    await running(bench, scenario)
    assert [request for request in bench.kube.writes if "patch_status" not in request and "Event" not in request] == []


async def test_a_process_nobody_wants_any_more_is_taken_away() -> None:
    bench = Bench()

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a"), objects.source("b"))
        bench.list_all()
        await bench.until(lambda: len(bench.stateful_sets()) == 2, "both are there")
        gone = _live(bench.kube, objects.source("a"))
        bench.controller.seen(Kind.LEGACY_SOURCE, "DELETED", gone)
        await bench.until(lambda: bench.stateful_sets() == {process_object(B)}, "one is left")

    await running(bench, scenario)


async def test_who_waits_for_an_endpoint_is_called_when_its_holder_is_gone() -> None:
    bench = Bench()
    holder = pod(("adapter", "farm", "other"), "holder", "tcp://a.plant:502")

    async def scenario() -> None:
        bench.controller.seen(Kind.POD, "ADDED", dict(holder))
        bench.kube.hold(holder)
        bench.apply(objects.table(), objects.source("a"))
        bench.list_all()
        await bench.until(lambda: bench.controller._waiting, "it waits")
        assert bench.stateful_sets() == set()
        bench.controller.seen(Kind.POD, "DELETED", dict(holder))
        await bench.until(lambda: bench.stateful_sets() == {process_object(A)}, "it was called")

    await running(bench, scenario)


async def test_who_waits_is_called_also_when_the_operator_itself_took_the_holder_away() -> None:
    """The deletion is known before its event comes, and the event then is no news."""
    bench = Bench()

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a", group="g"))
        bench.list_all()
        await bench.until(bench.stateful_sets, "the group runs")
        bench.apply(objects.source("a", generation=2))
        await bench.until(lambda: bench.stateful_sets() == {process_object(A)}, "the new process has the endpoint")

    await running(bench, scenario)


async def test_an_older_state_of_a_child_than_what_was_written_is_no_drift() -> None:
    bench = Bench()

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a"))
        bench.list_all()
        await bench.until(bench.stateful_sets, "it is there")
        await asyncio.sleep(0.1)
        policy = bench.kube.objects[Kind.NETWORK_POLICY, "farm", process_object(A)]
        older = {**policy, "spec": {}, "metadata": {**policy["metadata"], "resourceVersion": "1"}}
        begun = bench.controller.processes.begun
        bench.controller.seen(Kind.NETWORK_POLICY, "MODIFIED", older)
        await asyncio.sleep(0.1)
        assert bench.controller.processes.begun == begun

    await running(bench, scenario)


async def test_a_gap_in_the_watch_of_credentials_costs_a_look_and_brings_lost_ones_back() -> None:
    bench = Bench()

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a"))
        bench.list_all()
        await bench.until(bench.stateful_sets, "it is there")
        secrets = [key for key in bench.kube.objects if key[0] == Kind.SECRET]
        for key in secrets:
            del bench.kube.objects[key]
        assert len(CREDENTIALS) == 16
        bench.controller.listed(Kind.SECRET, None, frozenset())
        await bench.until(lambda: set(secrets) <= set(bench.kube.objects), "they are back")

    await running(bench, scenario)


async def test_statuses_wait_for_what_the_spine_has_to_say_and_processes_do_not() -> None:
    bench = Bench()
    bench.informed.clear()

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a"))
        bench.list_all()
        await bench.until(bench.stateful_sets, "its process does not wait")
        await asyncio.sleep(0.2)
        assert not any(request.startswith("patch_status") for request in bench.kube.asked)
        bench.informed.set()
        await bench.until(lambda: "patch_status LegacySource/a" in bench.kube.asked, "its status follows")

    await running(bench, scenario)
    assert SPINE_PATIENCE < 10.0, "for ever would be too long"
