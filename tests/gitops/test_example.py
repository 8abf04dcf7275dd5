"""The example is what the documentation says and what the other tests use."""

import subprocess

import pytest
import yaml
from hack.argocd.application import application
from hack.cluster.binaries import binaries
from tests.gitops.farm import EXAMPLE, ROOT, SERVER_SIDE

pytestmark = [pytest.mark.gitops, pytest.mark.timeout(240, func_only=True)]

APPLICATION = ROOT / "examples" / "argocd" / "application.yaml"
WAVES = {"ConfigMap": "0", "LegacySource": "1", "AssetMapping": "2", "TwinModel": "3"}


def test_sources_mapping_and_twin_stand_in_their_waves() -> None:
    documents = [
        document for path in EXAMPLE.glob("*.yaml") for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]
    assert {document["kind"] for document in documents} == set(WAVES)
    for document in documents:
        annotations = document["metadata"].get("annotations", {})
        assert annotations.get("argocd.argoproj.io/sync-wave", "0") == WAVES[document["kind"]]


def test_the_application_is_synced_as_in_the_tests() -> None:
    """But for the pauses between retries."""
    policy = yaml.safe_load(APPLICATION.read_text(encoding="utf-8"))["spec"]["syncPolicy"]
    tested = application("x", repository="x", path="x", namespace="x", sync_options=SERVER_SIDE)["spec"]["syncPolicy"]
    for each in (policy, tested):
        del each["retry"]["backoff"]
    assert policy == tested


def test_the_chart_takes_the_values_of_the_application() -> None:
    source = yaml.safe_load(APPLICATION.read_text(encoding="utf-8"))["spec"]["sources"][0]
    rendered = subprocess.run(
        [binaries().tools / "helm", "template", source["helm"]["releaseName"], ROOT / source["path"], "--values=-"],
        input=yaml.safe_dump(source["helm"]["valuesObject"]),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    kinds = {document["kind"] for document in yaml.safe_load_all(rendered.stdout) if document}
    assert {"CustomResourceDefinition", "Deployment", "StatefulSet"} <= kinds
