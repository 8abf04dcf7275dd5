"""Thinning keeps the picture: ends, extremes, order and bound."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from brownfield_twin.thinning import thin

series = st.lists(
    st.tuples(st.integers(0, 10**6), st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6))), min_size=1, max_size=300
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


@given(rows=series, points=st.integers(4, 80))
def test_thinning_is_bounded_ordered_and_keeps_ends_and_extremes(rows: list[tuple[int, float]], points: int) -> None:
    time = np.array([row[0] for row in rows], np.int64)
    value = np.array([row[1] for row in rows], np.float64)
    kept = thin(time, value, points)
    assert len(kept) <= max(points, 4)
    assert (np.diff(kept) > 0).all()
    assert kept[0] == 0
    assert kept[-1] == len(rows) - 1
    if np.isfinite(value).any():
        assert np.nanmax(value[kept]) == np.nanmax(value)
        assert np.nanmin(value[kept]) == np.nanmin(value)


@given(rows=series)
def test_few_samples_are_all_kept(rows: list[tuple[int, float]]) -> None:
    time, value = np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows])
    assert thin(time, value, len(rows)).tolist() == list(range(len(rows)))
