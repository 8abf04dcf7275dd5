"""Rounds: every row once, each slot once per round, in stream order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from brownfield_twin.rounds import rounds


@given(st.lists(st.integers(0, 9), max_size=60))
def test_rounds_hold_the_kth_sample_of_each_slot(slots: list[int]) -> None:
    column = np.array(slots, np.intp)
    found = list(rounds(column, np.empty(10, np.intp)))
    for k, rows in enumerate(found):
        assert (np.diff(rows) > 0).all()
        for row in rows.tolist():
            assert slots[:row].count(slots[row]) == k
    assert sorted(row for rows in found for row in rows.tolist()) == list(range(len(slots)))
