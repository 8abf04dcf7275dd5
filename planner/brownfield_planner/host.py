"""What differs between the places a plan is made for: one machine, or a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brownfield_api.process import SpineConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """Facts the resources do not hold.

    `volumes` name -> folder; `resolve` "host:port" -> "host:port" really connected to (the endpoint's key and
    what people are shown keep the YAML's); `twin_listen` host:port of the first twin, the next ones get the
    ports after it (port 0: any free one), `twin_listens` says it by twin's name; Secrets are mounted as
    `<secrets_dir>/<namespace>/<name>/<key>`; `secrets_known` is False where the planner may not see them.
    """

    state_root: str
    spine: SpineConfig
    site: str = "local"
    volumes: Mapping[str, str] = field(default_factory=dict)
    resolve: Mapping[str, str] = field(default_factory=dict)
    twin_listen: str = "127.0.0.1:8080"
    twin_listens: Mapping[str, str] = field(default_factory=dict)
    secrets_dir: str = ""
    secrets_known: bool = True
    metrics_listen: str = "127.0.0.1:0"

    def state_dir(self, kind: str, namespace: str, name: str) -> str:
        """A folder of its own for each process."""
        return f"{self.state_root}/{kind}/{namespace}/{name}"

    def secret_dir(self, namespace: str, name: str) -> str:
        """Where the keys of a Secret are files."""
        return f"{self.secrets_dir}/{namespace}/{name}" if self.secrets_dir else ""
