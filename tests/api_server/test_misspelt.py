"""A misspelt field is refused or reported, never pruned in silence, by whatever tool the resource comes.

kubectl 1.34 refuses it in every way it has. Helm 3.19 installs the rest and prints a warning, as the API server does
for every client that asks for no validation: who installs resources by Helm has to read what it prints.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hack.cluster.binaries import binaries
from hack.cluster.kubectl import Kubectl
from tests.api_server import plant
from tests.api_server.admin import path
from tests.api_server.space import Space

from brownfield_api.errors import BrownfieldError

UNKNOWN = 'unknown field "spec.intervall"'
NOT_DECLARED = r"\.spec\.intervall: field not declared in schema"


def wrong() -> dict[str, Any]:
    return plant.source("wrong", "wrong.plant", intervall="1s")


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("create", UNKNOWN),
        ("apply", UNKNOWN),
        ("replace --force", UNKNOWN),
        ("apply --server-side", NOT_DECLARED),
    ],
)
def test_kubectl_refuses_it(space: Space, kubectl: Kubectl, how: str, says: str) -> None:
    with pytest.raises(BrownfieldError, match=says):
        kubectl("--namespace", space.name, *how.split(), "-f", "-", text=json.dumps(wrong()))
    assert space.get("LegacySource", "wrong") is None


def test_a_client_that_asks_for_no_validation_is_warned(space: Space) -> None:
    """The API server's default for clients that say nothing: it prunes the field and says so in a header."""
    body = {**wrong(), "metadata": {"name": "wrong", "namespace": space.name}}
    http = space.admin._http
    answer = http.post(path("LegacySource", space.name), json=body)
    assert answer.status_code == 201
    assert 'unknown field \\"spec.intervall\\"' in answer.headers["Warning"]


def test_helm_prints_a_warning_and_installs_the_rest(space: Space, kubectl: Kubectl, tmp_path: Path) -> None:
    printed = helm_install(space, kubectl.kubeconfig, tmp_path, wrong())
    assert 'Warning: unknown field \\"spec.intervall\\"' in printed
    live = space.get("LegacySource", "wrong")
    assert live is not None
    assert "intervall" not in live["spec"]


def test_helm_prints_no_warning_when_all_is_right(space: Space, kubectl: Kubectl, tmp_path: Path) -> None:
    assert "Warning" not in helm_install(space, kubectl.kubeconfig, tmp_path, plant.source("right", "right.plant"))


def helm_install(space: Space, kubeconfig: Path, folder: Path, manifest: dict[str, Any]) -> str:
    """Installs a chart with that one resource; what Helm printed."""
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "one", "version": "0.1.0"}))
    (chart / "templates/source.yaml").write_text(yaml.safe_dump(manifest))
    done = subprocess.run(
        [str(binaries().tools / "helm"), "install", "one", str(chart), "--namespace", space.name],
        env={"KUBECONFIG": str(kubeconfig), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
