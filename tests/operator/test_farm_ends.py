"""What ends is left to end: nothing of a deleted farm is made again, and nobody is alarmed."""

import asyncio

from structlog.testing import capture_logs
from tests.operator import cluster_objects as objects
from tests.operator.controller_bench import KINDS, Bench, running

from brownfield_operator.kube.errors import NamespaceEnding
from brownfield_operator.kube.kinds import Kind


async def test_a_deleted_farm_is_not_brought_back_where_its_children_are_seen_to_go_first() -> None:
    bench = Bench()

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a"))
        bench.list_all()
        await bench.until(bench.stateful_sets, "it runs")
        await bench.until(lambda: bench.controller.processes.idle, "all of it")
        gone = [bench.kube.objects.pop(key) for key in list(bench.kube.objects) if key[0] != Kind.SECRET]
        gone.sort(key=lambda item: item["kind"] in {"LegacySource", "ConfigMap"})
        bench.kube.asked.clear()
        for item in gone:
            bench.controller.seen(KINDS[item["kind"]], "DELETED", dict(item))
            await asyncio.sleep(0.05)
        await bench.until(lambda: not [key for key in bench.kube.objects if key[0] == Kind.SECRET], "the plan knows")

    await running(bench, scenario)
    assert [request for request in bench.kube.writes if request.startswith("apply")] == []


async def test_in_a_namespace_that_is_being_deleted_nothing_is_tried_again_and_one_line_says_so() -> None:
    bench = Bench()
    ending = NamespaceEnding("farm is being terminated", "here", code=403, reason="Forbidden")
    bench.kube.refused |= dict.fromkeys([("create", Kind.SECRET), ("create", Kind.EVENT)], ending)

    async def scenario() -> None:
        bench.apply(objects.table(), objects.source("a"), objects.source("b"))
        bench.list_all()
        await bench.until(lambda: bench.controller.processes.begun == 2, "both are tried")
        for name in ("a", "b"):
            bench.controller.resources.add(("LegacySource", "farm", name))
        await bench.until(lambda: bench.controller.resources.begun >= 2, "their statuses, too")
        await asyncio.sleep(0.5)

    with capture_logs() as log:
        await running(bench, scenario)
    assert (bench.controller.processes.retries, bench.controller.resources.retries) == (0, 0)
    assert [line["log_level"] for line in log if "namespace" in line] == ["info"]
