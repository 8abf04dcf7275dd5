"""Figures are rounded honestly and stay as they are while nothing has happened."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_operator.status.rounding import duration, share


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, None),
        (120, 120, "100%"),
        (119, 120, "99.1%"),
        (999_999, 1_000_000, "99.9%"),
        (1, 1_000_000, "0%"),
        (118, 120, "98%"),
        (0, 120, "0%"),
    ],
)
def test_shares_are_rounded_down_so_that_100_means_all(part: int, whole: int, text: str | None) -> None:
    assert share(part, whole, None) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "<10ms"),
        (0.0099, "<10ms"),
        (0.014, "10ms"),
        (0.047, "50ms"),
        (0.096, "100ms"),
        (0.94, "900ms"),
        (0.96, "1s"),
        (1.4, "1s"),
        (12.0, "10s"),
        (86400.0, "90000s"),
    ],
)
def test_durations_have_one_significant_digit(seconds: float, text: str) -> None:
    assert duration(seconds, None) == text


@given(st.floats(0.0, 1e5), st.floats(0.75, 1.33))
def test_a_duration_stays_while_it_is_near(seconds: float, factor: float) -> None:
    shown = duration(seconds, None)
    assert duration(seconds * factor, shown) == shown


@given(st.floats(0.0, 1e5))
def test_a_duration_that_has_moved_is_shown(seconds: float) -> None:
    shown = duration(seconds, None)
    assert duration(seconds * 10 + 1.0, shown) != shown


@given(st.integers(0, 1000), st.integers(1, 1000), st.one_of(st.none(), st.text(max_size=8)))
def test_100_per_cent_is_said_exactly_when_all_are(part: int, whole: int, shown: str | None) -> None:
    assert (share(part, whole, shown) == "100%") == (part >= whole)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_share_that_is_kept_is_near(first: int, second: int, whole: int) -> None:
    shown = share(min(first, whole), whole, None)
    kept = share(min(second, whole), whole, shown)
    if kept == shown and shown not in {None, "100%"}:
        missing, now = 100 - float(str(shown).rstrip("%")), 100 - 100 * min(second, whole) / whole
        assert abs(now - missing) <= max(1.0, 0.34 * missing) + 1e-9


def test_an_uptime_that_creeps_is_shown_in_few_steps() -> None:
    shown, steps = "100%", 0
    for failed in range(2000):
        now = share(1_000_000 - failed, 1_000_000, shown)
        steps += now != shown
        shown = str(now)
    assert steps <= 4


def test_a_p99_of_sixty_samples_is_quiet_nearly_always() -> None:
    dice = random.Random(7)  # noqa: S311 - noise, not a secret.
    shown = duration(0.020, None)
    texts = [duration(0.020 * dice.lognormvariate(0, 0.3), shown) for _ in range(600)]
    assert sum(text == shown for text in texts) > 560
