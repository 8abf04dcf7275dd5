"""From an objective's window to the ranges in which its burn is looked at."""

from hypothesis import given
from hypothesis import strategies as st

from brownfield_slo.rules.windows import POINTS, burn_windows, duration_text, slow_interval, step

DAY = 86400.0


def test_thirty_days_give_the_ranges_of_the_workbook() -> None:
    ranges = [(pair.long, pair.short, pair.factor, pair.severity) for pair in burn_windows(30 * DAY, 30)]
    assert ranges == [
        (3600, 300, 14.4, "page"),
        (6 * 3600, 1800, 6.0, "page"),
        (24 * 3600, 2 * 3600, 3.0, "ticket"),
        (72 * 3600, 6 * 3600, 1.0, "ticket"),
    ]


def test_a_burn_at_its_factor_has_used_the_same_share_of_the_budget_whatever_the_window() -> None:
    for window in (28 * DAY, 7 * DAY, 90 * DAY):
        shares = [pair.factor * pair.long / window for pair in burn_windows(window, 30)]
        assert [round(share, 3) for share in shares] == [0.02, 0.05, 0.1, 0.1]


def test_a_window_too_small_to_be_measured_is_widened() -> None:
    assert [(pair.long, pair.short) for pair in burn_windows(600.0, 5)] == [(60, 20), (60, 20), (60, 20), (60, 20)]


@given(st.floats(0.25, 400 * DAY), st.integers(1, 120))
def test_every_range_can_be_measured_and_never_needs_many_points(window: float, interval: int) -> None:
    for pair in burn_windows(window, interval):
        assert pair.short >= 4 * interval
        assert pair.long >= 3 * pair.short
        for span in (pair.long, pair.short):
            assert interval <= step(span, interval)
            assert span / step(span, interval) <= POINTS


@given(st.integers(1, 120))
def test_no_group_is_evaluated_so_seldom_that_its_series_are_forgotten(interval: int) -> None:
    assert interval <= slow_interval(interval) <= 120


def test_durations_read_as_prometheus_writes_them() -> None:
    assert [duration_text(seconds) for seconds in (30, 280, 3360, 20160, 241920)] == [
        "30s", "4m40s", "56m", "5h36m", "67h12m",
    ]  # fmt: skip
