import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hack.cluster.binaries import binaries
from hack.cluster.control_plane import ControlPlane
from hack.cluster.guard import require_own_cluster
from hack.cluster.kubectl import Kubectl
from prometheus_client import CollectorRegistry

from brownfield_operator.kube.access import KUBECONFIG, load_access
from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server of these tests alone: they stop, hang and restart it."""
    with ControlPlane(tmp_path_factory.mktemp("kube"), name="kube-port") as running:
        require_own_cluster(running.kubeconfig)
        kubectl = Kubectl(binaries().kubectl, running.kubeconfig, where="the API server of the tests")
        kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
        kubectl("wait", "--for=condition=Established", "--timeout=20s", "-f", str(ROOT / "crds"), seconds=25.0)
        kubectl("create", "namespace", "plant")
        yield running


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def requests(registry: CollectorRegistry) -> Requests:
    return Requests(registry)


@pytest.fixture
async def client(control_plane: ControlPlane, requests: Requests) -> AsyncIterator[KubeClient]:
    configuration = await load_access({KUBECONFIG: str(control_plane.kubeconfig)})
    async with KubeClient(configuration, requests) as made:
        yield made


@pytest.fixture
def name() -> str:
    """A name, or the value of a label, that no other test uses."""
    return f"t{secrets.token_hex(4)}"
