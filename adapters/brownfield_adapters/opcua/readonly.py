"""The allow-list: which OPC UA services can leave this process, checked where a request becomes bytes.

`ReadOnlyProtocol` is the only transport our client is given, and everything asyncua sends with a service in it
goes through its `_send_request` or our `send_encoded`; both ask `_admit` first. A service that is not on the list
raises before a byte of it exists, whoever asked for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from asyncua import ua
from asyncua.client.client import Client
from asyncua.client.ua_client import UaClient, UASocketProtocol
from asyncua.common.shortcuts import Shortcuts
from asyncua.common.utils import Buffer
from asyncua.ua.object_ids import ObjectIdNames, ObjectIds
from asyncua.ua.ua_binary import nodeid_to_binary, struct_to_binary

from brownfield_api.errors import BrownfieldError

_ENCODING = "_Encoding_DefaultBinary"
_SERVICES = [
    "OpenSecureChannel",
    "CloseSecureChannel",
    "GetEndpoints",
    "FindServers",
    "CreateSession",
    "ActivateSession",
    "CloseSession",
    "Browse",
    "BrowseNext",
    "TranslateBrowsePathsToNodeIds",
    "Read",
    "RegisterNodes",
    "UnregisterNodes",
    "CreateSubscription",
    "ModifySubscription",
    "DeleteSubscriptions",
    "SetPublishingMode",
    "Publish",
    "Republish",
    "CreateMonitoredItems",
    "ModifyMonitoredItems",
    "DeleteMonitoredItems",
    "SetMonitoringMode",
]
ALLOWED: frozenset[int] = frozenset(getattr(ObjectIds, f"{name}Request{_ENCODING}") for name in _SERVICES)
"""Type ids of the requests that may be sent. None of them changes a value, a node or a history on the server; what
they create (session, subscription, monitored items) belongs to us and ends with the session.
"""


class ForbiddenService(BrownfieldError):
    """Something tried to send a service that could change the server; no byte of it was sent."""


class ReadOnlyProtocol(UASocketProtocol):
    """asyncua's transport with the allow-list in it. `gone` is set once the connection is closed."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()

    def abort(self) -> None:
        """Drops the connection without waiting for what is still to be sent."""
        if self.transport is not None:
            self.transport.abort()

    def _send_request(
        self, request: Any, timeout: float = 1, message_type: Any = ua.MessageType.SecureMessage
    ) -> asyncio.Future[Any]:
        _admit(request.TypeId)
        return super()._send_request(request, timeout, message_type)

    def send_encoded(self, type_id: int, parameters: bytes, timeout: float) -> "asyncio.Future[Buffer]":
        """Sends a request whose parameters are already encoded; the future brings the whole answer.

        For requests that are sent again and again (reads) or answered when the server likes (publish); `timeout`
        (seconds) only tells the server, 0 = none. Raises `ConnectionError` if the link is closed.
        """
        if self.transport is None:
            raise ConnectionError("connection is closed")
        identifier: Any = type_id
        node_id = ua.FourByteNodeId(identifier)
        _admit(node_id)
        header = ua.RequestHeader()
        self._setup_request_header(header, timeout)
        self.revolve_security_token()
        self._request_id += 1
        content = nodeid_to_binary(node_id) + struct_to_binary(header) + parameters
        message = self._connection.message_to_binary(content, request_id=self._request_id)
        answer: asyncio.Future[Buffer] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_seen)
        self._callbackmap[self._request_id] = answer
        self.transport.write(message)
        return answer


class ReadOnlyTransport(UaClient):
    """asyncua's services over a `ReadOnlyProtocol`."""

    def _make_protocol(self) -> UASocketProtocol:
        self.protocol = ReadOnlyProtocol(self._timeout, security_policy=self.security_policy)
        self.protocol.on_connection_lost = self._on_transport_lost
        self.protocol.is_session_closing = self._is_session_closing
        return self.protocol


class ReadOnlyClient(Client):
    """asyncua's client over a `ReadOnlyTransport`, without its supervisor: one coordinator reconnects, ours."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, timeout)
        self.uaclient: UaClient = ReadOnlyTransport(timeout)
        self.nodes = Shortcuts(self.uaclient.session)

    @property
    def protocol(self) -> ReadOnlyProtocol:
        """The transport of the open connection; raises `ConnectionError` without one."""
        protocol = self.uaclient.protocol
        if not isinstance(protocol, ReadOnlyProtocol):
            raise ConnectionError("not connected")
        return protocol

    async def with_connection(self, work: Callable[[], Awaitable[None]]) -> None:
        """Socket, secure channel, then `work`; whatever was opened is closed if that fails."""
        try:
            await self.connect_socket()
            await self.send_hello()
            await self.open_secure_channel()
            await work()
        except BaseException:
            self.disconnect_socket()
            raise


def _admit(type_id: ua.NodeId) -> None:
    number: Any = type_id.Identifier
    if type_id.NamespaceIndex != 0 or number not in ALLOWED:
        name = ObjectIdNames.get(number, str(type_id)).removesuffix(_ENCODING)
        raise ForbiddenService(f"{name} is not a service that only reads; it was not sent")


def _seen(answer: "asyncio.Future[Any]") -> None:
    """Looks at the error, so that one that fails with the connection and nobody waits for is not reported again."""
    if not answer.cancelled():
        answer.exception()
