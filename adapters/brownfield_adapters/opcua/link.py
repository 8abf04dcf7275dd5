"""One open connection to one OPC UA server: channel, session, limits, and the few requests we ever make.

asyncua supplies the protocol; its own supervisor, watchdog and publish loop are not started, because the
coordinator already reconnects, backs off and keeps the budget. Errors leave as `LinkLost` in plain words.
"""

import asyncio
import contextlib
import datetime
import struct
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.crypto import security_policies
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.ua_binary import nodeid_to_binary, struct_from_binary
from asyncua.ua.uaerrors import UaError, UaStatusCodeError
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from brownfield_adapters.opcua.decode import Values
from brownfield_adapters.opcua.identity import APPLICATION_URI, Login, client_identity, read_login
from brownfield_adapters.opcua.messages import read_values
from brownfield_adapters.opcua.readonly import ReadOnlyClient, ReadOnlyProtocol
from brownfield_adapters.opcua.reasons import plainly
from brownfield_adapters.opcua.trust import check_server
from brownfield_api.adapter_config import EndpointConfig, OpcUaEndpoint
from brownfield_api.errors import LinkLost

_SESSION_TIMEOUT = 60.0
"""Seconds after which the server may forget a session nobody uses: a killed adapter must not hold it for long."""

_CHANNEL_LIFETIME = 3600.0
"""Seconds for which the keys of the secure channel are asked for."""

_MOST_NODES = 1000
"""Nodes in one request where the server sets no lower limit."""

_CONNECT_PATIENCE = 3
"""Times the request timeout for each step of connecting: RSA takes an old controller seconds."""

_POLICIES = {
    name: getattr(security_policies, f"SecurityPolicy{name}")
    for name in ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
}
_NO_SECURITY = security_policies.SecurityPolicyNone.URI


class Link:
    """An open session. `namespaces`, `most_reads` and `most_items` are what the server said when it opened."""

    def __init__(self, client: ReadOnlyClient, where: str, timeout: float) -> None:
        self.where = where
        self.timeout = timeout
        self.namespaces: list[str] = []
        self.most_reads = self.most_items = _MOST_NODES
        self.remarks: list[str] = []
        self._client = client
        self._protocol = client.protocol

    @property
    def gone(self) -> asyncio.Event:
        """Set once the connection is closed, by whom ever."""
        return self._protocol.gone

    async def read(self, nodes: bytes, count: int) -> Values:
        """Values of `count` nodes encoded by `encode_nodes`, with both time stamps, of any age.

        Raises `LinkLost`; a refusal of the whole request is a `UaStatusCodeError` for the caller to judge.
        """
        answer = await self._request(ObjectIds.ReadRequest_Encoding_DefaultBinary, _READ_HEAD + nodes)
        return read_values(bytes(answer), count, self.where)

    def publish(self, acknowledged: list[tuple[int, int]]) -> "asyncio.Future[Buffer]":
        """Gives the server a publish request, acknowledging (subscription, sequence); raises `ConnectionError`."""
        parts = [struct.pack("<i", len(acknowledged)), *(struct.pack("<II", *pair) for pair in acknowledged)]
        return self._protocol.send_encoded(ObjectIds.PublishRequest_Encoding_DefaultBinary, b"".join(parts), 0.0)

    def checked(self, answer: Buffer) -> bytes:
        """The answer's bytes; raises `UaStatusCodeError` if it is a fault."""
        self._protocol.check_answer(answer, "")
        return bytes(answer)

    async def send(self, request: Any, answer: Any) -> Any:
        """Sends one of asyncua's requests and decodes its answer; raises `UaStatusCodeError` for a fault."""
        response = struct_from_binary(answer, await self._protocol.send_request(request, self.timeout))
        response.ResponseHeader.ServiceResult.check()
        return response

    async def learn(self) -> None:
        """Reads the namespaces, whose indices may have changed, and the server's operation limits (Part 5 §6.3.11)."""
        limits = ObjectIds
        wanted = (
            limits.Server_NamespaceArray,
            limits.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
            limits.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
        )
        request = ua.ReadRequest()
        request.Parameters.NodesToRead = [_value_of(number) for number in wanted]
        response = await self.send(request, ua.ReadResponse)
        namespaces, reads, items = (each.Value.Value if each.Value is not None else None for each in response.Results)
        if not isinstance(namespaces, list):
            raise LinkLost("the server does not tell its namespaces", self.where)
        self.namespaces = [str(name) for name in namespaces]
        self.most_reads = min(reads or _MOST_NODES, _MOST_NODES)
        self.most_items = min(items or _MOST_NODES, _MOST_NODES)

    async def keep_channel(self) -> None:
        """Renews the secure channel's keys in time (Part 4 §5.6.2: after 75 % of their life); never returns."""
        while True:
            await asyncio.sleep(self._client.secure_channel_timeout * 0.75 / 1000)
            with plainly(self.where, "renewing the secure channel"):
                await self._client.open_secure_channel(renew=True)
                self._client.uaclient.revolve_security_token()

    async def close(self) -> None:
        """Ends the session and the connection; never raises, and leaves no task behind."""
        await _close(self._client, self.timeout)

    async def _request(self, type_id: int, parameters: bytes) -> Buffer:
        future = self._protocol.send_encoded(type_id, parameters, self.timeout)
        async with asyncio.timeout(self.timeout):
            answer = await future
        self._protocol.check_answer(answer, "")
        return answer


