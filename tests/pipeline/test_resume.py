"""Where a started pipeline goes on, decided from its checkpoint and what its subjects hold."""

from brownfield_pipeline.resume import Covered, Place, resume

CHECKPOINT = Place(stream="s", incarnation=2, position=100, epoch=7, seq=40, quarantine_seq=3)


def test_without_anything_it_begins_at_the_beginning() -> None:
    start = resume(None, Covered(), Covered(), stream="s", now=50)
    assert start.place == Place(stream="s", epoch=50)
    assert not start.notice


def test_with_a_checkpoint_it_goes_on_in_its_epoch() -> None:
    for covered in (Covered(), Covered(7, 30, "90"), Covered(7, 55, "115")):
        start = resume(CHECKPOINT, covered, Covered(7, 9, "100"), stream="s", now=50)
        assert (start.place, start.mute_until) == (CHECKPOINT, 0)


def test_without_a_checkpoint_it_goes_on_behind_the_subject_in_a_new_epoch() -> None:
    start = resume(None, Covered(7, 30, "90"), Covered(70, 1, "80"), stream="s", now=50)
    assert start.place == Place(stream="s", position=90, epoch=71)
    assert "no checkpoint" in start.notice


def test_an_old_copy_of_a_checkpoint_gives_its_state_but_publishes_nothing_twice() -> None:
    start = resume(CHECKPOINT, Covered(9, 4, "130"), Covered(), stream="s", now=5)
    assert (start.place.position, start.place.epoch, start.place.seq, start.mute_until) == (100, 10, 0, 130)


def test_another_input_stream_is_read_from_its_beginning() -> None:
    start = resume(CHECKPOINT, Covered(7, 40, "100"), Covered(), stream="other", now=50)
    assert start.place == Place(stream="other", epoch=50)


def test_an_input_that_is_no_position_counts_as_none() -> None:
    assert Covered(1, 1, "row 7").position == 0
