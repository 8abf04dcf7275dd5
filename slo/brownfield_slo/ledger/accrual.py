"""From what a process says to what is added to an account: each event once, and none forgotten.

A process counts since it began. Of the same instance the difference counts; a new instance's counts are all new.
An indicator that follows a schedule (polls due, seconds of a property) goes on while nobody counts: then time counts
by the schedule's rate, all of it bad, at once when the process is overdue and exactly when somebody reports again.
"""

import msgspec

from brownfield_api.health import EXPIRES
from brownfield_slo.ledger.account import Events
from brownfield_slo.ledger.sighting import Sighting

OVERDUE = int(EXPIRES * 1e9)
"""Nanoseconds after which a process that is not heard of is taken to do nothing."""


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """How far a process's counts are in the account. `time`: ns since 1970 UTC; `owed`: events of the schedule that
    were counted beyond `time`, to be taken off what is reported of that time; `rate`: the process's own account of its
    schedule, events a second. `resting`: it was stopped in order, and its schedule runs again with the next process.
    """

    instance: str
    good: float
    total: float
    time: int
    owed: float = 0.0
    rate: float = 0.0
    resting: bool = False


def unseen(begin: int) -> Seen:
    """A process nobody has heard of yet, whose schedule begins at `begin` (ns since 1970 UTC) at the latest: whoever is
    new gets the time to start.
    """
    return Seen("", 0.0, 0.0, begin)


def counted(seen: Seen | None, sighting: Sighting) -> tuple[Seen, Events]:
    """What a process has counted beyond what was seen of it."""
    now_seen = Seen(sighting.instance, sighting.events.good, sighting.events.total, sighting.time)
    if seen is None or seen.instance != sighting.instance:
        return now_seen, sighting.events
    if sighting.time <= seen.time:
        return seen, Events()
    return now_seen, Events(sighting.events.good - seen.good, sighting.events.total - seen.total)


def scheduled(seen: Seen, sighting: Sighting | None, rate: float, now: int, *, listening: bool) -> tuple[Seen, Events]:
    """The same for an indicator with a schedule of `rate` events a second. `listening`: for longer than a process may
    be silent, records could have been heard; else silence says nothing.
    """
    if sighting is not None and (sighting.time > seen.time or not seen.instance):
        good, total = sighting.events.good, sighting.events.total
        same = sighting.instance == seen.instance
        if same:
            good, total = good - seen.good, total - seen.total
        elif not seen.resting:
            total += rate * max(0, sighting.started - seen.time) / 1e9
        owed = max(0.0, seen.owed - total)
        counts = sighting.events
        resting = seen.resting and same  # its last words, said while it stopped
        after = Seen(sighting.instance, counts.good, counts.total, sighting.time, owed, sighting.rate, resting)
        return after, Events(good, max(0.0, total - seen.owed))
    silent = now - seen.time
    due = rate * silent / 1e9
    if seen.resting or not listening or silent <= OVERDUE or due <= seen.owed:
        return seen, Events()
    return msgspec.structs.replace(seen, owed=due), Events(0.0, due - seen.owed)
