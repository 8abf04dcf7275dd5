"""The local times of an export, to UTC: whole columns at once, and the order of the rows where clocks are ambiguous.

In autumn local clocks show an hour twice and the file does not say which is which. Rows are written in the order
of time, so the first pass is summer time and a step back begins the second (PEP 495: fold 0 and 1). In spring an
hour is missing; a row that names it was written by a clock that did not jump and is read that way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from brownfield_api.errors import InvalidResource

_SECOND = 10**9
_QUARTER = 15 * 60
"""Seconds: all changes of zones since 1970 lie on a quarter of an hour, so the offset is asked for once in each."""

_FIELDS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
_REPEAT = 3 * 3600
"""Seconds from the last row within which an ambiguous time belongs to the same repeated hour."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The last row's local time (seconds since 1970 as if it were UTC) and its fold; None before the first row."""

    local: int | None = None
    fold: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """Times of rows, ns since 1970 UTC. `readable`: which rows had a time. `skipped`: how many lay in a missing hour.
    `clock`: the state after the last readable row.
    """

    utc: npt.NDArray[np.int64]
    readable: npt.NDArray[np.bool_]
    skipped: int
    clock: Clock


class TimeReader:
    """Reads times in one format (strptime) and zone (IANA); raises `InvalidResource` for a zone nobody knows."""

    def __init__(self, time_format: str, time_zone: str) -> None:
        self._format = time_format
        self._aware = "%z" in time_format
        self._template = _template(time_format)
        try:
            self._zone = ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidResource(
                f"there is no time zone {time_zone!r}", do="Use an IANA name such as Europe/Paris"
            ) from error

    def read(self, texts: Sequence[str], clock: Clock) -> Instants:
        """The instants of the rows' times, in the order of the rows; `clock` is where the rows before them ended."""
        local, nanos, readable = self._local(texts)
        if self._aware:
            return Instants(local * _SECOND + nanos, readable, 0, clock)
        first, second = self._offsets(local)
        # In a gap fold 0 has the offset before the change: the clock that did not jump.
        skipped = int(np.count_nonzero(readable & (first < second)))
        folded, clock = _folded(local, readable, readable & (first > second), clock)
        offset = np.where(folded, second, first)
        return Instants((local - offset) * _SECOND + nanos, readable, skipped, clock)

    def _offsets(self, local: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """UTC offsets in seconds of fold 0 and fold 1 for each local time."""
        quarters, where = np.unique(local // _QUARTER, return_inverse=True)
        offsets = np.array([self._offset(int(quarter) * _QUARTER) for quarter in quarters], np.int64).reshape(-1, 2)
        return offsets[where, 0], offsets[where, 1]

    def _offset(self, local: int) -> tuple[int, int]:
        moment = datetime(1970, 1, 1) + timedelta(seconds=local)  # noqa: DTZ001 - a local time, that is the point
        first, second = (moment.replace(tzinfo=self._zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
        return int(first.total_seconds()), int(second.total_seconds())

    def _local(
        self, texts: Sequence[str]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Seconds since 1970 as written, nanoseconds beyond, and which texts are times."""
        count = len(texts)
        seconds, nanos = np.zeros(count, np.int64), np.zeros(count, np.int64)
        readable = np.zeros(count, np.bool_)
        if self._template is not None:
            _read_fixed(texts, self._template, seconds, readable)
        for row in np.flatnonzero(~readable).tolist():
            moment = self._parsed(texts[row])
            if moment is not None:
                since = moment - datetime(1970, 1, 1, tzinfo=UTC)
                seconds[row] = since.days * 86400 + since.seconds
                nanos[row] = since.microseconds * 1000
                readable[row] = True
        return seconds, nanos, readable

    def _parsed(self, text: str) -> datetime | None:
        try:
            moment = datetime.strptime(text.strip(), self._format)  # noqa: DTZ007 - the zone is applied by the caller
        except ValueError:
            return None
        # Outside these years ns since 1970 do not fit int64.
        if not 1900 <= moment.year <= 2200:
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _folded(
    local: npt.NDArray[np.int64], readable: npt.NDArray[np.bool_], doubtful: npt.NDArray[np.bool_], clock: Clock
) -> tuple[npt.NDArray[np.bool_], Clock]:
    """Which of the rows lie in the second pass of a repeated hour, and the clock after them."""
    folded = np.zeros(len(local), np.bool_)
    rows = np.flatnonzero(readable)
    if len(rows) == 0:
        return folded, clock
    if not doubtful.any():
        return folded, Clock(int(local[rows[-1]]), 0)
    last, fold = clock.local, clock.fold
    for row in rows.tolist():
        now = int(local[row])
        if not doubtful[row] or last is None or abs(now - last) > _REPEAT:
            fold = 0
        elif now < last:
            fold = 1
        folded[row] = bool(fold)
        last = now
    return folded, Clock(last, fold)


@dataclass(frozen=True, slots=True)
class _Template:
    """A format of fixed width: where each field begins, and which other bytes must stand where."""

    width: int
    fields: dict[str, int]
    literals: tuple[tuple[int, int], ...]


def _template(time_format: str) -> _Template | None:
    """None for formats that have other fields, or lack one; strptime reads those row by row."""
    at, fields, literals, position = 0, {}, [], 0
    while position < len(time_format):
        name = time_format[position : position + 2]
        if name in _FIELDS and name not in fields:
            fields[name] = at
            at += _FIELDS[name]
            position += 2
        elif time_format[position] == "%" or not time_format[position].isascii():
            return None
        else:
            literals.append((at, ord(time_format[position])))
            at += 1
            position += 1
    return _Template(at, fields, tuple(literals)) if {"%Y", "%m", "%d"} <= fields.keys() else None


def _read_fixed(
    texts: Sequence[str], template: _Template, seconds: npt.NDArray[np.int64], readable: npt.NDArray[np.bool_]
) -> None:
    """Reads the texts that fit the template exactly; leaves the others for strptime."""
    rows = [row for row, text in enumerate(texts) if len(text) == template.width and text.isascii()]
    if not rows:
        return
    joined = "".join([texts[row] for row in rows]).encode("ascii")
    marks = np.frombuffer(joined, np.uint8).reshape(len(rows), template.width)
    fits = np.ones(len(rows), np.bool_)
    for at, mark in template.literals:
        fits &= marks[:, at] == mark
    found: dict[str, npt.NDArray[np.int64]] = {}
    for name, at in template.fields.items():
        digits = marks[:, at : at + _FIELDS[name]].astype(np.int64) - ord("0")
        fits &= ((digits >= 0) & (digits <= 9)).all(axis=1)
        found[name] = digits @ (10 ** np.arange(_FIELDS[name] - 1, -1, -1, dtype=np.int64))
    days, exists = _days(found["%Y"], found["%m"], found["%d"])
    zero = np.zeros(len(rows), np.int64)
    hour, minute, second = (found.get(name, zero) for name in ("%H", "%M", "%S"))
    fits &= exists & (hour < 24) & (minute < 60) & (second < 60)
    place = np.array(rows)[fits]
    seconds[place] = (days * 86400 + hour * 3600 + minute * 60 + second)[fits]
    readable[place] = True


def _days(
    year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Days since 1970-01-01, and which of the dates exist."""
    exists = (year >= 1900) & (year <= 2200) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(exists, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    following = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64)
    exists &= day <= following - first
    return first + day - 1, exists
