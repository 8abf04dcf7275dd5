"""Reads and completes image archives in the format of `docker save`: names, layers, sizes."""

import io
import json
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: digest of its tar, bytes unpacked, bytes as a registry sends it (gzip)."""

    digest: str
    unpacked: int
    packed: int


def rename(archive: Path, references: list[str]) -> None:
    """Let the archive's one image have these names."""
    unfinished = archive.with_suffix(".renamed")
    with tarfile.open(archive) as old, tarfile.open(unfinished, "w") as new:
        for member in old:
            if member.name == "repositories":
                continue  # the names once more, in a form that nobody has read since 2015
            content = old.extractfile(member) if member.isfile() else None
            if member.name == "manifest.json":
                text = json.dumps([{**_manifest(old), "RepoTags": references}]).encode()
                member.size, content = len(text), io.BytesIO(text)
            new.addfile(member, content)
    unfinished.replace(archive)


def layers(archive: Path, known: Mapping[str, Layer]) -> list[Layer]:
    """The layers, lowest first; those that are `known` (by digest) are not compressed again to be measured."""
    with tarfile.open(archive) as tar:
        manifest = _manifest(tar)
        digests = json.load(_content(tar, manifest["Config"]))["rootfs"]["diff_ids"]
        named = zip(digests, manifest["Layers"], strict=True)
        return [known.get(digest) or _measured(digest, _content(tar, name)) for digest, name in named]


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.load(_content(tar, "manifest.json"))[0]
    return manifest


def _content(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    content = tar.extractfile(name)
    if content is None:
        raise ValueError(f"{name} is no file")
    return content


def _measured(digest: str, content: IO[bytes]) -> Layer:
    gzip, unpacked, packed = zlib.compressobj(), 0, 0
    while chunk := content.read(_CHUNK):
        unpacked += len(chunk)
        packed += len(gzip.compress(chunk))
    return Layer(digest, unpacked, packed + len(gzip.flush()))
