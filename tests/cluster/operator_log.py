"""What the operator said, all of it: also the last words of a pod that was deleted, which kubectl can show no more."""

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

from hack.cluster.kubectl import Kubectl
from hack.cluster_demo.deployment import SYSTEM
from tests.api_server.admin import Admin

Line = dict[str, Any]

SELECTOR = "app.kubernetes.io/component=operator"
UNEXPECTED = frozenset({"error", "critical"})
_LOOK = 0.5


class OperatorLog:
    """Follows each operator's container from its start into a file of `folder`, inside `with`."""

    def __init__(self, admin: Admin, kubectl: Kubectl, folder: Path) -> None:
        self._admin = admin
        self._kubectl = kubectl
        self._folder = folder
        self._followers: dict[str, subprocess.Popen[bytes]] = {}
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="operator log", daemon=True)

    def __enter__(self) -> "OperatorLog":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        for follower in self._followers.values():
            follower.terminate()
            follower.wait()

    def mark(self) -> dict[str, int]:
        """Where each log ends now; `since` reads on from there."""
        return {path.name: path.stat().st_size for path in self._folder.glob("*.log")}

    def since(self, mark: dict[str, int]) -> list[Line]:
        """The lines after `mark`; what is no JSON, a traceback for instance, as `{"raw": line}`."""
        found = []
        for path in sorted(self._folder.glob("*.log")):
            with path.open("rb") as lines:
                lines.seek(mark.get(path.name, 0))
                found += [_parsed(line) for line in lines if line.endswith(b"\n")]
        return found

    def _run(self) -> None:
        while not self._ends.wait(_LOOK):
            for pod in self._admin.list("Pod", SYSTEM, SELECTOR):
                for container in (pod.get("status") or {}).get("containerStatuses") or ():
                    if "running" in container["state"] and container["containerID"] not in self._followers:
                        self._follow(pod["metadata"]["name"], container["containerID"])

    def _follow(self, pod: str, container: str) -> None:
        name = f"{pod}-{container[-12:]}.log"
        arguments = ["logs", "--namespace", SYSTEM, "--follow", f"pod/{pod}"]
        with (self._folder / name).open("wb") as output, (self._folder / f"{name}.err").open("wb") as said:
            self._followers[container] = subprocess.Popen(
                [str(self._kubectl.program), f"--kubeconfig={self._kubectl.kubeconfig}", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=said,
            )


def unexpected(lines: list[Line]) -> list[Line]:
    """Lines that no test expects: errors, and what is no JSON."""
    return [line for line in lines if line.get("level") in UNEXPECTED or "raw" in line]


def restarts(admin: Admin) -> dict[str, int]:
    """How often containers of operator and spine were restarted, by pod; a crash leaves its mark here, not in a log."""
    return {
        pod["metadata"]["name"]: container["restartCount"]
        for pod in admin.list("Pod", SYSTEM)
        for container in (pod.get("status") or {}).get("containerStatuses") or ()
    }


def leaders(lines: list[Line]) -> list[str]:
    """The replicas that said they lead, in this order."""
    return [str(line["identity"]) for line in lines if line.get("event") == "leading"]


def _parsed(line: bytes) -> Line:
    try:
        found: Line = json.loads(line)
    except ValueError:
        return {"raw": line.decode(errors="replace").rstrip()}
    return found
