"""The device's own record: at no time two connections of ours, and nothing but reading, whatever happens to a pod."""

import signal
import time
from collections.abc import Callable

import pytest
from hack.cluster_demo.deployment import FARM, SYSTEM
from tests.api_server.admin import path
from tests.api_server.eventually import eventually
from tests.cluster.device import Device
from tests.cluster.farm import ADAPTERS, TURBINES, Farm
from tests.cluster.figures import Figures
from tests.cluster.node_processes import processes_of, send
from tests.cluster.operator_log import SELECTOR, OperatorLog, leaders

MODBUS, OPCUA = "r80711", "r80736"


@pytest.fixture
def clean_record(farm: Farm) -> Farm:
    """Devices whose records hold no second connection of an earlier test's."""
    for name in (MODBUS, "r80721", OPCUA):
        if farm.device(name).traffic["max_connections"] > 1:
            farm.kubectl("--namespace", "plant", "rollout", "restart", f"deployment/{name}")
            farm.kubectl("--namespace", "plant", "rollout", "status", f"deployment/{name}")
    farm.await_whole()
    return farm


def _rollout(farm: Farm, source: str) -> None:
    farm.of_farm("rollout", "restart", f"statefulset/{ADAPTERS[source]}")


def _deleted(farm: Farm, source: str) -> None:
    farm.of_farm("delete", "pod", f"{ADAPTERS[source]}-0", "--wait=false")


def _forced(farm: Farm, source: str) -> None:
    farm.of_farm("delete", "pod", f"{ADAPTERS[source]}-0", "--force", "--grace-period=0")


def _drained(farm: Farm, source: str) -> None:
    """Cordon and evict, as `kubectl drain` does, of the one node only this pod."""
    (node,) = [item["metadata"]["name"] for item in farm.admin.list("Node", "")]
    name = f"{ADAPTERS[source]}-0"
    farm.kubectl("cordon", node)
    try:
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": FARM}}
        farm.admin.request("POST", path("Pod", FARM, name, "eviction"), eviction)
        farm.space.await_condition(f"LegacySource/{source}", "Available", "False", "Unschedulable")
    finally:
        farm.kubectl("uncordon", node)


DISRUPTIONS: dict[str, Callable[[Farm, str], None]] = {
    "rollout restart": _rollout,
    "deleted pod": _deleted,
    "forced deletion": _forced,
    "drain": _drained,
}


@pytest.mark.parametrize("source", [MODBUS, OPCUA])
@pytest.mark.parametrize("disruption", DISRUPTIONS)
def test_a_device_never_sees_two_connections_through(
    clean_record: Farm, disruption: str, source: str, figures: Figures
) -> None:
    farm, device = clean_record, clean_record.device(source)
    accepted, old = device.traffic["accepted"], farm.pod_uid(ADAPTERS[source])
    with farm.watch() as watch:
        begun = time.monotonic()
        DISRUPTIONS[disruption](farm, source)
        farm.await_new_pod(ADAPTERS[source], old)
        device.await_connection(accepted)
        connected = time.monotonic() - begun
        watch.await_news([TURBINES[source]])
    gap = watch.live_gap(TURBINES[source])
    figures.note(f"{disruption}, {source}: connected again after {connected:.1f} s, no news for {gap:.1f} s")
    traffic = device.only_read_by_one()
    assert traffic["accepted"] == accepted + 1


@pytest.mark.operator_restarts
def test_a_killed_operator_disturbs_no_connection(clean_record: Farm, log: OperatorLog, figures: Figures) -> None:
    farm, leader = clean_record, clean_record.leader()
    devices = [farm.device(name) for name in TURBINES]
    accepted = {device.name: device.traffic["accepted"] for device in devices}
    pod = farm.admin.get("Pod", SYSTEM, leader)
    assert pod is not None
    mark = log.mark()
    with farm.watch() as watch:
        begun = time.monotonic()
        send(pod["metadata"]["uid"], signal.SIGKILL)
        leading = eventually(lambda: leaders(log.since(mark)), what="an operator leads", seconds=60.0)
        figures.note(f"leading operator killed (SIGKILL): {leading} leads after {time.monotonic() - begun:.1f} s")
        eventually(lambda: _ready_operators(farm) == 2, what="two replicas are ready again", seconds=60.0)
        watch.await_news(TURBINES.values(), count=5)
    assert {device.name: device.only_read_by_one()["accepted"] for device in devices} == accepted
    assert max(watch.live_gap(asset) for asset in TURBINES.values()) < 3.0


