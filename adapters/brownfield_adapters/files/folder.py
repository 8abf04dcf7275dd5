"""The files of a folder, and what a file is: its head, not its name.

A rename changes nothing, a rewrite changes the head, an append leaves it: so a file is known by the hash of its
header line and first row. Nothing is opened but for reading, nothing is locked, moved or marked. Whoever may write
to the folder could lay a link to any file of this machine into it, so links are followed only within the folder.
"""

import errno
import fnmatch
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from brownfield_adapters.files.lines import MAX_LINE, Encoding, encoding_of
from brownfield_api.errors import LinkLost

LEADS_OUT = "is a link that leads out of the folder and is not followed"

TAIL = 64
"""Bytes before the watermark that must still be there for a file to count as continued."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the folder lists it. `changed`: when its content or name last changed, ns; `inode` 0 = not known.

    `target` is what is opened: the file itself, or where a link ends; None for a link that leads out of the folder.
    """

    path: Path
    size: int
    changed: int
    inode: int
    target: Path | None

    @property
    def name(self) -> str:
        return self.path.name

    def open(self) -> BinaryIO:
        """The file, for reading; raises `OSError`, also for a link that leads out or that came after the listing."""
        if self.target is None:
            raise PermissionError(errno.EPERM, LEADS_OUT)
        return open(self.target, "rb", opener=_without_link)


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
        root = os.path.realpath(directory)
        with os.scandir(directory) as entries:
            for entry in entries:
                if not fnmatch.fnmatchcase(entry.name, pattern):
                    continue
                target = _target(entry, root)
                if target is None:
                    found.append((entry.name, 0, Listed(Path(entry.path), 0, 0, 0, None)))
                    continue
                try:
                    if not entry.is_file():
                        continue
                    # The folder's own copy of a file's state may be stale (NTFS updates it when the file is closed).
                    state = target.stat()
                except FileNotFoundError:
                    continue
                changed = max(state.st_mtime_ns, state.st_ctime_ns)
                listed = Listed(Path(entry.path), state.st_size, changed, state.st_ino, target)
                found.append((entry.name, state.st_mtime_ns, listed))
    except OSError as error:
        raise LinkLost(
            f"the folder cannot be read: {error.strerror or error}", directory, "Is the share mounted, and readable?"
        ) from error
    return [listed for _, _, listed in sorted(found, key=lambda each: each[:2])]


def _target(entry: "os.DirEntry[str]", root: str) -> Path | None:
    """Where the entry ends; None for a link that ends outside `root`, of which nothing is looked at."""
    if not entry.is_symlink():
        return Path(root, entry.name)
    target = Path(os.path.realpath(entry.path))
    return target if target.is_relative_to(root) else None


def _without_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


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
