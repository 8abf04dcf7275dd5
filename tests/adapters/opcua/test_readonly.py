"""The allow-list: whatever could change a server raises before a byte of it is sent."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asyncua import ua
from asyncua.ua.object_ids import ObjectIdNames, ObjectIds

from brownfield_adapters.opcua.readonly import ALLOWED, ForbiddenService, ReadOnlyClient
from brownfield_plant.opcua_host import OpcuaHost

pytestmark = [pytest.mark.wire, pytest.mark.asyncio(loop_scope="module")]

ATTEMPTS: dict[str, Callable[[ReadOnlyClient], Awaitable[Any]]] = {
    "WriteRequest": lambda client: client.nodes.server_state.write_value(1),
    "CallRequest": lambda client: client.uaclient.call([ua.CallMethodRequest()]),
    "AddNodesRequest": lambda client: client.uaclient.add_nodes([ua.AddNodesItem()]),
    "DeleteNodesRequest": lambda client: client.uaclient.delete_nodes(ua.DeleteNodesParameters()),
    "AddReferencesRequest": lambda client: client.uaclient.add_references([ua.AddReferencesItem()]),
    "HistoryUpdateRequest": lambda client: client.uaclient.history_update(ua.HistoryUpdateParameters()),
    "TransferSubscriptionsRequest": lambda client: client.uaclient.transfer_subscriptions(
        ua.TransferSubscriptionsParameters()
    ),
    "RegisterServerRequest": lambda client: client.uaclient.register_server(ua.RegisteredServer()),
}


@pytest.mark.parametrize("service", ATTEMPTS)
async def test_a_service_that_writes_never_leaves(server: OpcuaHost, service: str) -> None:
    journal: Any = vars(server)["journal"]
    client = ReadOnlyClient(server.url, 2.0)
    await client.connect_socket()
    await client.send_hello()
    await client.open_secure_channel()
    await client.create_session()
    await client.activate_session()
    try:
        with pytest.raises(ForbiddenService, match=service.removesuffix("Request")):
            await ATTEMPTS[service](client)
        with pytest.raises(ForbiddenService, match=service.removesuffix("Request")):
            client.protocol.send_encoded(getattr(ObjectIds, f"{service}_Encoding_DefaultBinary"), b"", 1.0)
        assert await client.nodes.namespace_array.read_value()
    finally:
        protocol = client.protocol
        await client.uaclient.close_session(delete_subscriptions=True)
        await client.uaclient.close_secure_channel()
        client.disconnect_socket()
        await protocol.gone.wait()
    assert service not in journal.functions


async def test_every_service_that_is_allowed_is_one_that_only_reads() -> None:
    names = {ObjectIdNames[number].removesuffix("Request_Encoding_DefaultBinary") for number in ALLOWED}
    words = ("Write", "Call", "Add", "Delete", "Update", "Transfer", "Register", "Cancel", "Activate")
    assert {name for name in names if any(word.lower() in name.lower() for word in words)} == {
        "ActivateSession",
        "DeleteMonitoredItems",
        "DeleteSubscriptions",
        "RegisterNodes",
        "UnregisterNodes",
    }
