"""Where what is seen in the cluster goes: the border between watching and the store."""

from typing import Protocol

from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.port import EventType

Existing = frozenset[tuple[str, str]]
"""Namespace and name of objects."""


class Sink(Protocol):
    """Takes what is seen; in the event loop's thread, quickly, and without raising."""

    def seen(self, kind: Kind, event: EventType, found: Json) -> None:
        """An object as it is (ADDED, MODIFIED) or last was (DELETED). The same state may be seen more than once."""

    def listed(self, kind: Kind, namespace: str | None, existing: Existing) -> None:
        """A list is complete, and every object of it was `seen`: what is not in `existing` (of this kind, with the
        watched labels, in this namespace; None: in all) is not there. The only word on absence besides DELETED.
        """
