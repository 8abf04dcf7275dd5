"""Ready is exactly its three parts; times move only with a status; whatever the facts, the CRD takes the result."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from tests.operator.status.any_facts import facts
from tests.operator.status.known import (
    NOW,
    finding,
    mapping,
    record,
    source,
    source_health,
    twin,
    waits,
    with_process,
)

from brownfield_api.health import LinkState
from brownfield_api.resources import Reason
from brownfield_api.resources.status import Condition, ConditionType
from brownfield_operator.status.conditions import conditions, read_conditions
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.reasons import CONDITION_OF
from brownfield_planner.findings import Severity

WELL = {
    "LegacySource": source(),
    "AssetMapping": mapping(),
    "TwinModel": twin(),
}


def _shown(made: tuple[Condition, ...]) -> dict[str, Condition]:
    return {condition.type: condition for condition in made}


@given(facts())
def test_ready_is_exactly_the_conjunction_of_its_parts(known: ResourceFacts) -> None:
    shown = _shown(conditions(known, {}, NOW))
    if known.other_site:
        assert set(shown) == {"Accepted"}
        return
    parts = [shown[kind].status for kind in ("Accepted", "Resolved", "Available")]
    wanted = "False" if "False" in parts else "Unknown" if "Unknown" in parts else "True"
    assert shown["Ready"].status == wanted


@given(facts(), facts())
def test_times_move_exactly_when_a_status_flips(before: ResourceFacts, after: ResourceFacts) -> None:
    first = _shown(conditions(before, {}, NOW))
    later = NOW + timedelta(seconds=7)
    second = _shown(conditions(after, first, later))
    for kind, condition in second.items():
        kept = kind in first and first[kind].status == condition.status
        assert condition.last_transition_time == ("2026-03-01T12:00:00Z" if kept else "2026-03-01T12:00:07Z")


@given(facts())
def test_every_reason_stands_where_the_table_says(known: ResourceFacts) -> None:
    health = {Reason.WAITING_FOR_HEALTH, Reason.HEALTH_EXPIRED, Reason.SPINE_UNREACHABLE}
    for condition in conditions(known, {}, NOW):
        reason = Reason(condition.reason)
        if condition.type == ConditionType.READY and condition.status != "True":
            assert CONDITION_OF[reason] in {
                ConditionType.ACCEPTED,
                ConditionType.RESOLVED,
                ConditionType.AVAILABLE,
            }
        elif condition.type == ConditionType.FRESH and reason in health:
            assert CONDITION_OF[reason] is ConditionType.CONNECTED
        else:
            assert CONDITION_OF[reason] == condition.type


@given(facts())
def test_each_condition_tells_the_generation_it_is_about(known: ResourceFacts) -> None:
    assert {condition.observed_generation for condition in conditions(known, {}, NOW)} == {known.generation}


@given(facts())
def test_warnings_alone_never_cost_a_true(known: ResourceFacts) -> None:
    errors = tuple(item for item in known.findings if item.severity is Severity.ERROR)
    without = replace(known, findings=errors, network_open=())
    with_warnings, alone = conditions(known, {}, NOW), conditions(without, {}, NOW)
    assert [item.status for item in with_warnings] == [item.status for item in alone]


@pytest.mark.parametrize("kind", sorted(WELL))
def test_each_kind_shows_its_own(kind: str) -> None:
    plant = {"LegacySource": ["Connected"], "AssetMapping": [], "TwinModel": ["Fresh"]}[kind]
    made = conditions(WELL[kind], {}, NOW)
    assert [item.type for item in made] == ["Ready", "Accepted", "Resolved", "Available", *plant]
    assert {item.status for item in made} == {"True"}


def test_a_turbine_in_maintenance_is_ready() -> None:
    away = source(source_health(state=LinkState.BACKOFF, message="no answer"))
    shown = _shown(conditions(away, {}, NOW))
    assert (shown["Ready"].status, shown["Connected"].status) == ("True", "False")


def test_ready_repeats_the_first_part_that_is_not_true() -> None:
    wrong = source(findings=(finding(Reason.UNKNOWN_FIELD),), left_out_because="LegacySource/r80711", processes=())
    shown = _shown(conditions(wrong, {}, NOW))
    assert (shown["Ready"].reason, shown["Ready"].message) == ("UnknownField", shown["Accepted"].message)


def test_a_missing_secret_is_what_ready_says() -> None:
    missing = waits(Reason.MISSING_SECRET, "Secret/login does not exist.", "Secret/login")
    shown = _shown(conditions(with_process(source(references=("Secret/login",)), workload=missing), {}, NOW))
    assert (shown["Ready"].status, shown["Ready"].reason) == ("False", "MissingSecret")
    assert (shown["Resolved"].status, shown["Available"].reason) == ("False", "WaitingForInputs")


def test_what_is_no_condition_in_a_live_status_is_written_anew() -> None:
    live = {
        "conditions": [
            {"type": "Ready", "status": "Perhaps", "reason": "Ready", "lastTransitionTime": "2026-03-01T11:00:00Z"},
            {"type": "Accepted", "status": "True", "reason": "Accepted", "lastTransitionTime": "2026-03-01T11:00:00Z"},
        ]
    }
    assert set(read_conditions(live)) == {"Accepted"}
    assert read_conditions(None) == {}


def test_times_are_utc_to_the_second() -> None:
    moment = datetime(2026, 3, 1, 14, 0, 0, 999_999, tzinfo=UTC)
    assert conditions(mapping(), {}, moment)[0].last_transition_time == "2026-03-01T14:00:00Z"


def test_a_record_of_another_process_is_not_taken_for_its_own() -> None:
    other = record("adapter", "r80711-plant-502", sources=(source_health(name="r80712"),))
    shown = _shown(conditions(with_process(source(), record=other), {}, NOW))
    assert (shown["Connected"].status, shown["Connected"].reason) == ("Unknown", "WaitingForHealth")