_READ_HEAD = struct.pack("<di", 0.0, ua.TimestampsToReturn.Both)
"""ReadParameters up to the nodes: maximum age 0 (the server reads its device), both time stamps."""


def encode_nodes(nodes: list[ua.NodeId]) -> bytes:
    """ReadValueIds of the Value attribute, encoded once for all the requests that will carry them."""
    tail = struct.pack("<IiHi", AttributeIds.Value, -1, 0, -1)
    return struct.pack("<i", len(nodes)) + b"".join(nodeid_to_binary(node) + tail for node in nodes)


async def open_link(url: str, config: EndpointConfig, endpoint: OpcUaEndpoint, state_dir: Path) -> Link:
    """A session on the server at `url`, one of the endpoint's; raises `LinkLost`."""
    timeout, credentials = config.load.timeout, config.credentials.directory
    now = datetime.datetime.now(datetime.UTC)
    login = read_login(credentials)
    client = ReadOnlyClient(url, _CONNECT_PATIENCE * timeout)
    client.name, client.description = "Brownfield adapter", "Brownfield adapter"
    client.application_uri = APPLICATION_URI
    longest = max((source.interval for source in config.sources), default=0.0)
    client.session_timeout = int(1000 * max(_SESSION_TIMEOUT, 3 * longest))
    client.secure_channel_timeout = int(1000 * _CHANNEL_LIFETIME)
    remark = ""
    if endpoint.security_policy != "None":
        certificate = await _server_certificate(client, endpoint, url)
        remark = check_server(certificate, credentials, url, now)
        _secure(client, endpoint, certificate, state_dir, now)
    try:
        with plainly(url, "connecting"):
            await client.connect_socket()
            await client.send_hello()
            await client.open_secure_channel()
        with plainly(url, "opening a session"):
            await _log_in(client, login, credentials, now)
            link = Link(client, url, timeout)
            client.protocol.timeout = timeout
            await link.learn()
    except BaseException:
        await _close(client, timeout)
        raise
    link.remarks = [text for text in (remark, _password_remark(client, login)) if text]
    return link


