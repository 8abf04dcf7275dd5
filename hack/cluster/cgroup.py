"""A cgroup for each cluster: the kernel's own list of every process it ever started, daemons and pods alike.

A process cannot leave it by dying, forking or losing its parent, so whatever kills `up` half-way, `down` finds the
rest here and nothing else. All layouts of cgroups(7) are served: a hierarchy for each controller (v1), a single one
(v2), or both (runc then uses both).
"""

import errno
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from brownfield_api.errors import BrownfieldError

_MOUNTS = Path("/proc/self/mounts")
_EMPTY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Cgroup:
    """The group `name` at the root of every hierarchy; a `daemons` group below it takes the cluster's own processes.

    Pods get groups of their own beside `daemons` from the kubelet (v2 forbids processes in inner groups).
    """

    name: str
    hierarchies: tuple[Path, ...]

    @property
    def path(self) -> str:
        """As the kubelet wants it."""
        return f"/{self.name}"

    @property
    def entrances(self) -> list[Path]:
        """The files to which a process writes its id to come in."""
        return [root / self.name / "daemons" / "cgroup.procs" for root in self.hierarchies]

    def make(self) -> None:
        """Create it; nothing happens if it is there. `BrownfieldError` if the machine does not let us."""
        for root in self.hierarchies:
            _delegate_controllers(root)
            for group in (root / self.name, root / self.name / "daemons"):
                group.mkdir(exist_ok=True)
                for setting in ("cpuset.cpus", "cpuset.mems"):  # v1 starts them empty and then lets nobody in
                    if _is_empty(group / setting) and (group.parent / setting).exists():
                        (group / setting).write_text((group.parent / setting).read_text())

    def daemons(self) -> set[int]:
        """Ids of the cluster's own processes, pods left out."""
        return {pid for entrance in self.entrances if entrance.exists() for pid in _pids(entrance)}

    def processes(self) -> set[int]:
        """Ids of all its processes."""
        return {pid for root in self._existing() for file in root.rglob("cgroup.procs") for pid in _pids(file)}

    def kill(self) -> None:
        """SIGKILL until nothing is left; `BrownfieldError` if something cannot be killed."""
        deadline = time.monotonic() + _EMPTY_SECONDS
        while left := self.processes():
            if time.monotonic() > deadline:
                raise BrownfieldError(
                    f"processes {sorted(left)} do not end",
                    where=f"cgroup {self.path}",
                    do="They wait in the kernel (a stuck mount or device); try again when they are gone.",
                )
            for pid in left:
                _kill(pid)
            time.sleep(0.02)

    def remove(self) -> None:
        """Remove the empty groups, innermost first; nothing happens if there are none."""
        for root in self._existing():
            for folder, _, _ in os.walk(root, topdown=False):
                _rmdir(Path(folder))

    def _existing(self) -> list[Path]:
        return [root / self.name for root in self.hierarchies if (root / self.name).is_dir()]


def cgroup(name: str) -> Cgroup:
    """The group of this name on this machine."""
    return Cgroup(name, hierarchies(_MOUNTS.read_text(encoding="utf-8")))


def hierarchies(mounts: str) -> tuple[Path, ...]:
    """Mount points of every hierarchy (proc_mounts(5)): several of v1, one of v2, or both side by side."""
    fields = [line.split() for line in mounts.splitlines()]
    return tuple(Path(point) for _, point, kind, *_ in fields if kind in ("cgroup", "cgroup2"))


def _delegate_controllers(root: Path) -> None:
    """In v2 a group has only the controllers that its parent hands down, and the kubelet wants all of them."""
    handed_down, there = root / "cgroup.subtree_control", root / "cgroup.controllers"
    if not there.exists():
        return
    if missing := set(there.read_text().split()) - set(handed_down.read_text().split()):
        try:
            handed_down.write_text(" ".join(f"+{controller}" for controller in sorted(missing)))
        except OSError as refused:
            raise BrownfieldError(
                f"the cgroup controllers {', '.join(sorted(missing))} cannot be handed down: {refused.strerror}",
                where=str(handed_down),
                do="Run it on the machine itself, not in a container.",
            ) from refused


def _is_empty(setting: Path) -> bool:
    return setting.exists() and not setting.read_text().strip()


def _pids(file: Path) -> list[int]:
    try:
        return [int(line) for line in file.read_text().split()]
    except OSError as gone:
        if gone.errno in (errno.ENOENT, errno.ENODEV):  # the group went while we looked
            return []
        raise


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it was faster


def _rmdir(group: Path) -> None:
    """A group stays busy for a moment after its last process has gone."""
    deadline = time.monotonic() + _EMPTY_SECONDS
    while True:
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError as busy:
            if busy.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
