"""What is lost, doubled or late is told by sequence numbers alone."""

from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.header import BatchHeader
from brownfield_api.health import Hop
from brownfield_spine.hops import HopCounter, Verdict


def header(seq: int, epoch: int = 1) -> BatchHeader:
    return BatchHeader(epoch=epoch, seq=seq, crc=0, table="t", as_of=0, source="pump")


@given(st.permutations(range(1, 30)), st.sets(st.integers(2, 28)), st.sets(st.integers(1, 29)))
def test_every_arrival_is_counted_once_whatever_the_order(
    order: list[int], missing: set[int], doubled: set[int]
) -> None:
    counter = HopCounter(epoch=1, seq=0)
    arriving = [seq for seq in order if seq not in missing]
    verdicts = [counter.observe(header(seq), 3) for seq in arriving]
    again = [counter.observe(header(seq), 3) for seq in arriving if seq in doubled]
    hop = counter.snapshot()
    assert hop.batches == verdicts.count(Verdict.NEW)
    assert hop.samples == 3 * hop.batches
    assert hop.batches + hop.reordered == len(arriving)
    assert hop.lost == max(arriving) - len(arriving)
    assert hop.duplicated == len(again)
    assert set(again) <= {Verdict.DUPLICATE}


def test_an_unbroken_sequence_is_all_new() -> None:
    counter = HopCounter()
    assert [counter.observe(header(seq), 1) for seq in range(41, 50)] == [Verdict.NEW] * 9
    assert counter.snapshot() == Hop(batches=9, samples=9)


def test_a_new_epoch_is_counted_and_its_missing_beginning_too() -> None:
    counter = HopCounter()
    counter.observe(header(7, epoch=1), 1)
    counter.observe(header(3, epoch=2), 1)
    assert counter.snapshot() == Hop(batches=2, samples=2, lost=2, epochs=1)


def test_what_an_ended_epoch_already_gave_is_a_duplicate_and_what_it_did_not_give_is_too_late() -> None:
    counter = HopCounter()
    counter.observe(header(7, epoch=1), 1)
    counter.observe(header(1, epoch=2), 1)
    assert counter.observe(header(6, epoch=1), 1) is Verdict.DUPLICATE
    assert counter.observe(header(8, epoch=1), 1) is Verdict.REORDERED
    assert counter.snapshot() == Hop(batches=2, samples=2, epochs=1, duplicated=1, reordered=1)


def test_a_counter_resumed_from_a_checkpoint_sees_loss_and_duplicates() -> None:
    counter = HopCounter(epoch=1, seq=5)
    assert counter.observe(header(5), 1) is Verdict.DUPLICATE
    assert counter.observe(header(8), 1) is Verdict.NEW
    counter.corrupt()
    assert counter.snapshot() == Hop(batches=1, samples=1, lost=2, duplicated=1, corrupt=1)


def test_a_jump_of_billions_costs_no_memory() -> None:
    counter = HopCounter(epoch=1, seq=0)
    counter.observe(header(10**12), 1)
    assert counter.snapshot().lost == 10**12 - 1
