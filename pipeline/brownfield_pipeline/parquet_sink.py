"""History as Parquet files: whole or absent, none lost, none twice.

A file holds the samples made from a run of the input, and its name says which:
`date=2026-03-29/<mapping>-<partition>-<input>-<first>-<last>.parquet`, one per UTC day of the source time.
It is written under another name and renamed; then the checkpoint moves on. A file whose run begins behind
the checkpoint was finished just before a kill: it is removed at the start and computed again.

========================  ==========================  ===================================================
time                      timestamp(ns, UTC)          the source's time
asset, property, source   dictionary of strings       `source` is "" for an expression
value                     double                      NaN where there is none
text                      string, null if there is none   strings, and the exact digits of 64-bit integers
status, reasons           uint32, uint16              OPC UA StatusCode, bits of `brownfield_api.status.Reason`
receive_time              timestamp(ns, UTC)          when the adapter received it
========================  ==========================  ===================================================
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet

from brownfield_api.batch import SampleBatch
from brownfield_api.tables import ValueType
from brownfield_pipeline.columns import join
from brownfield_pipeline.slots import Slots

_DAY = 86_400_000_000_000
_ROW_GROUP = 131_072
_UTC = DataType.timestamp("ns", tz="UTC")
_NAMES = DataType.dictionary(DataType.int32(), DataType.utf8())


@dataclass(frozen=True, slots=True)
class Extent:
    """The run of the input that a file was made from; `input` names the stream, see `Place.input_name`."""

    input: str
    first: int
    last: int


class ParquetSink:
    """Writes the files of one partition into one folder. All methods are file I/O and raise `OSError`."""

    def __init__(self, directory: Path, slots: Slots, *, partition: int) -> None:
        self.directory = directory
        self._prefix = f"{slots.table.mapping}-{partition}"
        self._generation = slots.table.generation
        self._wide = np.array([bound.config.type in _WIDE for bound in slots.properties], np.bool_)
        self._has_text = bool(self._wide.any() or slots.text.any())
        properties = slots.table.properties
        self._assets = _names([item.asset for item in properties])
        self._properties = _names([item.property for item in properties])
        self._sources = _names([item.source for item in properties])

    def write(self, batches: Sequence[SampleBatch], extent: Extent) -> list[Path]:
        """The finished files of these batches (index = slot); none if they are empty."""
        filled = [batch for batch in batches if len(batch)]
        return [self._write_day(day, extent, batch) for day, batch in _days(join(filled))] if filled else []

    def remove_behind(self, place: Extent) -> list[Path]:
        """Remove files of this partition that begin behind `place.last`, and unfinished ones; returns the former."""
        name = re.compile(rf"{re.escape(self._prefix)}-{re.escape(place.input)}-(\d+)-\d+\.parquet")
        removed = []
        for path in self.directory.glob(f"date=*/{self._prefix}-*"):
            match = name.fullmatch(path.name)
            if match is not None and int(match[1]) > place.last:
                path.unlink()
                removed.append(path)
            elif re.fullmatch(rf"{re.escape(self._prefix)}-[0-9a-f.]+-\d+-\d+\.parquet\.part", path.name):
                path.unlink()
        return removed

    def _write_day(self, day: str, extent: Extent, batch: SampleBatch) -> Path:
        folder = self.directory / f"date={day}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self._prefix}-{extent.input}-{extent.first}-{extent.last}.parquet"
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                file.write(self._file(batch, extent))
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part.replace(path)

    def _file(self, batch: SampleBatch, extent: Extent) -> memoryview:
        """The bytes of a whole file. Made in memory: a disk that is full under arro3's writer ends in a Rust panic,
        which is no `Exception`; Python's own write is an `OSError`.
        """
        file = BytesIO()
        write_parquet(
            self._table(batch),
            file,
            compression="zstd(1)",
            max_row_group_size=_ROW_GROUP,
            key_value_metadata={
                "brownfield.input": extent.input,
                "brownfield.first": str(extent.first),
                "brownfield.last": str(extent.last),
                "brownfield.generation": self._generation,
            },
        )
        return file.getbuffer()

    def _table(self, batch: SampleBatch) -> Table:
        slot = Array.from_numpy(batch.index)
        columns: dict[str, Any] = {
            "time": Array.from_numpy(batch.source_time).cast(_UTC),
            "asset": self._assets.take(slot),
            "property": self._properties.take(slot),
            "value": Array.from_numpy(batch.value),
            "status": Array.from_numpy(batch.status),
            "reasons": Array.from_numpy(batch.reasons),
            "receive_time": Array.from_numpy(batch.receive_time).cast(_UTC),
            "source": self._sources.take(slot),
        }
        if self._has_text:
            columns["text"] = Array(self._texts(batch), type=DataType.utf8())
        return Table.from_pydict(columns)

    def _texts(self, batch: SampleBatch) -> list[str | None]:
        texts: list[str | None] = [text or None for text in batch.texts()]
        for column in (batch.value_i64, batch.value_u64):
            if column is not None:
                for row in np.flatnonzero(self._wide[batch.index] & ((column != 0) | (batch.value == 0))):
                    texts[row] = str(column[row])
        return texts


def _names(names: list[str]) -> Array:
    return Array(names, type=DataType.utf8()).cast(_NAMES)


def _days(batch: SampleBatch) -> Iterator[tuple[str, SampleBatch]]:
    """The batch by UTC day of its source time, each sorted by slot: one property's samples lie together."""
    order = np.argsort(batch.index, kind="stable")
    day: npt.NDArray[np.int64] = batch.source_time[order] // _DAY
    for number in np.unique(day):
        yield str(np.datetime64(int(number), "D")), batch.take(order[day == number])


_WIDE = (ValueType.INT64, ValueType.UINT64)
