"""What the operator's account wrote, from the API server's own audit log."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hack.cluster import audit
from hack.cluster.audit import Write
from hack.cluster.control_plane import ControlPlane
from tests.api_server.operator_process import USER


@dataclass(frozen=True, slots=True)
class Written:
    """From the moment it is made, until it is asked."""

    control_plane: ControlPlane
    since: int

    @classmethod
    def from_now(cls, control_plane: ControlPlane) -> "Written":
        return cls(control_plane, audit.size(control_plane.audit_log))

    def all(self) -> list[Write]:
        """Requests of the operator's account that write, its Lease excepted."""
        found = audit.writes(self.control_plane.audit_log, self.since)
        return [write for write in found if write.user == USER and write.resource != "leases"]

    def children(self) -> list[Write]:
        """Without statuses and events: what was done to children."""
        return [write for write in self.all() if write.subresource != "status" and write.resource != "events"]

    def leases(self) -> int:
        found = audit.writes(self.control_plane.audit_log, self.since)
        return sum(write.user == USER and write.resource == "leases" for write in found)


def counted(writes: Iterable[Write]) -> dict[str, int]:
    """How many of each: `patch statefulsets/scale`."""
    whats = (f"{write.verb} {write.resource}{'/' if write.subresource else ''}{write.subresource}" for write in writes)
    return dict(sorted(Counter(whats).items()))
