"""Where things lie: what can be made again in the user's cache, what belongs to a running cluster in their state.

XDG Base Directory Specification 0.8: `$XDG_CACHE_HOME` and `$XDG_STATE_HOME`, relative values ignored.
"""

import os
from dataclasses import dataclass
from pathlib import Path


def cache_folder() -> Path:
    """Programs, image archives, buildah's storage."""
    return _base("XDG_CACHE_HOME", ".cache") / "brownfield" / "cluster"


def state_folder() -> Path:
    """The registry, and a folder for each cluster that exists."""
    return _base("XDG_STATE_HOME", ".local/state") / "brownfield" / "cluster"


def _base(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / default


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one cluster or control plane, all below one folder."""

    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.folder / "kubeconfig"

    @property
    def id(self) -> Path:
        """The random id that only a cluster of ours can answer with; see `guard`."""
        return self.folder / "id"

    @property
    def audit_log(self) -> Path:
        """One JSON line for each request that writes; see `audit`."""
        return self.folder / "audit" / "audit.log"

    @property
    def audit_policy(self) -> Path:
        """What the API server logs."""
        return self.folder / "audit-policy.yaml"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.folder / "pki"

    @property
    def etcd(self) -> Path:
        """The database."""
        return self.folder / "etcd"

    @property
    def configs(self) -> Path:
        """Configuration files of the daemons, their kubeconfigs included."""
        return self.folder / "config"

    @property
    def logs(self) -> Path:
        """A log file for each daemon."""
        return self.folder / "log"

    @property
    def node(self) -> Path:
        """What the node sees as its /var/lib and /var/log."""
        return self.folder / "node"

    @property
    def processes(self) -> Path:
        """Process ids of the daemons."""
        return self.folder / "processes.json"

    def make(self) -> None:
        """Create the folders; the tree holds private keys and is the owner's alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for path in (self.audit_log.parent, self.pki, self.configs, self.logs):
            path.mkdir(exist_ok=True)
