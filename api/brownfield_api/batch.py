"""The sample batch: the one shape in which samples travel, columnar from the device to the twin.

On the wire a batch is an Arrow IPC stream of one record batch, so that any Arrow tool reads the
spine. The header beside it (`brownfield_api.header`) carries its CRC32, which is checked before a
byte is decoded: the Arrow decoder aborts the process on mutated bytes.

Columns, all of the batch's length and none with nulls (a Bad sample carries NaN):

========================  =======  ==========================================================
index                     uint32   row of the tag or asset table named in the header
value                     float64  the number; bool and integers up to 32 bit fit exactly
status                    uint32   OPC UA StatusCode
reasons                   uint16   bit mask of `brownfield_api.status.Reason`
source_time               int64    nanoseconds since 1970 UTC, as the source stamped it
receive_time              int64    nanoseconds since 1970 UTC on the adapter's clock
value_i64, value_u64      int64..  present only if a row needs them: the exact 64-bit integer
value_utf8                utf8     present only if a row needs it: the string
========================  =======  ==========================================================

Which of the value columns counts for a row is said by the type in the table; the others hold 0,
"" or, for `value`, the nearest double.
"""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from arro3.core import Array, DataType, RecordBatch
from arro3.core.types import ArrayInput
from arro3.io import read_ipc_stream, write_ipc_stream

from brownfield_api.errors import CorruptBatch

MAX_BATCH_BYTES = 256 * 1024
"""Upper bound of an encoded batch in bytes: a quarter of the broker's default message limit."""

MAX_BATCH_ROWS = 4096
"""Writers split batches above this many rows, which keeps numeric ones below `MAX_BATCH_BYTES`."""

_COLUMNS: tuple[tuple[str, np.dtype[Any]], ...] = (
    ("index", np.dtype(np.uint32)),
    ("value", np.dtype(np.float64)),
    ("status", np.dtype(np.uint32)),
    ("reasons", np.dtype(np.uint16)),
    ("source_time", np.dtype(np.int64)),
    ("receive_time", np.dtype(np.int64)),
)
_CONTINUATION = b"\xff\xff\xff\xff"  # begins every message of an Arrow IPC stream
_SIDE_COLUMNS = ("value_i64", "value_u64", "value_utf8")


@dataclass(frozen=True, slots=True, eq=False)
class SampleBatch:
    """Samples in columns of equal length; see the module for what each column means."""

    index: npt.NDArray[np.uint32]
    value: npt.NDArray[np.float64]
    status: npt.NDArray[np.uint32]
    reasons: npt.NDArray[np.uint16]
    source_time: npt.NDArray[np.int64]
    receive_time: npt.NDArray[np.int64]
    value_i64: npt.NDArray[np.int64] | None = None
    value_u64: npt.NDArray[np.uint64] | None = None
    value_utf8: Array | None = None

    def __len__(self) -> int:
        return len(self.index)

    @property
    def columns(self) -> tuple[npt.NDArray[np.generic], ...]:
        """The six columns every batch has, in wire order."""
        return (self.index, self.value, self.status, self.reasons, self.source_time, self.receive_time)

    def take(self, rows: npt.NDArray[np.intp]) -> "SampleBatch":
        """A batch of the given rows, in the given order."""
        return SampleBatch(
            index=self.index[rows],
            value=self.value[rows],
            status=self.status[rows],
            reasons=self.reasons[rows],
            source_time=self.source_time[rows],
            receive_time=self.receive_time[rows],
            value_i64=None if self.value_i64 is None else self.value_i64[rows],
            value_u64=None if self.value_u64 is None else self.value_u64[rows],
            value_utf8=None
            if self.value_utf8 is None
            else self.value_utf8.take(Array.from_numpy(rows.astype(np.uint64))),
        )

    def texts(self) -> list[str]:
        """The string column as Python strings, "" where a row has none. Off the hot path."""
        return [""] * len(self) if self.value_utf8 is None else list(self.value_utf8.to_pylist())


