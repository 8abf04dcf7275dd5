"""Data values as a server sends them, to columns: OPC 10000-6 §5.2.2.17, straight from the message's bytes.

asyncua makes six Python objects per value (23,700 notifications a second and core); servers send long runs of
values of one shape, and such a run is one numpy view. What differs from its neighbours is decoded one by one.
The 100 ns ticks of the time stamps stay whole, which Python's datetime would round to microseconds.
"""

import struct
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from brownfield_adapters.opcua import skip

_NUMBERS = {1: "?", 2: "b", 3: "B", 4: "<i2", 5: "<u2", 6: "<i4", 7: "<u4", 8: "<i8", 9: "<u8", 10: "<f4", 11: "<f8"}
"""numpy formats of the built-in types that are numbers (§5.1.2)."""

NULL, UINT64, FLOAT, DOUBLE, STRING, OTHER = 0, 9, 10, 11, 12, 255
"""Values of `Values.kind`; `OTHER` stands for arrays and types that are neither number nor string."""

_RUN = 6
"""Equal neighbours from which a numpy view is cheaper than single steps (measured: 20 µs against 2.5 µs each)."""


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Data values in columns of equal length.

    `handle`: the client handle (notifications) or the position in the request (reads). `kind`: built-in type.
    `number`: nearest double. `bits`: the integer itself, UInt64 as its two's complement. `status`: StatusCode.
    `source_ticks`, `server_ticks`: 100 ns since 1601, 0 = not sent. `texts`: strings by row.
    """

    handle: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.uint8]
    number: npt.NDArray[np.float64]
    bits: npt.NDArray[np.int64]
    status: npt.NDArray[np.uint32]
    source_ticks: npt.NDArray[np.int64]
    server_ticks: npt.NDArray[np.int64]
    texts: dict[int, str]

    def __len__(self) -> int:
        return len(self.handle)


@dataclass(frozen=True, slots=True)
class _Layout:
    """A shape of data value of fixed size: what the encoding bytes `shape` say is in it."""

    size: int
    shape: bytes
    view: np.dtype[np.void]
    single: struct.Struct
    fields: tuple[str, ...]


class _Columns:
    """Columns being filled; the one mutable thing here."""

    def __init__(self, count: int) -> None:
        self.handle = np.arange(count, dtype=np.uint32)
        self.kind = np.zeros(count, np.uint8)
        self.number = np.zeros(count, np.float64)
        self.bits = np.zeros(count, np.int64)
        self.status = np.zeros(count, np.uint32)
        self.source_ticks = np.zeros(count, np.int64)
        self.server_ticks = np.zeros(count, np.int64)
        self.texts: dict[int, str] = {}

    def run(self, at: int, rows: npt.NDArray[np.void], kind: int) -> None:
        part = slice(at, at + len(rows))
        names = rows.dtype.names or ()
        self.kind[part] = kind
        if "value" in names:
            value = rows["value"]
            self.number[part] = value
            if kind < FLOAT:
                self.bits[part] = value.view(np.int64) if kind == UINT64 else value
        for name in ("handle", "status", "source_ticks", "server_ticks"):
            if name in names:
                getattr(self, name)[part] = rows[name]

    def one(self, at: int, found: dict[str, int | float], kind: int) -> None:
        self.kind[at] = kind
        value = found.get("value", 0)
        self.number[at] = value
        if isinstance(value, int):
            self.bits[at] = value - (1 << 64) if value >= 1 << 63 else value
        for name in ("handle", "status", "source_ticks", "server_ticks"):
            if name in found:
                getattr(self, name)[at] = found[name]

    def done(self) -> Values:
        return Values(
            self.handle,
            self.kind,
            self.number,
            self.bits,
            self.status,
            self.source_ticks,
            self.server_ticks,
            self.texts,
        )


def data_values(data: bytes, at: int, count: int, *, handles: bool) -> tuple[Values, int]:
    """`count` data values that begin at byte `at`, each behind a client handle if `handles`, and where they end.

    Raises `ValueError`, `IndexError` or `struct.error` if the bytes are not that.
    """
    if not 0 <= count <= len(data) - at:
        raise ValueError(f"{count} values in {len(data) - at} bytes")
    columns = _Columns(count)
    lead = 4 if handles else 0
    row = 0
    patience = 0
    while row < count:
        mask = data[at + lead]
        kind = data[at + lead + 1] if mask & 1 else NULL
        layout = _layout(mask, kind, handles=handles)
        if layout is None:
            at = _odd_one(columns, row, data, at, handles=handles)
            row += 1
            continue
        repeats = _repeats(data, at, layout, lead, count - row) if patience <= 0 else 1
        if repeats >= _RUN:
            rows = np.frombuffer(data, layout.view, repeats, at)
            columns.run(row, rows, kind)
        else:
            # After a fruitless look ahead a few values are taken singly: types that alternate stay alternating.
            patience = _RUN if patience <= 0 else patience - 1
            repeats = 1
            columns.one(row, dict(zip(layout.fields, layout.single.unpack_from(data, at), strict=True)), kind)
        row += repeats
        at += repeats * layout.size
    return columns.done(), at


def _repeats(data: bytes, at: int, layout: _Layout, lead: int, left: int) -> int:
    """How many values from here on have this layout: each is as long as the last, so its shape is where we look."""
    most = min(left, (len(data) - at) // layout.size)
    near = at + lead + layout.size * (_RUN - 1)
    if most < _RUN or data[near : near + len(layout.shape)] != layout.shape:
        return 1
    ahead = np.frombuffer(data, layout.view, most, at)
    same = ahead["mask"] == layout.shape[0]
    if len(layout.shape) > 1:
        same &= ahead["kind"] == layout.shape[1]
    return most if same.all() else int(same.argmin())


@cache
def _layout(mask: int, kind: int, *, handles: bool) -> _Layout | None:
    """None where the size is not fixed, or the value no number (the encoding byte of an array is above them all)."""
    if mask & 1 and kind not in _NUMBERS:
        return None
    parts: list[tuple[str, str]] = [("handle", "<u4")] if handles else []
    parts.append(("mask", "B"))
    if mask & 0x01:
        parts += [("kind", "B"), ("value", _NUMBERS[kind])]
    optional = (
        (0x02, "status", "<u4"),
        (0x04, "source_ticks", "<i8"),
        (0x10, "source_picoseconds", "<u2"),
        (0x08, "server_ticks", "<i8"),
        (0x20, "server_picoseconds", "<u2"),
    )
    parts += [(name, form) for bit, name, form in optional if mask & bit]
    view = np.dtype(parts)
    letters = {"?": "?", "b": "b", "B": "B", "<i2": "h", "<u2": "H", "<i4": "i", "<u4": "I"}
    letters |= {"<i8": "q", "<u8": "Q", "<f4": "f", "<f8": "d"}
    single = struct.Struct("<" + "".join(letters[form] for _, form in parts))
    shape = bytes([mask, kind]) if mask & 1 else bytes([mask])
    return _Layout(view.itemsize, shape, view, single, tuple(name for name, _ in parts))


def _odd_one(columns: _Columns, row: int, data: bytes, at: int, *, handles: bool) -> int:
    """A value of no fixed size: a string, or something to step over."""
    if handles:
        (columns.handle[row],) = struct.unpack_from("<I", data, at)
        at += 4
    mask, encoding = data[at], data[at + 1]
    end = skip.variant(data, at + 1)
    if encoding == STRING:
        columns.kind[row] = STRING
        columns.texts[row] = data[at + 6 : end].decode("utf-8", "replace")
        # A null string is null, not empty (§5.2.2.4).
        if data[at + 2 : at + 6] == b"\xff\xff\xff\xff":
            columns.kind[row] = NULL
    else:
        columns.kind[row] = OTHER if encoding else NULL
    rest = _layout(mask & ~1, NULL, handles=False)
    if rest is None:
        raise ValueError("a data value without a layout")
    # The encoding mask is read again in front of the rest, where the value's last byte stands.
    found = dict(zip(rest.fields, rest.single.unpack_from(data, end - 1), strict=True))
    for name in ("status", "source_ticks", "server_ticks"):
        if name in found:
            getattr(columns, name)[row] = found[name]
    return end - 1 + rest.size
