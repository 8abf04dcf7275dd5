"""Servers end: when they are told to, and when whoever started them is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from hack.argocd import processes
from hack.cluster.waiting import wait_until

# Two levels, as a server that has children of its own.
SERVER = ["sh", "-c", "sleep 600 & wait"]
STARTER = """\
import os, sys, time
from pathlib import Path
from hack.argocd import processes
folder = Path(sys.argv[1])
running, child = processes.start(
    "server", ["sh", "-c", "sleep 600"], environment=os.environ, log=folder / "log", tethered=True
)
processes.write(folder / "processes.json", [running])
time.sleep(600)
"""


def group(leader: int) -> list[int]:
    """Processes of the group that are alive."""
    found = []
    for process in psutil.process_iter(["status"]):
        try:
            if os.getpgid(process.pid) == leader and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except ProcessLookupError:
            continue
    return found


def test_a_stopped_server_leaves_none_of_its_children(tmp_path: Path) -> None:
    running, child = processes.start("server", SERVER, environment=os.environ, log=tmp_path / "log", tethered=False)
    wait_until(lambda: len(group(running.pid)) == 2, seconds=10, what="it has a child", where="server")
    assert running.is_alive
    running.stop()
    child.wait()
    assert not running.is_alive
    wait_until(lambda: not group(running.pid), seconds=10, what="its child is gone", where="server")


def test_a_tethered_server_ends_with_whoever_started_it(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path)]) as starter:
        record = tmp_path / "processes.json"
        wait_until(lambda: bool(record.exists() and record.read_text()), seconds=30, what="it runs", where="starter")
        (running,) = processes.read(record)
        assert running.is_alive
        starter.send_signal(signal.SIGKILL)
    wait_until(lambda: not group(running.pid), seconds=10, what="all of it is gone", where="server")


def test_another_process_with_the_same_id_is_left_alone(tmp_path: Path) -> None:
    running, child = processes.start("server", SERVER, environment=os.environ, log=tmp_path / "log", tethered=False)
    another = processes.Running(running.name, running.pid, running.started - 1.0)
    another.stop()
    assert running.is_alive
    running.stop()
    child.wait()
