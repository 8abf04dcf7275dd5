from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_operator.kube.kinds import Json
from brownfield_operator.kube.lease import (
    Candidate,
    Step,
    Terms,
    decide,
    observe,
    record_to_release,
    record_to_write,
    stored,
)

WALL = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = "operator-a"


def record(holder: str, version: str = "1", duration: int | None = 15) -> Json:
    spec = {"holderIdentity": holder} | ({} if duration is None else {"leaseDurationSeconds": duration})
    return {"metadata": {"resourceVersion": version}, "spec": spec}


def leading(at: float) -> Candidate:
    return stored(Candidate(ME), record(ME), at, at)


def test_the_first_candidate_ever_creates_the_record() -> None:
    assert decide(observe(Candidate(ME), None, 0.0), 0.0) == (Step.CREATE, 0.0)


def test_a_released_lease_is_taken_at_once() -> None:
    assert decide(observe(Candidate(ME), record(""), 0.0), 0.0)[0] is Step.WRITE


def test_an_own_lease_of_an_earlier_life_is_taken_at_once() -> None:
    assert decide(observe(Candidate(ME), record(ME), 0.0), 0.0)[0] is Step.WRITE


def test_a_lease_of_another_is_respected_for_its_duration_since_it_was_first_seen() -> None:
    candidate = observe(Candidate(ME), record("b"), 100.0)
    candidate = observe(candidate, record("b"), 110.0)
    assert decide(candidate, 114.9)[0] is Step.WAIT
    assert decide(candidate, 115.0)[0] is Step.WRITE


def test_a_renewal_by_another_starts_the_wait_anew() -> None:
    candidate = observe(Candidate(ME), record("b", "1"), 100.0)
    candidate = observe(candidate, record("b", "2"), 114.0)
    assert decide(candidate, 128.9)[0] is Step.WAIT


def test_the_holders_own_duration_counts() -> None:
    candidate = observe(Candidate(ME), record("b", duration=40), 0.0)
    assert decide(candidate, 39.9)[0] is Step.WAIT
    assert decide(candidate, 40.0)[0] is Step.WRITE


def test_a_record_without_a_duration_is_respected_for_the_own() -> None:
    candidate = observe(Candidate(ME), record("b", duration=None), 0.0)
    assert decide(candidate, 14.9)[0] is Step.WAIT
    assert decide(candidate, 15.0)[0] is Step.WRITE


def test_a_deleted_record_is_respected_as_long_as_it_would_have_been() -> None:
    candidate = observe(Candidate(ME), record("b"), 0.0)
    candidate = observe(candidate, None, 10.0)
    candidate = observe(candidate, None, 12.0)
    assert decide(candidate, 24.9)[0] is Step.WAIT
    assert decide(candidate, 25.0)[0] is Step.CREATE


def test_a_wait_ends_when_the_lease_does() -> None:
    candidate = observe(Candidate(ME), record("b"), 0.0)
    step, wait = decide(candidate, 14.5)
    assert step is Step.WAIT
    assert wait == pytest.approx(0.5)


def test_a_leader_renews_every_retry_period() -> None:
    assert decide(leading(0.0), 0.5) == (Step.WAIT, 1.5)
    assert decide(leading(0.0), 2.0)[0] is Step.WRITE


def test_a_leader_gives_up_at_the_deadline_although_nobody_else_came() -> None:
    assert decide(leading(0.0), 9.99)[0] is Step.WRITE
    assert decide(leading(0.0), 10.0)[0] is Step.LOST
    assert not leading(0.0).leads(10.0)


@pytest.mark.parametrize("now_there", [record("b", "2"), record("", "2"), None])
def test_a_leader_that_sees_another_record_has_lost(now_there: Json | None) -> None:
    assert decide(observe(leading(0.0), now_there, 1.0), 1.0)[0] is Step.LOST


def test_the_deadline_counts_from_before_the_request_was_sent() -> None:
    candidate = stored(Candidate(ME), record(ME), 3.0, 8.0)
    assert candidate.leads(12.9)
    assert not candidate.leads(13.0)


def test_terms_that_could_make_two_leaders_are_refused() -> None:
    with pytest.raises(ValueError, match="retry < deadline < duration"):
        Terms(duration=10, deadline=15.0)


def test_what_is_written_tells_people_who_and_since_when() -> None:
    first = record_to_write(Candidate(ME), "ns", "operator", WALL)
    assert first["spec"] == {
        "holderIdentity": ME,
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-03-01T12:00:00.000000Z",
        "renewTime": "2026-03-01T12:00:00.000000Z",
        "leaseTransitions": 0,
    }


def test_a_takeover_counts_and_a_renewal_does_not() -> None:
    seen = observe(Candidate(ME), record("b"), 0.0)
    taken = record_to_write(seen, "ns", "operator", WALL)
    assert taken["spec"]["leaseTransitions"] == 1
    renewed = record_to_write(observe(seen, taken, 1.0), "ns", "operator", WALL)
    assert renewed["spec"]["leaseTransitions"] == 1
    assert renewed["metadata"] == taken["metadata"]


def test_a_release_leaves_no_holder() -> None:
    assert record_to_release(record(ME), WALL)["spec"]["holderIdentity"] == ""


TIMES = st.floats(min_value=0, max_value=1e6, allow_nan=False)


@given(
    others=st.lists(st.tuples(st.sampled_from(["b", "c"]), st.floats(0.0, 14.99)), min_size=1, max_size=20), start=TIMES
)
def test_nobody_takes_a_lease_that_is_renewed_in_time(others: list[tuple[str, float]], start: float) -> None:
    candidate, now = Candidate(ME), start
    for version, (holder, later) in enumerate(others):
        candidate = observe(candidate, record(holder, str(version)), now)
        now += later
        assert decide(candidate, now)[0] is Step.WAIT


@given(sent=TIMES, answered=st.floats(0.0, 9.0), later=st.floats(0.0, 100.0))
def test_a_leader_never_acts_beyond_the_deadline_whatever_it_does_meanwhile(
    sent: float, answered: float, later: float
) -> None:
    candidate = stored(Candidate(ME), record(ME, "7"), sent, sent + answered)
    now = sent + answered + later
    step, wait = decide(candidate, now)
    assert (step is Step.LOST) == (now - sent >= 10.0)
    assert candidate.leads(now) == (step is not Step.LOST)
    assert wait >= 0.0
