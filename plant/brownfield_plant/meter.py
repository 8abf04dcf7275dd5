"""An energy meter behind an old export: CSV files that somebody's scheduled task drops into a folder.

Such exports look like this one: `;` between cells, a decimal comma, latin-1, the local time of the place without
an offset (so an hour repeats every autumn), CR LF, a new file every so many rows, and now and then a row that is
half there until the program writes the rest. `F1_row` numbers the rows without a hole, across files and across
restarts of the simulator.
"""

import errno
import logging
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from brownfield_api.errors import BrownfieldError
from brownfield_plant.config import ExportConfig
from brownfield_plant.device import Device
from brownfield_plant.faults import FaultKind, Faults
from brownfield_plant.journal import Journal
from brownfield_plant.playback import Tick
from brownfield_plant.records import METER_COLUMNS

_log = logging.getLogger(__name__)

ENCODING = "latin-1"
END = "\r\n"
BAD_TEXT = "#WERT!"
"""What a spreadsheet-born export writes where a number is missing its sense."""


@dataclass(frozen=True)
class _Line:
    row: int
    played: datetime
    stamp: datetime
    text: str


class ExportMeter(Device):
    """One meter, writing below `exports`.

    Away means that the share is gone: the folder is renamed out of sight, the export goes on writing, and on
    `back` everything written meanwhile is there. A slow export writes each row so many seconds after its time
    (looked at whenever a record is played). Frozen, no rows are added.
    """

    kind = "export"
    understands: ClassVar[frozenset[FaultKind]] = frozenset(
        {
            FaultKind.AWAY,
            FaultKind.BACK,
            FaultKind.RESTART,
            FaultKind.FREEZE,
            FaultKind.THAW,
            FaultKind.CLOCK,
            FaultKind.BAD,
            FaultKind.SLOW,
            FaultKind.CLEAR,
        }
    )

    def __init__(self, config: ExportConfig, exports: Path) -> None:
        super().__init__(config.name, "", Journal(time.time))
        self._config = config
        self._shown = exports / config.folder
        self._hidden = self._shown.with_name(f".{self._shown.name}.away")
        self._zone = _zone(config)
        self._row = 0
        self._rows_in_file = 0
        self._file = ""
        self._rest = ""
        self._waiting: deque[_Line] = deque()

    @property
    def bound(self) -> None:
        return None

    @property
    def place(self) -> str:
        return f"export folder {self._shown}"

    @property
    def tags(self) -> Collection[str]:
        return METER_COLUMNS

    @property
    def folder(self) -> Path:
        """Where the files lie now: the shared folder, or its hiding place while the share is away."""
        return self._hidden if self.faults.away else self._shown

    async def start(self) -> None:
        try:
            if self._hidden.is_dir() and not self._shown.exists():
                self._hidden.rename(self._shown)
            self._shown.mkdir(parents=True, exist_ok=True)
            self._row = last_row(self._shown, self._config.feeder)
        except OSError as error:
            raise BrownfieldError(
                f"the export folder {self._shown} cannot be used: {error.strerror}", self.name, "Name another folder"
            ) from error
        self._file, self._rows_in_file = "", 0

    async def stop(self) -> None:
        try:
            self._write_due(lambda _line: True)
            self.complete()
        except OSError as error:
            _log.warning("%s cannot finish its last file: %s", self.name, error)

    async def play(self, tick: Tick) -> None:
        if not self.faults.frozen:
            for row in tick.rows(self._config.record):
                self._row += 1
                stamp = tick.stamp + timedelta(seconds=self.faults.clock)
                self._waiting.append(_Line(self._row, tick.stamp, stamp, self._text(stamp, row)))
        due = tick.stamp - timedelta(seconds=self.faults.slow)
        self.complete()
        self._write_due(lambda line: line.played <= due)

    async def changed(self, before: Faults) -> None:
        if self.faults.away and not before.away:
            self._shown.rename(self._hidden)
        elif before.away and not self.faults.away:
            self._hidden.rename(self._shown)

    def complete(self) -> None:
        """Write the missing half of the last row, if there is one."""
        if self._rest:
            self._append(self._file, self._rest)
            self._rest = ""

    def _text(self, stamp: datetime, row: NDArray[np.float64]) -> str:
        cells = [
            BAD_TEXT if name in self.faults.bad else "" if np.isnan(value) else f"{value:.3f}".replace(".", ",")
            for name, value in zip(METER_COLUMNS, row.tolist(), strict=True)
        ]
        local = stamp.astimezone(self._zone)
        return ";".join([f"{local:%d.%m.%Y %H:%M:%S}", self._config.feeder, *cells, str(self._row)]) + END

    def _write_due(self, due: Callable[[_Line], bool]) -> None:
        # A line leaves the queue only when it is in the file: a full disk delays rows and loses none.
        while self._waiting and due(self._waiting[0]):
            self._write(self._waiting[0])
            self._waiting.popleft()

    def _write(self, line: _Line) -> None:
        self.complete()
        if not self._file or self._rows_in_file >= self._config.rows_per_file:
            self._begin(line.stamp)
        every = self._config.half_every
        half = len(line.text) // 2 if every and line.row % every == 0 else len(line.text)
        self._append(self._file, line.text[:half])
        self._rest = line.text[half:]
        self._rows_in_file += 1

    def _begin(self, stamp: datetime) -> None:
        stem = f"{self._config.feeder}_{stamp.astimezone(self._zone):%Y%m%d_%H%M%S}"
        name, number = f"{stem}.csv", 1
        while (self.folder / name).exists():
            number += 1
            name = f"{stem}_{number}.csv"
        columns = [f"{self._config.feeder}_{column}" for column in (*METER_COLUMNS, "row")]
        self._append(name, ";".join(["Zeit", "Zähler", *columns]) + END)
        self._file, self._rows_in_file = name, 0

    def _append(self, name: str, text: str) -> None:
        """Append all of `text` or nothing of it; raises `OSError`."""
        with (self.folder / name).open("ab", buffering=0) as file:
            before = file.tell()
            data = text.encode(ENCODING)
            try:
                written = file.write(data)
            except OSError:
                file.truncate(before)
                raise
            if written != len(data):
                file.truncate(before)
                raise OSError(errno.ENOSPC, "only a part of the row could be written", name)


def last_row(folder: Path, feeder: str) -> int:
    """The highest row number in the files of `feeder`, 0 without any. An unfinished last line does not count."""
    found = 0
    for path in folder.glob(f"{feeder}_*.csv"):
        whole, _, _ = path.read_bytes().rpartition(b"\n")
        number = whole.rpartition(b";")[2].strip()
        if number.isdigit():
            found = max(found, int(number))
    return found


def _zone(config: ExportConfig) -> ZoneInfo:
    try:
        return ZoneInfo(config.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BrownfieldError(
            f"there is no time zone {config.timezone}", config.name, "Use a name such as Europe/Paris"
        ) from error
