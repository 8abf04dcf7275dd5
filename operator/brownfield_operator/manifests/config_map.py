"""The configuration of a process in immutable ConfigMaps named after their content.

A new configuration has a new name, and that is what restarts the pod; the one before can stay for as long as
a pod still mounts it. An object holds at most 1 MiB, so a long configuration has several parts, which
`brownfield_spine.process` joins in the order of their names.
"""

import hashlib

from brownfield_operator import names
from brownfield_operator.desired import DesiredProcess
from brownfield_operator.manifests.manifest import Manifest, child

PART_SIZE = 900 * 1024
"""Bytes. The API server refuses more than 1 MiB of data, metadata not counted."""

_DIGEST_LENGTH = 12


def config_maps(process: DesiredProcess) -> tuple[Manifest, ...]:
    """One ConfigMap for each part. Its name has the hash of all parts, so that the parts of a version go together."""
    parts = split(process.content)
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()[:_DIGEST_LENGTH]
    stem = f"{names.process_object(process.key)}-{digest}"
    return tuple(
        child(
            "v1",
            "ConfigMap",
            f"{stem}-{number:03d}",
            process,
            {"immutable": True, "data": {f"config.json.{number:03d}": part.decode()}},
            labels={names.INPUT: "process"},
        )
        for number, part in enumerate(parts)
    )


def split(content: bytes, size: int = PART_SIZE) -> tuple[bytes, ...]:
    """Pieces of at most `size` bytes that give `content` again; no UTF-8 character is cut, so each is text."""
    pieces: list[bytes] = []
    start = 0
    while start < len(content) or not pieces:
        end = min(start + size, len(content))
        while end < len(content) and content[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(content[start:end])
        start = end
    return tuple(pieces)


def config_version(name: str) -> str:
    """What the parts of one configuration have in common: the ConfigMap's name without the part's number."""
    return name.rpartition("-")[0]
