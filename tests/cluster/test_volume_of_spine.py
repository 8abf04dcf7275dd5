"""The spine's volume is too small: what a class that cannot grow volumes says, and the documented way to a larger."""

import time

import pytest
from hack.cluster_demo.deployment import ROOT, SYSTEM
from tests.api_server.eventually import eventually
from tests.cluster.farm import OPERATOR, TURBINES, Farm
from tests.cluster.figures import Figures
from tests.cluster.twin_watch import data_gap

from brownfield_api.errors import BrownfieldError

SPINE = "statefulset/brownfield-spine"
LARGER = "spine-larger"
INSTALL = ROOT / "docs" / "install.md"
SIZE = "12Gi"


def test_a_class_that_cannot_grow_volumes_refuses_and_nothing_is_disturbed(farm: Farm, figures: Figures) -> None:
    pods = farm.pods()
    with farm.watch() as watch:
        with pytest.raises(BrownfieldError) as refused:
            farm.install(spine={"storage": {"size": SIZE}})
        figures.note(f"helm upgrade with spine.storage.size={SIZE} on local-path: {refused.value.what[:200]}")
        farm.install()
        watch.await_news(TURBINES.values())
    assert "resize" in refused.value.what
    assert farm.pods() == pods
    claim = farm.admin.get("PersistentVolumeClaim", SYSTEM, "brownfield-spine")
    assert claim is not None
    assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"


@pytest.mark.timeout(300, func_only=True)
def test_the_store_moves_to_a_larger_volume_and_every_sample_is_there(farm: Farm, figures: Figures) -> None:
    pods, begin, losses = farm.pods(), time.time(), farm.losses()
    farm.of_system("scale", SPINE, "--replicas=0")
    eventually(
        lambda: farm.admin.get("Pod", SYSTEM, "brownfield-spine-0") is None, what="the spine has stopped", seconds=60.0
    )
    farm.kubectl("apply", "--filename", "-", text=_documented(farm))
    farm.of_system("wait", "--for=condition=complete", "job/spine-copy", "--timeout=120s", seconds=130.0)
    farm.kept["spine"] = {"storage": {"size": SIZE, "existingClaim": LARGER}}
    with farm.watch() as watch:
        farm.install()
        watch.await_news(TURBINES.values(), count=3, seconds=90.0)
    figures.say("spine moved to a larger volume: stopped to news of all twins", time.time() - begin)
    assert farm.pods() == pods
    missing = max(data_gap(farm.twin, asset, begin, time.time() - 2.0) for asset in TURBINES.values())
    assert missing < 3.0, "what was read meanwhile arrived"
    assert farm.losses() == losses
    settings = farm.of_system("get", "configmap", "brownfield-spine", "--output=jsonpath={.data.nats\\.conf}")
    assert f"max_file_store: {12 * 1024**3 * 4 // 5}" in settings
    farm.of_system("rollout", "status", OPERATOR, "--timeout=60s", seconds=70.0)


def _documented(farm: Farm) -> str:
    """The claim and the Job of docs/install.md, for our image and a size that fits the machine."""
    section = INSTALL.read_text(encoding="utf-8").partition("## A larger volume for the spine")[2].partition("\n## ")[0]
    manifests = section.partition("```yaml\n")[2].partition("```")[0]
    image = next(image.reference for image in farm.images if image.target == "operator")
    for word, value in (("REGISTRY/brownfield-operator:TAG", image), ("50Gi", SIZE)):
        assert word in manifests
        manifests = manifests.replace(word, value)
    return manifests
