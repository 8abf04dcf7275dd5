from pathlib import Path
from string import Template
from typing import Any

import hack.cluster
import yaml
from hack.cluster.local_start import rendered_addons
from hack.cluster.network import Network
from hack.cluster.system_images import COREDNS_IMAGE, LOCAL_PATH_IMAGE

ADDONS = Path(hack.cluster.__file__).parent / "addons"


def test_no_placeholder_is_left_and_none_is_unused() -> None:
    wanted = {name for path in ADDONS.glob("*.yaml") for name in Template(path.read_text()).get_identifiers()}

    assert wanted == {"coredns_image", "dns_address", "local_path_image", "volumes"}
    assert "$" not in rendered_addons(Network(3))


def test_pods_use_only_images_that_the_cluster_brings() -> None:
    containers = [
        container
        for deployment in _documents("Deployment")
        for container in deployment["spec"]["template"]["spec"]["containers"]
    ]

    assert {container["image"] for container in containers} == {COREDNS_IMAGE, LOCAL_PATH_IMAGE}
    assert {container["imagePullPolicy"] for container in containers} == {"Never"}


def test_the_helper_of_volumes_uses_such_an_image_too() -> None:
    (data,) = [document["data"] for document in _documents("ConfigMap") if "helperPod.yaml" in document["data"]]
    (container,) = yaml.safe_load(data["helperPod.yaml"])["spec"]["containers"]

    assert (container["image"], container["imagePullPolicy"]) == (LOCAL_PATH_IMAGE, "Never")


def test_there_is_one_storage_class_and_it_is_the_default() -> None:
    (storage_class,) = _documents("StorageClass")

    assert storage_class["metadata"] == {
        "name": "local-path",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    }
    assert storage_class["volumeBindingMode"] == "WaitForFirstConsumer"


def test_coredns_listens_where_kubelets_tell_pods_to_ask() -> None:
    (service,) = _documents("Service")

    assert service["spec"]["clusterIP"] == str(Network(3).dns)


def _documents(kind: str) -> list[dict[str, Any]]:
    documents = yaml.safe_load_all(rendered_addons(Network(3)))
    return [document for document in documents if document["kind"] == kind]
