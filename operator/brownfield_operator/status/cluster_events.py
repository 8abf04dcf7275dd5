"""What Kubernetes' Events say of one object, newest first: the API returns them in no useful order."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from brownfield_operator.status.timestamps import moment

Raw = Mapping[str, Any]
"""A Kubernetes object as JSON gives it."""

_TIMES = ("lastTimestamp", "eventTime", "firstTimestamp")


def events_of(events: Iterable[Raw], kind: str, name: str, uid: str = "") -> list[Raw]:
    """Core v1 Events that involve the object, newest first; of this `uid` only, where it is given.

    A pod of a StatefulSet keeps its name through every replacement: without the uid the events of its predecessors
    would be taken for its own.
    """
    found = [event for event in events if _involves(event, kind, name, uid)]
    return sorted(found, key=_time, reverse=True)


def newest(events: Sequence[Raw], *reasons: str) -> Raw | None:
    """The newest event, if it has one of the reasons: what happened after a failure takes it back."""
    if events and events[0].get("reason") in reasons:
        return events[0]
    return None


def note(event: Raw) -> str:
    """The event's message."""
    return str(event.get("message") or "").strip()


def _involves(event: Raw, kind: str, name: str, uid: str) -> bool:
    involved = event.get("involvedObject") or {}
    if involved.get("kind") != kind or involved.get("name") != name:
        return False
    return not uid or involved.get("uid", uid) == uid


def _time(event: Raw) -> datetime:
    """When it was last seen. Of the three fields an event has at least one; a series counts where it has one."""
    seen = [(event.get("series") or {}).get("lastObservedTime"), *(event.get(field) for field in _TIMES)]
    return max(moment(text or "") for text in seen)
