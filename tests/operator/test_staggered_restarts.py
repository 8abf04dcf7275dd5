"""An upgrade changes everything and takes little away at a time."""

from types import SimpleNamespace
from typing import cast

from tests.operator import cluster_objects as objects
from tests.operator.controller_bench import Bench, running

from brownfield_operator.desired import ProcessKey
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.names import process_object
from brownfield_operator.reconcile import Outcome, Reconciler
from brownfield_operator.rollouts import Rollouts


def working(bench: Bench, key: ProcessKey) -> Json:
    """The process's StatefulSet, all of it ready."""
    found = bench.kube.objects[Kind.STATEFUL_SET, key[1], process_object(key)]
    status = {"updateRevision": "r", "currentRevision": "r", "updatedReplicas": 1, "readyReplicas": 1}
    bench.kube.hold({**found, "status": {"observedGeneration": 1, **status}})
    return bench.kube.objects[Kind.STATEFUL_SET, key[1], process_object(key)]


async def test_of_processes_that_all_change_one_is_restarted_and_its_end_calls_the_next() -> None:
    bench = Bench()
    names = ("a", "b", "c", "d")
    keys = [("adapter", "farm", f"{name}-plant-502") for name in names]

    def changed() -> list[ProcessKey]:
        there = {key: bench.kube.objects[Kind.STATEFUL_SET, key[1], process_object(key)] for key in keys}
        return [key for key, item in there.items() if "status" not in item]

    async def scenario() -> None:
        bench.apply(objects.table(), *(objects.source(name) for name in names))
        bench.list_all()
        await bench.until(lambda: bench.stateful_sets() == {process_object(key) for key in keys}, "all are there")
        for key in keys:
            bench.controller.seen(Kind.STATEFUL_SET, "MODIFIED", dict(working(bench, key)))
        bench.apply(objects.table("tags", "power,holding:7,float32,kW", version=2))
        done: set[ProcessKey] = set()
        for turn in range(len(keys)):
            await bench.until(lambda: len(changed()) == 1, f"number {turn} begins")
            await bench.until(lambda: bench.controller.processes.idle, "nobody polls")
            (begun,) = changed()
            assert begun not in done
            done.add(begun)
            bench.controller.seen(Kind.STATEFUL_SET, "MODIFIED", dict(working(bench, begun)))

    await running(bench, scenario)


async def test_an_upgrade_goes_with_the_stream_adapters_first() -> None:
    bench = Bench()
    order: list[str] = []

    async def reconcile(key: ProcessKey) -> Outcome:
        order.append(key[0])
        return Outcome()

    bench.controller.reconciler = cast("Reconciler", SimpleNamespace(reconcile=reconcile, rollouts=Rollouts()))

    async def scenario() -> None:
        bench.apply(objects.table(), *(objects.source(name) for name in ("a", "b", "c")))
        bench.apply(objects.mapping("m", {"A": "a", "B": "b"}), objects.twin("t", "m"))
        bench.list_all()
        await bench.until(lambda: len(order) == 5, "all had their turn")

    await running(bench, scenario)
    assert order == ["adapter", "adapter", "adapter", "pipeline", "twin"]
