"""The command lines of Redis, repository server and application controller, and the environment they run in.

Every flag that is not the default is here. They listen on loopback only, keep all files below one folder, and reach
the cluster through a kubeconfig as if they ran in it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from hack.argocd.binary import Installation
from hack.cluster.binaries import Binaries

NAMESPACE = "argocd"

_LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 5
"""How often the controller asks for new commits by itself (Argo CD's default: 120)."""


@dataclass(frozen=True, slots=True)
class Ports:
    """On loopback, all free when chosen."""

    redis: int
    repo_server: int
    repo_server_metrics: int
    controller_metrics: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Of one Argo CD: programs, ports, the folder it may write to, and the kubeconfig it uses."""

    argocd: Installation
    tools: Binaries
    ports: Ports
    folder: Path
    kubeconfig: Path

    def commands(self) -> dict[str, list[str]]:
        """Name to command line, in the order in which they start."""
        return {"redis": self._redis(), "repo-server": self._repo_server(), "controller": self._controller()}

    def environment(self) -> dict[str, str]:
        """Argo CD's usual places are in its image; here each is a folder of its own."""
        places = {
            "ARGOCD_TLS_DATA_PATH": "tls",
            "ARGOCD_SSH_DATA_PATH": "ssh",
            "ARGOCD_GPG_DATA_PATH": "gpg",
            "ARGOCD_GNUPGHOME": "gnupg",
            "ARGOCD_PLUGINSOCKFILEPATH": "plugins",
            "HOME": "home",
            "TMPDIR": "tmp",
        }
        folders = {name: self.folder / place for name, place in places.items()}
        for path in folders.values():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {
            "PATH": f"{self.tools.tools}:{os.environ['PATH']}",  # the repository server calls helm and git
            "KUBECONFIG": str(self.kubeconfig),
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
            # The default of 2 s hides from a wave that the health it sees is of the version before.
            "ARGOCD_SYNC_WAVE_DELAY": "0",
            "ARGOCD_ASK_PASS_SOCK": str(self.folder / "ask-pass.sock"),
            **{name: str(path) for name, path in folders.items()},
        }

    def health_urls(self) -> list[str]:
        """Each answers 200 when its server works."""
        ports = (self.ports.repo_server_metrics, self.ports.controller_metrics)
        return [f"http://{_LOOPBACK}:{port}/healthz" for port in ports]

    def _redis(self) -> list[str]:
        # A cache and nothing else: without --save it writes no file.
        port = str(self.ports.redis)
        return ["redis-server", "--port", port, "--bind", _LOOPBACK, "--save", "", "--appendonly", "no"]

    def _repo_server(self) -> list[str]:
        return [
            str(self.argocd.program),
            "repo-server",
            f"--address={_LOOPBACK}",
            f"--port={self.ports.repo_server}",
            f"--metrics-address={_LOOPBACK}",
            f"--metrics-port={self.ports.repo_server_metrics}",
            "--disable-tls",
            f"--redis={_LOOPBACK}:{self.ports.redis}",
            "--revision-cache-expiration=1s",  # the default of 3 min would hide a new commit
        ]

    def _controller(self) -> list[str]:
        return [
            str(self.argocd.program),
            "application-controller",
            f"--namespace={NAMESPACE}",
            f"--repo-server={_LOOPBACK}:{self.ports.repo_server}",
            "--repo-server-plaintext",
            f"--redis={_LOOPBACK}:{self.ports.redis}",
            f"--app-resync={_POLL_SECONDS}",
            "--app-resync-jitter=0",
            f"--metrics-port={self.ports.controller_metrics}",
            "--persist-resource-health",  # the Application then says how each of its resources is
        ]
