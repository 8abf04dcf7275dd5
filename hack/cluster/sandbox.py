"""A machine within the machine: a network namespace, a mount namespace and a cgroup that one cluster has for itself.

The network namespace is a named one (`ip netns exec bf-NAME …` looks into it) and one link leads to the host. In the
mount namespace /run, /var/lib and /var/log are the cluster's own, so every daemon runs with its usual paths, pods'
mounts and `cni-*` namespaces exist nowhere else, and all of it goes when its last process goes. It is entered with
`nsenter`, not with `ip netns exec`: that remounts /sys and hides the cgroups from the kubelet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.cgroup import Cgroup, cgroup
from hack.cluster.folders import Layout
from hack.cluster.network import Network
from hack.cluster.programs import run
from hack.cluster.waiting import wait_until

PRIVATE_FOLDERS = (Path("/run"), Path("/var/lib"), Path("/var/log"))
"""What the sandbox has for itself; nothing that it shares with the host may lie below."""

_NAMESPACES = Path("/run/netns")
_MOUNTS = Path("/proc/self/mounts")
_LINKS = Path("/sys/class/net")
_INSIDE = "uplink"

_HOLD = """\
set -e
mount --make-rshared /              # of this namespace alone: pods may ask for mount propagation
mount -t tmpfs -o mode=755 tmpfs /run
mount --bind "$1/lib" /var/lib
mount --bind "$1/log" /var/log
mkdir /run/lock
touch "$2"
exec "$3"
"""
_START = """\
for entrance in $1; do echo $$ > "$entrance"; done
log=$2
shift 2
setsid "$@" < /dev/null >> "$log" 2>&1 &
echo $!
"""

# Closed connections to pods that are gone would hold the network namespace, unseen, for minutes (ip-sysctl.rst).
_GIVE_UP_SOON = "echo 1 > /proc/sys/net/ipv4/tcp_orphan_retries"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Of the cluster `name`. What it holds is found by name, not by memory: it can be removed after any accident."""

    name: str
    network: Network
    layout: Layout

    @property
    def namespace(self) -> str:
        """Of the network namespace and the cgroup."""
        return f"bf-{self.name}"

    @property
    def cgroup(self) -> Cgroup:
        """Everything that runs in it."""
        return cgroup(self.namespace)

    def make(self, holder: Path) -> int:
        """Make all of it; the process id returned holds the namespaces open. `holder` is a program that waits."""
        self.cgroup.make()
        self._make_link()
        for folder in ("lib", "log"):
            (self.layout.node / folder).mkdir(parents=True)
        ready = self.layout.node / "ready"
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _HOLD, "sh"]
        pid = self._start(
            ["nsenter", f"--net={_NAMESPACES / self.namespace}", *command, self.layout.node, ready, holder],
            self.layout.logs / "sandbox.log",
        )
        wait_until(ready.exists, seconds=10, what="the mount namespace stands", where=str(self.layout.logs))
        return pid

    def start(self, holder: int, command: Sequence[str], log: Path) -> int:
        """Start a daemon inside and return its process id; it outlives us."""
        return self._start(self.inside(holder, command), log)

    def inside(self, holder: int, command: Sequence[str]) -> list[str]:
        """The command line that runs `command` inside."""
        return ["nsenter", f"--target={holder}", "--net", "--mount", "--", *command]

    def remove(self) -> None:
        """End every process and remove the namespaces, the link and the cgroup; nothing happens if none is there."""
        exists = (_NAMESPACES / self.namespace).exists()
        if exists:
            run(["ip", "netns", "exec", self.namespace, "sh", "-c", _GIVE_UP_SOON], where=self.namespace)
        self.cgroup.kill()
        if (_LINKS / self.network.host_link).exists():
            _ip("link", "delete", self.network.host_link)  # at once: the namespace may take seconds to go
        if exists:
            _ip("netns", "delete", self.namespace)
        self.cgroup.remove()
        _remove_mount_of_namespaces()

    def _make_link(self) -> None:
        own, namespace = self.network, self.namespace
        _ip("netns", "add", namespace)
        _ip("link", "add", own.host_link, "type", "veth", "peer", "name", _INSIDE, "netns", namespace)
        _ip("address", "add", f"{own.host}/{own.link_prefix}", "dev", own.host_link)
        _ip("link", "set", own.host_link, "up")
        _ip("-n", namespace, "address", "add", f"{own.node}/{own.link_prefix}", "dev", _INSIDE)
        _ip("-n", namespace, "link", "set", _INSIDE, "up")
        _ip("-n", namespace, "link", "set", "lo", "up")
        _ip("route", "add", str(own.whole), "via", str(own.node), "dev", own.host_link)
        # A service's address is looked up before it is translated; beyond it the cluster has no way out, on purpose.
        _ip("-n", namespace, "route", "add", str(own.services), "dev", _INSIDE, "src", str(own.node))

    def _start(self, command: Sequence[str | Path], log: Path) -> int:
        entrances = " ".join(str(path) for path in self.cgroup.entrances)
        printed = run(["sh", "-ec", _START, "sh", entrances, str(log), *map(str, command)], where=str(command[0]))
        return int(printed)


def _ip(*arguments: str) -> None:
    run(["ip", *arguments], where="network of the cluster")


def _remove_mount_of_namespaces() -> None:
    """Undo what `ip netns add` leaves when it makes the first namespace: /run/netns mounted on itself."""
    if _NAMESPACES.is_dir() and not any(_NAMESPACES.iterdir()):
        # Path.is_mount() does not see a mount within one file system, which this is where /run is no tmpfs.
        if f" {_NAMESPACES} " in _MOUNTS.read_text(encoding="utf-8"):
            run(["umount", str(_NAMESPACES)], where=str(_NAMESPACES))
        _NAMESPACES.rmdir()
