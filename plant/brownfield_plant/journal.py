"""What reached a device: every request, and how many connections at once.

The wire tests judge the adapters by it: whatever is not a read shows up here under its own name. The requests
themselves are kept in a bounded ring, the totals by function are not bounded by anything.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from pydantic import BaseModel


class Request(NamedTuple):
    """One request. `function` is the Modbus function code in decimal, or the OPC UA service's type name.

    `time` is in seconds of the journal's clock; `address` is the first register or the node id of the first
    item (empty where the service has none); `quantity` the number of registers, bits or items.
    """

    time: float
    connection: int
    function: str
    address: str
    quantity: int


class Traffic(BaseModel):
    """The journal's totals, as the control endpoint serves them."""

    requests: int
    functions: dict[str, int]
    connections: int
    max_connections: int
    accepted: int
    refused: int


class Journal:
    """Requests and connections of one device."""

    def __init__(self, clock: Callable[[], float], capacity: int = 4096) -> None:
        self._clock = clock
        self.recent: deque[Request] = deque(maxlen=capacity)
        self.functions: Counter[str] = Counter()
        self.connections = 0
        self.max_connections = 0
        self.accepted = 0
        self.refused = 0

    def opened(self) -> int:
        """A connection was accepted; returns its number, counted from 1."""
        self.accepted += 1
        self.connections += 1
        self.max_connections = max(self.max_connections, self.connections)
        return self.accepted

    def closed(self) -> None:
        self.connections -= 1

    def refuse(self) -> None:
        """A connection was turned away because there are too many."""
        self.refused += 1

    def request(self, connection: int, function: str, address: str = "", quantity: int = 0) -> None:
        self.functions[function] += 1
        self.recent.append(Request(self._clock(), connection, function, address, quantity))

    def traffic(self) -> Traffic:
        return Traffic(
            requests=self.functions.total(),
            functions=dict(sorted(self.functions.items())),
            connections=self.connections,
            max_connections=self.max_connections,
            accepted=self.accepted,
            refused=self.refused,
        )

    def clear(self) -> None:
        """Forget the requests and totals, and begin the maximum with the connections of now."""
        self.recent.clear()
        self.functions.clear()
        self.max_connections = self.connections
        self.refused = 0
