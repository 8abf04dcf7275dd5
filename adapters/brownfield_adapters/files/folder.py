"""The files of a folder, and what a file is: its head, not its name.

A rename changes nothing, a rewrite changes the head, an append leaves it: so a file is known by the hash of its
header line and first row. Nothing is opened but for reading, nothing is locked, moved or marked.
"""

import fnmatch
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from brownfield_adapters.files.lines import MAX_LINE, Encoding, encoding_of
from brownfield_api.errors import LinkLost

TAIL = 64
"""Bytes before the watermark that must still be there for a file to count as continued."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the folder lists it. `changed`: when its content or name last changed, ns; `inode` 0 = not known."""

    path: Path
    size: int
    changed: int
    inode: int

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file. `start` is where its first row begins, in bytes."""

    identity: str
    encoding: Encoding
    header: str
    start: int


def listing(directory: str, pattern: str) -> list[Listed]:
    """The files that match, in the order of their names, then of their last write; raises `LinkLost`."""
    found: list[tuple[str, int, Listed]] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if not fnmatch.fnmatchcase(entry.name, pattern):
                    continue
                try:
                    if not entry.is_file():
                        continue
                    # The folder's own copy of a file's state may be stale (NTFS updates it when the file is closed).
                    state = Path(entry.path).stat()
                except FileNotFoundError:
                    continue
                changed = max(state.st_mtime_ns, state.st_ctime_ns)
                listed = Listed(Path(entry.path), state.st_size, changed, state.st_ino)
                found.append((entry.name, state.st_mtime_ns, listed))
    except OSError as error:
        raise LinkLost(
            f"the folder cannot be read: {error.strerror or error}", directory, "Is the share mounted, and readable?"
        ) from error
    return [listed for _, _, listed in sorted(found, key=lambda each: each[:2])]


def head_of(file: BinaryIO, encoding: str) -> Head | None:
    """The head of an open file; None while header and first row are not both complete.

    Raises `ValueError` if the first two lines are longer than any line may be.
    """
    size = 4 * 1024
    while True:
        file.seek(0)
        data = file.read(size)
        kind, begin = encoding_of(data, encoding)
        ends = kind.line_ends(data[begin:])
        if len(ends) >= 2:
            header_end, row_end = begin + int(ends[0]), begin + int(ends[1])
            identity = hashlib.blake2b(data[begin:row_end], digest_size=8).hexdigest()
            header = data[begin:header_end].decode(kind.codec, "replace").rstrip("\r\n")
            return Head(identity, kind, header, header_end)
        if len(data) < size:
            return None
        if size >= 2 * MAX_LINE:
            raise ValueError(f"no two lines in the first {size} bytes")
        size *= 4


def tail_before(file: BinaryIO, offset: int) -> int:
    """CRC32 of the up to `TAIL` bytes that end at `offset`; -1 if the file is shorter."""
    begin = max(0, offset - TAIL)
    file.seek(begin)
    data = file.read(offset - begin)
    return zlib.crc32(data) if len(data) == offset - begin else -1
