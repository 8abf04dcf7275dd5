"""The daemons of a local cluster: started in its sandbox, remembered with their command line, stopped one by one.

Nobody restarts a daemon that died: a test that stops the API server wants it to stay away until `start_again`.
"""

import json
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict

from hack.cluster.folders import Layout
from hack.cluster.programs import run
from hack.cluster.sandbox import Sandbox
from hack.cluster.waiting import wait_until

from brownfield_api.errors import BrownfieldError

_HOLDER = "sandbox"
_STOP_SECONDS = 75.0


class _Process(TypedDict):
    pid: int
    command: list[str]


@dataclass(frozen=True, slots=True)
class Daemons:
    """Of the cluster in `sandbox`; what it knows lies in the layout's file of processes."""

    sandbox: Sandbox
    layout: Layout

    def make_sandbox(self, holder: Path) -> None:
        """Make the sandbox, held open by the program `holder`; everything else runs inside."""
        self._remember(_HOLDER, self.sandbox.make(holder), [])

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a daemon; its log is NAME.log below `layout.logs`."""
        pid = self.sandbox.start(self._known(_HOLDER)["pid"], command, self.layout.logs / f"{name}.log")
        self._remember(name, pid, list(command))

    def start_again(self, name: str) -> None:
        """Start a stopped daemon with the command line it had."""
        self.start(name, self._known(name)["command"])

    def stop(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the signal and return when the process is gone. On SIGTERM an API server waits for its watches."""
        pid = self._known(name)["pid"]
        if pid in self.sandbox.cgroup.daemons():
            os.kill(pid, number)
        wait_until(
            lambda: pid not in self.sandbox.cgroup.daemons(),
            seconds=_STOP_SECONDS,
            what=f"{name} ends",
            where=str(self.layout.logs / f"{name}.log"),
        )

    def is_alive(self, name: str) -> bool:
        """Whether the daemon runs."""
        return self._known(name)["pid"] in self.sandbox.cgroup.daemons()

    def run(self, *command: str, where: str, stdin: IO[bytes] | None = None) -> str:
        """Run a program inside to its end and return what it printed."""
        return run(self.sandbox.inside(self._known(_HOLDER)["pid"], command), where=where, stdin=stdin)

    def dead(self) -> list[str]:
        """Daemons that do not run; all of them after a reboot."""
        alive = self.sandbox.cgroup.daemons()
        return [name for name, process in self._read().items() if process["pid"] not in alive]

    def _known(self, name: str) -> _Process:
        try:
            return self._read()[name]
        except KeyError:
            raise BrownfieldError(f"it has no daemon {name}", where=f"cluster {self.sandbox.name}") from None

    def _remember(self, name: str, pid: int, command: list[str]) -> None:
        known = self._read() | {name: _Process(pid=pid, command=command)}
        self.layout.processes.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")

    def _read(self) -> dict[str, _Process]:
        if not self.layout.processes.exists():
            return {}
        known: dict[str, _Process] = json.loads(self.layout.processes.read_text(encoding="utf-8"))
        return known
