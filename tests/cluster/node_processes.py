"""The processes inside pods, as the machine sees them on which the node runs."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MIB = 1024.0 * 1024.0


@dataclass(frozen=True, slots=True)
class Resident:
    """MiB: what a process has in memory, and its share of it where pages are shared with others (proc(5): VmRSS, Pss)."""

    rss: float
    pss: float


def processes_of(pod_uid: str) -> list[int]:
    """Ids of the processes of a pod's containers, found by their cgroup; without the pause container's."""
    found = []
    for folder in PROC.iterdir():
        if folder.name.isdigit() and _belongs(folder, pod_uid) and "/pause" not in _command(folder):
            found.append(int(folder.name))
    return sorted(found)


def resident(pod_uid: str) -> Resident:
    """Of all processes of a pod together."""
    pids = processes_of(pod_uid)
    assert pids, f"no process of pod {pod_uid} is visible on this machine"
    rss = sum(_kilobytes(PROC / str(pid) / "status", "VmRSS:") for pid in pids)
    pss = sum(_kilobytes(PROC / str(pid) / "smaps_rollup", "Pss:") for pid in pids)
    return Resident(rss * 1024 / MIB, pss * 1024 / MIB)


def send(pod_uid: str, number: signal.Signals) -> None:
    """A signal from the node, as the kernel's out-of-memory killer sends it: nobody is asked."""
    for pid in processes_of(pod_uid):
        os.kill(pid, number)


def _belongs(process: Path, pod_uid: str) -> bool:
    """cgroup drivers write a pod's uid with dashes or with underscores."""
    text = _read(process / "cgroup")
    return pod_uid in text or pod_uid.replace("-", "_") in text


def _command(process: Path) -> str:
    return _read(process / "cmdline").replace("\0", " ")


def _kilobytes(file: Path, field: str) -> int:
    return next((int(line.split()[1]) for line in _read(file).splitlines() if line.startswith(field)), 0)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
        return ""