def empty_batch() -> SampleBatch:
    """A heartbeat: no samples; its header's `asOf` renews what is already known."""
    index, value, status, reasons, source_time, receive_time = (np.empty(0, dtype) for _, dtype in _COLUMNS)
    return SampleBatch(index, value, status, reasons, source_time, receive_time)


def utf8_column(texts: Sequence[str]) -> Array:
    """A string column for `SampleBatch.value_utf8`; "" stands where a row has no string."""
    return Array(list(texts), type=DataType.utf8())


def split(batch: SampleBatch, max_rows: int = MAX_BATCH_ROWS) -> list[SampleBatch]:
    """The batch in pieces of at most `max_rows` rows, in order; itself if it is small enough."""
    if len(batch) <= max_rows:
        return [batch]
    rows = np.arange(len(batch))
    return [batch.take(rows[start : start + max_rows]) for start in range(0, len(batch), max_rows)]


def encode(batch: SampleBatch) -> bytes:
    """The batch as an uncompressed Arrow IPC stream (the spine compresses; doing it twice costs CPU)."""
    columns: dict[str, ArrayInput] = {
        name: Array.from_numpy(np.ascontiguousarray(column, dtype))
        for (name, dtype), column in zip(_COLUMNS, batch.columns, strict=True)
    }
    if batch.value_i64 is not None:
        columns["value_i64"] = Array.from_numpy(batch.value_i64)
    if batch.value_u64 is not None:
        columns["value_u64"] = Array.from_numpy(batch.value_u64)
    if batch.value_utf8 is not None:
        columns["value_utf8"] = batch.value_utf8
    stream = io.BytesIO()
    write_ipc_stream(RecordBatch(columns), stream, compression=None)
    return stream.getvalue()


def checksum(payload: bytes) -> int:
    """CRC32 (ISO 3309) of an encoded batch, as its header carries it."""
    return zlib.crc32(payload)


def decode(payload: bytes, crc: int) -> SampleBatch:
    """The batch in `payload`; raises `CorruptBatch` unless its checksum is `crc` and its columns are ours."""
    if zlib.crc32(payload) != crc:
        raise CorruptBatch(f"checksum {zlib.crc32(payload):08x} where the header says {crc:08x}")
    if payload[:4] != _CONTINUATION or int.from_bytes(payload[4:8], "little") > len(payload):
        raise CorruptBatch("not an Arrow IPC stream")  # the decoder would allocate whatever length it finds there
    try:
        record_batch = read_ipc_stream(io.BytesIO(payload)).read_next_batch()
    except Exception as error:  # arro3 raises a bare Exception subclass of its own that it does not export
        raise CorruptBatch(f"not an Arrow IPC stream: {error}") from error
    names = record_batch.schema.names
    expected = [name for name, _ in _COLUMNS]
    if names[: len(expected)] != expected or not set(names[len(expected) :]) <= set(_SIDE_COLUMNS):
        raise CorruptBatch(f"columns {names} where {expected} are expected")
    numeric = [_column(record_batch, name, dtype) for name, dtype in _COLUMNS]
    return SampleBatch(
        index=numeric[0],
        value=numeric[1],
        status=numeric[2],
        reasons=numeric[3],
        source_time=numeric[4],
        receive_time=numeric[5],
        value_i64=_column(record_batch, "value_i64", np.dtype(np.int64)) if "value_i64" in names else None,
        value_u64=_column(record_batch, "value_u64", np.dtype(np.uint64)) if "value_u64" in names else None,
        value_utf8=Array.from_arrow(record_batch.column("value_utf8")) if "value_utf8" in names else None,
    )


def _column(record_batch: RecordBatch, name: str, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    column = record_batch.column(name).to_numpy()
    if column.dtype != dtype:
        raise CorruptBatch(f"column {name} is {column.dtype} where {dtype} is expected")
    return column
