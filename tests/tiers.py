"""Which tiers of tests can run on this machine: decided here and nowhere else.

Unit and wire tests run wherever Python does. The tiers below stand on programs that a machine may not have and may
not be able to get. `prepare` gets what it can (packages, builds, a base image: minutes the first time, nothing
afterwards) and says why the tier cannot run here, in words for people. `tests/conftest.py` skips its tests then and
says so at the end of the run; with `CI=true` it fails them, because a tier that quietly stays away proves nothing.

`hack` is imported where it is needed: parts of it exist on Linux only, and unit tests run elsewhere too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from brownfield_api.errors import BrownfieldError


@dataclass(frozen=True, slots=True)
class Tier:
    """`marker` is what its tests carry, `what` what they run on; `get` raises `BrownfieldError` if that cannot be."""

    marker: str
    what: str
    get: Callable[[], object]

    def prepare(self) -> str:
        """Why its tests cannot run on this machine; empty if they can."""
        try:
            self.get()
        except BrownfieldError as refused:
            return str(refused)
        except ImportError as missing:
            return f"hack.cluster does not run on this operating system: {missing}"
        return ""


@cache
def cluster_provider() -> str:
    """The provider of clusters that this machine can have: `local` where possible, else `kind`.

    Raises `BrownfieldError` with the reasons of both if it can have neither.
    """
    from hack.cluster.clusters import PROVIDERS

    reasons = []
    for name, provider in PROVIDERS.items():
        try:
            provider.check()
        except BrownfieldError as refused:
            reasons.append(f"{name}: {refused}")
        else:
            return name
    raise BrownfieldError(f"no provider of clusters can be used: {'; '.join(reasons)}", where="this machine")


def _api_server() -> None:
    from hack.cluster.binaries import binaries

    binaries()


def _argocd() -> None:
    from hack.argocd.binary import installation
    from hack.cluster.packages import require

    _api_server()
    require({"redis-server": "redis-server", "git": "git"})
    installation()


def _prometheus() -> None:
    from hack.cluster.packages import require

    require({"promtool": "prometheus", "prometheus": "prometheus"})


def _cluster() -> None:
    from hack.images.engines import choose

    cluster_provider()
    _api_server()  # kubectl and helm come with it
    choose()


TIERS = (
    Tier("apiserver", "etcd, an API server and Kubernetes' controllers", _api_server),
    Tier("prometheus", "promtool and a Prometheus server", _prometheus),
    Tier("gitops", "the same with Argo CD", _argocd),
    Tier("cluster", "a cluster on which pods really run", _cluster),
)
