"""Budget, back-off and poll schedule: all pure but for a clock, which is a fake one here."""

import asyncio
import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from brownfield_adapters.backoff import Backoff
from brownfield_adapters.budget import SLACK, Budget
from brownfield_adapters.polling import PollSchedule, phase_of


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def send(rate: float, idle: Sequence[float]) -> list[float]:
    """Times at which requests leave that are asked for with these pauses between them."""
    time = FakeTime()
    budget = Budget(rate, clock=time.clock, sleep=time.sleep)
    sent = []
    for pause in idle:
        time.now += pause
        await budget.turn()
        sent.append(time.now)
    assert budget.requests == len(idle)
    return sent


@given(st.floats(0.5, 500), st.lists(st.floats(0, 0.3), min_size=2, max_size=60))
def test_no_second_sees_more_requests_than_the_budget(rate: float, idle: list[float]) -> None:
    sent = asyncio.run(send(rate, idle))
    for number, start in enumerate(sent):
        within = sum(1 for each in sent[number:] if each < start + 1.0)
        assert within <= rate * (1.0 + SLACK) + 1.0 + 1e-6


async def test_a_busy_endpoint_gets_evenly_paced_requests() -> None:
    sent = await send(10, [0.0] * 20)
    gaps = [after - before for before, after in itertools.pairwise(sent)]
    assert all(0.1 - SLACK - 1e-9 <= gap <= 0.1 + 1e-9 for gap in gaps)


async def test_an_idle_endpoint_saves_nothing_up() -> None:
    sent = await send(10, [60.0, 0.0, 0.0])
    assert sent[2] - sent[0] >= 0.2 - SLACK - 1e-9


def test_waits_double_up_to_the_cap_and_begin_anew_after_success() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next() for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    backoff.reset()
    assert backoff.next() == 0.5


@given(st.floats(0, 1, exclude_max=True))
def test_jitter_keeps_a_wait_between_half_and_all_of_its_step(drawn: float) -> None:
    assert 0.25 <= Backoff(lambda: drawn).next() <= 0.5


@given(
    st.lists(st.sampled_from([0.1, 1.0, 5.0, 60.0]), min_size=1, max_size=8),
    st.lists(st.floats(0, 3.0), min_size=1, max_size=80),
)
def test_slots_are_polled_or_counted_as_missed_and_never_pile_up(intervals: list[float], busy: list[float]) -> None:
    schedule = PollSchedule([(n, f"source-{n}", each) for n, each in enumerate(intervals)], start=100.0)
    now = 100.0
    taken: dict[int, list[tuple[float, int]]] = {}
    for work in busy:
        now = max(now, schedule.next_due())
        poll, missed = schedule.take(now)
        taken.setdefault(poll, []).append((now, missed))
        assert schedule.next_due() > now or len(intervals) > 1
        now += work
    for poll, times in taken.items():
        interval = intervals[poll]
        later = times[1:]
        # From the second slot on, which is on the grid: every slot up to now was polled or counted.
        slots = sum(1 + missed for _, missed in later)
        if later:
            assert slots <= (now - times[0][0]) / interval + 1.5
        for (before, _), (after, missed) in itertools.pairwise(later):
            assert 1 + missed >= int((after - before) / interval - 1e-6)


def test_everything_is_read_within_a_second_of_connecting_then_on_its_own_grid() -> None:
    schedule = PollSchedule([("slow", "slow", 60.0)], start=0.0)
    first = schedule.next_due()
    assert first < 1.0
    schedule.take(first)
    second = schedule.next_due()
    assert 30.0 <= second - first <= 90.0
    schedule.take(second)
    assert schedule.next_due() - second == 60.0


def test_phases_are_stable_and_spread_evenly() -> None:
    phases = sorted(phase_of(f"r8{number:04d}/1") for number in range(200))
    assert phases == sorted(phase_of(f"r8{number:04d}/1") for number in range(200))
    crowded = max(sum(1 for each in phases if start <= each < start + 0.1) for start in (n / 20 for n in range(19)))
    assert crowded < 40
