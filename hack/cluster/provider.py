"""What a provider of clusters does; `clusters` keeps names and locks, the provider the rest."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hack.cluster.folders import Layout
from hack.cluster.registry import Entry


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster by name: its entry and its files."""

    entry: Entry
    layout: Layout

    @property
    def name(self) -> str:
        """As given to `up`."""
        return self.entry.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.layout.kubeconfig

    @property
    def audit_log(self) -> Path:
        """For `hack.cluster.audit.writes`."""
        return self.layout.audit_log


class Provider(Protocol):
    """Makes and removes clusters."""

    def check(self) -> None:
        """Raise `BrownfieldError` if this machine cannot have such a cluster, before anything is made."""

    def is_up(self, cluster: Cluster) -> bool:
        """Whether it runs and answers as ours."""

    def up(self, cluster: Cluster) -> None:
        """Make it where nothing is left of an earlier one, and return when it is ready."""

    def down(self, cluster: Cluster) -> None:
        """Remove everything that is there of it, except its folder."""

    def load(self, cluster: Cluster, image: str) -> None:
        """Bring an image to its node."""
