"""Who may restart a process that works, and when: an upgrade must not take every process away at once.

A new image changes every pod. Replaced all together they would be one gap of ten to fifteen seconds in everything;
replaced a few at a time they are many short ones, each in one place. It is what `maxUnavailable` is to the pods of a
Deployment, across StatefulSets of one replica each.

What counts is what is seen. A StatefulSet in the middle of a rollout takes a place, whoever began it, so that an
operator that starts anew (an upgrade, a new leader) neither forgets rollouts that are under way nor waits for any
that are not. A rollout that does not come to its end gives its place up after `PATIENCE`: one process with a wrong
image must not keep the others from their new one.

Only an interruption has to wait. A process that is new, or does not work anyway, begins at once.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import Any

from brownfield_operator.desired import ProcessKey

LEAST = 1
"""Rollouts at a time, however few processes there are."""

PART = 20
"""One in so many processes may be restarted at a time: one after the other, five thousand would take most of a day."""

PATIENCE = 60.0
"""Seconds for which a rollout takes a place. One takes 10 to 14 s as a rule (measured)."""


class Phase(Enum):
    """How far a StatefulSet is, by its status."""

    WORKING = "working"
    """All replicas are ready and of the newest revision: to change it is to interrupt it."""
    ROLLING = "rolling"
    """From one revision to the next."""
    IDLE = "idle"
    """Neither: it has just been made, or its pod is not ready."""


def phase_of(stateful_set: Mapping[str, Any]) -> Phase:
    """The phase of a raw StatefulSet. Its controller sets `currentRevision` to `updateRevision` when all replicas are
    updated and ready, not before (Kubernetes, `completeRollingUpdate`).
    """
    status = stateful_set.get("status") or {}
    newest = status.get("updateRevision")
    if not newest:
        return Phase.IDLE  # nobody has looked at it yet
    seen = int(status.get("observedGeneration", 0)) >= int(stateful_set["metadata"].get("generation", 0))
    replicas = int(stateful_set["spec"].get("replicas", 1))
    counts = (int(status.get("updatedReplicas", 0)), int(status.get("readyReplicas", 0)))
    if seen and min(counts) >= replicas:
        return Phase.WORKING
    return Phase.IDLE if seen and status.get("currentRevision") == newest else Phase.ROLLING


def at_once(processes: int) -> int:
    """How many of so many processes may be restarted at a time."""
    return max(LEAST, processes // PART)


@dataclass(slots=True)
class Rollouts:
    """Places and the line of those who wait for one: first come, first served. `now` is a monotonic clock, seconds.

    `_since` has every rollout that is under way, also those that have taken too long to count.
    """

    limit: int = LEAST
    now: Callable[[], float] = time.monotonic
    _since: dict[ProcessKey, float] = field(default_factory=dict)
    _waiting: dict[ProcessKey, None] = field(default_factory=dict)

    def seen(self, key: ProcessKey, phase: Phase) -> bool:
        """What a StatefulSet's status says; whether a place may have become free by it."""
        if phase is Phase.ROLLING:
            self._since.setdefault(key, self.now())
        if phase is Phase.WORKING:
            return self.gone(key)
        return False

    def gone(self, key: ProcessKey) -> bool:
        """Its rollout is over, or the process is; whether a place may have become free by it."""
        return self._since.pop(key, None) is not None

    def take(self, key: ProcessKey) -> bool:
        """Whether the process may be restarted now. If not, it stands in line until it `leave`s."""
        self._waiting.setdefault(key)
        if key not in self._since and key not in islice(self._waiting, self._free()):
            return False
        self.leave(key)
        self._since[key] = self.now()
        return True

    def leave(self, key: ProcessKey) -> None:
        """It need not wait, or cannot go on for another reason: the next one is not to wait for it."""
        self._waiting.pop(key, None)

    def turns(self) -> Iterator[tuple[ProcessKey, float]]:
        """The first in line, each with the seconds after which a place is free for it at the latest."""
        if not self._waiting:
            return
        now = self.now()
        ends = sorted(PATIENCE - (now - since) for since in self._since.values() if now - since < PATIENCE)
        places = [0.0] * (self.limit - len(ends)) + ends[max(0, len(ends) - self.limit) :]
        yield from zip(self._waiting, places, strict=False)

    def _free(self) -> int:
        now = self.now()
        return max(0, self.limit - sum(now - since < PATIENCE for since in self._since.values()))
