"""What is left of a promise."""

import pytest

from brownfield_slo.indicators import Sli, Subject
from brownfield_slo.ledger.account import Events
from brownfield_slo.levels import Level, window_text, worst

SUBJECT = Subject("source", "plant", "r80711")


def level(good: float, total: float, covered: float = 1.0, objective: float = 0.99) -> Level:
    return Level(SUBJECT, Sli.UPTIME, objective, 3600.0, Events(good, total), covered)


@pytest.mark.parametrize(
    ("given", "budget", "met"),
    [
        (level(100, 100), 1.0, True),
        (level(99, 100), 0.0, True),
        (level(98, 100), -1.0, False),
        (level(50, 100, covered=0.01), 0.5, True),
        (level(0, 0), 1.0, None),
    ],
)
def test_a_budget_is_what_the_whole_window_may_lose(given: Level, budget: float, met: bool | None) -> None:
    assert given.budget == pytest.approx(budget)
    assert given.met is met


def test_the_worst_is_the_one_with_the_least_budget() -> None:
    assert worst([level(100, 100), level(97, 100), level(99, 100)]) == level(97, 100)
    assert worst([]) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(28 * 86400.0, "28d"), (5400.0, "90m"), (7200.0, "2h"), (61.0, "61s"), (0.25, "250ms")]
)
def test_a_window_is_said_in_the_largest_whole_unit(seconds: float, text: str) -> None:
    assert window_text(seconds) == text
