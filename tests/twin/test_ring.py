"""The recent past in memory: complete within its time, sorted, bounded."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from brownfield_twin.ring import Ring

SECOND = 1_000_000_000


def put(ring: Ring, slots: list[int], times: list[int], arrived: int) -> None:
    column = np.array(times, np.int64)
    ring.append(np.array(slots, np.intp), column, column / 2.0, np.zeros(len(slots), np.uint8), arrived)


@given(batches=st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000)), max_size=30), max_size=20))
@settings(deadline=None, max_examples=60)
def test_the_ring_answers_like_a_plain_list(batches: list[list[tuple[int, int]]]) -> None:
    ring = Ring(10**18, chunk=16)
    for batch in batches:
        put(ring, [slot for slot, _ in batch], [time for _, time in batch], 1)
    everything = [row for batch in batches for row in batch]
    for slot in range(4):
        expected = sorted(time for owner, time in everything if owner == slot and 100 <= time <= 700)
        assert ring.read(slot, 100, 700).time.tolist() == expected


def test_what_is_older_than_the_memory_goes_chunk_by_chunk() -> None:
    ring = Ring(10 * SECOND, chunk=4)
    for second in range(100):
        put(ring, [0], [second * SECOND], second * SECOND)
    kept = ring.read(0, 0, 2**62).time // SECOND
    assert kept[-1] == 99
    assert kept[0] <= 89, "everything of the last ten seconds is there"
    assert len(kept) <= 18


def test_the_number_of_samples_is_bounded_whatever_arrives() -> None:
    ring = Ring(10**18, chunk=10, max_samples=50)
    for second in range(1000):
        put(ring, [0], [second], second)
    assert len(ring.read(0, 0, 2**62)) <= 50
