"""The processes inside pods, as the machine sees them on which the node runs."""

import os
import signal
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MIB = 1024.0 * 1024.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PRESENT, _FRAME = 1 << 63, (1 << 55) - 1  # admin-guide/mm/pagemap.rst


@dataclass(frozen=True, slots=True)
class Resident:
    """proc(5), VmRSS and Pss, in MiB: what a process has in memory, and its share where pages are others' as well."""

    rss: float
    pss: float


def processes_of(pod_uid: str) -> list[int]:
    """Ids of the processes of a pod's containers, found by their cgroup; without the pause container's."""
    ids = [folder for folder in PROC.iterdir() if folder.name.isdigit()]
    return sorted(int(item.name) for item in ids if _belongs(item, pod_uid) and "/pause" not in _command(item))


def resident(pod_uid: str) -> Resident:
    """Of all processes of a pod together."""
    pids = processes_of(pod_uid)
    assert pids, f"no process of pod {pod_uid} is visible on this machine"
    rss = sum(_kilobytes(PROC / str(pid) / "status", "VmRSS:") for pid in pids)
    pss = sum(_kilobytes(PROC / str(pid) / "smaps_rollup", "Pss:") for pid in pids)
    return Resident(rss * 1024 / MIB, pss * 1024 / MIB)


def together(pod_uids: Iterable[str]) -> float:
    """MiB that the processes of several pods have in memory, each page counted once, whoever else has it too.

    The sum of VmRSS counts a library's pages once for each process; that of Pss too low, because processes that are
    not asked about bear a share.
    """
    frames: set[int] = set()
    for pid in (pid for uid in pod_uids for pid in processes_of(uid)):
        with (PROC / str(pid) / "pagemap").open("rb", buffering=0) as pagemap:
            for first, last in _mappings(pid):
                pagemap.seek(first // _PAGE * 8)
                entries = pagemap.read((last - first) // _PAGE * 8)
                frames.update(entry & _FRAME for (entry,) in struct.iter_unpack("<Q", entries) if entry & _PRESENT)
    assert len(frames) > 1, "page frames are shown to root only (CAP_SYS_ADMIN)"
    return len(frames) * _PAGE / MIB


def send(pod_uid: str, number: signal.Signals) -> None:
    """A signal from the node, as the kernel's out-of-memory killer sends it: nobody is asked."""
    for pid in processes_of(pod_uid):
        os.kill(pid, number)


def _mappings(pid: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each mapping of which something is in memory."""
    begin = end = 0
    for line in _read(PROC / str(pid) / "smaps").splitlines():
        name, _, rest = line.partition(" ")
        if not name.endswith(":"):
            begin, end = (int(text, 16) for text in name.split("-"))
        elif name == "Rss:" and int(rest.split()[0]):
            yield begin, end


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
