"""How one batch lies in a journal file, and how to find batches again in a damaged one.

A frame is ``magic, crc, meta length, payload length, meta, payload``. The checksum covers the lengths
and the meta; the payload has its own, in the batch header within the meta. A file that was torn by a kill or
a full disk, or rotten in the middle, is read by looking for the next magic that begins a whole frame.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import msgspec

from brownfield_api.errors import UNDECODABLE
from brownfield_api.header import BatchHeader

PREFIX = struct.Struct("<4sIII")
MAGIC = b"BfJ1"

_MAX_META = 1 << 20
_MAX_PAYLOAD = 1 << 28


class _Meta(msgspec.Struct, frozen=True, array_like=True):
    header: BatchHeader
    time: int
    rows: int
    more: bool
    first: bool = False


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Meta).decode


@dataclass(frozen=True, slots=True)
class Frame:
    """One journaled batch. `time`: ns since 1970 UTC when it was appended; `rows`: its samples.

    `more`: the next frame was written in the same append; frames of one append are kept all or none.
    `first`: the first samples of a writer that had not asked the spine yet; if continuity breaks they say so.
    """

    header: BatchHeader
    payload: bytes
    time: int
    rows: int
    more: bool = False
    first: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """(epoch, seq), which only ever grows within a journal."""
        return (self.header.epoch, self.header.seq)

    def pack(self) -> bytes:
        """The frame's bytes."""
        meta = _encode(_Meta(self.header, self.time, self.rows, self.more, self.first))
        sizes = struct.pack("<II", len(meta), len(self.payload))
        return b"".join((MAGIC, struct.pack("<I", zlib.crc32(meta, zlib.crc32(sizes))), sizes, meta, self.payload))

    @classmethod
    def unpack(cls, meta: bytes, payload: bytes) -> Self | None:
        """The frame, or None if meta cannot be read or the payload is not what its header says."""
        try:
            found = _decode(meta)
        except UNDECODABLE:
            return None
        if zlib.crc32(payload) != found.header.crc:
            return None
        return cls(found.header, payload, found.time, found.rows, found.more, found.first)


def sizes(prefix: bytes) -> tuple[int, int, int] | None:
    """(crc, meta length, payload length) of a frame's prefix, None if it is not one."""
    if len(prefix) < PREFIX.size:
        return None
    magic, crc, meta_size, payload_size = PREFIX.unpack(prefix)
    if magic != MAGIC or meta_size > _MAX_META or payload_size > _MAX_PAYLOAD:
        return None
    return crc, meta_size, payload_size


def read(data: bytes, offset: int) -> tuple[Frame, int] | None:
    """The frame that begins at `offset` and the offset behind it, None if there is no whole one."""
    found = sizes(data[offset : offset + PREFIX.size])
    if found is None:
        return None
    crc, meta_size, payload_size = found
    start = offset + PREFIX.size
    end = start + meta_size + payload_size
    meta = data[start : start + meta_size]
    if end > len(data) or zlib.crc32(meta, zlib.crc32(data[offset + 8 : start])) != crc:
        return None
    frame = Frame.unpack(meta, data[start + meta_size : end])
    return None if frame is None else (frame, end)


def scan(data: bytes, offset: int = 0) -> Iterator[tuple[Frame, int, int]]:
    """Every whole frame from `offset` on as (frame, start, end), stepping over whatever is damaged."""
    while offset < len(data):
        found = read(data, offset)
        if found is not None:
            frame, end = found
            yield frame, offset, end
            offset = end
            continue
        offset = data.find(MAGIC, offset + 1)
        if offset < 0:
            return
