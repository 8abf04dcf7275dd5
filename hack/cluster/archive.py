"""Writes container images of a few static programs as one docker-archive, without any image tool.

The format is that of `docker save` (Docker Image Specification v1.2): a manifest, a configuration and a layer for
each image, all of it in one tar. The bytes depend on the programs alone, so the same programs give the same image.
"""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from brownfield_api.errors import BrownfieldError

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Image:
    """An image named `reference` that holds `files` (path inside → file here) and starts `entrypoint`."""

    reference: str
    files: Mapping[str, Path]
    entrypoint: tuple[str, ...]


def write_archive(path: Path, images: Sequence[Image]) -> None:
    """Write the archive; every file in it is executable and belongs to root."""
    manifest = []
    with tarfile.open(path, "w") as archive:
        for image in images:
            layer = _layer(image)
            digest = hashlib.sha256(layer).hexdigest()
            configuration = _configuration(image, digest)
            configuration_name = f"{hashlib.sha256(configuration).hexdigest()}.json"
            _add(archive, f"{digest}/layer.tar", layer)
            _add(archive, configuration_name, configuration)
            manifest.append(
                {"Config": configuration_name, "RepoTags": [image.reference], "Layers": [f"{digest}/layer.tar"]}
            )
        _add(archive, "manifest.json", json.dumps(manifest).encode())


def references(path: Path) -> list[str]:
    """The names of the images in a docker-archive. Raises `BrownfieldError` if it is none."""
    try:
        with tarfile.open(path) as archive:
            manifest = json.load(archive.extractfile("manifest.json") or io.BytesIO())
            return [str(tag) for image in manifest for tag in image["RepoTags"] or ()]
    except (OSError, KeyError, ValueError, tarfile.TarError) as wrong:
        raise BrownfieldError(
            "not a docker-archive",
            where=str(path),
            do="Make one with `buildah push IMAGE docker-archive:FILE:IMAGE` or `docker save -o FILE IMAGE`.",
        ) from wrong


def architecture() -> str:
    """The processor of this machine, in Go's words. `BrownfieldError` for one that nothing was ever built for."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise BrownfieldError("no images are made for this processor", where=machine, do="Use amd64 or arm64.")
    return _ARCHITECTURES[machine]


def _layer(image: Image) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as layer:
        for inside, file in sorted(image.files.items()):
            _add(layer, inside.lstrip("/"), file.read_bytes())
    return content.getvalue()


def _configuration(image: Image, layer_digest: str) -> bytes:
    return json.dumps(
        {
            "architecture": architecture(),
            "os": "linux",
            "config": {"Entrypoint": image.entrypoint, "WorkingDir": "/"},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
        }
    ).encode()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # no time, no owner: the bytes stay the same
    member.size = len(content)
    member.mode = 0o755
    archive.addfile(member, io.BytesIO(content))
