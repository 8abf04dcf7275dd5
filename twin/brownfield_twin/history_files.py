"""The past beyond memory: the Parquet files that pipelines finish, read by DuckDB.

Files are `<directory>/date=YYYY-MM-DD/*.parquet` and appear complete (renamed on completion). A file that
cannot be read is said once and left out: one broken file must not hide the others. A mapping may write into
several of the folders, so what they hold twice is given once. DuckDB runs in a thread, with bounded memory
and without its extensions, so that it never asks the network for anything.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import structlog

from brownfield_api.status import Reason
from brownfield_twin.columns import SECOND
from brownfield_twin.ring import Samples

MAX_ROWS = 2_000_000
"""Bound on the samples one question may bring into memory; the newest are kept."""

RESOLUTION = 1_000
"""Nanoseconds: DuckDB reads UTC timestamps of Parquet in whole microseconds."""

EMPTY = Samples(np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint8))

_QUERY = f"""
    SELECT epoch_ns(time) AS time, value::DOUBLE AS value, least(status::UINTEGER >> 30, 2)::UTINYINT AS quality
    FROM read_parquet($files, hive_partitioning = false)
    WHERE asset = $asset AND property = $property AND (reasons & {int(Reason.HELD)}) = 0
      AND epoch_ns(time) >= $begin AND epoch_ns(time) < $end
    ORDER BY time DESC LIMIT {MAX_ROWS}
"""  # noqa: S608 (two constants of ours; what a client sends is bound as a parameter)

_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "512MB",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}

_log = structlog.get_logger(__name__)


class HistoryFiles:
    """Finished files below all of `directories`."""

    def __init__(self, *directories: str) -> None:
        self._directories = tuple(Path(directory) for directory in directories)
        self._few_at_a_time = asyncio.Semaphore(2)
        self._unreadable: set[str] = set()

    async def read(self, asset: str, property_name: str, begin: int, end: int) -> Samples:
        """Samples of a property with begin <= source time < end (whole microseconds), oldest first, not held."""
        if not self._directories or begin >= end:
            return EMPTY
        async with self._few_at_a_time:
            return await asyncio.to_thread(self._read, asset, property_name, begin, end)

    def _read(self, asset: str, property_name: str, begin: int, end: int) -> Samples:
        found = [path for directory in self._directories for path in files_between(directory, begin, end)]
        files = [path for path in found if path not in self._unreadable]
        question: dict[str, str | int] = {"asset": asset, "property": property_name, "begin": begin, "end": end}
        try:
            return _once([_ask(files, question)])
        except duckdb.Error:
            return _once([self._read_one(path, question) for path in files])

    def _read_one(self, path: str, question: dict[str, str | int]) -> Samples:
        try:
            return _ask([path], question)
        except duckdb.Error as error:
            if Path(path).exists():  # else it was only tidied away meanwhile
                self._unreadable.add(path)
                _log.warning("history file cannot be read and is left out", file=path, error=str(error))
            return EMPTY


def files_between(directory: Path, begin: int, end: int) -> list[str]:
    """Files whose folder's day may hold samples of this time; a day's margin on both sides for late ones."""
    first, last = (_day(begin) - timedelta(days=1)).isoformat(), (_day(end) + timedelta(days=1)).isoformat()
    folders = sorted(directory.glob("date=????-??-??"))
    return [
        str(path)
        for folder in folders
        if first <= folder.name.removeprefix("date=") <= last
        for path in sorted(folder.glob("*.parquet"))
    ]


def _day(time: int) -> date:
    return datetime.fromtimestamp(time // SECOND, UTC).date()


def _ask(files: Sequence[str], question: dict[str, str | int]) -> Samples:
    """What the files hold, in no order. Each question has a connection of its own: a file that breaks DuckDB's
    inside makes that connection useless.
    """
    if not files:
        return EMPTY
    with duckdb.connect(":memory:", config=_OFFLINE) as connection:
        found = connection.execute(_QUERY, {"files": list(files), **question}).fetchnumpy()
    value = np.ma.filled(np.ma.asarray(found["value"]), np.nan)
    return Samples(np.asarray(found["time"], np.int64), np.asarray(value, np.float64), np.asarray(found["quality"]))


def _once(parts: Sequence[Samples]) -> Samples:
    """All parts by time, each sample once."""
    time = np.concatenate([EMPTY.time, *(part.time for part in parts)])
    value = np.concatenate([EMPTY.value, *(part.value for part in parts)])
    quality = np.concatenate([EMPTY.quality, *(part.quality for part in parts)])
    order = np.lexsort((quality, value, time))
    time, value, quality = time[order], value[order], quality[order]
    new = np.ones(len(time), np.bool_)
    new[1:] = (np.diff(time) != 0) | (np.diff(quality) != 0) | (value[1:] != value[:-1])
    new[1:] &= ~((np.diff(time) == 0) & (np.diff(quality) == 0) & np.isnan(value[1:]) & np.isnan(value[:-1]))
    return Samples(time[new], value[new], quality[new])
