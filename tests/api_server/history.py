"""What happened to the objects of a kind, in the order in which the API server stored it."""

import json
from dataclasses import dataclass

from tests.api_server.admin import Admin, Json, path


@dataclass(frozen=True, slots=True)
class History:
    """From the moment it is begun. The API server remembers some minutes, or a hundred changes at least."""

    admin: Admin
    kind: str
    namespace: str
    version: str

    @classmethod
    def begin(cls, admin: Admin, kind: str, namespace: str = "") -> "History":
        listing = admin.request("GET", path(kind, namespace))
        return cls(admin, kind, namespace, listing["metadata"]["resourceVersion"])

    def events(self) -> list[tuple[str, Json]]:
        """(ADDED, MODIFIED or DELETED, object), all that happened so far."""
        found = []
        where = path(self.kind, self.namespace)
        for line in self.admin.stream(where, resourceVersion=self.version, timeoutSeconds="1"):
            event = json.loads(line)
            assert event["type"] != "ERROR", event
            found.append((event["type"], event["object"]))
        return found
