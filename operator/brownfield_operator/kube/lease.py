"""Who leads, decided without a clock of its own and without a network: the pure half of the election.

The record is a `coordination.k8s.io/v1` Lease. Times in it are for people; a candidate judges only by its own
monotonic clock, from the moment at which it first saw a version of the record, so clocks of two machines are never
compared. Two leaders at once are excluded as long as no clock runs `Terms.duration / Terms.deadline` times as fast
as another: a leader counts from *before* it sent the renewal and stops after `deadline`; everybody else counts
from *after* that renewal was stored and waits for `duration`.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum

from brownfield_operator.kube.kinds import Json, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Seconds: how long others respect a lease that is not renewed, when its holder gives up by itself, how often
    it is renewed. The defaults are those of Kubernetes' own controllers.
    """

    duration: int = 15
    deadline: float = 10.0
    retry: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.retry < self.deadline < self.duration:
            raise ValueError("a lease needs retry < deadline < duration")


_SHORTEST_WAIT = 0.1
"""Rounding must not make a candidate turn in circles in the last instant of a wait."""


class Step(Enum):
    """What a candidate does next."""

    CREATE = "create"
    """Write the record for the first time."""
    WRITE = "write"
    """Take the lease over, or renew it: replace the record that was seen."""
    WAIT = "wait"
    LOST = "lost"
    """Stop working as leader, at once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The record as last seen (None: absent) and when, on the own clock, this state of it was first seen."""

    record: Json | None
    since: float
    holder: str
    duration: float

    @property
    def version(self) -> str:
        return "" if self.record is None else str(self.record["metadata"]["resourceVersion"])


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a candidate knows. `renewed`: own time just before it sent its last renewal that was stored; None: it
    does not lead. `identity` must be no other living process's: a pod's name is enough.
    """

    identity: str
    terms: Terms = field(default_factory=Terms)
    seen: Seen | None = None
    renewed: float | None = None

    def leads(self, now: float) -> bool:
        """Whether it may still act as leader at `now`."""
        return self.renewed is not None and now - self.renewed < self.terms.deadline


def observe(candidate: Candidate, record: Json | None, now: float) -> Candidate:
    """What the candidate knows after a read that was answered at `now`."""
    before = candidate.seen
    if record is None:
        if before is None or before.record is None:
            return candidate  # never there, or gone for a while: the time of the first sight counts
        # Somebody deleted it. Its holder may not know yet: the absence is respected as long as the record was.
        return replace(candidate, seen=Seen(None, now, before.holder, before.duration))
    spec = record.get("spec") or {}
    since = now
    if before is not None and before.version == record["metadata"]["resourceVersion"]:
        since = before.since
    duration = float(spec.get("leaseDurationSeconds") or candidate.terms.duration)
    return replace(candidate, seen=Seen(record, since, spec.get("holderIdentity") or "", duration))


def stored(candidate: Candidate, record: Json, sent: float, now: float) -> Candidate:
    """What it knows after its own write, sent at `sent`, came back as `record` at `now`."""
    return replace(observe(candidate, record, now), renewed=sent)


def decide(candidate: Candidate, now: float) -> tuple[Step, float]:
    """The next step, and how long to wait before it (seconds, jitter not included) where it is WAIT."""
    seen = candidate.seen
    if candidate.renewed is not None:
        held = seen is not None and seen.record is not None and seen.holder == candidate.identity
        if not held or not candidate.leads(now):
            return Step.LOST, 0.0
        wait = candidate.renewed + candidate.terms.retry - now
        return (Step.WAIT, max(wait, _SHORTEST_WAIT)) if wait > 0 else (Step.WRITE, 0.0)
    if seen is None:
        return Step.CREATE, 0.0
    left = seen.since + seen.duration - now
    if left > 0 and seen.holder not in ("", candidate.identity):
        return Step.WAIT, min(max(left, _SHORTEST_WAIT), candidate.terms.retry)
    return (Step.CREATE if seen.record is None else Step.WRITE), 0.0


def record_to_write(candidate: Candidate, namespace: str, name: str, wall: datetime) -> Json:
    """The record with which the candidate takes or renews the lease; `wall` is for people."""
    time = _micro_time(wall)
    before = candidate.seen.record if candidate.seen is not None else None
    spec = dict(before.get("spec") or {}) if before is not None else {}
    if spec.get("holderIdentity") != candidate.identity:
        spec["leaseTransitions"] = int(spec.get("leaseTransitions") or 0) + (before is not None)
        spec["acquireTime"] = time
    spec |= {
        "holderIdentity": candidate.identity,
        "leaseDurationSeconds": candidate.terms.duration,
        "renewTime": time,
    }
    if before is not None:
        return {**before, "spec": spec}
    return {
        "apiVersion": Kind.LEASE.api_version,
        "kind": str(Kind.LEASE),
        "metadata": {"namespace": namespace, "name": name},
        "spec": spec,
    }


def record_to_release(record: Json, wall: datetime) -> Json:
    """The record without a holder: the next candidate that reads it takes over at once."""
    spec = {**record["spec"], "holderIdentity": "", "renewTime": _micro_time(wall)}
    return {**record, "spec": spec}


def _micro_time(wall: datetime) -> str:
    return wall.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
