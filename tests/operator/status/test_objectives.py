"""ObjectivesMet, by the ledger."""

from tests.operator.status.known import figures, source

from brownfield_api.resources import Reason
from brownfield_api.resources.status import ConditionType
from brownfield_operator.status.conditions import statements
from brownfield_operator.status.objectives import objectives_met
from brownfield_slo.ledger.account import Events

GOOD = Events(1000, 1000)


def test_without_a_promise_there_is_no_condition() -> None:
    assert objectives_met(source(figures=figures(GOOD, GOOD))) is None
    assert ConditionType.OBJECTIVES_MET not in {statement.type for statement in statements(source(), {})}


def test_what_can_be_kept_is_met() -> None:
    told = objectives_met(source(has_objectives=True, figures=figures(GOOD, Events(991, 1000))))
    assert told is not None
    assert (told.status, told.reason) == ("True", Reason.OBJECTIVES_MET)


def test_a_budget_that_is_used_up_is_said_the_worst_first() -> None:
    told = objectives_met(source(has_objectives=True, figures=figures(Events(985, 1000), Events(900, 1000))))
    assert told is not None
    assert (told.status, told.reason) == ("False", Reason.BUDGET_EXHAUSTED)
    first = "Quality is 90.0%, 99% were promised over 1h: the error budget is used up. Uptime is"
    assert told.message.startswith(first)


def test_before_anything_was_counted_it_is_unknown() -> None:
    told = objectives_met(source(has_objectives=True))
    assert told is not None
    assert (told.status, told.reason) == ("Unknown", Reason.WAITING_FOR_FIGURES)


def test_without_events_it_is_neither() -> None:
    told = objectives_met(source(has_objectives=True, figures=figures(Events(), Events())))
    assert told is not None
    assert (told.status, told.reason) == ("Unknown", Reason.NO_EVENTS)


def test_a_broken_promise_does_not_make_a_source_unready() -> None:
    found = statements(source(has_objectives=True, figures=figures(Events(0, 1000), GOOD)), {})
    assert {item.type: item.status for item in found}[ConditionType.READY] == "True"
    assert {item.type: item.status for item in found}[ConditionType.OBJECTIVES_MET] == "False"
