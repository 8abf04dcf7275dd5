"""The energy meter's export folder."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from brownfield_api.errors import BrownfieldError
from brownfield_plant import ExportConfig, ExportMeter, Fault, FaultKind, Records, Tick
from brownfield_plant.meter import last_row

HEADER = "Zeit;Zähler;F1_net_energy_kwh;F1_availability_kwh;F1_curtailment_kwh;F1_row\r\n"


def _meter(exports: Path, *, half_every: int = 0, rows_per_file: int = 144) -> ExportMeter:
    config = ExportConfig(name="farm-meter", folder="farm-meter", half_every=half_every, rows_per_file=rows_per_file)
    return ExportMeter(config, exports)


def _texts(meter: ExportMeter) -> dict[str, str]:
    return {path.name: path.read_bytes().decode("latin-1") for path in sorted(meter.folder.iterdir())}


def _rows(meter: ExportMeter) -> list[int]:
    lines = [line for text in _texts(meter).values() for line in text.split("\r\n")[1:-1]]
    return [int(line.rpartition(";")[2]) for line in lines]


async def test_a_row_looks_the_way_old_exports_look(tmp_path: Path, tick: Callable[[int], Tick]) -> None:
    meter = _meter(tmp_path)
    await meter.start()
    await meter.play(tick(0))
    assert _texts(meter) == {
        "F1_20260302_110000.csv": HEADER + "02.03.2026 11:00:00;F1;100,000;0,000;0,500;1\r\n",
    }
    assert b"Z\xe4hler" in (meter.folder / "F1_20260302_110000.csv").read_bytes()


async def test_a_half_written_row_is_completed_with_the_next_record(
    tmp_path: Path, tick: Callable[[int], Tick]
) -> None:
    meter = _meter(tmp_path, half_every=2)
    await meter.start()
    await meter.play(tick(0))
    await meter.play(tick(1))
    (text,) = _texts(meter).values()
    assert text.count("\r\n") == 2
    assert not text.endswith("\r\n")
    await meter.play(tick(2))
    assert _rows(meter) == [1, 2, 3]


async def test_stopping_completes_what_is_half_written(tmp_path: Path, tick: Callable[[int], Tick]) -> None:
    meter = _meter(tmp_path, half_every=1)
    await meter.start()
    await meter.play(tick(0))
    await meter.stop()
    assert _rows(meter) == [1]


async def test_a_new_file_begins_after_so_many_rows_and_the_numbers_go_on(
    tmp_path: Path, tick: Callable[[int], Tick]
) -> None:
    meter = _meter(tmp_path, rows_per_file=2)
    await meter.start()
    for step in range(5):
        await meter.play(tick(step))
    assert [len(text.split("\r\n")) - 2 for text in _texts(meter).values()] == [2, 2, 1]
    assert _rows(meter) == [1, 2, 3, 4, 5]


async def test_numbering_continues_after_a_restart_in_a_new_file(tmp_path: Path, tick: Callable[[int], Tick]) -> None:
    first = _meter(tmp_path)
    await first.start()
    await first.play(tick(0))
    await first.stop()
    second = _meter(tmp_path)
    await second.start()
    await second.play(tick(0))
    assert list(_texts(second)) == ["F1_20260302_110000.csv", "F1_20260302_110000_2.csv"]
    assert sorted(_rows(second)) == [1, 2]


def test_an_unfinished_last_line_does_not_count_as_a_row(tmp_path: Path) -> None:
    (tmp_path / "F1_20260101_000000.csv").write_bytes(HEADER.encode("latin-1") + b"x;F1;1,0;0;0;41\r\ny;F1;1,0;0;0;9")
    (tmp_path / "F1_20250101_000000.csv").write_bytes(HEADER.encode("latin-1"))
    assert last_row(tmp_path, "F1") == 41


async def test_the_hour_the_clocks_go_back_is_written_twice(tmp_path: Path, small: Records) -> None:
    meter = _meter(tmp_path)
    await meter.start()
    for hour in (0, 1):
        stamp = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        await meter.play(Tick(0, small.recorded(0), stamp, small))
    (text,) = _texts(meter).values()
    assert text.count("25.10.2026 02:30:00") == 2


async def test_away_hides_the_share_and_back_brings_it_with_what_was_written_meanwhile(
    tmp_path: Path, tick: Callable[[int], Tick]
) -> None:
    meter = _meter(tmp_path)
    await meter.start()
    await meter.play(tick(0))
    await meter.apply(Fault(kind=FaultKind.AWAY))
    await meter.play(tick(1))
    assert not (tmp_path / "farm-meter").exists()
    await meter.apply(Fault(kind=FaultKind.BACK))
    assert meter.folder == tmp_path / "farm-meter"
    assert _rows(meter) == [1, 2]


async def test_a_share_that_was_away_is_back_after_a_new_start(tmp_path: Path, tick: Callable[[int], Tick]) -> None:
    first = _meter(tmp_path)
    await first.start()
    await first.play(tick(0))
    await first.apply(Fault(kind=FaultKind.AWAY))
    await first.stop()
    second = _meter(tmp_path)
    await second.start()
    await second.play(tick(2))
    assert sorted(_rows(second)) == [1, 2]


async def test_restart_ends_an_absence(tmp_path: Path, tick: Callable[[int], Tick]) -> None:
    meter = _meter(tmp_path)
    await meter.start()
    await meter.play(tick(0))
    await meter.apply(Fault(kind=FaultKind.AWAY))
    await meter.apply(Fault(kind=FaultKind.RESTART))
    await meter.play(tick(2))
    assert _rows(meter) == [1, 2]


async def test_frozen_no_row_is_added_and_none_is_skipped_afterwards(
    tmp_path: Path, tick: Callable[[int], Tick]
) -> None:
    meter = _meter(tmp_path)
    await meter.start()
    await meter.play(tick(0))
    await meter.apply(Fault(kind=FaultKind.FREEZE))
    await meter.play(tick(1))
    await meter.apply(Fault(kind=FaultKind.THAW))
    await meter.play(tick(2))
    assert _rows(meter) == [1, 2]


async def test_a_bad_column_holds_text_and_a_stepped_clock_shows(tmp_path: Path, tick: Callable[[int], Tick]) -> None:
    meter = _meter(tmp_path)
    await meter.start()
    await meter.apply(Fault(kind=FaultKind.BAD, tag="availability_kwh"))
    await meter.apply(Fault(kind=FaultKind.CLOCK, seconds=-90))
    await meter.play(tick(0))
    (text,) = _texts(meter).values()
    assert text.endswith("02.03.2026 10:58:30;F1;100,000;#WERT!;0,500;1\r\n")


async def test_a_slow_export_writes_late_and_loses_nothing(tmp_path: Path, tick: Callable[[int], Tick]) -> None:
    meter = _meter(tmp_path)
    await meter.start()
    await meter.apply(Fault(kind=FaultKind.SLOW, seconds=2))
    await meter.play(tick(0))
    await meter.play(tick(1))
    assert _rows(meter) == []
    await meter.play(tick(3))
    assert _rows(meter) == [1, 2]
    await meter.stop()
    assert _rows(meter) == [1, 2, 3]


async def test_an_export_cannot_refuse_a_tag(tmp_path: Path) -> None:
    with pytest.raises(BrownfieldError, match="refuse means nothing to a device of kind export"):
        await _meter(tmp_path).apply(Fault(kind=FaultKind.REFUSE, tag="net_energy_kwh"))


async def test_a_folder_that_cannot_be_is_an_error_to_act_on(tmp_path: Path) -> None:
    (tmp_path / "farm-meter").write_text("a file", encoding="utf-8")
    with pytest.raises(BrownfieldError, match=r"farm-meter: the export folder .* cannot be used"):
        await _meter(tmp_path).start()


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrownfieldError, match="there is no time zone Mars/Olympus"):
        ExportMeter(ExportConfig(name="m", folder="m", timezone="Mars/Olympus"), tmp_path)


def test_the_spring_hour_that_does_not_exist_is_never_written(tmp_path: Path) -> None:
    meter = _meter(tmp_path)
    before = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
    shown = [f"{(before + timedelta(seconds=s)).astimezone(meter._zone):%H:%M:%S}" for s in (0, 1)]
    assert shown == ["01:59:59", "03:00:00"]
