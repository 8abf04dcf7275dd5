"""Columns of text to columns of samples: numbers with any decimal mark, flags, strings, and what is none of them.

An empty cell is `BadNoData`; a cell that is not a value of the tag's type is `Bad` with `Unreadable`, and costs
nothing but itself. A column that holds only clean numbers is converted in one go.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt

from brownfield_api.status import Reason, Status
from brownfield_api.tables import ValueType

_FLAGS = {"true": 1.0, "1": 1.0, "yes": 1.0, "on": 1.0, "false": 0.0, "0": 0.0, "no": 0.0, "off": 0.0}
_FLOATS = (ValueType.FLOAT32, ValueType.FLOAT64)
_WIDE = (ValueType.INT64, ValueType.UINT64)
_ONE_BY_ONE = frozenset({ValueType.BOOL, ValueType.STRING, *_WIDE})
"""Types that no double can stand for."""

_MOST_DIGITS = 20
"""Decimal places before the mark of the largest 64-bit number; looked at before the digits are made."""

_Number = tuple[float, int, int, int]
"""Value, status, reasons and the exact integer of one cell."""

_UNREADABLE: _Number = (math.nan, Status.BAD, Reason.UNREADABLE, 0)
_TOO_LARGE: _Number = (math.nan, Status.BAD_OUT_OF_RANGE, Reason.UNREADABLE, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A column of one tag. `exact` holds the integers of 64-bit types, `texts` the strings; else empty."""

    value: npt.NDArray[np.float64]
    status: npt.NDArray[np.uint32]
    reasons: npt.NDArray[np.uint16]
    exact: Sequence[int] = ()
    texts: Sequence[str] = ()


def read_cells(texts: Sequence[str], kind: ValueType, decimal: str) -> Cells:
    """The cells of one column as values of type `kind`; `decimal` is the decimal mark."""
    cells = None if kind in _ONE_BY_ONE else _clean(texts, decimal)
    if cells is None or (kind not in _FLOATS and not _fits(cells.value, kind)):
        return _one_by_one(texts, kind, decimal)
    return cells


def _fits(value: npt.NDArray[np.float64], kind: ValueType) -> bool:
    low, high = bounds(kind)
    return bool(((value >= low) & (value <= high) & (value == np.floor(value))).all())


def _clean(texts: Sequence[str], decimal: str) -> Cells | None:
    """All cells are finite numbers; None otherwise."""
    joined = "\n".join(texts)
    if "_" in joined:  # Python's digit separator is no number in a file
        return None
    if decimal != ".":
        if "." in joined:
            return None
        joined = joined.replace(decimal, ".")
    try:
        value = np.array([float(text) for text in joined.split("\n")], np.float64)
    except ValueError:
        return None
    count = len(texts)
    if len(value) != count or not np.isfinite(value).all():
        return None
    return Cells(value, np.zeros(count, np.uint32), np.zeros(count, np.uint16))


def _one_by_one(texts: Sequence[str], kind: ValueType, decimal: str) -> Cells:
    count = len(texts)
    value = np.full(count, np.nan)
    status = np.zeros(count, np.uint32)
    reasons = np.zeros(count, np.uint16)
    wide = kind in _WIDE
    exact = [0] * count if wide else []
    kept = [""] * count if kind is ValueType.STRING else []
    for row, text in enumerate(texts):
        cell = text.strip()
        if not cell:
            status[row] = Status.BAD_NO_DATA
        elif kind is ValueType.STRING:
            kept[row], value[row] = cell, 0.0
        else:
            value[row], status[row], reasons[row], integer = _number(cell, kind, decimal)
            if wide:
                exact[row] = integer
    return Cells(value, status, reasons, exact, kept)


def _number(cell: str, kind: ValueType, decimal: str) -> _Number:
    if kind is ValueType.BOOL:
        flag = _FLAGS.get(cell.lower())
        return _UNREADABLE if flag is None else (flag, 0, 0, 0)
    if "_" in cell or (decimal != "." and "." in cell):
        return _UNREADABLE
    try:
        number = Decimal(cell.replace(decimal, "."))
    except InvalidOperation:
        return _UNREADABLE
    if not number.is_finite() or not math.isfinite(float(number)):
        return math.nan, Status.BAD, Reason.NON_FINITE, 0
    return (float(number), 0, 0, 0) if kind in _FLOATS else _integer(number, kind)


def _integer(number: Decimal, kind: ValueType) -> _Number:
    """Exports write counters as 12,00; but half a count is no integer."""
    if number.adjusted() > _MOST_DIGITS:
        return _TOO_LARGE
    if number != int(number):
        return _UNREADABLE
    low, high = bounds(kind)
    return (float(number), 0, 0, int(number)) if low <= number <= high else _TOO_LARGE


def bounds(kind: ValueType) -> tuple[int, int]:
    """Smallest and largest value of an integer type."""
    bits = int(kind.lstrip("uint"))
    return (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
