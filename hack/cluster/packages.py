"""Debian packages: what is missing is installed where we may, and named politely where we may not."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from hack.cluster.node import CNI_PLUGINS
from hack.cluster.programs import run
from hack.cluster.progress import told

from brownfield_api.errors import BrownfieldError

NODE = {
    "containerd": "containerd",
    "runc": "runc",
    f"{CNI_PLUGINS}/bridge": "containernetworking-plugins",
    "nft": "nftables",
    "iptables": "iptables",  # the CNI plugins' masquerading
    "conntrack": "conntrack",
    "ip": "iproute2",
    "socat": "socat",
    "nsenter": "util-linux",
}
"""Program → package: what a cluster of the provider `local` needs."""

IMAGES = {"buildah": "buildah", "mmdebstrap": "mmdebstrap"}
"""Program → package: what building images needs."""

_WAIT = ("-o", "DPkg::Lock::Timeout=300")
"""Somebody else may be installing."""


def missing(needed: Mapping[str, str]) -> list[str]:
    """The packages of the programs that are not there; a name with a slash is a file's path."""
    return [package for program, package in needed.items() if not _is_there(program)]


def require(needed: Mapping[str, str]) -> None:
    """Install what is missing. Raises `BrownfieldError` where that needs somebody else."""
    packages = missing(needed)
    if not packages:
        return
    if os.geteuid() or shutil.which("apt-get") is None:
        raise _refusal(packages)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with told(f"installing {' '.join(packages)}"):
        for arguments in (["update"], [*_WAIT, "install", "--yes", "--no-install-recommends", *packages]):
            run(["apt-get", *arguments], where="apt-get", environment=environment, do="Is the machine on line?")
    if left := missing(needed):
        raise _refusal(left)


def _is_there(program: str) -> bool:
    if "/" in program:
        return Path(program).is_file()
    # As a plain user, /usr/sbin is often not on the PATH; the programs are there all the same.
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def _refusal(packages: Sequence[str]) -> BrownfieldError:
    return BrownfieldError(
        f"programs are missing, of the Debian packages {', '.join(packages)}",
        where="this machine",
        do=f"Install them, e.g.: sudo apt-get install {' '.join(packages)}",
    )
