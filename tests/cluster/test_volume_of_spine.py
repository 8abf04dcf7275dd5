"""The spine's volume is too small. What a class that cannot grow volumes says, and the way to a larger one by hand."""

import json
import time

import pytest
from hack.cluster_demo.deployment import SYSTEM
from tests.api_server.admin import Json
from tests.api_server.eventually import eventually
from tests.cluster.farm import OPERATOR, TURBINES, Farm
from tests.cluster.figures import Figures
from tests.cluster.twin_watch import data_gap

from brownfield_api.errors import BrownfieldError

SPINE = "statefulset/brownfield-spine"
LARGER = "brownfield-spine-larger"
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
    pods, begin, lost = farm.pods(), time.time(), farm.counted("brownfield_twin_lost_batches_total")
    farm.of_system("scale", SPINE, "--replicas=0")
    eventually(
        lambda: farm.admin.get("Pod", SYSTEM, "brownfield-spine-0") is None, what="the spine has stopped", seconds=60.0
    )
    farm.kubectl("apply", "-f", "-", text=json.dumps(_larger_claim()))
    farm.kubectl("apply", "-f", "-", text=json.dumps(_copy(_image(farm))))
    farm.of_system("wait", "--for=condition=complete", "job/copy-spine", "--timeout=120s", seconds=130.0)
    farm.of_system("delete", "job", "copy-spine", "--wait=true")
    farm.kept["spine"] = {"storage": {"size": SIZE, "existingClaim": LARGER}}
    with farm.watch() as watch:
        farm.install()
        watch.await_news(TURBINES.values(), count=3, seconds=90.0)
    figures.say("spine moved to a larger volume: stopped to news of all twins", time.time() - begin)
    assert farm.pods() == pods
    missing = max(data_gap(farm.twin, asset, begin, time.time() - 2.0) for asset in TURBINES.values())
    assert missing < 3.0, "what was read meanwhile arrived"
    assert farm.counted("brownfield_twin_lost_batches_total") == lost
    settings = farm.of_system("get", "configmap", "brownfield-spine", "--output=jsonpath={.data.nats\\.conf}")
    assert f"max_file_store: {12 * 1024**3 * 4 // 5}" in settings
    farm.of_system("rollout", "status", OPERATOR, "--timeout=60s", seconds=70.0)


def _image(farm: Farm) -> str:
    """Any with a `cp`; the spine's own has nothing in it but the broker."""
    return next(image.reference for image in farm.images if image.target == "operator")


def _larger_claim() -> Json:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": SIZE}}}
    metadata = {"name": LARGER, "namespace": SYSTEM}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _copy(image: str) -> Json:
    """A Job that copies one volume to the other, as the user the spine runs as."""
    claims = {"old": "brownfield-spine", "new": LARGER}
    container = {
        "name": "copy",
        "image": image,
        "command": ["cp", "--recursive", "/old/.", "/new/"],
        "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in claims],
        "securityContext": {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True,
        },
    }  # fmt: skip
    security = {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532}
    pod = {
        "restartPolicy": "Never",
        "securityContext": {**security, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": name, "persistentVolumeClaim": {"claimName": claim}} for name, claim in claims.items()],
    }
    metadata = {"name": "copy-spine", "namespace": SYSTEM}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": pod}}}
