"""The wind farm from git to Ready, with the operator itself and pods that a stand-in for the kubelet calls running."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from hack.argocd.argocd import ArgoCd
from hack.cluster.audit import size, writes
from hack.cluster.control_plane import ControlPlane
from hack.cluster.waiting import wait_until
from tests.api_server.admin import Admin
from tests.api_server.eventually import stays
from tests.api_server.identity import operator_kubeconfig
from tests.api_server.kubelet import Kubelet
from tests.api_server.operator_process import OperatorProcess, write_settings
from tests.gitops.farm import MAPPING, SOURCES, TWIN, Farm, farm_of, written_by_argo_cd

pytestmark = [pytest.mark.gitops, pytest.mark.apiserver, pytest.mark.timeout(240, func_only=True)]

NAME = "farm"
CHILDREN = "statefulsets,pods,services,networkpolicies,configmaps,secrets"
MANAGED = "--selector=app.kubernetes.io/managed-by=brownfield"
QUIET_SECONDS = 15.0


@dataclass(frozen=True)
class Site:
    """Cluster, Argo CD and operator."""

    control_plane: ControlPlane
    argocd: ArgoCd


@pytest.fixture(scope="module")
def site(control_plane: ControlPlane, argocd: ArgoCd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The operator is there for this module only: in the others, tests write the statuses themselves."""
    folder = tmp_path_factory.mktemp("site")
    admin = Admin(control_plane.kubeconfig)
    identity = operator_kubeconfig(control_plane, admin, argocd.kubectl, folder)
    kubelet = Kubelet(Admin(control_plane.kubeconfig))
    operator = OperatorProcess(folder, identity, write_settings(folder / "settings.yaml"))
    try:
        operator.start()
        with farm_of(argocd, NAME):
            yield Site(control_plane, argocd)
    finally:
        operator.stop()
        kubelet.close()
        admin.close()


@pytest.fixture
def farm(site: Site) -> Farm:
    """The wind farm as in the example, synced and Ready, whatever the test before did to it."""
    made = Farm(site.argocd, NAME)
    made.commit()
    made.sync()
    made.wait_for(sync="Synced", health="Healthy", operation="Succeeded", seconds=120)
    return made


def children(farm: Farm) -> dict[str, str]:
    """What the operator made, each with its version."""
    versions = "{range .items[*]}{.kind}/{.metadata.name}={.metadata.resourceVersion} {end}"
    listed = farm.kubectl("get", CHILDREN, MANAGED, f"--output=jsonpath={versions}")
    return dict(item.split("=") for item in listed.split())


def processes(farm: Farm) -> dict[str, str]:
    """Generation of each StatefulSet: it grows when the process is told to change."""
    generations = "{range .items[*]}{.metadata.name}={.metadata.generation} {end}"
    listed = farm.kubectl("get", "statefulsets", MANAGED, f"--output=jsonpath={generations}")
    return dict(item.split("=") for item in listed.split())


def test_each_wave_begins_after_the_operator_has_spoken_of_the_one_before(site: Site, farm: Farm) -> None:
    created: dict[str, datetime] = {}
    spoken: dict[str, datetime] = {}
    for write in writes(site.control_plane.audit_log):
        if write.group == "brownfield.dev" and write.namespace == farm.name:
            (spoken if write.subresource == "status" else created).setdefault(write.name, write.time)
    assert created[MAPPING] > max(spoken[name] for name in SOURCES)
    assert created[TWIN] > spoken[MAPPING]
    assert len(processes(farm)) == len(SOURCES) + 2


def test_a_commit_that_changes_a_tag_changes_the_processes_it_concerns(farm: Farm) -> None:
    """And back: a tag table bumps no generation, so Healthy alone does not say that the operator has seen it."""
    address, another = "Ws_avg,holding:2,float32,m/s", "Ws_avg,holding:22,float32,m/s"
    modbus = {"adapter-r80711-plant-502", "adapter-r80721-plant-502"}
    for old, new in ((address, another), (another, address)):
        before = processes(farm)
        farm.edit("tags.yaml", old, new)
        farm.commit()
        farm.wait_for(lambda _, before=before: changed(before, processes(farm)) == modbus, sync="Synced")
    farm.wait_for(sync="Synced", health="Healthy")


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Whose entry is another than before."""
    return {name for name in before | after if before.get(name) != after.get(name)}


def test_a_wrong_commit_is_degraded_and_the_last_good_version_goes_on(farm: Farm) -> None:
    before = processes(farm)
    farm.edit("mapping.yaml", "tag: P_avg, unit: kW", "tag: P_avg, unit: Cel")
    farm.commit()
    state = farm.wait_for(sync="Synced", health="Degraded")
    said = state.resource("AssetMapping", MAPPING).message
    assert said.startswith("DimensionMismatch: ")
    assert said.endswith("The last good version goes on running until this is corrected.")
    assert state.resource("TwinModel", TWIN).message.startswith("DependencyInvalid: ")
    assert processes(farm) == before

    farm.edit("mapping.yaml", "tag: P_avg, unit: Cel", "tag: P_avg, unit: kW")
    farm.commit()
    farm.wait_for(sync="Synced", health="Healthy")
    assert processes(farm) == before


def test_argo_cd_sees_no_drift_while_the_operator_works(site: Site, farm: Farm) -> None:
    since = size(site.control_plane.audit_log)

    def undisturbed() -> bool:
        farm.argocd.refresh(farm.name)
        state = farm.argocd.state(farm.name)
        return (state.sync, state.health, state.operation) == ("Synced", "Healthy", "Succeeded")

    stays(undisturbed, what="Synced, Healthy and no operation", seconds=QUIET_SECONDS)
    assert written_by_argo_cd(site.control_plane, farm, since) == []


def test_an_edit_by_hand_is_undone_by_its_owner(farm: Farm) -> None:
    """Argo CD sees to the resources in git, the operator to what it made of them."""
    name = next(iter(processes(farm)))
    farm.kubectl("patch", "legacysource", "r80711", "--type=merge", '--patch={"spec":{"interval":"7s"}}')
    farm.kubectl("patch", "statefulset", name, "--type=merge", '--patch={"spec":{"replicas":0}}')
    farm.wait_for(lambda _: farm.live("LegacySource", "r80711")["spec"]["interval"] == "1s")
    farm.wait_for(lambda _: farm.live("StatefulSet", name)["spec"]["replicas"] == 1, sync="Synced", health="Healthy")


def test_a_source_that_leaves_git_leaves_the_cluster_and_who_needs_it_says_so(farm: Farm) -> None:
    remaining = [text for text in farm.files["sources.yaml"].split("\n---\n") if "name: farm-meter" not in text]
    assert len(remaining) == len(SOURCES) - 1
    farm.files["sources.yaml"] = "\n---\n".join(remaining)
    farm.commit()
    state = farm.wait_for(sync="Synced", health="Degraded")
    assert state.resource("AssetMapping", MAPPING).message.startswith("UnknownSource: ")
    farm.wait_for(lambda _: not [name for name in processes(farm) if "meter" in name])


def test_deleting_the_application_leaves_nothing(farm: Farm) -> None:
    farm.argocd.delete(farm.name, seconds=90)
    wait_until(lambda: not children(farm), seconds=90, what="all children are collected", where=farm.name)
    kept = farm.kubectl("get", "configmaps,secrets,persistentvolumeclaims,services", "--output=name").split()
    assert kept == ["configmap/kube-root-ca.crt"]
