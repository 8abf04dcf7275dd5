"""Response bytes to sample columns: gather indices are computed once, decoding is a handful of numpy calls.

The payloads of a chunk of blocks are laid end to end; for each kind of value one index array picks its bytes in
little-endian order, whatever order the device keeps, and a dtype view makes numbers of them. No Python runs per
tag; only texts are made one by one, and only when their bytes have changed.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from arro3.core import Array

from brownfield_adapters.modbus.plan import Block, Item
from brownfield_api.batch import SampleBatch, utf8_column
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, ValueType

_DTYPES: dict[ValueType, str] = {
    ValueType.FLOAT32: "<f4",
    ValueType.FLOAT64: "<f8",
    ValueType.INT8: "<i1",
    ValueType.UINT8: "<u1",
    ValueType.INT16: "<i2",
    ValueType.UINT16: "<u2",
    ValueType.INT32: "<i4",
    ValueType.UINT32: "<u4",
    ValueType.INT64: "<i8",
    ValueType.UINT64: "<u8",
}
ScalarT = TypeVar("ScalarT", bound=np.generic)
_FLOATS = (ValueType.FLOAT32, ValueType.FLOAT64)
_FLAG, _NONZERO = "flag", "nonzero"
_ORDER = [*_DTYPES, _NONZERO, _FLAG, ValueType.STRING]
"""Rows of a batch are sorted by kind, floats first: a kind is then one slice and one check finds all NaN."""


def byte_offsets(width: int, byte_order: str) -> list[int]:
    """Offsets within `width` bytes on the wire, least significant byte first.

    ABCD: big-endian throughout, as the specification has it (V1.1b3 §4.2). DCBA: fully reversed. BADC: bytes
    swapped in each register. CDAB: registers reversed, bytes in them big-endian. A single register is always
    big-endian: the letters name the order of a value of several.
    """
    if width <= 2:
        return list(range(1, 1 - width, -1))
    big = list(range(width - 1, -1, -1))
    match byte_order:
        case "ABCD":
            return big
        case "DCBA":
            return big[::-1]
        case "BADC":
            return [offset ^ 1 for offset in big]
        case _:
            return [offset ^ 1 for offset in big[::-1]]


class _Placed(NamedTuple):
    """An item, the number of its block, the byte in the joined payloads where it begins, and a flag's bit in it."""

    item: Item
    block: int
    offset: int
    shift: int


