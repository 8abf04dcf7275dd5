"""`python -m hack.argocd`: up against a cluster of ours, down again without a trace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hack.argocd import processes
from hack.cluster.binaries import binaries
from hack.cluster.control_plane import ControlPlane
from hack.cluster.kubectl import Kubectl
from tests.gitops.farm import ROOT

pytestmark = [pytest.mark.gitops, pytest.mark.apiserver, pytest.mark.timeout(240, func_only=True)]


def test_what_up_makes_down_removes(tmp_path: Path) -> None:
    state = tmp_path / "state"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hack.argocd", *arguments],
            cwd=ROOT,
            env={**os.environ, "XDG_STATE_HOME": str(state)},
            capture_output=True,
            text=True,
            check=False,
        )

    with ControlPlane(tmp_path / "control-plane", name="command-line", controllers=True) as plane:
        kubectl = Kubectl(binaries().kubectl, plane.kubeconfig, where="command-line")
        before = kubectl("get", "crds", "--output=name")
        up = run("up", f"--kubeconfig={plane.kubeconfig}")
        assert up.returncode == 0, up.stderr
        assert Path(up.stdout.strip().removeprefix("file://")).is_dir()
        running = processes.read(state / "brownfield" / "argocd" / "processes.json")
        assert {one.name for one in running if one.is_alive} == {"redis", "repo-server", "controller"}
        again = run("up", f"--kubeconfig={plane.kubeconfig}")
        assert again.returncode == 1
        assert "it is there already" in again.stderr

        assert run("down").returncode == 0
        assert not [one for one in running if one.is_alive]
        assert not (state / "brownfield" / "argocd").exists()
        assert kubectl("get", "crds", "--output=name") == before
        kubectl("wait", "--for=delete", "namespace/argocd", "--timeout=15s")


def test_a_cluster_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    with ControlPlane(tmp_path / "control-plane", name="foreign") as plane:
        Kubectl(binaries().kubectl, plane.kubeconfig, where="foreign")(
            "-n", "kube-system", "delete", "configmap", "brownfield-test-cluster"
        )
        refused = subprocess.run(
            [sys.executable, "-m", "hack.argocd", "up", f"--kubeconfig={plane.kubeconfig}"],
            cwd=ROOT,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert refused.returncode == 1
    assert "these tests did not make this cluster" in refused.stderr
