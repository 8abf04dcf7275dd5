import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hack.cluster.child import Child

ENDS_WITH_STDIN = [sys.executable, "-c", "import os, sys; print(os.getpid(), flush=True); sys.stdin.read()"]


def test_a_child_writes_its_log_and_is_gone_after_stop(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "echo started; exec sleep 60"], tmp_path / "log")
    _wait_for(lambda: "started" in child.log.read_text())
    assert child.is_alive()

    child.stop(signal.SIGTERM)

    assert not child.is_alive()


def test_a_suspended_child_can_be_stopped(tmp_path: Path) -> None:
    child = Child(["sleep", "60"], tmp_path / "log")
    child.send(signal.SIGSTOP)

    child.stop(signal.SIGTERM)

    assert not child.is_alive()


def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from hack.cluster.child import Child\n"
            "child = Child(sys.argv[2:], Path(sys.argv[1])); time.sleep(60)",
            str(log),
            *ENDS_WITH_STDIN,
        ],
        cwd=Path(__file__).parents[3],
    )
    _wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    pid = int(log.read_text())
    assert Path(f"/proc/{pid}").exists()

    parent.kill()
    parent.wait()

    _wait_for(lambda: not Path(f"/proc/{pid}").exists())


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
