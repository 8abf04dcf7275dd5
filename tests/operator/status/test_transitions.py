"""Events tell of flips, each once, and of nothing else."""

from typing import Any

from hypothesis import given
from tests.operator.status.any_facts import facts
from tests.operator.status.known import NOW, finding, source, source_health, waits, with_process

from brownfield_api.health import LinkState
from brownfield_api.resources import Reason
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.resource_status import resource_status
from brownfield_operator.status.transitions import transitions


def _status(known: ResourceFacts, live: dict[str, Any] | None = None) -> dict[str, Any]:
    return resource_status(known, live, NOW)


def test_a_new_source_that_is_well_is_one_event() -> None:
    found = transitions(None, _status(source()))
    assert [(event.type, event.reason) for event in found] == [("Normal", "Ready")]


def test_a_source_that_starts_says_so_without_alarm() -> None:
    starting = with_process(source(), workload=None, record=None, record_age=None)
    found = transitions(None, _status(starting))
    assert [(event.type, event.reason) for event in found] == [("Normal", "Starting")]


def test_a_device_that_goes_is_a_warning_and_its_return_is_none() -> None:
    well, away = _status(source()), _status(source(source_health(state=LinkState.BACKOFF)))
    assert [(event.type, event.reason) for event in transitions(well, away)] == [("Warning", "Backoff")]
    assert [(event.type, event.reason) for event in transitions(away, well)] == [("Normal", "Connected")]


def test_an_error_is_told_once_by_the_condition_that_has_it() -> None:
    wrong = source(
        findings=(finding(Reason.INVALID_UNIT),), left_out_because="LegacySource/r80711", runs_last_good=True
    )
    found = transitions(_status(source()), _status(wrong))
    assert [(event.type, event.reason) for event in found] == [("Warning", "InvalidUnit")]
    assert found[0].message.startswith("Accepted: spec.tags[3].unit: 'kWh' is not a unit.")


def test_a_suspended_source_is_no_warning() -> None:
    found = transitions(_status(source()), _status(source(source_health(state=LinkState.SUSPENDED))))
    assert [(event.type, event.reason) for event in found] == [("Normal", "Suspended")]


def test_a_new_message_or_reason_is_no_event() -> None:
    first = with_process(source(), workload=waits(Reason.CRASH_LOOPING, "a"))
    second = with_process(source(), workload=waits(Reason.IMAGE_PULL_FAILED, "b"))
    assert transitions(_status(first), _status(second)) == ()


def test_back_to_available_is_ready_again() -> None:
    crashing = with_process(source(), workload=waits(Reason.CRASH_LOOPING, "a"))
    found = transitions(_status(crashing), _status(source()))
    assert [(event.type, event.reason) for event in found] == [("Normal", "Ready"), ("Normal", "Available")]


@given(facts(), facts())
def test_the_same_status_again_is_no_event_and_no_note_is_too_long(before: ResourceFacts, after: ResourceFacts) -> None:
    live = _status(before)
    written = _status(after, live)
    assert all(len(event.message) <= 1024 for event in transitions(live, written))
    assert transitions(written, _status(after, written)) == ()