class Decoder:
    """Decodes one chunk: the same blocks, in the same order, every time."""

    def __init__(self, blocks: Sequence[Block], tags: Sequence[Tag], byte_order: str) -> None:
        self.blocks = tuple(blocks)
        self._swap_text = byte_order in {"BADC", "DCBA"}
        placed = _place(blocks)
        placed.sort(key=lambda each: _ORDER.index(_kind(each.item, tags)))
        self._rows = len(placed)
        self._index = _constant(np.array([each.item.row for each in placed], np.uint32))
        self._block_of_row = np.array([each.block for each in placed], np.intp)
        self._good = _constant(np.zeros(self._rows, np.uint32))
        self._no_reason = _constant(np.zeros(self._rows, np.uint16))
        kinds = [_kind(each.item, tags) for each in placed]
        self._numbers: list[tuple[slice, npt.NDArray[np.intp], np.dtype[np.generic]]] = []
        self._signed = self._unsigned = self._nonzero = self._flags = self._texts = slice(0, 0)
        self._text_spans: list[tuple[int, int]] = []
        self._text_raw: list[bytes] = []
        self._text_cached = utf8_column([])
        self._floats = sum(kind in _FLOATS for kind in kinds)
        for kind in dict.fromkeys(kinds):
            rows = slice(kinds.index(kind), kinds.index(kind) + kinds.count(kind))
            self._add(kind, rows, placed[rows], byte_order)

    def __len__(self) -> int:
        return self._rows

    def decode(self, payloads: Sequence[bytes], asked: Sequence[int], came: Sequence[int]) -> SampleBatch:
        """The samples in `payloads`, one per block and of the block's length.

        Modbus carries no time. A value is taken to be from when its block was `asked` for (ns), not from when it
        `came`: a device that takes two seconds to answer delivers late, and must not look as if it did not.

        A float that is no number becomes Bad with `Reason.NON_FINITE` and NaN.
        """
        wire = np.frombuffer(payloads[0] if len(payloads) == 1 else b"".join(payloads), np.uint8)
        value = np.empty(self._rows)
        signed = np.zeros(self._rows, np.int64) if self._signed.stop else None
        unsigned = np.zeros(self._rows, np.uint64) if self._unsigned.stop else None
        with np.errstate(invalid="ignore"):  # a signalling NaN is no news here: `_judge` finds it
            for rows, gather, dtype in self._numbers:
                numbers = wire.take(gather).view(dtype)
                value[rows] = numbers
                if signed is not None and rows == self._signed:
                    signed[rows] = numbers
                elif unsigned is not None and rows == self._unsigned:
                    unsigned[rows] = numbers
        if self._nonzero.stop:
            value[self._nonzero] = value[self._nonzero] != 0.0
        if self._flags.stop:
            value[self._flags] = (wire.take(self._flag_bytes) >> self._flag_shifts) & 1
        if self._texts.stop:
            value[self._texts] = 0.0
        status, reasons = self._judge(value)
        source_time = np.array(asked, np.int64).take(self._block_of_row)
        receive_time = np.array(came, np.int64).take(self._block_of_row)
        text = self._text_column(wire) if self._texts.stop else None
        return SampleBatch(self._index, value, status, reasons, source_time, receive_time, signed, unsigned, text)

    def _judge(self, value: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
        floats = value[: self._floats]
        finite = np.isfinite(floats)
        if finite.all():
            return self._good, self._no_reason
        status, reasons = self._good.copy(), self._no_reason.copy()
        wrong = np.flatnonzero(~finite)
        value[wrong] = np.nan
        status[wrong] = Status.BAD
        reasons[wrong] = Reason.NON_FINITE
        return status, reasons

    def _text_column(self, wire: npt.NDArray[np.uint8]) -> Array:
        raw = [wire[start:end].tobytes() for start, end in self._text_spans]
        if raw != self._text_raw:
            self._text_raw = raw
            texts = [decode_text(each, swapped=self._swap_text) for each in raw]
            self._text_cached = utf8_column([""] * self._texts.start + texts)
        return self._text_cached

    def _add(self, kind: str, rows: slice, placed: Sequence[_Placed], byte_order: str) -> None:
        if kind == _FLAG:
            self._flags = rows
            self._flag_bytes = np.array([each.offset for each in placed], np.intp)
            self._flag_shifts = np.array([each.shift for each in placed], np.uint8)
            return
        if kind == ValueType.STRING:
            self._texts = rows
            self._text_spans = [(each.offset, each.offset + 2 * each.item.place.count) for each in placed]
            return
        if kind == _NONZERO:
            self._nonzero, kind = rows, ValueType.UINT16
        elif kind == ValueType.INT64:
            self._signed = rows
        elif kind == ValueType.UINT64:
            self._unsigned = rows
        dtype = np.dtype(_DTYPES[ValueType(kind)])
        within = np.array(byte_offsets(dtype.itemsize, byte_order), np.intp)
        starts = np.array([each.offset for each in placed], np.intp)
        self._numbers.append((rows, (starts[:, None] + within).ravel(), dtype))


def decode_text(raw: bytes, *, swapped: bool) -> str:
    """Registers as text: high byte first (`swapped`: low byte first), up to a NUL, without trailing blanks.

    UTF-8 where it is, else Latin-1, which reads anything.
    """
    if swapped:
        raw = np.frombuffer(raw, ">u2").astype("<u2").tobytes()
    raw = raw.split(b"\0", 1)[0].rstrip()
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def payload_size(block: Block) -> int:
    """Bytes of data in the answer to the block's request."""
    return (block.count + 7) // 8 if block.function.of_bits else 2 * block.count


def _place(blocks: Sequence[Block]) -> list[_Placed]:
    placed: list[_Placed] = []
    base = 0
    for number, block in enumerate(blocks):
        for item in block.items:
            offset = item.place.start - block.start
            if block.function.of_bits:
                placed.append(_Placed(item, number, base + offset // 8, offset % 8))
            else:
                # Bits 8 to 15 are in the register's first byte on the wire, 0 to 7 in its second.
                low = 0 <= item.place.bit < 8
                placed.append(_Placed(item, number, base + 2 * offset + low, max(item.place.bit, 0) % 8))
        base += payload_size(block)
    return placed


def _kind(item: Item, tags: Sequence[Tag]) -> str:
    if item.place.function.of_bits or item.place.bit >= 0:
        return _FLAG
    kind = tags[item.row].type
    return _NONZERO if kind is ValueType.BOOL else kind


def _constant(array: npt.NDArray[ScalarT]) -> npt.NDArray[ScalarT]:
    array.flags.writeable = False
    return array
