"""Rules for Prometheus on a real API server: for every window promised, put back, and written only if needed."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hack.cluster.control_plane import ControlPlane
from prometheus_client import CollectorRegistry
from tests.api_server import plant
from tests.api_server.access import access
from tests.api_server.admin import Admin, Refused
from tests.api_server.conftest import unexpected
from tests.api_server.eventually import eventually, stays
from tests.api_server.identity import with_token
from tests.api_server.kubelet import Kubelet
from tests.api_server.operator_process import NAMESPACE, OperatorProcess, write_settings
from tests.api_server.rules import groups, prometheus_rules, windows
from tests.api_server.space import Space
from tests.api_server.writes import Written, counted

from brownfield_operator.alert_rules import NAME, AlertRules
from brownfield_operator.kube.access import KUBECONFIG, load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.settings import AlertRuleSettings
from brownfield_slo.rules import FILE_NAME

RESYNC = 1.0
QUIET = 10 * RESYNC
"""Seconds in which everything is looked at ten times."""


@pytest.fixture
def eager(
    session_operator: OperatorProcess, identity: Path, kubelet: Kubelet, admin: Admin, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """Instead of the others an operator that looks at everything every second."""
    session_operator.stop()
    admin.delete("ConfigMap", NAMESPACE, NAME)
    rules = {"labels": {"release": "stack"}}
    settings = write_settings(tmp_path / "settings.yaml", resyncSeconds=RESYNC, rules=rules)
    process = OperatorProcess(tmp_path, identity, settings, "eager")
    process.start()
    yield process
    process.stop()
    assert unexpected(process.lines()) == []


def promising(space: Space, name: str, window: str) -> None:
    space.apply(plant.source(name, f"{name}.{space.name}", objectives={"uptime": "99.5", "window": window}))


def test_the_rules_are_for_all_windows_and_follow_an_edit_without_a_resync(
    control_plane: ControlPlane, operator: OperatorProcess, admin: Admin, space: Space
) -> None:
    space.apply(plant.table())
    promising(space, "month", "28d")
    promising(space, "week", "7d")
    eventually(lambda: windows(admin, "ConfigMap") == {"28d", "7d"}, what="rules for both windows")
    written, edited = Written.from_now(control_plane), time.monotonic()
    promising(space, "week", "12h")
    eventually(lambda: windows(admin, "ConfigMap") == {"28d", "12h"}, what="the edited window")
    print(f"rules for another window after {time.monotonic() - edited:.1f} s")  # noqa: T201
    space.patch("LegacySource", "week", {"spec": {"objectives": {"uptime": "98"}, "interval": "2s"}})
    space.await_ready("LegacySource/week")
    eventually(operator.settled, what="the plan with it is carried out")
    assert to_rules(written) == {"patch configmaps": 1}


def test_what_is_deleted_or_edited_by_hand_is_back(
    control_plane: ControlPlane, eager: OperatorProcess, admin: Admin, space: Space
) -> None:
    space.apply(plant.table())
    promising(space, "month", "28d")
    eventually(lambda: windows(admin, "ConfigMap") == {"28d"}, what="the rules are there")
    assert (admin.get("ConfigMap", NAMESPACE, NAME) or {})["metadata"]["labels"]["release"] == "stack"
    admin.delete("ConfigMap", NAMESPACE, NAME)
    eventually(lambda: windows(admin, "ConfigMap") == {"28d"}, what="they are back after they were deleted")
    admin.patch("ConfigMap", NAMESPACE, NAME, {"data": {FILE_NAME: "groups: []"}})
    eventually(lambda: windows(admin, "ConfigMap") == {"28d"}, what="they are back after they were edited")
    written = Written.from_now(control_plane)
    stays(lambda: True, what="", seconds=QUIET)
    assert to_rules(written) == {}


def test_where_the_kind_comes_later_the_rules_move_into_it(
    control_plane: ControlPlane, eager: OperatorProcess, admin: Admin, space: Space
) -> None:
    space.apply(plant.table())
    promising(space, "month", "28d")
    promising(space, "week", "7d")
    eventually(lambda: windows(admin, "ConfigMap") == {"28d", "7d"}, what="a file at first")
    with prometheus_rules(admin):
        eventually(lambda: windows(admin, "PrometheusRule") == {"28d", "7d"}, what="a PrometheusRule")
        eventually(lambda: admin.get("ConfigMap", NAMESPACE, NAME) is None, what="the file is gone")
        space.delete("LegacySource", "week")
        eventually(lambda: windows(admin, "PrometheusRule") == {"28d"}, what="no rules for what nobody promises")
        alert = {"alert": "Mine", "expr": "vector(1)"}
        edited = [{**group, "rules": [alert]} for group in groups(admin, "PrometheusRule")]
        admin.patch("PrometheusRule", NAMESPACE, NAME, {"spec": {"groups": edited}})
        eventually(lambda: "Mine" not in str(groups(admin, "PrometheusRule")), what="an edit is undone")
        mine = {"name": "mine", "rules": [alert]}
        addition = [{"op": "add", "path": "/spec/groups/-", "value": mine}]
        admin.patch("PrometheusRule", NAMESPACE, NAME, addition, how="json")
        written = Written.from_now(control_plane)
        stays(lambda: True, what="", seconds=QUIET)
        assert to_rules(written) == {}
        assert mine in groups(admin, "PrometheusRule")
    eventually(lambda: windows(admin, "ConfigMap") == {"28d"}, what="without the kind they are a file again")


async def test_rights_that_end_at_watched_namespaces_are_enough(admin: Admin, identity: Path, space: Space) -> None:
    """The role at home alone, of an account of its own: no ClusterRole helps it to ConfigMaps."""
    kubeconfig = _at_home_only(admin, identity, space)
    async with KubeClient(await load_access({KUBECONFIG: str(kubeconfig)}), Requests(CollectorRegistry())) as kube:
        rules = AlertRules(kube, space.name, AlertRuleSettings(), windows=lambda: (86400.0,))
        await rules.queue.work(NAME)
        space.patch("ConfigMap", NAME, {"data": {FILE_NAME: "groups: []"}})
        await rules.queue.work(NAME)
        assert "brownfield-burn-1d" in str(space.get("ConfigMap", NAME))
        with prometheus_rules(admin):
            await rules.queue.work(NAME)
            assert "brownfield-burn-1d" in str(space.get("PrometheusRule", NAME))
            assert space.get("ConfigMap", NAME) is None


def _at_home_only(admin: Admin, identity: Path, space: Space) -> Path:
    shown = access(f"watchNamespaces={{{space.name}}}")
    home = next(item for item in shown if item["kind"] == "Role" and item["metadata"]["namespace"] == NAMESPACE)
    role = {"apiVersion": home["apiVersion"], "kind": "Role", "metadata": {"name": "home"}, "rules": home["rules"]}
    account = {"kind": "ServiceAccount", "name": "home", "namespace": space.name}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "home"}
    binding = {"apiVersion": home["apiVersion"], "kind": "RoleBinding", "metadata": {"name": "home"}}
    space.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "home"}},
        role,
        {**binding, "roleRef": reference, "subjects": [account]},
    )
    kubeconfig = with_token(identity, admin.token(space.name, "home"), identity.with_name("home.kubeconfig"))
    eventually(lambda: _may_look(kubeconfig, space), what="the API server knows of the role")
    return kubeconfig


def _may_look(kubeconfig: Path, space: Space) -> bool:
    client = Admin(kubeconfig)
    try:
        client.get("ConfigMap", space.name, NAME)
    except Refused:
        return False
    finally:
        client.close()
    return True


def to_rules(written: Written) -> dict[str, int]:
    """How often the operator wrote the object."""
    return counted(write for write in written.all() if (write.namespace, write.name) == (NAMESPACE, NAME))
