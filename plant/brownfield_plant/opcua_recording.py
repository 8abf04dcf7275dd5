"""An asyncua server that writes down every service request, and can be slow or refuse a node.

The hooks are the narrowest places that see everything: the processor's dispatch (after decryption, before
anything is done) for requests, the protocol for connections, the session for CreateMonitoredItems. asyncua is
used unmodified; these subclasses only add. A request that still waits in the queue when its client hangs up is
neither executed nor recorded (the closing of the channel mostly is one).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from asyncua.server.server import Server
from asyncua.server.uaprocessor import PublishRequestData, UaProcessor
from asyncua.server.user_managers import UserManager
from asyncua.ua.ua_binary import struct_from_binary

from brownfield_plant.faults import Faults
from brownfield_plant.journal import Journal
from brownfield_plant.opcua_values import StatusCodes, service_name, status_code


def _first_node(body: Any, parameters: type[Any], items: str, node: Callable[[Any], ua.NodeId]) -> tuple[str, int]:
    found = getattr(struct_from_binary(parameters, body), items)
    return (node(found[0]).to_string() if found else "", len(found))


_DETAILS: dict[str, Callable[[Any], tuple[str, int]]] = {
    "ReadRequest": lambda body: _first_node(body, ua.ReadParameters, "NodesToRead", lambda item: item.NodeId),
    "WriteRequest": lambda body: _first_node(body, ua.WriteParameters, "NodesToWrite", lambda item: item.NodeId),
    "BrowseRequest": lambda body: _first_node(body, ua.BrowseParameters, "NodesToBrowse", lambda item: item.NodeId),
    "CallRequest": lambda body: _first_node(body, ua.CallParameters, "MethodsToCall", lambda item: item.MethodId),
    "CreateMonitoredItemsRequest": lambda body: _first_node(
        body, ua.CreateMonitoredItemsParameters, "ItemsToCreate", lambda item: item.ItemToMonitor.NodeId
    ),
}
"""Services whose first node id and item count are worth the second decoding."""


@dataclass(frozen=True)
class Watch:
    """Who is told of requests, and what is wrong right now. `denied` holds the node ids nobody may read."""

    journal: Journal
    faults: Callable[[], Faults]
    denied: Callable[[], frozenset[ua.NodeId]]
    details: bool = True


class RecordingServer(Server):
    """A `Server` whose connections are watched; `socket_address` says where it really listens."""

    def __init__(self, watch: Watch, user_manager: UserManager) -> None:
        super().__init__(iserver=_InternalServer(watch, user_manager))
        self._watch = watch

    async def start(self) -> None:
        await self._setup_server_nodes()
        await self.iserver.start()
        await self.listen()

    async def listen(self) -> tuple[str, int]:
        """Open the listener, the first time or again; returns host and port. Raises `OSError`."""
        host, port = self.socket_address or ("127.0.0.1", 0)
        binary = _BinaryServer(self.iserver, host, port, self.limits)
        binary.watch = self._watch
        binary.set_policies(self._policies)
        await binary.start()
        self.bserver = binary
        self.socket_address = (binary.hostname, binary.port)
        return self.socket_address

    async def hush(self) -> None:
        """Close the listener and every connection; sessions with subscriptions live on until they time out."""
        if self.bserver is not None:
            await self.bserver.stop()
            self.bserver = None


class _InternalServer(InternalServer):
    def __init__(self, watch: Watch, user_manager: UserManager) -> None:
        super().__init__(user_manager=user_manager)
        self._watch = watch

    def create_session(self, name: str, user: Any = None, external: bool = False) -> InternalSession:  # noqa: FBT001, FBT002
        session = _Session(self, self.aspace, self.subscription_service, name, external=external)
        session.watch = self._watch
        if user is not None:
            session.user = user
        return session


class _Session(InternalSession):
    watch: Watch

    async def create_monitored_items(
        self, params: ua.CreateMonitoredItemsParameters
    ) -> list[ua.MonitoredItemCreateResult]:
        denied = self.watch.denied()
        wanted = params.ItemsToCreate
        params.ItemsToCreate = [item for item in wanted if item.ItemToMonitor.NodeId not in denied]
        made = iter(await super().create_monitored_items(params))
        refusal = ua.MonitoredItemCreateResult(StatusCode=status_code(StatusCodes.BadUserAccessDenied))
        return [refusal if item.ItemToMonitor.NodeId in denied else next(made) for item in wanted]


class _BinaryServer(BinaryServer):
    watch: Watch

    def _make_protocol(self) -> OPCUAProtocol:
        protocol = _Protocol(self.iserver, self._policies, self.clients, self.closing_tasks, self.limits)
        protocol.watch = self.watch
        return protocol


class _Protocol(OPCUAProtocol):
    watch: Watch
    number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        limit = self.watch.faults().connections
        if limit is not None and len(self.clients) >= limit:
            self.watch.journal.refuse()
            transport.close()
            return
        super().connection_made(transport)
        if self.processor is not None:
            self.number = self.watch.journal.opened()
            self.processor = _Processor(self.iserver, self.transport, self.limits)
            self.processor.watch, self.processor.number = self.watch, self.number
            self.processor.set_policies(self.policies)  # type: ignore[no-untyped-call]

    def connection_lost(self, ex: BaseException | None) -> None:
        if self.number:
            self.watch.journal.closed()
            self.number = 0
        super().connection_lost(ex)


class _Processor(UaProcessor):
    watch: Watch
    number: int

    def open_secure_channel(self, algohdr: Any, seqhdr: Any, body: Any) -> None:
        self.watch.journal.request(self.number, "OpenSecureChannelRequest")
        super().open_secure_channel(algohdr, seqhdr, body)  # type: ignore[no-untyped-call]

    async def _process_message(self, typeid: ua.NodeId, requesthdr: Any, seqhdr: Any, body: Buffer) -> bool | None:
        name = service_name(typeid)
        details = _DETAILS.get(name) if self.watch.details else None
        address, items = details(body.copy()) if details is not None else ("", 0)
        self.watch.journal.request(self.number, name, address, items)
        await self._wait()
        answered = super()._process_message(typeid, requesthdr, seqhdr, body)  # type: ignore[no-untyped-call]
        result: bool | None = await answered
        return result

    async def forward_publish_response(self, result: ua.PublishResult, requestdata: PublishRequestData) -> None:
        await self._wait()
        await super().forward_publish_response(result, requestdata)

    async def _wait(self) -> None:
        if (seconds := self.watch.faults().slow) > 0.0:
            await asyncio.sleep(seconds)
