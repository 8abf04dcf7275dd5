from hypothesis import given
from hypothesis import strategies as st

from brownfield_operator.kube.backoff import FIRST, LONGEST, delay

FAILURES = st.integers(min_value=1, max_value=100_000)
CHANCE = st.floats(min_value=0.0, max_value=1.0)
ASKED = st.floats(min_value=0.0, max_value=600.0)


@given(FAILURES, CHANCE, ASKED)
def test_a_wait_is_never_shorter_than_the_server_asked_nor_much_longer_than_the_longest(
    failures: int, chance: float, asked: float
) -> None:
    assert asked + FIRST / 2 <= delay(failures, chance, asked=asked) <= asked + LONGEST


@given(FAILURES, CHANCE)
def test_waits_grow(failures: int, chance: float) -> None:
    assert delay(failures, chance) <= delay(failures + 1, chance)


def test_the_first_wait_is_short_and_the_tenth_the_longest() -> None:
    assert delay(1, 1.0) == FIRST
    assert delay(10, 1.0) == LONGEST
