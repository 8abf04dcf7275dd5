"""The chart over time: upgraded while twins run, uninstalled, installed again over what was kept."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hack.cluster import clusters
from hack.cluster_demo.deployment import RELEASE, ROOT, SYSTEM, Deployment
from hack.images.build import Built
from tests.api_server.admin import Admin
from tests.api_server.eventually import eventually
from tests.cluster.farm import ADAPTERS, PROCESSES, TURBINES, Farm, is_pod_ready
from tests.cluster.figures import Figures
from tests.cluster.spine_access import TRUST
from tests.cluster.twin_watch import TwinWatch, data_gap

CRDS = ("legacysources", "assetmappings", "twinmodels")


def previous_chart(folder: Path) -> Path:
    """The chart as the newest commit had it in which it was another one than now."""
    chart = "charts/brownfield"
    for commit in _git("log", "--format=%H", "--max-count=50").split():
        if _git("diff", "--name-only", commit, "--", chart) and _git("ls-tree", commit, "--", f"{chart}/Chart.yaml"):
            archive = folder / "chart.tar"
            _git("archive", f"--output={archive}", commit, "--", chart)
            subprocess.run(["tar", "--extract", f"--file={archive}", f"--directory={folder}"], check=True)
            return folder / chart
    pytest.skip("the last 50 commits hold no other chart (a shallow clone holds none)")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _under_other_names(farm: Farm) -> Farm:
    """The same images by the names that `hack.images` also gives them: to Kubernetes, another version."""
    return replace(
        farm,
        images=tuple(replace(image, reference=f"{image.reference.rpartition(':')[0]}:dev") for image in farm.images),
    )


def _gap_of_one_adapter_restart(farm: Farm) -> float:
    """The longest of both protocols, restarted one after the other."""
    gaps = []
    for source in ("r80711", "r80736"):
        old = farm.pod_uid(ADAPTERS[source])
        with farm.watch() as watch:
            farm.of_farm("rollout", "restart", f"statefulset/{ADAPTERS[source]}")
            farm.await_new_pod(ADAPTERS[source], old)
            watch.await_news([TURBINES[source]], count=3)
        gaps.append(watch.live_gap(TURBINES[source]))
    return max(gaps)


def _await_rollout(farm: Farm, pods: Mapping[str, str], watch: TwinWatch) -> None:
    for name, uid in pods.items():
        farm.await_new_pod(name, uid, seconds=120.0)
    farm.await_whole()
    watch.await_news(TURBINES.values(), count=3)


def _gaps(watch: TwinWatch) -> dict[str, float]:
    return {asset: round(watch.live_gap(asset), 1) for asset in TURBINES.values()}


@pytest.mark.timeout(400, func_only=True)
def test_an_upgrade_loses_nothing_and_the_twins_have_news_as_soon_as_after_an_adapters_restart(
    farm: Farm, tmp_path: Path, figures: Figures
) -> None:
    pods = farm.pods()
    with farm.watch() as watch:
        _under_other_names(farm).install(previous_chart(tmp_path))
        _await_rollout(farm, pods, watch)
    restart = _gap_of_one_adapter_restart(farm)
    figures.say("one adapter restarted: longest time without news", restart)
    pods, begin = farm.pods(), time.time()
    with farm.watch() as watch:
        begun = time.monotonic()
        farm.install()
        figures.say("helm upgrade: operator and spine ready", time.monotonic() - begun)
        _await_rollout(farm, pods, watch)
        figures.say("helm upgrade: all processes replaced, all whole", time.monotonic() - begun)
    end = time.time() - 1.0
    missing = {asset: round(data_gap(farm.twin, asset, begin, end), 1) for asset in TURBINES.values()}
    figures.note(f"helm upgrade: longest time without news {_gaps(watch)} s, without a sample {missing} s")
    figures.say("helm upgrade: longest time without an answer of the twin", watch.unanswered)
    assert set(farm.losses().values()) == {0.0}
    assert max(missing.values()) <= restart + 1.0
    assert max(_gaps(watch).values()) <= 2 * restart + 1.0, "twin and spine restart as well, one after the other"


@pytest.mark.timeout(300, func_only=True)
def test_uninstalling_keeps_what_people_made_and_installing_again_goes_on_with_it(farm: Farm, figures: Figures) -> None:
    pods, made = farm.pods(), {item["metadata"]["uid"] for item in farm.resources()}
    root = farm.admin.get("Secret", SYSTEM, TRUST)
    assert root is not None
    begin = time.time()
    farm.deployment.helm("uninstall", RELEASE, "--namespace", SYSTEM, "--wait")
    eventually(lambda: not farm.admin.list("Pod", SYSTEM), what="operator and spine are gone", seconds=90.0)
    assert all(farm.admin.get("CustomResourceDefinition", "", f"{kind}.brownfield.dev") for kind in CRDS)
    assert {item["metadata"]["uid"] for item in farm.resources()} == made
    assert farm.admin.get("PersistentVolumeClaim", SYSTEM, "brownfield-spine") is not None
    left = farm.kubectl("get", "clusterroles,clusterrolebindings", "--output=name")
    assert "brownfield" not in left
    assert farm.pods() == pods, "the data plane needs neither"
    away = time.time()
    begun = time.monotonic()
    with farm.watch() as watch:
        farm.install()
        watch.await_news(TURBINES.values())
        back = time.time()
        figures.say("installed over what was kept: all twins have news", time.monotonic() - begun)
    farm.await_whole()
    assert farm.pods() == pods
    again = farm.admin.get("Secret", SYSTEM, TRUST)
    assert again is not None
    assert again["data"] == root["data"]
    missing = {asset: data_gap(farm.twin, asset, begin, time.time() - 2.0) for asset in TURBINES.values()}
    figures.note(f"spine away for {back - away:.0f} s: longest time without a sample {max(missing.values()):.1f} s")
    assert max(missing.values()) < 3.0, "what was read meanwhile arrived"


@pytest.mark.chaos
@pytest.mark.timeout(1500, func_only=True)
def test_an_upgrade_from_the_previous_commit_goes_on_with_everything(
    farm: Farm, tmp_path: Path, figures: Figures
) -> None:
    """Operator, chart, images and definitions of the commit before, on a cluster of their own, then those of now."""
    before = _tree_of("HEAD~1", tmp_path / "before")
    cluster = clusters.up("tests-before", farm.cluster.entry.provider)
    admin = Admin(cluster.kubeconfig)
    try:
        deployment = Deployment(cluster.name, cluster.kubeconfig)
        old = Farm(cluster, deployment, admin, _images_of(before))
        now = Farm(cluster, deployment, admin, farm.images)
        clusters.load_images(cluster.name, [image.archive for image in (*old.images, *now.images)])
        old.install(before / "charts" / "brownfield")
        deployment.apply_plant(list(old.images))
        old.apply()
        old.await_whole()
        begin = time.time()
        with now.watch() as watch:
            now.install()
            eventually(lambda: _runs(now), what="every pod runs the new images", seconds=180.0)
            now.await_whole()
            watch.await_news(TURBINES.values(), count=3)
        missing = {asset: round(data_gap(now.twin, asset, begin, time.time() - 1), 1) for asset in TURBINES.values()}
        figures.note(f"upgrade from the commit before: without news {_gaps(watch)} s, without a sample {missing} s")
        assert set(now.losses().values()) == {0.0}
        now.device("r80711").only_read_by_one()
    finally:
        admin.close()
        clusters.down(cluster.name)


def _tree_of(commit: str, folder: Path) -> Path:
    folder.mkdir()
    archive = folder.with_suffix(".tar")
    _git("archive", f"--output={archive}", commit)
    subprocess.run(["tar", "--extract", f"--file={archive}", f"--directory={folder}"], check=True)
    return folder


def _images_of(tree: Path) -> tuple[Built, ...]:
    """Built by the tree's own recipe; equal contents are found in the cache."""
    command = [
        sys.executable,
        "-m",
        "hack.images",
        "build",
        "operator",
        "adapter",
        "pipeline",
        "twin",
        "spine",
        "plant",
    ]
    environment = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{tree / 'api'}"}
    printed = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = [line.split() for line in printed.splitlines() if line.rstrip().endswith(".tar")]
    return tuple(Built(target, reference, Path(archive), ()) for target, reference, archive in found)


def _runs(farm: Farm) -> bool:
    """Whether each process's pod is ready and has the image that the farm's are."""
    wanted = {image.reference for image in farm.images}
    pods = [farm.space.get("Pod", f"{name}-0") for name in PROCESSES]
    return all(pod and is_pod_ready(pod) and pod["spec"]["containers"][0]["image"] in wanted for pod in pods)
