"""A control plane with Argo CD beside it, one for all tests of this folder; each test has a farm of its own."""

import re
from collections.abc import Iterator

import pytest
from hack.argocd.argocd import ArgoCd
from hack.cluster.binaries import binaries
from hack.cluster.control_plane import ControlPlane
from hack.cluster.kubectl import Kubectl
from tests.gitops.farm import ROOT, Farm, farm_of

CRDS = ROOT / "crds"


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server that knows our kinds, with Kubernetes' own controllers: deletion needs garbage collection."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane"), name="gitops", controllers=True) as running:
        kubectl = Kubectl(binaries().kubectl, running.kubeconfig, where="gitops")
        kubectl("apply", "--server-side", f"--filename={CRDS}")
        yield running


@pytest.fixture(scope="session")
def argocd(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCd]:
    with ArgoCd(control_plane.kubeconfig, tmp_path_factory.mktemp("argocd") / "argocd") as running:
        yield running


@pytest.fixture
def farm(argocd: ArgoCd, request: pytest.FixtureRequest) -> Iterator[Farm]:
    """The example's files, in a namespace named after the test."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).removeprefix("test-")
    with farm_of(argocd, words[:40].strip("-")) as made:
        yield made


@pytest.fixture(scope="session")
def _another_argocd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCd]:
    folder = tmp_path_factory.mktemp("bare")
    with (
        ControlPlane(folder / "control-plane", name="bare", controllers=True) as running,
        ArgoCd(running.kubeconfig, folder / "argocd") as argocd,
    ):
        yield argocd


@pytest.fixture
def bare_argocd(_another_argocd: ArgoCd) -> Iterator[ArgoCd]:
    """Argo CD on a cluster that knows nothing of Brownfield."""
    yield _another_argocd
    _another_argocd.kubectl("delete", f"--filename={CRDS}", "--ignore-not-found")
