"""Each event once, none forgotten: whatever dies, restarts or is heard of late."""

from hypothesis import given
from hypothesis import strategies as st

from brownfield_slo.ledger.account import Account, Events
from brownfield_slo.ledger.accrual import OVERDUE, Seen, counted, scheduled, unseen
from brownfield_slo.ledger.sighting import Sighting

SECOND = 10**9
BEGIN = 10**18


def sighting(instance: str, started: float, time: float, good: float, total: float) -> Sighting:
    return Sighting("adapter.ns.a", instance, _at(started), _at(time), Events(good, total))


def _at(seconds: float) -> int:
    return BEGIN + round(seconds * SECOND)


def test_of_one_instance_the_difference_counts() -> None:
    seen, events = counted(None, sighting("a", 0, 1, 5, 6))
    assert events == Events(5, 6)
    seen, events = counted(seen, sighting("a", 0, 2, 7, 9))
    assert events == Events(2, 3)
    assert counted(seen, sighting("a", 0, 2, 7, 9))[1] == Events()


def test_a_new_instance_counts_from_its_beginning() -> None:
    seen, _ = counted(None, sighting("a", 0, 1, 5, 6))
    assert counted(seen, sighting("b", 2, 3, 1, 2))[1] == Events(1, 2)


def test_time_in_which_nobody_counted_is_bad_by_the_schedule() -> None:
    seen, _ = scheduled(unseen(_at(0)), sighting("a", 0, 10, 10, 10), 1.0, _at(10), listening=True)
    _, events = scheduled(seen, sighting("b", 40, 45, 5, 5), 1.0, _at(45), listening=True)
    assert events == Events(5, 35)


def test_a_dead_process_burns_while_it_is_dead_and_nothing_is_counted_twice_afterwards() -> None:
    seen, _ = scheduled(unseen(_at(0)), sighting("a", 0, 10, 10, 10), 1.0, _at(10), listening=True)
    account = Account(3600.0, BEGIN)
    for now in range(11, 60):
        seen, events = scheduled(seen, None, 1.0, _at(now), listening=True)
        account.add(events, _at(now))
    assert account.total == 49
    seen, events = scheduled(seen, sighting("b", 58, 62, 4, 4), 1.0, _at(62), listening=True)
    account.add(events, _at(62))
    assert (account.good, account.total) == (4, 52)


def test_a_process_that_was_only_out_of_hearing_gets_its_good_events_back() -> None:
    seen, _ = scheduled(unseen(_at(0)), sighting("a", 0, 10, 10, 10), 1.0, _at(10), listening=True)
    account = Account(3600.0, BEGIN)
    seen, events = scheduled(seen, None, 1.0, _at(40), listening=True)
    account.add(events, _at(40))
    seen, events = scheduled(seen, sighting("a", 0, 41, 41, 41), 1.0, _at(41), listening=True)
    account.add(events, _at(41))
    assert (account.good, account.total) == (31, 31)


def test_silence_says_nothing_while_nobody_listens_or_it_is_short() -> None:
    seen = Seen("a", 10, 10, _at(10))
    assert scheduled(seen, None, 1.0, _at(100), listening=False)[1] == Events()
    assert scheduled(seen, None, 1.0, _at(10) + OVERDUE, listening=True)[1] == Events()


def test_a_suspended_source_owes_nothing() -> None:
    assert scheduled(Seen("a", 10, 10, _at(10)), None, 0.0, _at(1000), listening=True)[1] == Events()


_LIVES = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60), st.booleans()), min_size=1, max_size=12)


@given(_LIVES, st.integers(1, 5))
def test_over_any_lives_and_deaths_total_is_schedule_times_time(
    lives: list[tuple[int, int, bool]], look_every: int
) -> None:
    """A process polls once a second, always with success, lives and is away; somebody looks every few seconds."""
    seen, account, now = unseen(_at(0)), Account(86400.0, BEGIN), 0
    polled = 0
    for number, (alive, away, heard) in enumerate(lives):
        started, newest = now, None
        for second in range(1, alive + away + 1):
            now += 1
            if second <= alive:
                polled += 1
                newest = sighting(str(number), started, now, second, second) if heard or second == alive else newest
            if now % look_every == 0:
                seen, events = scheduled(seen, newest, 1.0, _at(now), listening=True)
                account.add(events, _at(now))
        seen, events = scheduled(seen, newest, 1.0, _at(now), listening=True)
        account.add(events, _at(now))
    seen, events = scheduled(seen, sighting("last", now, now + 1, 1, 1), 1.0, _at(now + 1), listening=True)
    account.add(events, _at(now + 1))
    assert account.total + 1e-6 >= now + 1 - seen.owed
    assert abs(account.total - (now + 1)) < 1e-6
    assert account.good <= polled + 1
