"""The images that a cluster itself needs: pause, CoreDNS, storage. In one archive in the cache."""

from pathlib import Path

from hack.cluster.archive import Image, write_archive
from hack.cluster.binaries import COREDNS, LOCAL_PATH, Binaries


def _reference(name: str, package: str) -> str:
    return f"localhost/brownfield-cluster/{name}:{package.rpartition('@')[2]}"


PAUSE_IMAGE = _reference("pause", "pause@v1")
COREDNS_IMAGE = _reference("coredns", COREDNS)
LOCAL_PATH_IMAGE = _reference("local-path", LOCAL_PATH)


def system_images(binaries: Binaries) -> Path:
    """The archive; written beside the programs it is made of, once."""
    archive = binaries.folder / "system-images.tar"
    if not archive.exists():
        unfinished = archive.with_suffix(".unfinished")
        write_archive(unfinished, _images(binaries))
        unfinished.replace(archive)
    return archive


def _images(binaries: Binaries) -> list[Image]:
    return [
        Image(PAUSE_IMAGE, {"/pause": binaries.program("pause")}, ("/pause",)),
        Image(COREDNS_IMAGE, {"/coredns": binaries.program("coredns")}, ("/coredns",)),
        Image(
            LOCAL_PATH_IMAGE,
            {
                "/local-path-provisioner": binaries.program("local-path-provisioner"),
                "/localpath": binaries.program("localpath"),
            },
            ("/local-path-provisioner",),
        ),
    ]
