"""Level-triggered: whatever is there, one reconcile brings what should be, and a second one asks for nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.operator.adapter_configs import endpoint, source
from tests.operator.fake_kube import FakeKube
from tests.operator.reconcile_bench import ONE, TWO, Bench, pod_of, process

from brownfield_operator.children import child_of
from brownfield_operator.desired import DesiredProcess, Owner
from brownfield_operator.kube.errors import Conflict, ServerError
from brownfield_operator.kube.kinds import Kind
from brownfield_operator.names import endpoint_hash, process_object
from brownfield_operator.reconcile import Outcome


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_from_nothing_to_everything_the_stateful_set_last(bench: Bench) -> None:
    await bench.bring(process())
    assert bench.kinds() == ["ConfigMap", "NetworkPolicy", "Secret", "StatefulSet"]
    assert [request.split("/")[0] for request in bench.kube.writes] == [
        "create Secret",
        "apply ConfigMap",
        "apply NetworkPolicy",
        "apply StatefulSet",
    ]


async def test_where_nothing_differs_nothing_is_asked(bench: Bench) -> None:
    await bench.bring(process())
    bench.forget_asked()
    await bench.bring(process())
    assert bench.kube.asked == []


async def test_a_restarted_operator_reads_and_writes_nothing(bench: Bench) -> None:
    await bench.bring(process())
    again = Bench(kube=bench.kube)
    again.reconciler.secrets = bench.reconciler.secrets
    for item in bench.kube.objects.values():
        child = child_of(item)
        if child is not None:
            again.children.put(child)
    bench.forget_asked()
    await again.bring(process())
    assert bench.kube.writes == []


async def test_after_an_interruption_the_next_one_does_the_rest(bench: Bench) -> None:
    bench.kube.refused["apply", Kind.STATEFUL_SET] = ServerError("etcd is away", "here", code=500)
    with pytest.raises(ServerError):
        await bench.bring(process())
    bench.kube.refused.clear()
    bench.forget_asked()
    await bench.bring(process())
    assert [request.split("/")[0] for request in bench.kube.writes] == ["apply StatefulSet"]


async def test_of_configurations_the_present_one_and_the_one_before_stay(bench: Bench) -> None:
    versions = [process(endpoint(ONE, source("a", interval=float(seconds)))) for seconds in range(1, 6)]
    for number, version in enumerate(versions):
        outcome = await bench.bring(version)
        for item in [item for item in bench.kube.objects.values() if item["kind"] == "ConfigMap"]:
            child = child_of(item)
            assert child is not None
            bench.children.put(replace(child, created=f"{bench.children.get(child.key) and child.created}{number:02d}"))
        assert outcome.intent
        assert bench.kinds().count("ConfigMap") <= 3
    assert bench.kinds().count("ConfigMap") == 2


async def test_a_process_that_ends_goes_stateful_set_first_and_credentials_last(bench: Bench) -> None:
    await bench.bring(process())
    pod = pod_of(process())
    bench.children.put(pod)
    bench.forget_asked()
    await bench.end(process())
    assert bench.kube.writes[0].startswith("delete StatefulSet/")
    assert bench.kinds() == ["Secret"], "its pod may still have something to publish"
    bench.children.remove(pod.key)
    await bench.reconciler.reconcile(process().key)
    assert bench.kinds() == []
    assert len(bench.withdrawn) == 1


async def test_what_took_the_name_of_a_child_meanwhile_is_left_alone(bench: Bench) -> None:
    await bench.bring(process())
    bench.kube.refused["delete", Kind.NETWORK_POLICY] = Conflict("another uid", "here", code=409)
    await bench.end(process())
    assert "NetworkPolicy" in bench.kinds()
    assert "StatefulSet" not in bench.kinds()


async def test_an_endpoint_somebody_else_holds_is_waited_for_while_the_others_begin(bench: Bench) -> None:
    other = process(name="other")
    bench.children.put(pod_of(other, endpoints=(ONE,)))
    both = process(endpoint(ONE, source("a")), endpoint(TWO, source("b")))
    outcome = await bench.bring(both)
    assert outcome.held == (ONE,)
    stateful_set = bench.kube.objects[Kind.STATEFUL_SET, "farm", process_object(both.key)]
    assert stateful_set["metadata"]["annotations"]["brownfield.dev/endpoints"] == endpoint_hash(TWO)
    bench.children.remove((Kind.POD, "farm", "pod"))
    assert (await bench.bring(both)).held == ()


async def test_with_all_endpoints_held_nothing_is_made(bench: Bench) -> None:
    bench.children.put(pod_of(process(name="other"), endpoints=(ONE,)))
    outcome = await bench.bring(process())
    assert outcome == Outcome(held=(ONE,))
    assert bench.kube.writes == []


async def test_who_waits_for_everything_lets_go_of_what_others_want(bench: Bench) -> None:
    """Two processes that exchange all they have would wait for each other for ever."""
    await bench.bring(process(endpoint(ONE, source("a"))))
    bench.children.put(pod_of(process(name="other"), endpoints=(TWO,)))
    let_go: list[frozenset[str]] = []
    bench.children.released = let_go.append
    outcome = await bench.bring(process(endpoint(TWO, source("b"))))
    assert outcome.held == (TWO,)
    assert "StatefulSet" not in bench.kinds()
    assert let_go == [frozenset({endpoint_hash(ONE)})]


async def test_somebody_who_undoes_every_correction_is_a_conflict_and_no_endless_loop(bench: Bench) -> None:
    await bench.bring(process())

    async def contrary(manifest: dict[str, object], *, force: bool = True) -> dict[str, object]:
        live = await FakeKube.apply(bench.kube, manifest, force=force)
        return {**live, "spec": {}} if live["kind"] == "NetworkPolicy" else live

    bench.kube.apply = contrary  # type: ignore[method-assign]
    bench.kube.objects[Kind.NETWORK_POLICY, "farm", process_object(process().key)]["spec"] = {}
    bench.children.remove((Kind.NETWORK_POLICY, "farm", process_object(process().key)))
    bench.forget_asked()
    with pytest.raises(Conflict, match="as fast as the operator corrects it"):
        await bench.bring(process())
    assert len(bench.kube.writes) == 3


Change = Callable[[DesiredProcess], DesiredProcess]


@pytest.mark.parametrize(
    "change",
    [
        lambda before: replace(before, owners=(*before.owners, Owner(kind="LegacySource", name="b", uid="v"))),
        lambda before: replace(before, storage=1024**3),
        lambda before: replace(before, secrets=("login",)),
    ],
    ids=["another owner", "a volume", "a Secret"],
)
async def test_every_change_of_what_is_desired_reaches_the_stateful_set(bench: Bench, change: Change) -> None:
    before = await bench.bring(process())
    bench.forget_asked()
    after = await bench.bring(change(process()))
    assert before.intent != after.intent
    assert any(request.startswith("apply StatefulSet/") for request in bench.kube.writes)