async def _server_certificate(client: ReadOnlyClient, endpoint: OpcUaEndpoint, url: str) -> x509.Certificate:
    """The certificate of the endpoint we want, over a connection of its own; raises `LinkLost` saying what there is."""
    offered: list[ua.EndpointDescription] = []

    async def ask() -> None:
        offered.extend(await client.get_endpoints())

    try:
        with plainly(url, "asking for the server's endpoints"):
            await client.with_connection(ask)
    finally:
        await _close(client, client.uaclient.protocol.timeout if client.uaclient.protocol else 1.0)
    policy = _POLICIES.get(endpoint.security_policy)
    if policy is None:
        raise LinkLost(f"unknown security policy {endpoint.security_policy}", url, f"Use None, {', '.join(_POLICIES)}")
    mode = ua.MessageSecurityMode[endpoint.security_mode]
    for each in offered:
        if each.SecurityPolicyUri == policy.URI and each.SecurityMode == mode and each.ServerCertificate:
            return x509.load_der_x509_certificate(_first_of_chain(each.ServerCertificate))
    names = sorted({_offer(each) for each in offered})
    raise LinkLost(
        f"the server offers {', '.join(names)}, not {endpoint.security_policy}/{endpoint.security_mode}",
        url,
        "Choose one of these, or enable the other on the server",
    )


def _secure(
    client: ReadOnlyClient,
    endpoint: OpcUaEndpoint,
    server: x509.Certificate,
    state_dir: Path,
    now: datetime.datetime,
) -> None:
    """Gives the client its security policy, with our certificate and the server's."""
    identity = client_identity(state_dir, now)
    policy = _POLICIES[endpoint.security_policy](
        server,
        x509.load_der_x509_certificate(identity.certificate),
        load_pem_private_key(identity.key, None),
        ua.MessageSecurityMode[endpoint.security_mode],
    )
    client.security_policy = policy
    client.uaclient.set_security(policy)


async def _log_in(client: ReadOnlyClient, login: Login, credentials: str, now: datetime.datetime) -> None:
    secured = client.security_policy.URI != _NO_SECURITY
    try:
        await client.create_session()
    except UaError as error:
        if isinstance(error, UaStatusCodeError) or "No matching endpoints" not in str(error):
            raise
        where = client.server_url.geturl()
        raise LinkLost(
            "the server takes no unsecured sessions", where, "Set securityPolicy and securityMode"
        ) from error
    shown = client.security_policy.peer_certificate
    if not secured and shown and (login.username or login.certificate):
        # Without a secure channel the login is still encrypted for, or bound to, this certificate.
        check_server(x509.load_der_x509_certificate(shown), credentials, client.server_url.geturl(), now)
    client.user_private_key = login.key
    await client.activate_session(login.username or None, login.password or None, login.certificate)


def _password_remark(client: ReadOnlyClient, login: Login) -> str:
    if not login.username or client.security_policy.Mode == ua.MessageSecurityMode.SignAndEncrypt:
        return ""
    if client.server_policy(ua.UserTokenType.UserName).SecurityPolicyUri not in ("", None, _NO_SECURITY):
        return ""
    return "the password travels unencrypted: set a securityPolicy, or a policy for user names on the server"


async def _close(client: ReadOnlyClient, timeout: float) -> None:
    """In the order the standard has it, each step in bounded time, and the socket whatever happens."""
    protocol = client.uaclient.protocol
    if not isinstance(protocol, ReadOnlyProtocol):
        return
    try:
        # Errors while leaving tell nothing that the loss of the link has not told.
        with contextlib.suppress(Exception):
            if not protocol.is_closed:
                async with asyncio.timeout(timeout):
                    await client.uaclient.close_session(delete_subscriptions=True)
                    await client.uaclient.close_secure_channel()
        with contextlib.suppress(Exception):
            client.disconnect_socket()
            async with asyncio.timeout(1.0):
                await protocol.gone.wait()
    finally:
        protocol.abort()


def _value_of(number: int) -> ua.ReadValueId:
    identifier: Any = number
    attribute: Any = AttributeIds.Value
    return ua.ReadValueId(NodeId=ua.NodeId(identifier), AttributeId=attribute)


def _first_of_chain(der: bytes) -> bytes:
    """The leading certificate: some servers append their issuers'. X.690 §8.1.3: long form, two length bytes."""
    return der[: int.from_bytes(der[2:4], "big") + 4]


def _offer(endpoint: ua.EndpointDescription) -> str:
    policy = str(endpoint.SecurityPolicyUri).rpartition("#")[2]
    return policy if policy == "None" else f"{policy}/{endpoint.SecurityMode.name}"
