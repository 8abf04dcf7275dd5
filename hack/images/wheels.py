"""The wheels of all locks, fetched before the build, so that the build itself needs no network.

Only for buildah's base: Debian 12 with Python 3.11. Docker's build fetches what its own base wants.
"""

import hashlib
import platform
import shutil
import sys
from pathlib import Path

from hack.cluster.binaries import once
from hack.cluster.folders import cache_folder
from hack.cluster.programs import run
from hack.cluster.progress import told
from hack.images.install import BINARY_ONLY
from hack.images.lock_files import LOCKS, path

PYTHON = "3.11"
GLIBC = 36
"""Debian 12 has 2.36: a wheel that asks for more would install and then not load."""

_OLDEST_GLIBC = 5


def fetched(name: str) -> Path:
    """A folder with the wheels of the lock `name` for this machine's processor; fetched once for each content."""
    digest = _digest(name)
    return once(cache_folder().with_name("images") / "wheels" / f"{name}-{digest}", lambda folder: _fetch(name, folder))


def gather(wheelhouse: Path) -> None:
    """Make the folder `wheelhouse` with the wheels of all locks."""
    wheelhouse.mkdir()
    for name in LOCKS:
        for file in fetched(name).iterdir():
            shutil.copy2(file, wheelhouse / file.name)


def _fetch(name: str, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", *BINARY_ONLY, "--implementation", "cp", "--python-version", PYTHON]
    command += [part for tag in _platforms() for part in ("--platform", tag)]
    command += ["--requirement", str(path(name)), "--dest", str(folder)]
    with told(f"fetching the wheels of {name}"):
        run(command, where=str(path(name)), do="It needs the network, once for each change of the locks")


def _platforms() -> list[str]:
    """Tags of wheels that run on the base (PEP 600), newest first, and the older spelling of some (PEP 599, 571)."""
    machine = platform.machine()
    numbered = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, _OLDEST_GLIBC - 1, -1)]
    return [*numbered, f"manylinux2014_{machine}", f"manylinux2010_{machine}", f"manylinux1_{machine}"]


def _digest(name: str) -> str:
    return hashlib.sha256(path(name).read_bytes() + platform.machine().encode()).hexdigest()[:12]
