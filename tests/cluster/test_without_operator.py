"""The operator is scaled to zero: the data plane neither notices nor needs it. Back again, it does what is left."""

import time

import pytest
from hack.cluster.audit import Write, size, writes
from hack.cluster_demo.deployment import SYSTEM, is_ready
from tests.api_server.eventually import eventually
from tests.cluster.farm import ADAPTERS, OPERATOR, PIPELINE, TURBINES, TWIN, Farm
from tests.cluster.figures import Figures
from tests.cluster.operator_log import SELECTOR

USER = f"system:serviceaccount:{SYSTEM}:brownfield-operator"
CHANGED = "r80721"


@pytest.fixture
def without_operator(farm: Farm) -> Farm:
    farm.of_system("scale", OPERATOR, "--replicas=0")
    eventually(lambda: not farm.admin.list("Pod", SYSTEM, SELECTOR), what="no operator runs", seconds=60.0)
    return farm


@pytest.fixture(autouse=True)
def _operator_is_back(session_farm: Farm) -> object:
    yield
    session_farm.of_system("scale", OPERATOR, "--replicas=2")
    session_farm.of_system("rollout", "status", OPERATOR, "--timeout=60s", seconds=70.0)


def test_the_data_plane_goes_on_and_the_operator_then_writes_only_what_is_left_to_do(
    without_operator: Farm, figures: Figures
) -> None:
    farm, killed = without_operator, "r80711"
    pods, device = farm.pods(), farm.device(killed)
    accepted = device.traffic["accepted"]
    with farm.watch() as watch:
        farm.of_farm("delete", "pod", f"{ADAPTERS[killed]}-0", "--wait=false")
        farm.space.patch("LegacySource", CHANGED, {"spec": {"interval": "2s"}})
        farm.await_new_pod(ADAPTERS[killed], pods[ADAPTERS[killed]])
        device.await_connection(accepted)
        watch.await_news(TURBINES.values(), count=3)
    gaps = {asset: round(watch.live_gap(asset), 1) for asset in TURBINES.values()}
    figures.note(f"without operator, adapter of {TURBINES[killed]} killed: longest time without news {gaps} s")
    assert farm.pod_uid(ADAPTERS[CHANGED]) == pods[ADAPTERS[CHANGED]]

    mark, begun = size(farm.cluster.audit_log), time.monotonic()
    farm.of_system("scale", OPERATOR, "--replicas=2")
    farm.await_new_pod(ADAPTERS[CHANGED], pods[ADAPTERS[CHANGED]])
    eventually(lambda: all(map(is_ready, farm.resources())), what="all is Ready for its generation", seconds=60.0)
    figures.say("operator scaled up to the change rolled out and all Ready", time.monotonic() - begun)
    farm.await_whole()
    done = [item for item in writes(farm.cluster.audit_log, mark) if item.user == USER and not item.is_review]
    figures.note(f"writes of the operator that came back: {sorted(set(map(_told, done)))}")
    assert [_told(item) for item in done if not _is_needed(item)] == []
    untouched = {name: uid for name, uid in pods.items() if name not in {ADAPTERS[killed], ADAPTERS[CHANGED]}}
    assert {name: farm.pod_uid(name) for name in untouched} == untouched


def _told(write: Write) -> str:
    return f"{write.verb} {write.resource}/{write.name}{'/' * bool(write.subresource)}{write.subresource} {write.code}"


def _is_needed(write: Write) -> bool:
    """The Lease; the changed source's configuration and StatefulSet; what statuses have to say about it.

    Whoever reads that source (pipeline, twin) may follow a change of its interval.
    """
    processes = (ADAPTERS[CHANGED], PIPELINE, TWIN)
    return (
        write.resource in {"leases", "events"}
        or (write.resource == "configmaps" and write.name.startswith(processes))
        or (write.resource == "statefulsets" and write.name in processes)
        or (write.subresource == "status" and write.verb == "patch")
    )
