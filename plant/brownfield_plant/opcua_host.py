"""The life of a simulated OPC UA server: it starts, goes away, comes back, is restarted, on one port.

A restart makes a new server with a new address space, as a new process would: sessions and subscriptions are
gone, the namespace may have another index. Going away closes only the listener and the connections.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from asyncua import ua

from brownfield_plant.config import LoginConfig, SecurityMode
from brownfield_plant.device import cannot_listen
from brownfield_plant.opcua_recording import RecordingServer, Watch
from brownfield_plant.opcua_security import POLICIES, Doorkeeper, Identity, make_identity
from brownfield_plant.opcua_values import AttributeIds, ObjectIds, data_value, node_id

Furnish = Callable[[RecordingServer, int], Awaitable[None]]
"""Puts the nodes into a new server, under the namespace index given."""

# asyncua logs every refused login and lost connection as an error; here that is the purpose.
logging.getLogger("asyncua.server").setLevel(logging.CRITICAL)


class OpcuaHost:
    """One OPC UA server at `opc.tcp://host:port/path`."""

    def __init__(
        self,
        name: str,
        listen: tuple[str, int],
        *,
        path: str,
        namespace: str,
        furnish: Furnish,
        watch: Watch,
        security: tuple[SecurityMode, ...] = ("None",),
        logins: LoginConfig | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.name = name
        self.bound = listen
        self.application_uri = f"urn:brownfield:plant:{name}"
        self.identity = identity
        self.namespace_shift = 0
        """How many foreign namespaces come before ours at the next start or restart."""
        self.server: RecordingServer | None = None
        self._path, self._namespace, self._furnish, self._watch = path, namespace, furnish, watch
        self._security = security
        self._doorkeeper = Doorkeeper(logins or LoginConfig())

    @property
    def url(self) -> str:
        return f"opc.tcp://{self.bound[0]}:{self.bound[1]}{self._path}"

    async def start(self) -> None:
        """Build the address space and listen; raises `BrownfieldError` if the port cannot be had."""
        server = await self._build()
        try:
            await server.start()
        except OSError as error:
            await server.iserver.stop()
            raise cannot_listen(error, self.name, *self.bound) from error
        self.server = server
        self.bound = server.socket_address or self.bound

    async def stop(self) -> None:
        if self.server is not None:
            server, self.server = self.server, None
            await server.stop()

    async def go_away(self) -> None:
        """Close the listener and the connections."""
        if self.server is not None:
            await self.server.hush()

    async def come_back(self) -> None:
        """Listen again on the same port; raises `BrownfieldError` if somebody took it."""
        if self.server is None:
            return
        try:
            await self.server.listen()
        except OSError as error:
            raise cannot_listen(error, self.name, *self.bound) from error

    async def _build(self) -> RecordingServer:
        server = RecordingServer(self._watch, self._doorkeeper)
        # The library's clock writes the time once a second and delays every stop by up to a second.
        server.disable_clock()
        await server.init()
        server.set_server_name(self.name)
        await server.set_application_uri(self.application_uri)
        server.socket_address = self.bound
        server.set_endpoint(self.url)
        await self._secure(server)
        for number in range(self.namespace_shift):
            await server.register_namespace(f"urn:brownfield:plant:other:{number}")
        await self._furnish(server, await server.register_namespace(self._namespace))
        server.set_attribute_value_callback(node_id(ObjectIds.Server_ServerStatus_CurrentTime), self._time)
        return server

    async def _secure(self, server: RecordingServer) -> None:
        server.set_security_policy([POLICIES[mode] for mode in self._security])
        server.set_identity_tokens(self._doorkeeper.tokens())
        if self._security == ("None",):
            return
        if self.identity is None:
            self.identity = make_identity(self.application_uri, self.bound[0])
        await server.load_certificate(self.identity.certificate, "der")
        await server.load_private_key(self.identity.key, None, "der")

    def _time(self, _node: ua.NodeId, _attribute: AttributeIds) -> ua.DataValue:
        now = datetime.now(UTC) + timedelta(seconds=self._watch.faults().clock)
        return data_value(now, ua.VariantType.DateTime, now)
