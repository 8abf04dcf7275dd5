"""The control plane that tests stand on, itself put to the test: a real etcd, API server and controllers."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hack.cluster import audit, marker
from hack.cluster.binaries import binaries
from hack.cluster.control_plane import ControlPlane
from hack.cluster.guard import require_own_cluster
from hack.cluster.kubectl import Kubectl
from hack.cluster.waiting import wait_until

from brownfield_api.errors import BrownfieldError

pytestmark = pytest.mark.apiserver

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
ID = f"configmap/{marker.NAME}"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with ControlPlane(tmp_path_factory.mktemp("plane"), name="tried", controllers=True) as running:
        yield running


@pytest.fixture
def kubectl(plane: ControlPlane) -> Kubectl:
    return _kubectl(plane.kubeconfig)


def test_it_is_known_as_ours(plane: ControlPlane) -> None:
    assert require_own_cluster(plane.kubeconfig) == "tried"


def test_a_copied_kubeconfig_proves_nothing(plane: ControlPlane, tmp_path: Path) -> None:
    elsewhere = tmp_path / "kubeconfig"
    elsewhere.write_bytes(plane.kubeconfig.read_bytes())

    with pytest.raises(BrownfieldError, match="cluster tried has an id that nothing on this machine knows"):
        require_own_cluster(elsewhere)


def test_a_cluster_with_another_id_or_with_none_is_not_ours(plane: ControlPlane, kubectl: Kubectl) -> None:
    kept = marker.read(kubectl)["id"]
    try:
        kubectl("patch", ID, "--namespace", marker.NAMESPACE, "--patch", json.dumps({"data": {"id": "f" * 32}}))
        with pytest.raises(BrownfieldError, match="did not make this cluster"):
            require_own_cluster(plane.kubeconfig)
        kubectl("delete", ID, "--namespace", marker.NAMESPACE)
        with pytest.raises(BrownfieldError, match="has no ConfigMap kube-system/brownfield-test-cluster"):
            require_own_cluster(plane.kubeconfig)
    finally:
        marker.put(kubectl, "tried", kept)


def test_each_write_is_in_the_audit_log_when_it_is_answered_and_no_read_is(
    plane: ControlPlane, kubectl: Kubectl
) -> None:
    since = audit.size(plane.audit_log)
    kubectl("create", "configmap", "counted")
    kubectl("get", "configmap", "counted")
    kubectl("label", "configmap", "counted", "a=b")
    kubectl("delete", "configmap", "counted")

    seen = [
        (write.user, write.verb, write.code) for write in audit.writes(plane.audit_log, since) if _is_counted(write)
    ]

    assert seen == [("admin", "create", 201), ("admin", "patch", 200), ("admin", "delete", 200)]


def test_kubernetes_own_controllers_work(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "short-lived")
    kubectl("wait", "--for=create", "serviceaccount/default", "--namespace=short-lived", "--timeout=20s")
    kubectl("delete", "namespace", "short-lived", "--timeout=20s")


def test_changes_behind_its_back_are_gone_from_history(plane: ControlPlane, kubectl: Kubectl) -> None:
    kubectl("create", "configmap", "vanishes")
    before = json.loads(kubectl("get", f"--raw={CONFIG_MAPS}"))["metadata"]["resourceVersion"]
    server = plane.server

    with plane.watch_gap() as back_door:
        with pytest.raises(BrownfieldError, match="refused"):
            kubectl("get", "configmaps")
        _kubectl(back_door)("delete", "configmap", "vanishes")
        _kubectl(back_door)("create", "configmap", "appears")

    watched = kubectl("get", f"--raw={CONFIG_MAPS}?watch=1&timeoutSeconds=2&resourceVersion={before}")
    events = [json.loads(line) for line in watched.splitlines()]
    assert [(event["type"], event["object"]["code"], event["object"]["reason"]) for event in events] == [
        ("ERROR", 410, "Expired")
    ]
    names = kubectl("get", "configmaps", "--output=name").split()
    assert "configmap/appears" in names
    assert "configmap/vanishes" not in names
    assert plane.server == server


def test_a_suspended_api_server_answers_late_and_a_restarted_one_on_the_same_port(
    plane: ControlPlane, kubectl: Kubectl
) -> None:
    plane.suspend_api_server()
    try:
        with pytest.raises(BrownfieldError, match=r"Timeout|timeout|deadline"):
            kubectl("get", "--raw=/version", seconds=1)
    finally:
        plane.resume_api_server()
    wait_until(lambda: "gitVersion" in kubectl("get", "--raw=/version"), seconds=20, what="answers", where=plane.server)

    plane.restart_api_server()

    assert '"gitVersion": "v1.34.2"' in kubectl("get", "--raw=/version")


def test_a_plane_that_is_not_running_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(BrownfieldError, match="it does not run"):
        ControlPlane(tmp_path).server  # noqa: B018 - the property is what refuses


def _kubectl(kubeconfig: Path) -> Kubectl:
    return Kubectl(binaries().kubectl, kubeconfig, where="the control plane under test")


def _is_counted(write: audit.Write) -> bool:
    return (write.resource, write.name) == ("configmaps", "counted")
