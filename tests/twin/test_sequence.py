"""Counters end to end: what is loss, what is a duplicate, and what is neither."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brownfield_api.health import Hop
from brownfield_api.status import Reason, Status

SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


def count(farm: Any, numbers: list[tuple[Any, ...]]) -> Hop:
    """Feed (number, time, reasons, status) with defaults; the counts."""
    twin = farm.twin()
    for position, item in enumerate(numbers):
        defaults: tuple[Any, ...] = (0, position, 0, Status.GOOD)
        number, time, reasons, status = item + defaults[len(item) :]
        sample = farm.sample(
            "T1", "count", float(number), NOW + time * SECOND, NOW + position * SECOND, status, reasons
        )
        farm.take(twin, [sample])
    hop: Hop = twin.sequence.standing.hop
    return hop


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([(1,), (2,), (3,)], Hop(samples=3)),
        ([(5,), (6,), (9,)], Hop(samples=3, lost=2)),
        ([(1,), (2,), (2,), (3,)], Hop(samples=3, duplicated=1)),
        ([(1,), (2,), (50,), (1,), (2,)], Hop(samples=5, lost=47, epochs=1)),
        ([(7, 1), (8, 2), (7, 1), (9, 3)], Hop(samples=4, reordered=1)),
        ([(2**32 - 2,), (2**32 - 1,), (0,), (1,)], Hop(samples=4)),
        ([(2**32 - 1,), (2,)], Hop(samples=2, lost=2)),
        ([(1,), (9, 1, Reason.INITIAL), (10,)], Hop(samples=3, epochs=1)),
        ([(1,), (9, 1, Reason.GAP_BEFORE), (10,)], Hop(samples=3, epochs=1)),
        ([(4,), (4, 1, Reason.INITIAL), (5,)], Hop(samples=2)),
        ([(4,), (4, 0, Reason.HELD, Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE), (5,)], Hop(samples=2)),
        ([(4,), (0, 1, 0, Status.BAD_SENSOR_FAILURE), (5,)], Hop(samples=2)),
        ([(4,), (5, 1, Reason.MAX_SKEW, Status.UNCERTAIN), (6,)], Hop(samples=3)),
    ],
)
def test_each_kind_of_step_is_counted_as_what_it_is(farm: Any, numbers: list[Any], expected: Hop) -> None:
    assert count(farm, numbers) == expected


@given(start=st.integers(0, 2**32 - 1), steps=st.lists(st.integers(1, 900), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_a_counter_with_holes_loses_exactly_the_holes_even_when_it_wraps(
    farm: Any, start: int, steps: list[int]
) -> None:
    numbers = [start]
    for step in steps:
        numbers.append((numbers[-1] + step) % 2**32)
    assert count(farm, [(number,) for number in numbers]) == Hop(
        samples=len(numbers), lost=sum(step - 1 for step in steps)
    )
