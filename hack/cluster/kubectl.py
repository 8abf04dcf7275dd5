"""kubectl of the cluster's own version, as a function."""

import os
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.programs import run

_ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Calls one cluster; `where` names it in errors."""

    program: Path
    kubeconfig: Path
    where: str

    def __call__(self, *arguments: str, text: str | None = None, seconds: float = _ANSWER_SECONDS) -> str:
        """What kubectl printed; `text` is its standard input. `BrownfieldError` when it fails."""
        environment = {
            **os.environ,
            "KUBECONFIG": str(self.kubeconfig),
            "KUBECACHEDIR": str(self.kubeconfig.with_name("kubectl-cache")),  # goes with the cluster
        }
        command = [str(self.program), f"--request-timeout={seconds:.0f}s", *arguments]
        return run(command, where=self.where, text=text, environment=environment, timeout=seconds + 5)

    def apply(self, manifests: str) -> None:
        """Server-side apply, ours winning."""
        self("apply", "--server-side", "--force-conflicts", "-f", "-", text=manifests)
