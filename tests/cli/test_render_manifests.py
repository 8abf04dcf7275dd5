"""`brownfield render manifests` as a user types it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from brownfield_cli.render_manifests import CHART_DEFAULTS

EXAMPLE = Path(__file__).parents[2] / "examples" / "wind-farm"
UNREADABLE = """
apiVersion: brownfield.dev/v1alpha1
kind: LegacySource
metadata: {name: a}
spec:
  modbus: {endpoint: "tcp://127.0.0.1:502"}
  tags: [{name: pressure, address: "nowhere:0", type: float32, unit: bar}]
"""


def render(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "brownfield_cli", "render", "manifests", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def objects(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


@pytest.fixture(scope="module")
def farm() -> str:
    done = render("-f", EXAMPLE, "-n", "wind-farm")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_gives_every_process_with_all_it_needs(farm: str) -> None:
    found = [(item["kind"], item["metadata"]["name"]) for item in objects(farm)]
    assert len(found) == len(set(found))
    processes = {name for kind, name in found if kind == "StatefulSet"}
    assert {name.partition("-")[0] for name in processes} == {"adapter", "pipeline", "twin"}
    assert processes == {name for kind, name in found if kind == "NetworkPolicy"}
    assert [name for kind, name in found if kind == "Service"] == ["twin-wind-farm"]
    configs = {name for kind, name in found if kind == "ConfigMap"}
    mounted = {
        source["configMap"]["name"]
        for item in objects(farm)
        if item["kind"] == "StatefulSet"
        for volume in item["spec"]["template"]["spec"]["volumes"]
        for source in [volume, *volume.get("projected", {}).get("sources", [])]
        if "configMap" in source
    }
    assert mounted == configs


def test_every_object_is_whole_and_says_nothing_that_only_a_cluster_knows(farm: str) -> None:
    for item in objects(farm):
        metadata = item["metadata"]
        assert item["apiVersion"]
        assert (item["kind"] == "ConfigMap") == ("data" in item) != ("spec" in item)
        assert (metadata["namespace"], bool(metadata["name"])) == ("wind-farm", True)
        assert "ownerReferences" not in metadata
        assert "brownfield.dev/intent" not in metadata["annotations"]


def test_the_same_resources_give_the_same_bytes(farm: str) -> None:
    assert render("-f", EXAMPLE, "-n", "wind-farm").stdout == farm


def test_images_and_limits_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = yaml.safe_load(CHART_DEFAULTS.read_text(encoding="utf-8"))
    settings["adapter"] = {"image": "mirror.example/adapter:edge"}
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = render("-f", EXAMPLE, "--settings", path)
    containers = [
        container
        for item in objects(done.stdout)
        if item["kind"] == "StatefulSet"
        for container in item["spec"]["template"]["spec"]["containers"]
    ]
    adapters = [container for container in containers if "adapter" in container["image"]]
    assert {container["image"] for container in adapters} == {"mirror.example/adapter:edge"}
    assert len(adapters) == 5
    assert {container["image"] for container in containers if container not in adapters} == {
        "localhost/brownfield-pipeline:0.1.0",
        "localhost/brownfield-twin:0.1.0",
    }


def test_wrong_resources_print_what_is_wrong_and_no_objects(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(UNREADABLE, encoding="utf-8")
    done = render("-f", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere:0" in done.stderr
