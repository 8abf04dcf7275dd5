"""Whatever vanishes is made again, unless nobody is left for whom."""

import pytest
from tests.operator.reconcile_bench import Bench, process

from brownfield_operator.desired import Owner
from brownfield_operator.kube.kinds import Kind, kind_of
from brownfield_operator.names import process_object


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("ending", [False, True], ids=["deleted", "being deleted"])
@pytest.mark.parametrize("lost", [(Kind.STATEFUL_SET,), (Kind.NETWORK_POLICY,), (Kind.STATEFUL_SET, Kind.CONFIG_MAP)])
async def test_children_that_garbage_collection_took_are_not_made_again(
    bench: Bench, lost: tuple[Kind, ...], ending: bool
) -> None:
    """Its owners are deleted, and the plan does not know yet."""
    await bench.bring(process())
    owner = (Kind.LEGACY_SOURCE, "farm", "a")
    if ending:
        bench.kube.objects[owner]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:01Z"
    else:
        del bench.kube.objects[owner]
    for key in [key for key in bench.kube.objects if key[0] in lost]:
        bench.children.remove((kind_of(bench.kube.objects.pop(key)), *key[1:]))
    bench.forget_asked()
    for _ in range(3):
        await bench.reconciler.reconcile(process().key)
    assert bench.kube.asked == ["get LegacySource/a"], "asked once, and nothing is made"


async def test_a_resource_that_was_deleted_and_applied_anew_has_another_process(bench: Bench) -> None:
    await bench.bring(process())
    bench.kube.objects[Kind.LEGACY_SOURCE, "farm", "a"]["metadata"]["uid"] = "another"
    key = (Kind.STATEFUL_SET, "farm", process_object(process().key))
    del bench.kube.objects[key]
    bench.children.remove(key)
    await bench.reconciler.reconcile(process().key)
    assert "StatefulSet" not in bench.kinds()
    await bench.bring(process(owners=(Owner(kind="LegacySource", name="a", uid="another"),)))
    assert "StatefulSet" in bench.kinds()


async def test_a_child_somebody_deleted_is_back_for_one_look_at_its_owner(bench: Bench) -> None:
    await bench.bring(process())
    key = (Kind.NETWORK_POLICY, "farm", process_object(process().key))
    del bench.kube.objects[key]
    bench.children.remove(key)
    bench.forget_asked()
    await bench.reconciler.reconcile(process().key)
    assert bench.kube.asked == ["get LegacySource/a", f"apply NetworkPolicy/{key[2]}"]
