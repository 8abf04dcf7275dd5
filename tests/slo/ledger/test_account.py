"""Counts that never fall, and windows that forget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_slo.ledger.account import SLOTS, Account, Events

SECOND = 10**9
HOUR = 3600 * SECOND

_STEPS = st.lists(st.tuples(st.integers(0, 2 * HOUR), st.integers(0, 1000), st.integers(0, 1000)), max_size=60)


@given(_STEPS)
def test_counts_never_fall_and_good_never_exceeds_total(steps: list[tuple[int, int, int]]) -> None:
    account, now = Account(3600.0, 10**18), 10**18
    for passed, good, total in steps:
        now += passed
        before = (account.good, account.total)
        account.add(Events(good, total), now)
        assert account.good >= before[0]
        assert account.total >= before[1]
        assert account.good <= account.total
        within = account.within(now)
        assert 0 <= within.good <= within.total <= account.total


@given(_STEPS)
def test_a_window_holds_what_happened_in_it_and_at_most_one_slot_more(steps: list[tuple[int, int, int]]) -> None:
    account, now, happened = Account(3600.0, 10**18), 10**18, []
    for passed, good, total in steps:
        now += passed
        account.add(Events(min(good, total), total), now)
        happened.append((now, total))
    slot = HOUR // SLOTS
    at_least = sum(total for time, total in happened if time > now - HOUR + 2 * slot)
    at_most = sum(total for time, total in happened if time > now - HOUR - 2 * slot)
    assert at_least <= account.within(now).total <= at_most


def test_a_window_without_events_has_no_ratio() -> None:
    assert Account(60.0, 10**18).within(10**18).ratio is None


def test_what_is_older_than_the_window_is_forgotten() -> None:
    account = Account(3600.0, 10**18)
    account.add(Events(0, 10), 10**18)
    account.add(Events(10, 10), 10**18 + HOUR // 2)
    assert account.within(10**18 + HOUR // 2).ratio == 0.5
    assert account.within(10**18 + HOUR + HOUR // 4).ratio == 1.0
    assert account.total == 20


def test_a_shorter_window_counts_a_long_slot_as_of_its_end() -> None:
    account, now = Account(28 * 86400.0, 10**18), 10**18 + 60 * SECOND
    account.add(Events(0, 10), now)
    account.measure_over(120.0, now)
    assert account.within(now).total == 10
    assert account.covered(now) == pytest.approx(0.5)
    assert account.within(now + 130 * SECOND).total == 0


@pytest.mark.parametrize("window", [600.0, 3600.0, 7200.0, 28 * 86400.0])
def test_another_window_keeps_what_is_young_enough_for_it(window: float) -> None:
    account, now = Account(3600.0, 10**18), 10**18
    for minute in range(60):
        account.add(Events(1, 1), now + minute * 60 * SECOND)
    now += 59 * 60 * SECOND
    account.measure_over(window, now)
    expected = min(60, window / 60)
    assert account.within(now).total == pytest.approx(expected, abs=2 + 120 / 60)
    assert account.total == 60
