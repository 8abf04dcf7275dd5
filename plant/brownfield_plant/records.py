"""The recorded past of the plant, as columns over a ten-minute grid.

Files come in pairs `scada-<date>.csv.gz` and `meter-<date>.csv.gz`, one pair per span; spans follow each other
in the order of their names. Inside a span nothing is repaired: a missing record is a step without rows, a
record that exists twice is a step with two rows, an empty cell is NaN.
"""

import csv
import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brownfield_api.errors import BrownfieldError

TURBINE_COLUMNS = ("P_avg", "Ws_avg", "Ba_avg", "Va_avg", "Ot_avg", "Ya_avg", "Wa_avg")
"""Ten-minute means: kW, m/s, deg, deg, Cel, deg, deg. The order of every turbine's columns in this room."""

METER_COLUMNS = ("net_energy_kwh", "availability_kwh", "curtailment_kwh")
"""Energy of the ten minutes in kW.h. The order of the meter's columns in this room."""

METER = "meter"
STEP_SECONDS = 600


@dataclass(frozen=True)
class Track:
    """The rows of one machine: row r of step s is `values[first[s] + r]`, up to `first[s + 1]`.

    Shapes: `values` float64 (rows, columns), `first` int64 (steps + 1).
    """

    columns: tuple[str, ...]
    values: NDArray[np.float64]
    first: NDArray[np.int64]

    def rows(self, step: int) -> NDArray[np.float64]:
        """The records of that step, in file order: none, one, or several when one was recorded twice."""
        rows: NDArray[np.float64] = self.values[self.first[step] : self.first[step + 1]]
        return rows


@dataclass(frozen=True)
class Records:
    """All tracks over one grid; `times` is the recorded UTC time of each step in seconds since 1970."""

    times: NDArray[np.int64]
    tracks: dict[str, Track]

    @property
    def steps(self) -> int:
        return len(self.times)

    def recorded(self, step: int) -> datetime:
        return datetime.fromtimestamp(int(self.times[step]), UTC)

    def step_at(self, moment: datetime) -> int:
        """The first step recorded at or after `moment`; the very first when there is none."""
        step = int(np.searchsorted(self.times, int(moment.timestamp())))
        return step if step < self.steps else 0


def load_records(folder: Path) -> Records:
    """Read every span below `folder`; raises `BrownfieldError` with file and line."""
    turbines = sorted(folder.glob("scada-*.csv.gz"))
    if not turbines:
        raise BrownfieldError("no scada-*.csv.gz here", str(folder), "Name the folder that holds the plant's records")
    rows: dict[str, list[tuple[int, list[float]]]] = {}
    times: list[NDArray[np.int64]] = []
    steps = 0
    for path in turbines:
        meter = path.with_name(path.name.replace("scada-", "meter-", 1))
        span = [*_read(path, "Date_time", "Wind_turbine_name", TURBINE_COLUMNS)]
        span += _read(meter, "time_utc", None, METER_COLUMNS)
        stamps = [stamp for _, stamp, _ in span]
        grid = np.arange(min(stamps), max(stamps) + 1, STEP_SECONDS, dtype=np.int64)
        for machine, stamp, values in span:
            rows.setdefault(machine, []).append((steps + (stamp - int(grid[0])) // STEP_SECONDS, values))
        times.append(grid)
        steps += len(grid)
    return Records(np.concatenate(times), {machine: _track(machine, found, steps) for machine, found in rows.items()})


def _read(
    path: Path, time_column: str, machine_column: str | None, columns: tuple[str, ...]
) -> Iterable[tuple[str, int, list[float]]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):
                try:
                    stamp = int(datetime.fromisoformat(row[time_column]).timestamp())
                    values = [float(row[column] or "nan") for column in columns]
                    machine = row[machine_column] if machine_column else METER
                except (KeyError, TypeError, ValueError) as error:
                    raise BrownfieldError(f"not a record: {error}", f"{path.name} line {line}") from error
                yield machine, stamp, values
    except (OSError, EOFError) as error:
        raise BrownfieldError(f"cannot be read: {error}", str(path)) from error


def _track(machine: str, rows: list[tuple[int, list[float]]], steps: int) -> Track:
    # sort() is stable: records that share a step keep the order of the file.
    rows.sort(key=lambda row: row[0])
    counts = np.bincount(np.array([step for step, _ in rows], dtype=np.int64), minlength=steps)
    first = np.zeros(steps + 1, dtype=np.int64)
    np.cumsum(counts, out=first[1:])
    columns = METER_COLUMNS if machine == METER else TURBINE_COLUMNS
    return Track(columns, np.array([values for _, values in rows], dtype=np.float64), first)
