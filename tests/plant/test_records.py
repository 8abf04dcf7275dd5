"""The committed extract holds what the demo promises, and is read without repairing any of it."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from brownfield_api.errors import BrownfieldError
from brownfield_plant import Records, load_records
from brownfield_plant.records import TURBINE_COLUMNS

TURBINES = ("R80711", "R80721", "R80736", "R80790")


@pytest.fixture(scope="module")
def extract(example: Path) -> Records:
    return load_records(example / "records")


def _at(records: Records, *when: int) -> int:
    return records.step_at(datetime(*when, tzinfo=UTC))  # type: ignore[misc,arg-type]


def test_the_attribution_lies_beside_the_extract(example: Path) -> None:
    text = (example / "records" / "README.md").read_text(encoding="utf-8")
    assert "ENGIE" in text
    assert "Open License 2.0 (Etalab)" in text
    assert "OpenOA" in text


def test_the_extract_is_small_enough_to_commit(example: Path) -> None:
    assert sum(path.stat().st_size for path in (example / "records").iterdir()) < 600_000


def test_there_are_four_turbines_and_the_meter(extract: Records) -> None:
    assert set(extract.tracks) == {*TURBINES, "meter"}
    assert 3 * 7 * 144 <= extract.steps <= 4 * 7 * 144


def test_the_hour_that_nobody_recorded_is_six_steps_without_rows(extract: Records) -> None:
    gap = _at(extract, 2014, 10, 26, 0, 0)
    counts = [len(extract.tracks["R80711"].rows(step)) for step in range(gap - 1, gap + 7)]
    assert counts == [1, 0, 0, 0, 0, 0, 0, 1]


def test_a_record_that_exists_twice_gives_two_rows_in_file_order(extract: Records) -> None:
    rows = extract.tracks["R80711"].rows(_at(extract, 2014, 3, 30, 1, 0))
    assert rows[:, 0].tolist() == [202.32, 172.61]


def test_an_empty_cell_is_nan_and_its_row_stays(extract: Records) -> None:
    rows = extract.tracks["R80736"].rows(_at(extract, 2014, 6, 18, 6, 0))
    assert rows.shape == (1, len(TURBINE_COLUMNS))
    assert np.isnan(rows).all()


def test_a_stuck_value_stays_stuck(extract: Records) -> None:
    start, end = _at(extract, 2014, 10, 25, 16, 0), _at(extract, 2014, 10, 26, 0, 0)
    pitch = [extract.tracks["R80736"].rows(step)[0, TURBINE_COLUMNS.index("Ba_avg")] for step in range(start, end)]
    assert set(pitch) == {45.0}


def test_the_curtailment_of_the_tenth_of_june_is_in_the_meter(extract: Records) -> None:
    steps = range(_at(extract, 2014, 6, 10), _at(extract, 2014, 6, 11))
    curtailed = sum(extract.tracks["meter"].rows(step)[0, 2] for step in steps)
    assert curtailed > 10_000


def test_a_time_before_after_and_between_the_spans_finds_a_step(extract: Records) -> None:
    assert _at(extract, 2013, 1, 1) == 0
    assert _at(extract, 2015, 1, 1) == 0
    assert extract.recorded(_at(extract, 2014, 5, 1)) == datetime(2014, 6, 6, tzinfo=UTC)


def test_a_broken_row_is_named_with_file_and_line(tmp_path: Path) -> None:
    header = "Wind_turbine_name,Date_time," + ",".join(TURBINE_COLUMNS)
    row = "R1,2014-01-01T01:00:00+01:00,1,2,3,4,5,6,many"
    with gzip.open(tmp_path / "scada-2014-01-01.csv.gz", "wt") as file:
        file.write(f"{header}\n{row}\n")
    with pytest.raises(BrownfieldError, match=r"scada-2014-01-01.csv.gz line 2: not a record: .*many"):
        load_records(tmp_path)


def test_a_folder_without_records_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrownfieldError, match=r"no scada-\*.csv.gz here"):
        load_records(tmp_path)


def test_a_span_without_its_meter_file_says_which_is_missing(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "scada-2014-01-01.csv.gz", "wt") as file:
        file.write("Wind_turbine_name,Date_time," + ",".join(TURBINE_COLUMNS) + "\n")
    with pytest.raises(BrownfieldError, match=r"meter-2014-01-01.csv.gz"):
        load_records(tmp_path)
