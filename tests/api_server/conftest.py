"""One control plane for the whole tier, and the operator on it as the process it is in its pod.

etcd, API server and Kubernetes' own controllers are real; what a node would do is done by `kubelet.Kubelet`.
"""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hack.cluster.binaries import binaries
from hack.cluster.control_plane import ControlPlane
from hack.cluster.guard import require_own_cluster
from hack.cluster.kubectl import Kubectl
from tests.api_server.admin import Admin, path
from tests.api_server.identity import operator_kubeconfig
from tests.api_server.kubelet import Kubelet
from tests.api_server.operator_process import OperatorProcess, write_settings
from tests.api_server.plane import install_crds
from tests.api_server.space import Space

UNEXPECTED = ("error", "critical")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.apiserver)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with ControlPlane(tmp_path_factory.mktemp("control-plane"), name="api-server-tier", controllers=True) as running:
        require_own_cluster(running.kubeconfig)
        yield running


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    return Kubectl(binaries().kubectl, control_plane.kubeconfig, where="the API server of the tests")


@pytest.fixture(scope="session")
def admin(control_plane: ControlPlane, kubectl: Kubectl) -> Iterator[Admin]:
    """Everybody who is not the operator; the CRDs are there."""
    install_crds(kubectl)
    client = Admin(control_plane.kubeconfig)
    yield client
    client.close()


@pytest.fixture(scope="session")
def kubelet(control_plane: ControlPlane, admin: Admin) -> Iterator[Kubelet]:
    running = Kubelet(Admin(control_plane.kubeconfig))
    yield running
    running.close()


@pytest.fixture(scope="session")
def identity(
    control_plane: ControlPlane, admin: Admin, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A kubeconfig of the operator's own service account."""
    return operator_kubeconfig(control_plane, admin, kubectl, tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="session")
def session_operator(
    identity: Path, kubelet: Kubelet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    folder = tmp_path_factory.mktemp("operator")
    process = OperatorProcess(folder, identity, write_settings(folder / "settings.yaml"))
    yield process
    process.stop()


@pytest.fixture
def operator(session_operator: OperatorProcess) -> Iterator[OperatorProcess]:
    """The operator, leading and with nothing left to do. A test may stop it; afterwards its log is looked at."""
    if not session_operator.is_alive():
        session_operator.stop()
        session_operator.start()
    begun = len(session_operator.lines())
    yield session_operator
    assert unexpected(session_operator.lines()[begun:]) == []


@pytest.fixture
def unelected(
    session_operator: OperatorProcess, identity: Path, kubelet: Kubelet, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """Instead of the others an operator without election: it does not end when it cannot renew a lease."""
    session_operator.stop()
    settings = write_settings(tmp_path / "settings.yaml", leaderElection=False)
    process = OperatorProcess(tmp_path, identity, settings, "unelected")
    process.start()
    yield process
    process.stop()
    assert unexpected(process.lines()) == []


def unexpected(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    """Log lines that no test expects: errors, and what is no JSON, a traceback for instance."""
    return [line for line in lines if line.get("level") in UNEXPECTED or "raw" in line]


@pytest.fixture
def new_space(admin: Admin) -> Iterator[Callable[[], Space]]:
    """Makes namespaces; they go when the test ends, without anybody waiting for it: resources first, so that nobody
    makes children anew in a namespace that ends.
    """
    made: list[str] = []

    def make() -> Space:
        name = f"t{secrets.token_hex(4)}"  # no dash: a host of this domain then names its process as it is
        admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        made.append(name)
        return Space(admin, name)

    yield make
    for name in made:
        for kind in ("TwinModel", "AssetMapping", "LegacySource"):
            admin.request("DELETE", path(kind, name))
        admin.delete("Namespace", "", name)


@pytest.fixture
def space(new_space: Callable[[], Space]) -> Space:
    return new_space()
