"""What a real Kubernetes said of processes that did not come up (recorded by `record.py`), in our words."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from brownfield_api.resources import Reason
from brownfield_operator import names
from brownfield_operator.status.facts import Workload
from brownfield_operator.status.statement import LONGEST
from brownfield_operator.status.workload import IN_LINE, diagnose

RECORDED = Path(__file__).parent / "data" / "workloads"
Recording = dict[str, Any]

EXPECTED: dict[str, tuple[Reason, str, str]] = {
    "ready": (Reason.AVAILABLE, "", ""),
    "image-never": (Reason.IMAGE_PULL_FAILED, "", "is not present with pull policy of Never"),
    "image-unreachable": (Reason.IMAGE_PULL_FAILED, "", "The image registry.invalid/adapter:v9 cannot be had."),
    "image-misnamed": (Reason.IMAGE_PULL_FAILED, "", "must be lowercase"),
    "no-node-matches": (Reason.UNSCHEDULABLE, "", "1 node(s) didn't match Pod's node affinity/selector."),
    "no-room": (Reason.UNSCHEDULABLE, "", "1 Insufficient memory."),
    "missing-claim": (
        Reason.MISSING_VOLUME,
        "PersistentVolumeClaim/historian-export",
        "PersistentVolumeClaim/historian-export does not exist in namespace missing-claim.",
    ),
    "no-default-class": (Reason.MISSING_STORAGE_CLASS, "", "The cluster has no default StorageClass"),
    "missing-class": (Reason.MISSING_STORAGE_CLASS, "", "StorageClass fast does not exist"),
    "missing-secret": (
        Reason.MISSING_SECRET,
        "Secret/r80711-login",
        "kubectl -n missing-secret create secret generic r80711-login",
    ),
    "missing-key": (Reason.MISSING_KEY, "Secret/r80711-login", "Secret/r80711-login has no key password."),
    "credentials-not-written": (Reason.STARTING, "", "credentials for the spine"),
    "credentials-without-key": (Reason.STARTING, "", "credentials for the spine"),
    "unmountable": (Reason.VOLUME_NOT_MOUNTED, "", "/nowhere is not a directory"),
    "crashes": (Reason.CRASH_LOOPING, "", "exit code 1. See why: kubectl -n crashes logs adapter-r80711-0 --previous"),
    "no-such-program": (Reason.CONTAINER_FAILED, "", "stat /none: no such file or directory"),
    "root-refused": (Reason.CONTAINER_FAILED, "", "container has runAsNonRoot and image will run as root"),
    "quota": (Reason.FORBIDDEN, "", "exceeded quota: none"),
    "pod-security": (Reason.FORBIDDEN, "", 'violates PodSecurity "restricted:latest"'),
    "not-ready": (Reason.STARTING, "", "runs but is not ready yet. Kubernetes says: Readiness probe failed"),
    "stopping": (Reason.ROLLING_OUT, "", "Pod adapter-r80711-0 is being stopped"),
    "node-lost": (Reason.NODE_LOST, "", "kubectl delete node"),
    "node-lost-evicted": (Reason.NODE_LOST, "", "kubectl delete node"),
}
"""Scenario -> reason, missing object, part of the message."""


def _recorded(scenario: str) -> Recording:
    recording: Recording = yaml.safe_load((RECORDED / f"{scenario}.yaml").read_text(encoding="utf-8"))
    return recording


def _diagnosed(recording: Recording, intent: str = "") -> Workload:
    return diagnose(recording["statefulset"], recording["pods"], recording["events"], intent=intent)


def test_every_recording_is_expected_to_say_something() -> None:
    assert {path.stem for path in RECORDED.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("scenario", EXPECTED)
def test_what_kubernetes_said_in_our_words(scenario: str) -> None:
    reason, missing, part = EXPECTED[scenario]
    found = _diagnosed(_recorded(scenario))
    assert (found.ready, found.reason, found.missing) == (scenario == "ready", reason, missing)
    assert part in found.message
    assert len(found.message) < LONGEST


@pytest.mark.parametrize("scenario", EXPECTED)
def test_without_events_less_is_known_and_nothing_breaks(scenario: str) -> None:
    recording = _recorded(scenario)
    found = diagnose(recording["statefulset"], recording["pods"], ())
    assert found.ready == (scenario == "ready")
    if EXPECTED[scenario][0] not in {Reason.FORBIDDEN, Reason.MISSING_STORAGE_CLASS, Reason.MISSING_KEY}:
        assert found.reason in {EXPECTED[scenario][0], Reason.STARTING}


@pytest.mark.parametrize("scenario", ["crashes", "no-such-program", "image-unreachable"])
def test_a_longer_back_off_and_one_more_restart_change_no_message(scenario: str) -> None:
    before = _recorded(scenario)
    later = deepcopy(before)
    container = later["pods"][0]["status"]["containerStatuses"][0]
    container["restartCount"] += 1
    waiting = container["state"].get("waiting", {})
    waiting["message"] = waiting.get("message", "").replace("back-off 40s", "back-off 1m20s")
    assert _diagnosed(later) == _diagnosed(before)


def test_between_two_crashes_it_is_still_crashing() -> None:
    recording = _recorded("crashes")
    container = recording["pods"][0]["status"]["containerStatuses"][0]
    container["state"] = {"running": {"startedAt": "2026-03-01T12:00:00Z"}}
    container["restartCount"] = 3
    assert _diagnosed(recording).reason is Reason.CRASH_LOOPING
    container["restartCount"] = 1
    assert _diagnosed(recording).reason is Reason.STARTING, "one crash is no loop"


def test_a_process_killed_for_its_memory_says_so() -> None:
    recording = _recorded("crashes")
    ended = recording["pods"][0]["status"]["containerStatuses"][0]
    killed = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    ended.update(state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState=killed)
    found = _diagnosed(recording)
    assert found.reason is Reason.CRASH_LOOPING
    assert "raise spec.pod.resources" in found.message


def test_ready_but_with_another_intent_is_not_what_is_wanted() -> None:
    recording = _recorded("ready")
    recording["statefulset"]["metadata"].setdefault("annotations", {})[names.INTENT] = "a"
    assert _diagnosed(recording, intent="a").ready
    found = _diagnosed(recording, intent="b")
    assert (found.ready, found.reason) == (False, Reason.ROLLING_OUT)


def test_ready_of_an_older_generation_is_not_ready() -> None:
    recording = _recorded("ready")
    recording["statefulset"]["metadata"]["generation"] += 1
    assert not _diagnosed(recording).ready


def test_a_pod_of_the_old_revision_is_about_to_be_replaced_whatever_is_wrong_with_it() -> None:
    recording = _recorded("crashes")
    recording["statefulset"]["status"]["updateRevision"] = "adapter-r80711-new"
    found = _diagnosed(recording)
    assert (found.ready, found.reason) == (False, Reason.ROLLING_OUT)


def test_without_a_pod_and_without_a_refusal_the_pod_is_being_made() -> None:
    recording = _recorded("quota")
    assert diagnose(recording["statefulset"], (), ()).reason is Reason.STARTING


def test_a_refusal_that_was_taken_back_counts_no_more() -> None:
    recording = _recorded("quota")
    refused = recording["events"][0]
    created = {**refused, "reason": "SuccessfulCreate", "lastTimestamp": "2100-01-01T00:00:00Z"}
    found = diagnose(recording["statefulset"], (), (created, refused))
    assert found.reason is Reason.STARTING


def test_events_of_a_pod_that_had_the_same_name_are_not_taken_for_its_own() -> None:
    recording = _recorded("missing-secret")
    assert _diagnosed(recording).reason is Reason.MISSING_SECRET
    recording["pods"][0]["metadata"]["uid"] = "another"
    assert _diagnosed(recording).reason is Reason.STARTING


def test_a_missing_secret_is_found_behind_the_kubelets_newer_summary() -> None:
    recording = _recorded("missing-secret")
    mount = next(event for event in recording["events"] if event["reason"] == "FailedMount")
    summary = {
        **mount,
        "message": "Unable to attach or mount volumes: unmounted volumes=[login]: timed out waiting for the condition",
        "lastTimestamp": "2100-01-01T00:00:00Z",
    }
    recording["events"].append(summary)
    assert _diagnosed(recording).reason is Reason.MISSING_SECRET


def test_once_the_image_is_pulled_an_old_mount_failure_is_forgotten() -> None:
    recording = _recorded("unmountable")
    mount = next(event for event in recording["events"] if event["reason"] == "FailedMount")
    recording["events"].append({**mount, "reason": "Pulling", "lastTimestamp": "2100-01-01T00:00:00Z"})
    assert _diagnosed(recording).reason is Reason.STARTING


def test_the_pod_that_leaves_is_not_asked_when_the_next_one_is_there() -> None:
    leaving, following = _recorded("stopping"), _recorded("missing-class")
    following["pods"][0]["metadata"]["creationTimestamp"] = "2100-01-01T00:00:00Z"
    found = diagnose(following["statefulset"], [*leaving["pods"], *following["pods"]], following["events"])
    assert found.reason is Reason.MISSING_STORAGE_CLASS


def test_a_pod_of_a_stateful_set_nobody_has_looked_at_yet_is_judged_by_itself() -> None:
    """Right after it was made it has no revision; its pod, adopted from the one before, may be in trouble already."""
    recording = _recorded("crashes")
    del recording["statefulset"]["status"]["updateRevision"]
    assert _diagnosed(recording).reason is Reason.CRASH_LOOPING
    recording["statefulset"]["status"]["updateRevision"] = ""
    assert _diagnosed(recording).reason is Reason.CRASH_LOOPING


def test_what_waits_in_line_for_its_restart_runs_and_says_so() -> None:
    recording = _recorded("ready")
    recording["statefulset"]["metadata"]["annotations"] = {names.INTENT: "a"}
    found = diagnose(recording["statefulset"], recording["pods"], (), intent="b", in_line=True)
    assert found == IN_LINE
    assert (found.ready, found.reason) == (False, Reason.ROLLING_OUT)


def test_what_broke_while_it_stood_in_line_is_told() -> None:
    recording = _recorded("crashes")
    recording["statefulset"]["metadata"]["annotations"] = {names.INTENT: "a"}
    found = diagnose(recording["statefulset"], recording["pods"], (), intent="b", in_line=True)
    assert found.reason is Reason.CRASH_LOOPING


@pytest.mark.parametrize("scenario", ["missing-key", "credentials-without-key"])
def test_a_key_that_a_projected_volume_takes_is_missed_like_any_other(scenario: str) -> None:
    recording = _recorded(scenario)
    as_recorded = _diagnosed(recording)
    for volume in recording["pods"][0]["spec"]["volumes"]:
        secret = volume.pop("secret", None)
        if secret is not None:
            volume["projected"] = {"sources": [{"secret": {"name": secret["secretName"], "items": secret["items"]}}]}
    assert _diagnosed(recording) == as_recorded


def test_a_missing_key_is_found_behind_the_kubelets_newer_summary() -> None:
    recording = _recorded("missing-key")
    mount = next(event for event in recording["events"] if event["reason"] == "FailedMount")
    summary = {
        **mount,
        "message": "Unable to attach or mount volumes: unmounted volumes=[login]: timed out waiting for the condition",
        "lastTimestamp": "2100-01-01T00:00:00Z",
    }
    recording["events"].append(summary)
    assert _diagnosed(recording).reason is Reason.MISSING_KEY
