"""A control plane of a test's own: etcd and API server, without Kubernetes' controllers.

For tests that stop the server or fill it. After an outage the controllers look for the server at intervals of up to
half a minute, and until they have found it, every other test on the same control plane waits with them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.binaries import binaries
from hack.cluster.control_plane import ControlPlane
from hack.cluster.kubectl import Kubectl
from tests.api_server.admin import Admin
from tests.api_server.identity import operator_kubeconfig

CRDS = Path(__file__).parents[2] / "crds"


@dataclass(frozen=True, slots=True)
class Plane:
    """Our CRDs are there; `admin` has every right, `identity` is a kubeconfig of the operator's account."""

    control_plane: ControlPlane
    admin: Admin
    identity: Path


@contextmanager
def plane(folder: Path, name: str) -> Iterator[Plane]:
    with ControlPlane(folder / "control-plane", name=name) as control_plane:
        kubectl = Kubectl(binaries().kubectl, control_plane.kubeconfig, where=name)
        install_crds(kubectl)
        admin = Admin(control_plane.kubeconfig)
        yield Plane(control_plane, admin, operator_kubeconfig(control_plane, admin, kubectl, folder))
        admin.close()


def install_crds(kubectl: Kubectl) -> None:
    """Returns when the API server serves the kinds."""
    kubectl("apply", "--server-side", "-f", str(CRDS))
    kubectl("wait", "--for=condition=Established", "--timeout=20s", "-f", str(CRDS), seconds=25.0)
