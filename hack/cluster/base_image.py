"""The Python base image, made from Debian packages where no registry can be reached.

The project's Dockerfile takes its base as a build argument: `python:3.13-slim` anywhere, `localhost/python-base`
with `buildah_environment()` here. Storage, configuration and scratch of buildah are folders of our cache: whatever
other images this machine has are neither seen nor touched.
"""

import os
from pathlib import Path

from hack.cluster import packages
from hack.cluster.binaries import once
from hack.cluster.folders import cache_folder
from hack.cluster.lock import locked
from hack.cluster.programs import run
from hack.cluster.progress import told

from brownfield_api.errors import BrownfieldError

BASE_IMAGE = "localhost/python-base"
_SUITE = "bookworm"  # Debian 12: Python 3.11
_PACKAGES = ("python3", "ca-certificates")


def base_image() -> Path:
    """The docker-archive of `localhost/python-base`, which also is in the storage of `buildah_environment`.

    Made once, in about a minute. Raises `BrownfieldError` without root, or if Debian's archive is out of reach.
    """
    if os.geteuid():
        raise BrownfieldError("only root can unpack a Debian system", where="this machine", do="Run it as root.")
    packages.require(packages.IMAGES)
    archive = once(cache_folder() / f"python-base-{_SUITE}-{'-'.join(_PACKAGES)}", _build) / "python-base.tar"
    with locked(_storage() / "base.lock"):
        if not _buildah("images", "--quiet", "--filter", f"reference={BASE_IMAGE}").strip():
            _buildah("pull", "--quiet", f"docker-archive:{archive}")
    return archive


def buildah_environment() -> dict[str, str]:
    """The environment in which `buildah` has storage of its own and needs no privileges that root may lack.

    vfs, because an overlay cannot lie on another one and machines for tests often are containers.
    """
    storage = _storage()
    configuration = storage / "storage.conf"
    for folder in (storage, storage / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    configuration.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{storage}/images"\nrunroot = "{storage}/run"\n', encoding="utf-8"
    )
    return {
        **os.environ,
        "CONTAINERS_STORAGE_CONF": str(configuration),
        "STORAGE_DRIVER": "vfs",
        "BUILDAH_ISOLATION": "chroot",
        "TMPDIR": str(storage / "tmp"),
    }


def _storage() -> Path:
    return cache_folder() / "buildah"


def _build(folder: Path) -> None:
    with told("making the Python base image from Debian packages", "about a minute, this once"):
        _make(folder)


def _make(folder: Path) -> None:
    system = folder / "system.tar"
    run(
        [
            "mmdebstrap",
            "--variant=minbase",
            f"--include={','.join(_PACKAGES)}",
            *(f"--dpkgopt=path-exclude=/usr/share/{unread}/*" for unread in ("doc", "man", "locale")),
            _SUITE,
            str(system),
        ],
        where="mmdebstrap",
        do="It needs Debian's package archive.",
    )
    container = _buildah("from", "scratch").strip()
    try:
        _buildah("add", "--quiet", container, str(system))
        _buildah("config", "--cmd", "python3", "--env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", container)
        _buildah("commit", "--quiet", container, BASE_IMAGE)
    finally:
        _buildah("rm", container)
    _buildah("push", "--quiet", BASE_IMAGE, f"docker-archive:{folder / 'python-base.tar'}:{BASE_IMAGE}:latest")
    system.unlink()


def _buildah(*arguments: str) -> str:
    return run(["buildah", *arguments], where="buildah", environment=buildah_environment())
