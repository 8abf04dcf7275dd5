"""The provider `kind`: a cluster in a container of Docker or Podman, for machines that have one of them running.

kindnet, its network, enforces NetworkPolicy, which the provider `local` does not. The engine runs the API server as
root, so on Linux its audit log can be read by root alone.
"""

import os
import subprocess
from pathlib import Path
from string import Template

from hack.cluster import audit, marker
from hack.cluster.binaries import binaries, kind_binary
from hack.cluster.kubectl import Kubectl
from hack.cluster.programs import run
from hack.cluster.provider import Cluster

from brownfield_api.errors import BrownfieldError

_CONFIG = Path(__file__).parent / "kind.yaml"
_ENGINES = ("docker", "podman")
_ANSWER_SECONDS = 20.0
_READY_SECONDS = 180.0


class Kind:
    """Clusters in containers; see `provider.Provider`."""

    def check(self) -> None:
        """An engine that answers; a `docker` command without one is common."""
        _engine()

    def is_up(self, cluster: Cluster) -> bool:
        """It is among kind's clusters and answers with our id."""
        return cluster.name in _kind("get", "clusters").splitlines() and marker.is_ours(
            _kubectl(cluster), cluster.layout
        )

    def up(self, cluster: Cluster) -> None:
        """Create the cluster and return when it is ready."""
        layout = cluster.layout
        layout.audit_policy.write_text(audit.POLICY, encoding="utf-8")
        config = layout.configs / "kind.yaml"
        config.write_text(rendered_config(layout.audit_log.parent, layout.audit_policy), encoding="utf-8")
        _kind(
            "create",
            "cluster",
            f"--name={cluster.name}",
            f"--config={config}",
            f"--kubeconfig={cluster.kubeconfig}",
            f"--wait={_READY_SECONDS:.0f}s",
        )
        kubectl = _kubectl(cluster)
        marker.put(kubectl, cluster.name, marker.new_id(layout))
        kubectl("rollout", "status", "--namespace=kube-system", "deployment/coredns", seconds=_READY_SECONDS)

    def down(self, cluster: Cluster) -> None:
        """Delete it; kind does nothing where there is none."""
        _kind("delete", "cluster", f"--name={cluster.name}", f"--kubeconfig={cluster.kubeconfig}")

    def load(self, cluster: Cluster, image: str) -> None:
        """Bring a docker-archive, or an image of the engine by name, to the node."""
        what = "image-archive" if Path(image).is_file() else "docker-image"
        _kind("load", what, image, f"--name={cluster.name}")


def rendered_config(audit_folder: Path, audit_policy: Path) -> str:
    """kind's configuration file with this machine's paths in it."""  # noqa: D403 - the program's name
    template = Template(_CONFIG.read_text(encoding="utf-8"))
    return template.substitute(audit_folder=audit_folder, audit_policy=audit_policy)


def _kind(*arguments: str) -> str:
    environment = {**os.environ, "KIND_EXPERIMENTAL_PROVIDER": _engine()}
    return run([str(kind_binary()), *arguments], where="kind", environment=environment)


def _kubectl(cluster: Cluster) -> Kubectl:
    return Kubectl(binaries().kubectl, cluster.kubeconfig, where=f"cluster {cluster.name}")


def _engine() -> str:
    """The engine that runs. Raises `BrownfieldError` if none does."""
    for engine in _ENGINES:
        if _answers(engine):
            return engine
    raise BrownfieldError(
        "the provider `kind` needs Docker or Podman, and no engine answers `docker info` or `podman info`",
        where="this machine",
        do="Start the engine, or use --provider local (Linux, root).",
    )


def _answers(engine: str) -> bool:
    try:
        done = subprocess.run([engine, "info"], capture_output=True, timeout=_ANSWER_SECONDS, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
