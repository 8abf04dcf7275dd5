"""When the twin says it is catching up."""

from brownfield_twin.backlog import BEHIND, MANY, PATIENCE, Backlog

NOW = 1_800_000_000_000_000_000


def test_it_catches_up_until_what_was_there_at_the_start_is_read() -> None:
    backlog = Backlog()
    assert backlog.catching_up(NOW), "nobody knows yet"
    backlog.aim(10)
    backlog.observe(stream_seq=9, pending=1)
    assert backlog.catching_up(NOW)
    backlog.observe(stream_seq=10, pending=0)
    assert not backlog.catching_up(NOW)


def test_an_empty_stream_is_no_backlog() -> None:
    backlog = Backlog()
    backlog.aim(0)
    assert not backlog.catching_up(NOW)


def test_samples_that_waited_somewhere_are_backlog_for_a_moment() -> None:
    backlog = Backlog()
    backlog.aim(0)
    backlog.arrived(received=NOW - BEHIND, now=NOW)
    backlog.arrived(received=0, now=NOW)
    assert not backlog.catching_up(NOW)
    backlog.arrived(received=NOW - BEHIND - 1, now=NOW)
    assert backlog.catching_up(NOW)
    assert not backlog.catching_up(NOW + PATIENCE)


def test_many_waiting_messages_are_backlog_whatever_their_times() -> None:
    backlog = Backlog()
    backlog.aim(0)
    backlog.observe(stream_seq=1, pending=MANY + 1)
    assert backlog.catching_up(NOW)