def _ready_operators(farm: Farm) -> int:
    pods = farm.admin.list("Pod", SYSTEM, SELECTOR)
    conditions = [item for pod in pods for item in (pod.get("status") or {}).get("conditions") or ()]
    return sum(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def test_sources_that_move_into_a_group_are_handed_over_not_shared(clean_record: Farm, figures: Figures) -> None:
    farm, members = clean_record, [clean_record.device(name) for name in (MODBUS, "r80721")]
    _move(farm, members, "feeder", figures)
    assert {"group-feeder"} <= farm.space.stateful_sets("adapter").keys()
    _move(farm, members, None, figures)
    assert "group-feeder" not in farm.space.stateful_sets("adapter")


def _move(farm: Farm, members: list[Device], group: str | None, figures: Figures) -> None:
    accepted = {device.name: device.traffic["accepted"] for device in members}
    with farm.watch() as watch:
        for device in members:
            farm.space.patch("LegacySource", device.name, {"spec": {"group": group}})
        for device in members:
            device.await_connection(accepted[device.name])
        farm.await_whole()
        watch.await_news(TURBINES.values())
    for device in members:
        assert device.only_read_by_one()["accepted"] == accepted[device.name] + 1
    gap = max(watch.live_gap(TURBINES[device.name]) for device in members)
    figures.note(f"moved {'into' if group else 'out of'} a group: no news for {gap:.1f} s")
    others = TURBINES.keys() - {device.name for device in members}
    assert max(watch.live_gap(TURBINES[name]) for name in others) < 3.0


@pytest.mark.chaos
def test_a_pod_that_hangs_is_waited_for(clean_record: Farm, figures: Figures) -> None:
    """Deleted, but deaf to SIGTERM: the next one starts when Kubernetes has killed it, after its grace period."""
    farm, device, name = clean_record, clean_record.device(MODBUS), ADAPTERS[MODBUS]
    accepted, old = device.traffic["accepted"], farm.pod_uid(name)
    send(old, signal.SIGSTOP)
    begun = time.monotonic()
    farm.of_farm("delete", "pod", f"{name}-0", "--wait=false")
    farm.await_new_pod(name, old, seconds=90.0)
    device.await_connection(accepted)
    figures.say("a hanging adapter deleted to connected again", time.monotonic() - begun)
    device.only_read_by_one()


@pytest.mark.chaos
def test_a_hanging_pod_deleted_by_force_is_the_way_to_two_connections_and_they_last_seconds(
    clean_record: Farm, figures: Figures
) -> None:
    """`--force` says that the old pod is certainly gone (Kubernetes, *Force Delete StatefulSet Pods*). Where that is
    not true nobody can keep the promise any more: the kubelet needs some seconds to kill who does not listen.
    """
    farm, device, name = clean_record, clean_record.device(MODBUS), ADAPTERS[MODBUS]
    accepted, old = device.traffic["accepted"], farm.pod_uid(name)
    hanging = set(processes_of(old))
    send(old, signal.SIGSTOP)
    farm.of_farm("delete", "pod", f"{name}-0", "--force", "--grace-period=0")
    device.await_connection(accepted)
    begun = time.monotonic()
    eventually(lambda: not hanging & set(processes_of(old)), what="the old process is killed", seconds=40.0)
    eventually(lambda: device.traffic["connections"] == 1, what="one connection is left", seconds=10.0)
    figures.say("two connections after a forced deletion of a hanging adapter", time.monotonic() - begun)
    assert device.traffic["max_connections"] <= 2
    assert time.monotonic() - begun < 10.0
