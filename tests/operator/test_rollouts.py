"""How many working processes are interrupted at a time, whoever began it, and that nobody waits for ever."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from brownfield_operator.desired import ProcessKey
from brownfield_operator.rollouts import PATIENCE, Phase, Rollouts, at_once, phase_of

LIMIT = 2

A, B, C, D = KEYS = tuple(("adapter", "farm", name) for name in "abcd")


@dataclass
class Clock:
    time: float = 1000.0

    def __call__(self) -> float:
        return self.time


def rollouts(clock: Clock | None = None) -> Rollouts:
    return Rollouts(limit=LIMIT, now=clock or Clock())


def stateful_set(generation: int = 1, **status: Any) -> dict[str, Any]:
    return {"metadata": {"generation": generation}, "spec": {"replicas": 1}, "status": status}


READY = {"observedGeneration": 1, "updatedReplicas": 1, "readyReplicas": 1}
OLD, NEW = {"currentRevision": "r1", "updateRevision": "r1"}, {"currentRevision": "r1", "updateRevision": "r2"}


@pytest.mark.parametrize(
    ("generation", "status", "phase"),
    [
        (1, {}, Phase.IDLE),
        (1, {"observedGeneration": 1, **OLD}, Phase.IDLE),
        (1, {**READY, **OLD}, Phase.WORKING),
        (2, {**READY, **OLD}, Phase.ROLLING),
        (1, {"observedGeneration": 1, "readyReplicas": 1, **NEW}, Phase.ROLLING),
        (1, {"observedGeneration": 1, "updatedReplicas": 1, **NEW}, Phase.ROLLING),
        (1, {**READY, "readyReplicas": 0, **OLD}, Phase.IDLE),
    ],
    ids=[
        "just made",
        "its first pod is starting",
        "all is well",
        "changed, and its controller has not looked yet",
        "the old pod is there still",
        "the new pod is starting",
        "its pod has been lost",
    ],
)
def test_the_phase_of_a_stateful_set(generation: int, status: dict[str, Any], phase: Phase) -> None:
    assert phase_of(stateful_set(generation, **status)) is phase


def test_two_are_restarted_and_the_third_is_called_when_one_of_them_works_again() -> None:
    places = rollouts()
    assert [places.take(key) for key in (A, B, C, D)] == [True, True, False, False]
    places.seen(A, Phase.ROLLING)
    assert places.seen(A, Phase.WORKING)
    assert next(places.turns()) == (C, 0.0)
    assert not places.take(D), "C was there before"
    assert places.take(C)


def test_a_rollout_somebody_else_began_takes_a_place() -> None:
    """An operator that has just started must not begin two more."""
    places = rollouts()
    places.seen(A, Phase.ROLLING)
    places.seen(B, Phase.ROLLING)
    assert not places.take(C)


def test_what_is_new_or_broken_takes_no_place() -> None:
    places = rollouts()
    for key in (A, B):
        places.seen(key, Phase.IDLE)
    assert places.take(C)


def test_a_rollout_without_an_end_gives_its_place_up_and_does_not_get_it_back() -> None:
    clock = Clock()
    places = rollouts(clock)
    assert places.take(A)
    clock.time += 20.0
    assert places.take(B)
    assert not places.take(C)
    assert list(places.turns()) == [(C, PATIENCE - 20.0)]
    clock.time += PATIENCE - 20.0
    places.seen(A, Phase.ROLLING)
    assert places.take(C)


def test_whoever_leaves_the_line_holds_nobody_up() -> None:
    places = rollouts()
    assert [places.take(key) for key in (A, B, C, D)] == [True, True, False, False]
    places.leave(C)
    assert places.gone(A)
    assert places.take(D)


def test_a_process_that_is_being_restarted_may_change_once_more() -> None:
    places = rollouts()
    assert [places.take(key) for key in (A, B, C)] == [True, True, False]
    assert places.take(A)
    assert not places.take(C)


def test_a_large_plant_restarts_one_in_twenty_at_a_time() -> None:
    assert (at_once(0), at_once(39), at_once(40), at_once(5000)) == (1, 1, 2, 250)


class Line(RuleBasedStateMachine):
    """Processes ask, end, break and leave in any order."""

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.places = rollouts(self.clock)
        self.rolling: dict[ProcessKey, float] = {}
        self.waiting: list[ProcessKey] = []

    @rule(key=st.sampled_from(KEYS))
    def ask(self, key: ProcessKey) -> None:
        before = len(self.counting())
        granted = self.places.take(key)
        first = (self.waiting + [key] * (key not in self.waiting)).index(key)
        assert granted == (key in self.rolling or first < LIMIT - before)
        if granted:
            self.rolling[key] = self.clock.time
            assert len(self.counting()) <= LIMIT or before >= LIMIT
        self.waiting = [other for other in self.waiting if other != key] if granted else self.waiting
        if not granted and key not in self.waiting:
            self.waiting.append(key)

    @rule(key=st.sampled_from(KEYS))
    def end(self, key: ProcessKey) -> None:
        assert self.places.seen(key, Phase.WORKING) == (self.rolling.pop(key, None) is not None)

    @rule(key=st.sampled_from(KEYS))
    def leave(self, key: ProcessKey) -> None:
        self.places.leave(key)
        self.waiting = [other for other in self.waiting if other != key]

    @rule(seconds=st.floats(0.0, PATIENCE))
    def wait(self, seconds: float) -> None:
        self.clock.time += seconds

    @invariant()
    def somebody_is_always_called(self) -> None:
        """Whoever waits will be called: the first at the latest when the next place falls free."""
        called = list(self.places.turns())
        assert [key for key, _ in called] == self.waiting[:LIMIT]
        assert all(0.0 <= delay <= PATIENCE for _, delay in called)
        free = LIMIT - len(self.counting())
        assert sum(delay == 0.0 for _, delay in called) >= min(max(free, 0), len(called))

    def counting(self) -> list[ProcessKey]:
        return [key for key, since in self.rolling.items() if self.clock.time - since < PATIENCE]


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
