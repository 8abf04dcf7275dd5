"""Rows of one file to a batch: which column is which tag, and the row-by-row order of the samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from brownfield_adapters.files.cells import Cells, read_cells
from brownfield_adapters.files.lines import fitted
from brownfield_adapters.files.quoting import listed
from brownfield_adapters.files.times import Clock, TimeReader
from brownfield_api.batch import SampleBatch, utf8_column
from brownfield_api.tables import Tag, ValueType

ScalarT = TypeVar("ScalarT", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Rows:
    """The samples of some rows. `newest` is the newest row's time (ns, 0 = no row); `broken` says what was wrong
    with the first row that was skipped, "" if none was; `skipped` counts rows, `missing` rows in a missing hour.
    """

    batch: SampleBatch | None
    clock: Clock
    newest: int
    skipped: int
    broken: str
    missing: int


class FileTable:
    """The columns of one file. `unknown` are the tags (by position) it has no column for."""

    def __init__(self, header: Sequence[str], tags: Sequence[Tag], times: TimeReader, time_column: str) -> None:
        """Raises `ValueError` if there is no time column."""
        self._header = [name.strip() for name in header]
        while self._header and not self._header[-1]:
            self._header.pop()
        if time_column not in self._header:
            raise ValueError(f"no column {time_column!r} among {listed(self._header)}")
        self._time = self._header.index(time_column)
        self._times = times
        self._tags = tags
        known = [index for index, tag in enumerate(tags) if tag.address in self._header]
        self._columns = [self._header.index(tags[index].address) for index in known]
        self._known = np.array(known, np.uint32)
        self.unknown = frozenset(range(len(tags))) - frozenset(known)

    def read(self, rows: Sequence[Sequence[str] | None], decimal: str, clock: Clock, now: int) -> Rows:
        """The samples of the rows, received at `now` (ns), in the order of the rows."""
        width = len(self._header)
        whole: list[Sequence[str]] = []
        broken = ""
        skipped = 0
        for row in rows:
            fit = None if row is None else fitted(row, width)
            if fit is not None and [cell.strip() for cell in fit] != self._header:
                whole.append(fit)
            elif fit is None and row != [""]:
                skipped += 1
                broken = broken or (
                    "a quote that does not end" if row is None else f"{len(row)} cells where {width} are expected"
                )
        texts = [row[self._time].strip() for row in whole]
        instants = self._times.read(texts, clock)
        readable = np.flatnonzero(instants.readable)
        if len(readable) < len(whole):
            skipped += len(whole) - len(readable)
            unreadable = texts[int(np.flatnonzero(~instants.readable)[0])]
            broken = broken or f"{unreadable[:40]!r} is no time in the format given"
            whole = [whole[row] for row in readable.tolist()]
        utc = instants.utc[readable]
        newest = int(utc.max()) if len(utc) else 0
        batch = self._batch(whole, utc, decimal, now) if len(utc) and len(self._known) else None
        return Rows(batch, instants.clock, newest, skipped, broken, instants.skipped)

    def _batch(self, rows: Sequence[Sequence[str]], utc: npt.NDArray[np.int64], decimal: str, now: int) -> SampleBatch:
        tags = [self._tags[index] for index in self._known.tolist()]
        columns = [
            read_cells([row[column] for row in rows], tag.type, decimal)
            for column, tag in zip(self._columns, tags, strict=True)
        ]
        count = len(rows) * len(columns)
        return SampleBatch(
            index=np.tile(self._known, len(rows)),
            value=np.stack([each.value for each in columns], axis=1).ravel(),
            status=np.stack([each.status for each in columns], axis=1).ravel(),
            reasons=np.stack([each.reasons for each in columns], axis=1).ravel(),
            source_time=np.repeat(utc, len(columns)),
            receive_time=np.full(count, now, np.int64),
            value_i64=_exact(columns, tags, ValueType.INT64, np.dtype(np.int64), len(rows)),
            value_u64=_exact(columns, tags, ValueType.UINT64, np.dtype(np.uint64), len(rows)),
            value_utf8=utf8_column(_texts(columns, len(rows))) if any(each.texts for each in columns) else None,
        )


def _exact(
    columns: Sequence[Cells], tags: Sequence[Tag], kind: ValueType, dtype: "np.dtype[ScalarT]", rows: int
) -> npt.NDArray[ScalarT] | None:
    if not any(tag.type is kind for tag in tags):
        return None
    table = np.zeros((rows, len(columns)), dtype)
    for at, (column, tag) in enumerate(zip(columns, tags, strict=True)):
        if tag.type is kind:
            table[:, at] = np.array(column.exact, dtype)
    return table.ravel()


def _texts(columns: Sequence[Cells], rows: int) -> list[str]:
    return [each.texts[row] if each.texts else "" for row in range(rows) for each in columns]
