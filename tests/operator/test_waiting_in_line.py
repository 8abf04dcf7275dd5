"""A process that works is changed when it is its turn; until then it is kept as it is."""

import pytest
from tests.operator.adapter_configs import endpoint, source
from tests.operator.reconcile_bench import TWO, Bench, process

from brownfield_operator.children import child_of
from brownfield_operator.desired import Owner
from brownfield_operator.drift import Drift
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.names import process_object
from brownfield_operator.rollouts import LEAST


@pytest.fixture
def bench() -> Bench:
    return Bench()


def others_are_restarted(bench: Bench) -> None:
    for number in range(LEAST):
        assert bench.reconciler.rollouts.take(("adapter", "farm", f"other-{number}"))


async def test_what_works_goes_on_unchanged_until_it_may_be_restarted(bench: Bench) -> None:
    await bench.bring(process())
    bench.works(process())
    others_are_restarted(bench)
    bench.forget_asked()
    changed = process(endpoint(TWO, source("a")))
    outcome = await bench.bring(changed)
    assert outcome.in_line
    assert [request.split("/")[0] for request in bench.kube.writes] == ["apply ConfigMap"], "policy and pod stay"
    bench.reconciler.rollouts.gone(("adapter", "farm", "other-0"))
    outcome = await bench.bring(changed)
    assert not outcome.in_line
    applied = bench.kube.objects[Kind.STATEFUL_SET, "farm", process_object(changed.key)]["metadata"]
    assert applied["annotations"]["brownfield.dev/intent"] == outcome.intent


async def test_what_vanishes_from_a_process_in_line_is_made_again_at_once(bench: Bench) -> None:
    await bench.bring(process())
    bench.works(process())
    others_are_restarted(bench)
    changed = process(endpoint(TWO, source("a")))
    await bench.bring(changed)
    policy = (Kind.NETWORK_POLICY, "farm", process_object(changed.key))
    del bench.kube.objects[policy]
    bench.children.remove(policy)
    assert (await bench.bring(changed)).in_line
    assert policy in bench.kube.objects


@pytest.mark.parametrize("known", [False, True], ids=["new", "not ready"])
async def test_what_does_not_work_anyway_waits_for_nobody(bench: Bench, known: bool) -> None:
    others_are_restarted(bench)
    if known:
        await bench.bring(process())
    assert not (await bench.bring(process(endpoint(TWO, source("a"))))).in_line


async def test_a_change_that_leaves_the_pod_alone_waits_for_nobody(bench: Bench) -> None:
    await bench.bring(process())
    bench.works(process())
    others_are_restarted(bench)
    owners = (Owner(kind="LegacySource", name="a", uid="u"), Owner(kind="LegacySource", name="b", uid="v"))
    assert not (await bench.bring(process(owners=owners))).in_line


async def test_what_somebody_changed_by_hand_is_put_back_at_once(bench: Bench) -> None:
    await bench.bring(process())
    bench.works(process())
    others_are_restarted(bench)
    key = (Kind.STATEFUL_SET, "farm", process_object(process().key))
    bench.kube.objects[key]["spec"]["template"]["spec"]["containers"][0]["image"] = "mine"
    child = child_of(bench.kube.objects[key], Drift.APPLY)
    assert child is not None
    bench.children.put(child)
    assert not (await bench.bring(process())).in_line
    assert bench.kube.objects[key]["spec"]["template"]["spec"]["containers"][0]["image"] != "mine"
