"""Brings image archives into the containerd of a local cluster."""

from pathlib import Path

from hack.cluster.daemons import Daemons
from hack.cluster.node import CONTAINERD_SOCKET

from brownfield_api.errors import BrownfieldError

_CTR = ("ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io")


def containerd_answers(daemons: Daemons) -> bool:
    """Whether containerd takes requests."""
    try:
        daemons.run(*_CTR, "version", where="containerd")
    except BrownfieldError:
        return False
    return True


def import_archive(daemons: Daemons, archive: Path) -> None:
    """Import and unpack a docker-archive; pods find its images at once."""
    with archive.open("rb") as content:  # as standard input: the sandbox does not see every folder of ours
        daemons.run(*_CTR, "images", "import", "-", where=str(archive), stdin=content)
