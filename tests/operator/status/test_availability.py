"""Available: patience with restarts, none with faults."""

import pytest
from tests.operator.status.known import mapping, process, record, source, waits, with_process

from brownfield_api.resources import Reason
from brownfield_api.resources.status import Condition
from brownfield_operator.status.availability import PATIENCE, available
from brownfield_operator.status.reasons import TRANSIENT

STOPPING = waits(Reason.ROLLING_OUT, "Pod adapter-r80711-plant-502-0 is being stopped.")


def _was(status: str = "True", generation: int = 3) -> Condition:
    return Condition.model_validate(
        {
            "type": "Available",
            "status": status,
            "reason": "Available",
            "message": "It runs.",
            "lastTransitionTime": "2026-03-01T11:00:00Z",
            "observedGeneration": generation,
        }
    )


def test_a_ready_process_is_available() -> None:
    assert available(source(), None).status == "True"


def test_a_new_resource_is_not_available_before_its_pod_is_ready() -> None:
    said = available(with_process(source(), workload=None), None)
    assert (said.status, said.reason) == ("False", "Starting")


def test_a_restart_of_what_was_available_changes_nothing_at_all() -> None:
    running = available(source(), _was())
    assert available(with_process(source(), workload=STOPPING, not_ready_for=40.0), _was()) == running


def test_a_restart_that_does_not_end_shows() -> None:
    said = available(with_process(source(), workload=STOPPING, not_ready_for=PATIENCE), _was())
    assert (said.status, said.reason) == ("False", "RollingOut")
    assert said.message == STOPPING.message


def test_a_change_of_this_very_resource_is_available_only_when_its_pod_is_ready() -> None:
    said = available(with_process(source(), workload=STOPPING, not_ready_for=1.0), _was(generation=2))
    assert (said.status, said.reason) == ("False", "RollingOut")


def test_what_was_not_available_gets_no_patience() -> None:
    assert available(with_process(source(), workload=STOPPING), _was("False")).status == "False"


@pytest.mark.parametrize("reason", [Reason.IMAGE_PULL_FAILED, Reason.UNSCHEDULABLE, Reason.CRASH_LOOPING])
def test_a_fault_shows_at_once(reason: Reason) -> None:
    assert reason not in TRANSIENT
    said = available(with_process(source(), workload=waits(reason, "No.")), _was())
    assert (said.status, said.reason, said.message) == ("False", reason, "No.")


def test_a_process_held_back_says_what_it_waits_for() -> None:
    said = available(with_process(source(), held_back=("tcp://r80711.plant:502",)), None)
    assert (said.status, said.reason) == ("False", "WaitingForEndpoint")
    assert "tcp://r80711.plant:502" in said.message


def test_the_neighbour_in_a_group_learns_why_the_pod_waits() -> None:
    missing = waits(Reason.MISSING_SECRET, "Secret/other-login does not exist.", "Secret/other-login")
    said = available(with_process(source(), workload=missing), None)
    assert (said.status, said.reason) == ("False", "WaitingForInputs")
    assert "Secret/other-login" in said.message


def test_nothing_runs_for_a_resource_with_an_error() -> None:
    said = available(source(processes=(), left_out_because="LegacySource/r80711"), None)
    assert (said.status, said.reason) == ("False", "NotRunning")


def test_the_last_good_version_is_available() -> None:
    assert available(source(left_out_because="LegacySource/r80711", runs_last_good=True), None).status == "True"


def test_of_several_processes_the_one_that_fails_is_told() -> None:
    first = process("pipeline", "la-haute-borne-0")
    second = process("pipeline", "la-haute-borne-1", workload=waits(Reason.CRASH_LOOPING, "It crashes."))
    said = available(mapping(processes=(first, second)), None)
    assert (said.status, said.reason, said.message) == ("False", "CrashLooping", "It crashes.")


def test_what_a_running_process_complains_of_is_passed_on() -> None:
    full = record("pipeline", "la-haute-borne", message="The checkpoint cannot be written: is the disk full?")
    said = available(with_process(mapping(), record=full), None)
    assert (said.status, said.reason) == ("True", "Available")
    assert said.message == "It runs. It says: The checkpoint cannot be written: is the disk full?"
    assert available(with_process(mapping(), record=full, record_age=60.0), None).message == "It runs."
