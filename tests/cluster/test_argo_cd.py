"""The real thing: chart and wind farm from one repository to a cluster whose pods run, by the example's Application.

It needs a cluster that holds nothing of ours and leaves it like that, so that the tests beside this one, which pytest
runs after it, can have the same one: making it and importing the images takes longer than most of them.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from hack.argocd.application import pointed_at
from hack.argocd.argocd import ArgoCd
from hack.cluster.provider import Cluster
from hack.cluster.waiting import wait_until
from hack.cluster_demo.deployment import FARM, Deployment
from hack.images.build import Built
from hack.images.values import values
from tests.api_server.admin import Admin
from tests.cluster.device import device
from tests.cluster.first_apply import has_good_value
from tests.cluster.proxy import Proxied
from tests.gitops.farm import EXAMPLE, MAPPING, ROOT, SOURCES, TWIN

from brownfield_api.errors import BrownfieldError

pytestmark = [pytest.mark.gitops, pytest.mark.cluster, pytest.mark.timeout(240, func_only=True)]

APPLICATION = ROOT / "examples" / "argocd" / "application.yaml"
OURS = "--selector=app.kubernetes.io/part-of=brownfield"
KINDS = ("legacysources", "assetmappings", "twinmodels")
ROLLOUT_SECONDS = 300.0
AWAY = "r80711"
TWIN_SERVICE = "twin-wind-farm"
TURN_SECONDS = 25.0


@dataclass(frozen=True)
class Site:
    """A cluster with the images and the plant, and Argo CD beside it. `values` name the images for the chart."""

    admin: Admin
    argocd: ArgoCd
    values: dict[str, Any]


class Plant:
    """The Application of the example and the files it is synced from."""

    def __init__(self, site: Site) -> None:
        manifest = yaml.safe_load(APPLICATION.read_text(encoding="utf-8"))
        chart, _ = manifest["spec"]["sources"]
        chart["helm"]["valuesObject"] |= site.values
        self.admin = site.admin
        self.argocd = site.argocd
        self.manifest = pointed_at(manifest, site.argocd.repository.url)
        self.name: str = manifest["metadata"]["name"]
        self.namespace: str = manifest["spec"]["destination"]["namespace"]

    def commit(self, **edits: tuple[str, str]) -> None:
        """The example's files, each edit (file of examples/wind-farm without ending: old, new) made once."""
        folders = [ROOT / source["path"] for source in self.manifest["spec"]["sources"]]
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".gz"]
        texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        for file, (old, new) in edits.items():
            path = f"{EXAMPLE.relative_to(ROOT)}/{file}.yaml"
            assert texts[path].count(old) == 1, f"{old!r} in {path}"
            texts[path] = texts[path].replace(old, new)
        self.argocd.commit(texts)

    def commit_without_farm(self) -> None:
        """The operator alone."""
        self.argocd.commit({path.relative_to(ROOT).as_posix(): None for path in EXAMPLE.glob("*.yaml")})

    def await_healthy(self) -> None:
        self.argocd.wait_for(self.name, sync="Synced", health="Healthy", operation="Succeeded", seconds=ROLLOUT_SECONDS)

    def kubectl(self, *arguments: str) -> str:
        return self.argocd.kubectl("-n", self.namespace, *arguments)

    def connected(self, source: str) -> str:
        """Status of the source's condition Connected."""
        path = "--output=jsonpath={.status.conditions[?(@.type=='Connected')].status}"
        return self.kubectl("get", "legacysource", source, path)

    def uid(self, kind: str, name: str) -> str:
        """Empty while there is no such object."""
        return self.kubectl("get", kind, name, "--ignore-not-found", "--output=jsonpath={.metadata.uid}")

    def pods(self) -> dict[str, str]:
        """Id of each process's pod."""
        ids = "{range .items[*]}{.metadata.name}={.metadata.uid} {end}"
        listed = self.kubectl("get", "pods", "--selector=brownfield.dev/process", f"--output=jsonpath={ids}")
        return dict(item.split("=") for item in listed.split())


