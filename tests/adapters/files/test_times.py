"""Local times to UTC: the repeated hour by the order of rows, the missing hour as if clocks had not jumped."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.files.times import Clock, TimeReader
from brownfield_api.errors import InvalidResource

FORMAT = "%d.%m.%Y %H:%M:%S"
PARIS = TimeReader(FORMAT, "Europe/Paris")
ZONE = ZoneInfo("Europe/Paris")


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def read(texts: list[str], clock: Clock | None = None) -> list[int]:
    found: list[int] = PARIS.read(texts, clock or Clock()).utc.tolist()
    return found


def test_winter_and_summer_have_their_own_offset() -> None:
    assert read(["15.01.2024 12:00:00", "15.07.2024 12:00:00"]) == [ns("2024-01-15T11:00"), ns("2024-07-15T10:00")]


def test_the_repeated_hour_of_autumn_is_resolved_by_the_order_of_rows() -> None:
    local = ["01:50", "02:00", "02:30", "02:59", "02:00", "02:30", "02:59", "03:00"]
    utc = ["23:50", "00:00", "00:30", "00:59", "01:00", "01:30", "01:59", "02:00"]
    days = ["2024-10-26"] + ["2024-10-27"] * 7
    expected = [ns(f"{day}T{time}") for day, time in zip(days, utc, strict=True)]
    assert read([f"27.10.2024 {time}:00" for time in local]) == expected


def test_the_repeated_hour_goes_on_in_the_next_piece_and_the_next_file() -> None:
    first = PARIS.read(["27.10.2024 02:50:00"], Clock())
    second = PARIS.read(["27.10.2024 02:10:00", "27.10.2024 02:20:00"], first.clock)
    third = PARIS.read(["27.10.2024 02:30:00"], second.clock)
    assert second.utc.tolist() == [ns("2024-10-27T01:10"), ns("2024-10-27T01:20")]
    assert third.utc.tolist() == [ns("2024-10-27T01:30")]


def test_a_second_autumn_begins_with_its_first_pass() -> None:
    after = PARIS.read(["29.10.2023 02:50:00", "29.10.2023 02:10:00"], Clock()).clock
    assert read(["27.10.2024 02:10:00"], after) == [ns("2024-10-27T00:10")]


def test_the_missing_hour_of_spring_is_read_as_if_the_clock_had_not_jumped() -> None:
    found = PARIS.read(["31.03.2024 01:30:00", "31.03.2024 02:30:00", "31.03.2024 03:30:00"], Clock())
    assert found.utc.tolist() == [ns("2024-03-31T00:30"), ns("2024-03-31T01:30"), ns("2024-03-31T01:30")]
    assert found.skipped == 1


def test_what_is_no_time_is_marked_and_does_not_disturb_the_others() -> None:
    found = PARIS.read(
        ["", "32.01.2024 00:00:00", "30.02.2024 00:00:00", "1.1.2024 1:02:03", "01.01.2024 24:00:00"], Clock()
    )
    assert found.readable.tolist() == [False, False, False, True, False]
    assert found.utc[3] == ns("2024-01-01T00:02:03")


def test_offsets_in_the_text_win_over_the_zone() -> None:
    reader = TimeReader("%Y-%m-%dT%H:%M:%S.%f%z", "Europe/Paris")
    assert reader.read(["2024-07-01T12:00:00.250+0500"], Clock()).utc.tolist() == [ns("2024-07-01T07:00") + 250_000_000]


def test_an_unknown_zone_is_refused_by_name() -> None:
    with pytest.raises(InvalidResource, match="Europe/Pari"):
        TimeReader(FORMAT, "Europe/Pari")


@given(
    start=st.datetimes(datetime(2023, 10, 20), datetime(2024, 11, 10)),  # noqa: DTZ001 - hypothesis wants naive bounds
    step=st.integers(60, 50 * 60),
    count=st.integers(2, 300),
    cuts=st.sets(st.integers(1, 299)),
)
def test_regular_rows_come_back_in_utc_however_they_are_cut(
    start: datetime, step: int, count: int, cuts: set[int]
) -> None:
    begin = start.replace(microsecond=0, tzinfo=UTC)
    instants = [begin + timedelta(seconds=step * row) for row in range(count)]
    local = [moment.astimezone(ZONE) for moment in instants]
    # One row alone cannot say which pass it is in: begin before the doubtful hour, and leave no row out in it.
    if local[0].replace(fold=0).utcoffset() != local[0].replace(fold=1).utcoffset():
        return
    texts = [moment.strftime(FORMAT) for moment in local]
    found: list[int] = []
    clock = Clock()
    edges = [0, *sorted(cut for cut in cuts if cut < count), count]
    for begin_row, end_row in pairwise(edges):
        piece = PARIS.read(texts[begin_row:end_row], clock)
        found += piece.utc.tolist()
        clock = piece.clock
    assert found == [int(moment.timestamp()) * 10**9 for moment in instants]
