"""The simulated machines, and what each has on record about who connected to it and what was asked."""

from dataclasses import dataclass
from typing import Any

from tests.api_server.admin import Admin
from tests.api_server.eventually import eventually
from tests.cluster.proxy import Proxied

CONTROL = 15000
READING = {
    "modbus": {"1", "2", "3", "4"},  # Modbus Application Protocol V1.1b3, section 6: the functions that read
    "opcua": {
        "OpenSecureChannelRequest", "CloseSecureChannelRequest", "CreateSessionRequest", "ActivateSessionRequest",
        "CloseSessionRequest", "CreateSubscriptionRequest", "DeleteSubscriptionsRequest", "ModifySubscriptionRequest",
        "CreateMonitoredItemsRequest", "DeleteMonitoredItemsRequest", "PublishRequest", "ReadRequest", "BrowseRequest",
        "GetEndpointsRequest", "TranslateBrowsePathsToNodeIdsRequest", "RepublishRequest",
    },
}  # fmt: skip
"""What may reach a device, by its kind; no write, no method call."""


@dataclass(frozen=True, slots=True)
class Device:
    """One machine of the plant."""

    control: Proxied
    name: str

    @property
    def traffic(self) -> dict[str, Any]:
        """Requests by function; connections now, at most at a time, accepted and refused, since it was started."""
        found: dict[str, Any] = self.described["traffic"]
        return found

    @property
    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = self.control.get("/devices")[0]
        return found

    def order(self, fault: str, **query: str) -> None:
        """Break it, or mend it."""
        self.control.post(f"/devices/{self.name}/{fault}", **query)

    def only_read_by_one(self) -> dict[str, Any]:
        """Its record, if it never had two connections and was never asked for anything but values."""
        described = self.described
        traffic: dict[str, Any] = described["traffic"]
        assert traffic["max_connections"] <= 1, f"{self.name} had two connections at a time: {traffic}"
        assert traffic["refused"] == 0, f"{self.name} turned somebody away: {traffic}"
        assert set(traffic["functions"]) <= READING[described["kind"]], traffic
        return traffic

    def await_connection(self, accepted: int, *, seconds: float = 60.0) -> dict[str, Any]:
        """Its record as soon as it has accepted more connections than that and holds one."""

        def look() -> dict[str, Any] | None:
            traffic = self.traffic
            return traffic if traffic["accepted"] > accepted and traffic["connections"] else None

        return eventually(look, what=f"{self.name} is connected anew", seconds=seconds)


def device(admin: Admin, name: str, namespace: str = "plant") -> Device:
    return Device(Proxied(admin, namespace, name, CONTROL), name)
