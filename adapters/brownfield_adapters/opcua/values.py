"""Values as the server sent them, to the sample batch as the tag table declares them.

The server's word stays: status codes and source times are copied exactly. Only what cannot be a value of the
declared type is refused, sample by sample: `BadTypeMismatch` for another type, `BadOutOfRange` for a number that
does not fit, `Bad` with `NonFinite` for NaN and infinities, `BadNoData` for a good null. An integer reads as a
float (nearest double), never the other way round.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from brownfield_adapters.opcua.decode import DOUBLE, FLOAT, NULL, STRING, UINT64, Values
from brownfield_api.batch import SampleBatch, utf8_column
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, ValueType

_TYPES = tuple(ValueType)
_FLOATS = (ValueType.FLOAT32, ValueType.FLOAT64)
_INTEGER_KINDS = range(2, 10)
_EPOCH_TICKS = 116_444_736_000_000_000
"""1970-01-01 in 100 ns since 1601 (Part 6 §5.2.2.5)."""

_LAST_TICKS = _EPOCH_TICKS + (2**63 - 1) // 100
"""Later times do not fit int64 ns; servers send the year 9999 for "unknown"."""

_OVERFLOW, _OVERFLOW_BITS = np.uint32(0x0480), np.uint32(0x0C80)
"""InfoType DataValue and the Overflow bit of a StatusCode (Part 4 §7.39.1): samples before this one were dropped."""


def _accepted() -> npt.NDArray[np.bool_]:
    table = np.zeros((len(_TYPES), 256), np.bool_)
    for row, declared in enumerate(_TYPES):
        if declared is ValueType.BOOL:
            table[row, 1] = True
        elif declared is ValueType.STRING:
            table[row, STRING] = True
        else:
            table[row, list(_INTEGER_KINDS)] = True
            table[row, [FLOAT, DOUBLE]] = declared in _FLOATS
    table.flags.writeable = False
    return table


_ACCEPTED = _accepted()
"""Which built-in types (columns) can be a value of which declared type (rows, in the order of `ValueType`)."""


def _bounds(declared: ValueType) -> tuple[float, float]:
    if declared in _FLOATS or declared in (ValueType.BOOL, ValueType.STRING):
        return -np.inf, np.inf
    bits = int(declared.lstrip("uint"))
    return (0.0, 2.0**bits - 1) if declared.startswith("u") else (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)


class TagColumns:
    """What a source's tag table says, in columns; turns decoded values into batches.

    `timestamps` is source, server or gather: whose clock the source time comes from; where the chosen one did
    not send a time, the next one in that order did.
    """

    def __init__(self, tags: Sequence[Tag], timestamps: str) -> None:
        self._timestamps = timestamps
        self._type = np.array([_TYPES.index(tag.type) for tag in tags], np.intp)
        bounds = np.array([_bounds(tag.type) for tag in tags], np.float64).reshape(-1, 2)
        self._low, self._high = bounds[:, 0], bounds[:, 1]
        declared = {tag.type for tag in tags}
        self._has = {kind: kind in declared for kind in (ValueType.INT64, ValueType.UINT64, ValueType.STRING)}
        self.deadband = np.array([tag.deadband for tag in tags], np.float64)

    def batch(self, index: npt.NDArray[np.uint32], values: Values, now: int) -> SampleBatch:
        """The samples of the tags `index`, one for each of `values`, received at `now` (ns since 1970)."""
        declared = self._type[index]
        status, reasons = self._judge(index, declared, values)
        bad = status >= np.uint32(Status.BAD)
        number = np.where(bad, np.nan, values.number)
        is_text = declared == _TYPES.index(ValueType.STRING)
        number[is_text & ~bad] = 0.0
        return SampleBatch(
            index=index,
            value=number,
            status=status,
            reasons=reasons,
            source_time=self._times(values, now),
            receive_time=np.full(len(index), now, np.int64),
            value_i64=self._exact(ValueType.INT64, declared, values, bad),
            value_u64=self._unsigned(declared, values, bad),
            value_utf8=utf8_column(self._texts(values, bad)) if self._has[ValueType.STRING] else None,
        )

    def _judge(
        self, index: npt.NDArray[np.uint32], declared: npt.NDArray[np.intp], values: Values
    ) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
        status = values.status.copy()
        reasons = np.zeros(len(index), np.uint16)
        reasons[(status & _OVERFLOW_BITS) == _OVERFLOW] = Reason.GAP_BEFORE
        usable = status < np.uint32(Status.BAD)
        null = usable & (values.kind == NULL)
        mismatch = usable & ~null & ~_ACCEPTED[declared, values.kind]
        outside = usable & ~null & ~mismatch & self._outside(index, declared, values)
        broken = usable & ~null & ~mismatch & ~np.isfinite(values.number)
        for rows, code, reason in (
            (null, Status.BAD_NO_DATA, Reason.NONE),
            (mismatch, Status.BAD_TYPE_MISMATCH, Reason.UNREADABLE),
            (outside, Status.BAD_OUT_OF_RANGE, Reason.UNREADABLE),
            (broken, Status.BAD, Reason.NON_FINITE),
        ):
            if rows.any():
                status[rows] = code
                reasons[rows] |= np.uint16(reason)
        return status, reasons

    def _outside(
        self, index: npt.NDArray[np.uint32], declared: npt.NDArray[np.intp], values: Values
    ) -> npt.NDArray[np.bool_]:
        outside = (values.number < self._low[index]) | (values.number > self._high[index])
        # 64-bit limits are not doubles; the sign of the exact bits tells.
        negative = values.bits < 0
        unsigned = values.kind == UINT64
        outside |= unsigned & negative & (declared == _TYPES.index(ValueType.INT64))
        outside |= ~unsigned & negative & (declared == _TYPES.index(ValueType.UINT64))
        return outside

    def _times(self, values: Values, now: int) -> npt.NDArray[np.int64]:
        times = np.full(len(values), now, np.int64)
        if self._timestamps == "gather":
            return times
        order = (values.server_ticks, values.source_ticks) if self._timestamps == "source" else (values.server_ticks,)
        for ticks in order:
            known = (ticks > 0) & (ticks < _LAST_TICKS)
            times[known] = (ticks[known] - _EPOCH_TICKS) * 100
        return times

    def _exact(
        self, wanted: ValueType, declared: npt.NDArray[np.intp], values: Values, bad: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64] | None:
        if not self._has[wanted]:
            return None
        return np.where((declared == _TYPES.index(wanted)) & ~bad, values.bits, np.int64(0))

    def _unsigned(
        self, declared: npt.NDArray[np.intp], values: Values, bad: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.uint64] | None:
        bits = self._exact(ValueType.UINT64, declared, values, bad)
        return None if bits is None else bits.view(np.uint64)

    @staticmethod
    def _texts(values: Values, bad: npt.NDArray[np.bool_]) -> list[str]:
        texts = [""] * len(values)
        for row, text in values.texts.items():
            if not bad[row]:
                texts[row] = text
        return texts


def refused(index: npt.NDArray[np.uint32], status: npt.NDArray[np.uint32], now: int) -> SampleBatch:
    """Samples of tags that cannot be read, with the server's status codes, at `now` (ns since 1970)."""
    count = len(index)
    times = np.full(count, now, np.int64)
    return SampleBatch(index, np.full(count, np.nan), status, np.zeros(count, np.uint16), times, times)
