"""Where a restarted twin reads on, and from where it refills its recent history."""

from hypothesis import given
from hypothesis import strategies as st

from brownfield_twin.progress import MARK_EVERY, Progress

SECOND = 1_000_000_000
A, AB = frozenset({"a"}), frozenset({"a", "b"})


def test_reading_goes_on_behind_the_last_message() -> None:
    progress = Progress().of("s1", 0, A).read(41, A, 0, 0).read(42, A, 0, 0)
    assert progress.of("s1", 50, A).start(A) == 42
    assert progress.knows("a", 42)
    assert not progress.knows("a", 43)


def test_another_or_a_shorter_stream_is_read_from_its_start() -> None:
    progress = Progress().of("s1", 0, A).read(42, A, 0, 0)
    assert progress.of("s2", 50, A).start(A) == 0
    assert progress.of("s1", 41, A).start(A) == 0


def test_a_subject_that_is_new_is_read_from_the_start_without_taking_the_others_twice() -> None:
    progress = Progress().of("s1", 0, A).read(42, A, 0, 0).of("s1", 50, AB)
    assert progress.start(AB) == 0
    assert progress.knows("a", 42)
    assert not progress.knows("b", 3)
    progress = progress.read(3, AB, 0, 0)
    assert progress.position == 42
    assert progress.read(43, AB, 0, 0).start(AB) == 43


@given(
    gaps=st.lists(st.integers(0, 30), min_size=1, max_size=100), memory=st.integers(0, 200), back=st.integers(0, 200)
)
def test_refilling_begins_before_everything_of_the_time_to_remember(gaps: list[int], memory: int, back: int) -> None:
    progress, now, arrived = Progress(), 1000 * SECOND, {}
    for seq, gap in enumerate(gaps, 1):
        now += gap * SECOND
        arrived[seq] = now
        progress = progress.read(seq, A, now, memory * SECOND)
    since = now - min(back, memory) * SECOND
    start = progress.refill_from(since)
    assert all(seq > start for seq, time in arrived.items() if time > since)
    assert len(progress.marks) <= memory * SECOND // MARK_EVERY + 3
