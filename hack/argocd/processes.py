"""Starts the servers, each in a process group of its own, and ends what it started: by recorded id, never by name.

A *tethered* server ends when whoever started it dies, however that happens: a shell beside it waits for the end of
its standard input. A test run that was killed thus leaves nothing. Servers of the command line are not tethered.
"""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

_TETHER = """\
exec 3<&0
"$@" 3<&- & server=$!
{ cat <&3 > /dev/null; kill 0; } &
wait $server
kill 0
"""
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    """A process we started. The time tells it from another one that got the same id later."""

    name: str
    pid: int
    started: float

    @property
    def is_alive(self) -> bool:
        """Whether it runs; False for one that ended and was not waited for."""
        process = self._process()
        return process is not None and process.status() != psutil.STATUS_ZOMBIE

    def stop(self) -> None:
        """End it and its children, first politely; nothing happens if it is gone."""
        process = self._process()
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.killpg(self.pid, number)
            try:
                process.wait(_STOP_SECONDS)
            except psutil.TimeoutExpired:
                continue
            return

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
        except psutil.NoSuchProcess:
            return None
        return process if process.create_time() == self.started else None


def start(
    name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path, tethered: bool
) -> tuple[Running, "subprocess.Popen[bytes]"]:
    """Start a server. Its output goes to `log`; a tethered one lives as long as the returned process's `stdin`."""
    whole = ["sh", "-c", _TETHER, "sh", *command] if tethered else list(command)
    with log.open("ab") as output:
        process = subprocess.Popen(
            whole,
            env=dict(environment),
            cwd=log.parent,
            stdin=subprocess.PIPE if tethered else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(name, process.pid, psutil.Process(process.pid).create_time()), process


def write(path: Path, running: Sequence[Running]) -> None:
    """Record them for another process."""
    path.write_text(json.dumps([asdict(one) for one in running], indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> list[Running]:
    """What was recorded; nothing if the file is not there."""
    if not path.exists():
        return []
    return [Running(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