@pytest.fixture(scope="module")
def site(
    cluster: Cluster, images: tuple[Built, ...], admin: Admin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    deployment = Deployment(cluster.name, cluster.kubeconfig)
    crds = [f"crd/{kind}.brownfield.dev" for kind in KINDS]
    assert not deployment.kubectl("get", *crds, "--ignore-not-found", "--output=name"), "these tests run first"
    deployment.apply_plant(list(images))
    with ArgoCd(cluster.kubeconfig, tmp_path_factory.mktemp("argocd") / "argocd") as argocd:
        yield Site(admin, argocd, values(list(images)))
    # Of these a test that failed may have left some; the definitions and the namespace are always left.
    deployment.kubectl("delete", "clusterroles,clusterrolebindings", OURS)
    deployment.kubectl("delete", *crds, "--ignore-not-found", seconds=90.0)
    deployment.kubectl("delete", "namespace", FARM, seconds=90.0)


@pytest.fixture
def plant(site: Site) -> Plant:
    """As in the example, synced and Ready, whatever the test before did to it."""
    made = Plant(site)
    made.commit()
    site.argocd.apply(made.manifest)
    made.await_healthy()
    return made


def test_the_example_becomes_healthy_and_live(plant: Plant) -> None:
    names = "--output=jsonpath={.items[*].metadata.name}"
    assert set(plant.kubectl("get", "legacysources", names).split()) == set(SOURCES)
    assert len(plant.pods()) == len(SOURCES) + 2
    twin = Proxied(plant.admin, plant.namespace, TWIN_SERVICE, 80)
    wait_until(
        lambda: has_good_value(twin.look("/api/v1/twin")),
        seconds=60,
        what="values of the plant reach the twin",
        where=TWIN,
    )


def test_a_commit_that_changes_a_tag_restarts_the_pods_it_concerns(plant: Plant) -> None:
    """And back: a tag table bumps no generation, so Healthy alone does not say that the operator has seen it."""
    begun = plant.pods()
    expected = {name for name in begun if "r80711" in name or "r80721" in name}
    for address in ("holding:10", "holding:12"):
        before = plant.pods()
        plant.commit(tags=("Wa_avg,holding:12,float32,deg,", f"Wa_avg,{address},float32,deg,"))
        await_restart(plant, before, expected)
    plant.await_healthy()
    assert restarted(begun, plant.pods()) == expected


def await_restart(plant: Plant, before: dict[str, str], expected: set[str]) -> None:
    """Returns when just these pods are other ones than before."""
    wait_until(
        lambda: restarted(before, plant.pods()) == expected,
        seconds=ROLLOUT_SECONDS,
        what=f"{sorted(expected)} restart",
        where=plant.namespace,
    )


def restarted(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Whose pod is there again, as another."""
    return {name for name, uid in after.items() if before.get(name) != uid}


def test_a_wrong_commit_is_degraded_and_what_ran_goes_on(plant: Plant) -> None:
    before = plant.pods()
    plant.commit(mapping=("tag: P_avg, unit: kW", "tag: P_avg, unit: Cel"))
    state = plant.argocd.wait_for(plant.name, sync="Synced", health="Degraded")
    assert state.resource("AssetMapping", MAPPING).message.startswith("DimensionMismatch: ")
    assert plant.pods() == before


def test_synced_stays_synced_while_statuses_change_and_the_operator_works(plant: Plant) -> None:
    stays_synced(plant, seconds=75.0)


@pytest.mark.chaos
@pytest.mark.timeout(900, func_only=True)
def test_synced_stays_synced_for_ten_minutes(plant: Plant) -> None:
    stays_synced(plant, seconds=600.0)


def stays_synced(plant: Plant, *, seconds: float) -> None:
    """Argo CD compares again and again and never finds anything to do. Meanwhile a turbine goes away and comes back,
    so statuses change, and each time the twin's Service is deleted, so the operator has to make it anew.
    """
    turbine = device(plant.admin, AWAY)
    connected: set[str] = set()
    services: set[str] = set()
    turns = 0
    begun = time.monotonic()
    try:
        while (passed := time.monotonic() - begun) < seconds:
            if passed >= turns * TURN_SECONDS:
                turbine.order("back" if turns % 2 else "away")
                plant.kubectl("delete", "service", TWIN_SERVICE)
                turns += 1
            plant.argocd.refresh(plant.name)
            state = plant.argocd.state(plant.name)
            assert (state.sync, state.health, state.operation) == ("Synced", "Healthy", "Succeeded"), state
            connected.add(plant.connected(AWAY))
            services.add(plant.uid("service", TWIN_SERVICE))
    finally:
        turbine.order("back")
    assert {"True", "False"} <= connected, "statuses change"
    assert len(services - {""}) == turns, "the operator makes each Service anew"


def test_the_farm_leaves_git_and_then_the_application_goes(plant: Plant) -> None:
    """In this order the operator is there to take back what it gave: the credentials for the spine."""
    ours = "--selector=app.kubernetes.io/managed-by=brownfield"
    children = "pods,statefulsets,services,networkpolicies,configmaps,secrets,persistentvolumeclaims"
    kept = {"secret/brownfield-spine-trust"}
    rules = {"configmap/brownfield-rules"}  # the operator's own: alerts about it need no farm

    def remaining() -> set[str]:
        return set(plant.kubectl("get", children, ours, "--output=name").split()) - kept - rules

    plant.commit_without_farm()
    plant.argocd.wait_for(plant.name, sync="Synced", health="Healthy", seconds=ROLLOUT_SECONDS)
    with suppress(BrownfieldError):  # what is left says more than that something is
        wait_until(lambda: not remaining(), seconds=120, what="all of it is gone", where=plant.namespace)
    assert remaining() == set()
    plant.argocd.delete(plant.name, seconds=ROLLOUT_SECONDS)
    left = set(plant.kubectl("get", "deployments,statefulsets,secrets,persistentvolumeclaims", "--output=name").split())
    of_the_plant = {"deployment.apps/farm-meter", "persistentvolumeclaim/history", "persistentvolumeclaim/meter-export"}
    assert left - of_the_plant == kept | {"persistentvolumeclaim/brownfield-spine"}
