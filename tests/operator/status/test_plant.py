"""Connected and Fresh: what the process says, and what it means when it says nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.operator.status.known import record, source, source_health, twin, with_process

from brownfield_api.health import EXPIRES, LinkState, TwinHealth
from brownfield_api.resources import Reason
from brownfield_operator.names import process_object
from brownfield_operator.status.facts import ResourceFacts
from brownfield_operator.status.plant import connected, fresh
from brownfield_operator.status.statement import Statement


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        (LinkState.CONNECTED, "True", Reason.CONNECTED),
        (LinkState.CONNECTING, "Unknown", Reason.CONNECTING),
        (LinkState.BACKOFF, "False", Reason.BACKOFF),
        (LinkState.SUSPENDED, "False", Reason.SUSPENDED),
        (LinkState.STOPPED, "False", Reason.STOPPED),
    ],
)
def test_each_state_of_the_link_has_its_reason(state: LinkState, status: str, reason: Reason) -> None:
    said = connected(source(source_health(state=state)))
    assert (said.status, said.reason) == (status, reason)


def test_why_a_source_is_away_is_in_the_message() -> None:
    said = connected(source(source_health(state=LinkState.BACKOFF, message="tcp://r80711.plant:502: refused")))
    assert said.message.endswith("tcp://r80711.plant:502: refused")


def test_a_source_that_answers_may_have_something_to_say() -> None:
    said = connected(source(source_health(message="the device refuses holding:40")))
    assert (said.status, said.message) == ("True", "The source answers. the device refuses holding:40")


def test_all_assets_fresh() -> None:
    assert (fresh(twin()).status, fresh(twin()).reason) == ("True", "Fresh")


def test_a_stale_asset_is_counted() -> None:
    said = fresh(twin(TwinHealth(assets=4, fresh=3, stale=1)))
    assert (said.status, said.reason) == ("False", "Stale")
    assert said.message.startswith("1 of 4 assets is not fresh")


def test_a_twin_that_reads_backlog_is_catching_up() -> None:
    said = fresh(twin(TwinHealth(assets=4, fresh=4, stale=0, catching_up=True)))
    assert (said.status, said.reason) == ("False", "CatchingUp")


Case = tuple[Callable[[ResourceFacts], Statement], ResourceFacts]
BOTH = pytest.mark.parametrize("case", [(connected, source()), (fresh, twin())], ids=["source", "twin"])


@BOTH
def test_while_the_spine_is_away_nothing_is_known(case: Case) -> None:
    condition, facts = case
    said = condition(replace(facts, spine_reachable=False))
    assert (said.status, said.reason) == ("Unknown", "SpineUnreachable")


@BOTH
def test_an_old_record_says_nothing(case: Case) -> None:
    condition, facts = case
    assert condition(with_process(facts, record_age=EXPIRES)).status == "True"
    said = condition(with_process(facts, record_age=EXPIRES + 0.1))
    assert (said.status, said.reason) == ("Unknown", "HealthExpired")
    process = facts.processes[0]
    assert f"kubectl -n farm logs -l brownfield.dev/process={process_object(process.key)}" in said.message


@BOTH
def test_a_process_that_never_reported_is_waited_for(case: Case) -> None:
    condition, facts = case
    said = condition(with_process(facts, record=None, record_age=None))
    assert (said.status, said.reason) == ("Unknown", "WaitingForHealth")


@BOTH
def test_a_process_that_reports_without_it_has_not_got_to_it_yet(case: Case) -> None:
    condition, facts = case
    said = condition(with_process(facts, record=record("adapter", "another")))
    assert (said.status, said.reason) == ("Unknown", "WaitingForHealth")


@BOTH
def test_without_a_process_nobody_reports(case: Case) -> None:
    condition, facts = case
    said = condition(replace(facts, processes=()))
    assert (said.status, said.reason, said.message) == ("Unknown", "WaitingForHealth", "No process runs for it.")
