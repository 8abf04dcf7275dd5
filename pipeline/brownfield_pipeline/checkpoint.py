"""Checkpoints: state, position in the input and numbers of the output, in one file that is whole or absent.

A file is a magic line, the CRC32 of the rest, the length of a JSON head, the head, and the arrays' bytes.
It is written under another name, flushed and renamed; the one before is kept. A checkpoint names its slots by the
asset table's hash, and the table lies beside it, so that a changed mapping finds the slots that kept
their meaning.
"""

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from brownfield_api.errors import UNDECODABLE, CorruptBatch
from brownfield_api.tables import AssetTable, unpack
from brownfield_pipeline.resume import Place
from brownfield_pipeline.state import SourceState, State

_MAGIC = b"brownfield pipeline checkpoint 1\n"
_FRAME = struct.Struct("<II")
_NAMES = ("checkpoint", "checkpoint.before")


class _Column(msgspec.Struct, frozen=True):
    name: str
    dtype: str
    length: int


class _Head(msgspec.Struct, frozen=True):
    table: str
    place: Place
    sources: dict[str, SourceState]
    columns: tuple[_Column, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """State over the slots of asset table `table`, as it was at `place`."""

    table: str
    place: Place
    state: State


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The newest checkpoint that can be used, None if there is none, and what was wrong with the others."""

    checkpoint: Checkpoint | None
    problems: tuple[str, ...]


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """The checkpoint's bytes."""
    arrays = list(checkpoint.state.arrays())
    columns = tuple(_Column(name, column.dtype.str, len(column)) for name, column in arrays)
    head = msgspec.json.encode(_Head(checkpoint.table, checkpoint.place, checkpoint.state.sources, columns))
    body = b"".join((head, *(column.tobytes() for _, column in arrays)))
    return _MAGIC + _FRAME.pack(zlib.crc32(body), len(head)) + body


def decode_checkpoint(content: bytes) -> Checkpoint:
    """The checkpoint in `content`; raises `CorruptBatch` unless it is whole."""
    start = len(_MAGIC) + _FRAME.size
    if not content.startswith(_MAGIC) or len(content) < start:
        raise CorruptBatch("not a checkpoint of this version")
    crc, length = _FRAME.unpack_from(content, len(_MAGIC))
    body = memoryview(content)[start:]
    if zlib.crc32(body) != crc:
        raise CorruptBatch("checksum does not fit")
    try:
        head = msgspec.json.decode(body[:length], type=_Head)
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        at = length
        for column in head.columns:
            arrays[column.name] = np.frombuffer(body, np.dtype(column.dtype), column.length, at)
            at += arrays[column.name].nbytes
        slots = max((column.length for column in head.columns), default=0)
        return Checkpoint(head.table, head.place, State.restored(arrays, head.sources, slots))
    except (*UNDECODABLE, ValueError, TypeError) as error:
        raise CorruptBatch(f"cannot be read: {error}") from error


class CheckpointStore:
    """The checkpoints of one pipeline in its own folder. All methods are file I/O and raise `OSError`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def load(self) -> Loaded:
        """The newest checkpoint that is whole."""
        problems: list[str] = []
        for name in _NAMES:
            path = self._directory / name
            try:
                return Loaded(decode_checkpoint(path.read_bytes()), tuple(problems))
            except FileNotFoundError:
                continue
            except (CorruptBatch, OSError) as error:
                problems.append(f"{path}: {error}")
        return Loaded(None, tuple(problems))

    def save(self, checkpoint: Checkpoint) -> None:
        """Replace the newest checkpoint; the one before stays as a second chance."""
        newest, before = (self._directory / name for name in _NAMES)
        written = _write_whole(newest.with_suffix(".new"), encode_checkpoint(checkpoint))
        if newest.exists():
            newest.replace(before)
        written.replace(newest)

    def save_table(self, name: str, packed: bytes) -> None:
        """Keep a packed asset table that checkpoints will name."""
        path = self._table(name)
        if not path.exists():
            _write_whole(path.with_suffix(".new"), packed).replace(path)

    def forget_tables(self, keep: set[str]) -> None:
        """Remove all kept tables but these."""
        for path in self._directory.glob("table-*.z"):
            if path.stem.removeprefix("table-") not in keep:
                path.unlink(missing_ok=True)

    def load_table(self, name: str) -> AssetTable | None:
        """The table of that hash, None if it is not there or not whole."""
        try:
            table = unpack(name, self._table(name).read_bytes())
        except (FileNotFoundError, CorruptBatch):
            return None
        return table if isinstance(table, AssetTable) else None

    def _table(self, name: str) -> Path:
        return self._directory / f"table-{name}.z"


def _write_whole(path: Path, content: bytes) -> Path:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return path
