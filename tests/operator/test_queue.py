"""The work queue on a virtual clock: what is asked for is done, once, in time, and not all at once."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.operator.kube.virtual_time import run_in_virtual_time

from brownfield_operator.kube.errors import TooManyRequests
from brownfield_operator.queue import FIRST_DELAY, HASTENED, LONGEST_DELAY, TokenBucket, WorkQueue

UNLIMITED = {"rate": 1e9, "burst": 1e9}


@dataclass
class Bench:
    """A queue whose work takes `takes` seconds and raises what `outcome` gives; `done`: key and time of each begin."""

    takes: float = 0.0
    outcome: Callable[[str], Exception | None] = lambda _key: None
    bucket: TokenBucket = field(default_factory=lambda: TokenBucket(**UNLIMITED))
    done: list[tuple[str, float]] = field(default_factory=list)
    told: list[tuple[str, str, int]] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=dict)
    _now: dict[str, int] = field(default_factory=dict)

    def run(
        self, scenario: Callable[[WorkQueue[str]], Awaitable[None]], *, workers: int = 4, seconds: float = 1e4
    ) -> None:
        """Plays the scenario, then lets `seconds` pass."""

        async def play() -> None:
            queue = WorkQueue(self._work, self._failed, self.bucket, random.Random(7))  # noqa: S311 - jitter
            worker = asyncio.create_task(queue.run(workers))
            await scenario(queue)
            await asyncio.sleep(seconds)
            worker.cancel()

        run_in_virtual_time(play())

    def times(self, key: str) -> list[float]:
        return [at for of, at in self.done if of == key]

    async def _work(self, key: str) -> None:
        self.done.append((key, asyncio.get_running_loop().time()))
        self._now[key] = self._now.get(key, 0) + 1
        self.most_at_once[key] = max(self.most_at_once.get(key, 0), self._now[key])
        await asyncio.sleep(self.takes)
        self._now[key] -= 1
        error = self.outcome(key)
        if error is not None:
            raise error

    def _failed(self, key: str, error: Exception, count: int) -> None:
        self.told.append((key, str(error), count))


def test_a_key_that_waits_is_one_piece_of_work_however_often_it_is_asked_for() -> None:
    bench = Bench()

    async def scenario(queue: WorkQueue[str]) -> None:
        for _ in range(100):
            queue.add("a", 1.0)
        queue.add("b")
        assert len(queue) == 2

    bench.run(scenario)
    assert sorted(bench.done) == [("a", 1.0), ("b", 0.0)]


def test_of_two_times_the_earlier_one_counts() -> None:
    bench = Bench()

    async def scenario(queue: WorkQueue[str]) -> None:
        queue.add("a", 9.0)
        queue.add("a", 3.0)
        queue.add("a", 6.0)

    bench.run(scenario)
    assert bench.times("a") == [3.0]


def test_a_key_asked_for_while_it_is_worked_on_is_worked_on_once_more_afterwards() -> None:
    bench = Bench(takes=5.0)

    async def scenario(queue: WorkQueue[str]) -> None:
        queue.add("a")
        await asyncio.sleep(1.0)
        for _ in range(3):
            queue.add("a")

    bench.run(scenario)
    assert bench.times("a") == [0.0, 5.0]
    assert bench.most_at_once == {"a": 1}


def test_a_forgotten_key_is_not_worked_on() -> None:
    bench = Bench()

    async def scenario(queue: WorkQueue[str]) -> None:
        queue.add("a", 1.0)
        queue.forget("a")
        assert len(queue) == 0
        queue.add("a", 2.0)

    bench.run(scenario)
    assert bench.times("a") == [2.0]


def test_pauses_of_a_failing_key_double_up_to_the_cap_with_jitter() -> None:
    bench = Bench(outcome=lambda _: OSError("no"))

    async def scenario(queue: WorkQueue[str]) -> None:
        queue.add("a")

    bench.run(scenario, seconds=600.0)
    times = bench.times("a")
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    for number, pause in enumerate(pauses):
        meant = min(LONGEST_DELAY, FIRST_DELAY * 2.0**number)
        assert 0.75 * meant <= pause <= 1.25 * meant
    assert len(set(pauses)) == len(pauses), "no two keys in step"
    assert [count for _, _, count in bench.told] == list(range(1, len(times) + 1))


def test_the_first_success_is_forgiveness() -> None:
    results = iter([OSError("no"), OSError("no"), OSError("no"), None, OSError("no"), None])
    bench = Bench(outcome=lambda _: next(results))

    async def scenario(queue: WorkQueue[str]) -> None:
        queue.add("a")
        await asyncio.sleep(100.0)
        queue.add("a")

    bench.run(scenario)
    assert [count for _, _, count in bench.told] == [1, 2, 3, 1]
    again = bench.times("a")[-1] - 100.0
    assert again <= 1.25 * FIRST_DELAY


def test_what_the_server_asked_for_is_waited_for() -> None:
    results = iter([TooManyRequests("busy", "here", retry_after=7.0), None])
    bench = Bench(outcome=lambda _: next(results))

    async def scenario(queue: WorkQueue[str]) -> None:
        queue.add("a")

    bench.run(scenario)
    assert bench.times("a") == [0.0, 7.0]


@pytest.mark.parametrize("while_it_is_worked_on", [False, True])
def test_asking_again_does_not_get_around_what_the_server_asked_for(while_it_is_worked_on: bool) -> None:
    results = iter([TooManyRequests("busy", "here", retry_after=7.0), None, None, None])
    bench = Bench(takes=1.0, outcome=lambda _: next(results))

    async def scenario(queue: WorkQueue[str]) -> None:
        queue.add("a")
        await asyncio.sleep(0.5 if while_it_is_worked_on else 2.0)
        queue.add("a")

    bench.run(scenario)
    assert bench.times("a") == [0.0, 8.0]


def test_events_about_a_failing_key_make_no_storm_of_attempts() -> None:
    """A reconcile that fails after it has written sees its own writes come back."""
    bench = Bench(outcome=lambda _: OSError("no"))

    async def scenario(queue: WorkQueue[str]) -> None:
        for _ in range(10_000):
            queue.add("a")
            await asyncio.sleep(0.01)

    bench.run(scenario, seconds=0.0)
    times = bench.times("a")
    assert len(times) <= 6 + 100.0 / (0.75 * HASTENED)
    assert all(later - earlier <= 1.25 * HASTENED + 0.02 for earlier, later in itertools.pairwise(times))


def test_all_keys_together_begin_no_faster_than_the_bucket_lets_them() -> None:
    bench = Bench(bucket=TokenBucket(rate=10.0, burst=5.0))

    async def scenario(queue: WorkQueue[str]) -> None:
        for number in range(105):
            queue.add(f"k{number}")

    bench.run(scenario, workers=50)
    times = sorted(at for _, at in bench.done)
    assert len(times) == 105
    assert times[4] == 0.0
    assert times[-1] == pytest.approx(10.0, abs=0.01)


@given(
    rate=st.floats(0.5, 100.0),
    burst=st.integers(1, 50),
    gaps=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=100),
)
def test_in_no_span_of_time_does_a_bucket_give_more_than_burst_and_rate(
    rate: float, burst: int, gaps: list[float]
) -> None:
    bucket, now, used = TokenBucket(rate, float(burst)), 0.0, []
    for gap in gaps:
        now += gap
        used.append(now + bucket.take(now))
    for first, begin in enumerate(used):
        for last in range(first, len(used)):
            assert last - first + 1 <= burst + rate * (used[last] - begin) + 1e-6


Step = tuple[str, float, float]


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.0, 5.0), st.floats(0.0, 3.0)), max_size=30),
    takes=st.floats(0.0, 4.0),
    fails=st.lists(st.booleans(), max_size=40),
    workers=st.integers(1, 4),
)
def test_whatever_is_asked_for_is_begun_later_and_never_twice_at_a_time(
    steps: list[Step], takes: float, fails: list[bool], workers: int
) -> None:
    outcomes = iter(fails)
    bench = Bench(takes=takes, outcome=lambda _: OSError("no") if next(outcomes, False) else None)
    asked: list[tuple[str, float]] = []

    async def scenario(queue: WorkQueue[str]) -> None:
        for key, delay, pause in steps:
            queue.add(key, delay)
            asked.append((key, asyncio.get_running_loop().time()))
            await asyncio.sleep(pause)

    bench.run(scenario, workers=workers)
    for key, at in asked:
        assert any(begun >= at for begun in bench.times(key)), "nothing that was asked for is lost"
    assert set(bench.most_at_once.values()) <= {1}
    assert len(bench.done) <= len(asked) + len(bench.told), "nothing is done that nobody asked for"


def test_a_queue_is_idle_when_nothing_is_due() -> None:
    bench = Bench(takes=1.0)

    async def scenario(queue: WorkQueue[str]) -> None:
        assert queue.idle
        queue.add("a")
        assert not queue.idle
        await asyncio.sleep(0.5)
        assert not queue.idle
        await asyncio.sleep(1.0)
        queue.add("b", 5.0)
        assert queue.idle
        assert len(queue) == 1

    bench.run(scenario)
