"""The wiring: nothing before all lists are complete, and everybody whom something concerns gets a turn."""

import asyncio

import pytest
from tests.operator import cluster_objects as objects
from tests.operator.controller_bench import KINDS, Bench, live_of, pod, running
from tests.operator.test_planning import A, B

from brownfield_operator.controller import SPINE_PATIENCE, STATUS_PATIENCE
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.last_good import Ident
from brownfield_operator.names import process_object
from brownfield_operator.status_writer import StatusWriter
from brownfield_operator.watched import CREDENTIALS, WATCHED


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
        gone = live_of(bench.kube, objects.source("a"))
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


async def test_what_the_operator_wrote_and_compared_is_not_taken_in_again() -> None:
    bench = Bench()

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a"))
        bench.list_all()
        await bench.until(bench.stateful_sets, "it is there")
        await bench.until(lambda: bench.controller.processes.idle, "all of it")
        key = (Kind.NETWORK_POLICY, "farm", process_object(A))
        known = bench.children.get(key)
        bench.controller.seen(Kind.NETWORK_POLICY, "ADDED", dict(bench.kube.objects[key]))
        assert bench.children.get(key) is known
        newer = {**bench.kube.objects[key], "spec": {}}
        bench.kube.hold({**newer, "metadata": {**newer["metadata"], "managedFields": []}})
        bench.controller.seen(Kind.NETWORK_POLICY, "MODIFIED", dict(bench.kube.objects[key]))
        assert bench.children.get(key) is not known, "what somebody wrote after us is"

    await running(bench, scenario)


async def test_a_status_waits_for_processes_that_are_being_made_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("brownfield_operator.controller.STATUS_PATIENCE", 0.4)
    bench = Bench()
    asked: list[float] = []
    now = asyncio.get_running_loop().time

    async def write(_: Ident) -> None:
        asked.append(now())

    monkeypatch.setattr(StatusWriter, "write", lambda _self, ident: write(ident))
    ident = ("LegacySource", "farm", "a")
    begun = now()
    await bench.controller._write_status(ident)
    assert asked[0] - begun < 0.1, "nobody is being made"
    bench.controller.processes.add(A)
    begun = now()
    await bench.controller._write_status(ident)
    assert 0.4 <= asked[1] - begun < 2.0
    bench.controller.processes.forget(A)
    bench.controller.processes.add(A)
    waiting = asyncio.create_task(bench.controller._write_status(ident))
    await asyncio.sleep(0)
    bench.controller.processes.forget(A)
    await asyncio.wait_for(waiting, 0.3)
    assert STATUS_PATIENCE < 10.0, "whoever waits for a status must not think that nothing happens"
