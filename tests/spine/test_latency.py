"""Quantiles of the last minute, exact to the width of a bucket."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from brownfield_api.health import Quantiles
from brownfield_spine.latency import LatencyWindow


@given(arrays(np.int64, st.integers(1, 200), elements=st.integers(20_000, 10**12)))
def test_quantiles_are_within_three_percent_of_the_sorted_truth(latencies: npt.NDArray[np.int64]) -> None:
    window = LatencyWindow(lambda: 0)
    window.add(latencies)
    found = window.quantiles()
    ordered = np.sort(latencies) / 1e9
    assert found.count == len(latencies)
    assert found.max == ordered[-1]
    for value, share in ((found.p50, 0.5), (found.p99, 0.99)):
        truth = ordered[int(np.ceil(share * len(ordered))) - 1]
        assert abs(value - truth) <= 0.03 * truth


def test_a_minute_later_everything_is_forgotten() -> None:
    now = [0]
    window = LatencyWindow(lambda: now[0])
    window.add(np.full(5, 1_000_000, np.int64))
    now[0] = 59_000_000_000
    assert window.quantiles().count == 5
    now[0] = 75_000_000_000
    assert window.quantiles() == Quantiles()


def test_a_clock_that_is_ahead_counts_as_no_latency() -> None:
    window = LatencyWindow(lambda: 0)
    window.add(np.array([-5, -5], np.int64))
    assert window.quantiles() == Quantiles(count=2)
