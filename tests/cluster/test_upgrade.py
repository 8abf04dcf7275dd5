"""The chart over time: upgraded while twins run, uninstalled, installed again over what was kept."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hack.cluster_demo.deployment import FARM, RELEASE, ROOT, SYSTEM
from tests.api_server.eventually import eventually
from tests.cluster.farm import ADAPTERS, PROCESSES, TURBINES, Farm
from tests.cluster.figures import Figures
from tests.cluster.spine_access import TRUST
from tests.cluster.twin_watch import TwinWatch, data_gap

CRDS = ("legacysources", "assetmappings", "twinmodels")
LOSSES = (
    "brownfield_twin_lost_batches_total",
    "brownfield_twin_duplicated_batches_total",
    "brownfield_twin_reordered_batches_total",
)


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
    before, pods, begin = {name: farm.counted(name) for name in LOSSES}, farm.pods(), time.time()
    with farm.watch() as watch:
        begun = time.monotonic()
        farm.install()
        figures.say("helm upgrade: operator and spine ready", time.monotonic() - begun)
        _await_rollout(farm, pods, watch)
        figures.say("helm upgrade: all processes replaced, all whole", time.monotonic() - begun)
    end = time.time() - 1.0
    missing = {asset: round(data_gap(farm.twin, asset, begin, end), 1) for asset in TURBINES.values()}
    figures.note(f"helm upgrade: longest time without news {_gaps(watch)} s, without a sample {missing} s")
    assert {name: farm.counted(name) for name in LOSSES} == before
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
    assert [farm.admin.get("CustomResourceDefinition", "", f"{kind}.brownfield.dev") is None for kind in CRDS] == [
        False
    ] * 3
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
        figures.say("installed over what was kept: all twins have news", time.monotonic() - begun)
    farm.await_whole()
    assert farm.pods() == pods
    again = farm.admin.get("Secret", SYSTEM, TRUST)
    assert again is not None
    assert again["data"] == root["data"]
    missing = {asset: data_gap(farm.twin, asset, begin, time.time() - 2.0) for asset in TURBINES.values()}
    figures.note(
        f"spine away for {time.time() - away:.0f} s: longest time without a sample {max(missing.values()):.1f} s"
    )
    assert max(missing.values()) < 3.0, "what was read meanwhile arrived"
    assert sorted(farm.pods()) == sorted(PROCESSES)
    assert farm.space.name == FARM
