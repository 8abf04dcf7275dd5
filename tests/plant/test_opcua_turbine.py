"""A turbine's OPC UA server as asyncua's client sees it. One server serves the module; each test begins healthy."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.node import Node
from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import BadUserAccessDenied, UaError

from brownfield_plant import Fault, FaultKind, OpcuaConfig, OpcuaTurbine, Tick
from brownfield_plant.opcua_turbine import TAGS

pytestmark = [pytest.mark.wire, pytest.mark.asyncio(loop_scope="module")]
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[OpcuaTurbine]:
    device = OpcuaTurbine(OpcuaConfig(name="r1", record="R1", address="r1.plant:4840", security=("None",)))
    await device.start()
    yield device
    await device.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def turbine(server: OpcuaTurbine, tick: Callable[[int], Tick]) -> AsyncIterator[OpcuaTurbine]:
    await server.play(tick(0))
    server.journal.clear()
    yield server
    await server.apply(Fault(kind=FaultKind.CLEAR))


@pytest_asyncio.fixture(loop_scope="module")
async def client(turbine: OpcuaTurbine) -> AsyncIterator[Client]:
    async with Client(turbine.host.url) as opcua:
        yield opcua


async def _node(client: Client, tag: str) -> Node:
    index = await client.get_namespace_index("urn:senvion:mm82")
    return client.get_node(f"ns={index};s=R1.{tag}")


async def _read(client: Client, tag: str) -> ua.DataValue:
    value: ua.DataValue = await (await _node(client, tag)).read_data_value(raise_on_bad_status=False)
    return value


def _code(value: ua.DataValue) -> int:
    return value.StatusCode.value if value.StatusCode is not None else 0


async def test_nodes_have_string_ids_types_and_units(client: Client) -> None:
    node = await _node(client, "P_avg")
    assert await node.read_data_type_as_variant_type() == ua.VariantType.Double
    unit = await (await node.get_child("0:EngineeringUnits")).read_value()
    assert (unit.DisplayName.Text, unit.UnitId) == ("kW", int.from_bytes(b"KWT", "big"))
    types = [await (await _node(client, tag)).read_data_type_as_variant_type() for tag in TAGS[-3:]]
    assert types == [ua.VariantType.UInt32, ua.VariantType.Boolean, ua.VariantType.String]


async def test_values_carry_the_time_stamp_of_their_record(client: Client, tick: Callable[[int], Tick]) -> None:
    value = await _read(client, "P_avg")
    assert value.Value is not None
    assert value.Value.Value == 1500.25
    assert value.SourceTimestamp == tick(0).stamp
    assert (await _read(client, "Running")).Value == ua.Variant(True, ua.VariantType.Boolean)
    assert (await _read(client, "Serial")).Value == ua.Variant("R1", ua.VariantType.String)


async def test_an_empty_cell_is_bad_no_data_at_the_time_of_its_record(
    turbine: OpcuaTurbine, client: Client, tick: Callable[[int], Tick]
) -> None:
    await turbine.play(tick(3))
    for tag in ("P_avg", "Wa_avg", "Running"):
        value = await _read(client, tag)
        assert _code(value) == StatusCodes.BadNoData
        assert value.SourceTimestamp == tick(3).stamp


async def test_a_missing_record_writes_nothing(
    turbine: OpcuaTurbine, client: Client, tick: Callable[[int], Tick]
) -> None:
    before = await _read(client, "Count")
    await turbine.play(tick(1))
    assert await _read(client, "Count") == before


class Notes:
    """Collects notifications of a subscription, by tag."""

    def __init__(self) -> None:
        self.got: list[tuple[str, ua.DataValue]] = []

    async def datachange_notification(self, node: Node, _value: Any, data: Any) -> None:
        self.got.append((str(node.nodeid.Identifier).partition(".")[2], data.monitored_item.Value))

    def values(self, tag: str) -> list[Any]:
        return [value.Value.Value for name, value in self.got if name == tag and value.Value is not None]


async def test_a_record_that_exists_twice_is_notified_twice_and_counted_twice(
    turbine: OpcuaTurbine, client: Client, tick: Callable[[int], Tick], eventually: Eventually
) -> None:
    notes = Notes()
    subscription = await client.create_subscription(10, notes)
    nodes = [await _node(client, tag) for tag in ("P_avg", "Count")]
    await subscription.subscribe_data_change(nodes, queuesize=10)
    await eventually(lambda: len(notes.got) == 2)
    await turbine.play(tick(2))
    await eventually(lambda: len(notes.got) == 6)
    assert notes.values("P_avg") == [1500.25, 900.0, 800.0]
    first = notes.values("Count")[0]
    assert notes.values("Count") == [first, first + 1, first + 2]
    await subscription.delete()


async def test_frozen_values_and_time_stamps_stop_until_thaw(
    turbine: OpcuaTurbine, client: Client, tick: Callable[[int], Tick]
) -> None:
    before = await _read(client, "P_avg")
    await turbine.apply(Fault(kind=FaultKind.FREEZE))
    await turbine.play(tick(2))
    assert await _read(client, "P_avg") == before
    await turbine.apply(Fault(kind=FaultKind.THAW))
    await turbine.play(tick(2))
    assert (await _read(client, "P_avg")).SourceTimestamp == tick(2).stamp


async def test_a_stepped_clock_shows_in_source_times_and_in_the_server_time(
    turbine: OpcuaTurbine, client: Client, tick: Callable[[int], Tick]
) -> None:
    current = client.get_node(ua.NodeId(2258))  # type: ignore[arg-type]
    before = await current.read_value()
    await turbine.apply(Fault(kind=FaultKind.CLOCK, seconds=-3600))
    await turbine.play(tick(2))
    assert (await _read(client, "P_avg")).SourceTimestamp == tick(2).stamp - timedelta(hours=1)
    assert timedelta(minutes=59) < before - await current.read_value() < timedelta(minutes=61)


async def test_a_bad_tag_is_a_sensor_failure_at_once_and_recovers(turbine: OpcuaTurbine, client: Client) -> None:
    await turbine.apply(Fault(kind=FaultKind.BAD, tag="Ot_avg"))
    assert _code(await _read(client, "Ot_avg")) == StatusCodes.BadSensorFailure
    assert _code(await _read(client, "P_avg")) == 0
    await turbine.apply(Fault(kind=FaultKind.CLEAR))
    assert _code(await _read(client, "Ot_avg")) == 0


async def test_a_refused_node_denies_reads_and_monitored_items_and_no_other(
    turbine: OpcuaTurbine, client: Client
) -> None:
    await turbine.apply(Fault(kind=FaultKind.REFUSE, tag="Ws_avg"))
    assert _code(await _read(client, "Ws_avg")) == StatusCodes.BadUserAccessDenied
    subscription = await client.create_subscription(50, Notes())
    nodes = [await _node(client, tag) for tag in ("P_avg", "Ws_avg", "Ba_avg")]
    results = await subscription.subscribe_data_change(nodes)
    assert isinstance(results, list)
    assert [isinstance(result, ua.StatusCode) for result in results] == [False, True, False]
    await subscription.delete()


async def test_slow_answers_take_the_time_they_were_told(turbine: OpcuaTurbine, client: Client) -> None:
    await turbine.apply(Fault(kind=FaultKind.SLOW, seconds=0.2))
    loop = asyncio.get_running_loop()
    asked = loop.time()
    await client.get_node(ua.NodeId(2258)).read_value()  # type: ignore[arg-type]
    assert loop.time() - asked >= 0.19


async def test_every_service_request_is_on_record_by_its_type(turbine: OpcuaTurbine) -> None:
    async with Client(turbine.host.url) as client:
        await _read(client, "P_avg")
        await client.nodes.objects.get_children()
    names = set(turbine.journal.functions)
    assert names >= {
        "OpenSecureChannelRequest",
        "CreateSessionRequest",
        "ActivateSessionRequest",
        "ReadRequest",
        "BrowseRequest",
        "CloseSessionRequest",
    }
    assert not names & {"WriteRequest", "CallRequest", "HistoryUpdateRequest", "AddNodesRequest"}
    reads = [entry for entry in turbine.journal.recent if entry.function == "ReadRequest"]
    assert ("s=R1.P_avg" in reads[-1].address, reads[-1].quantity) == (True, 1)


async def test_a_write_a_call_or_a_new_node_is_on_record_and_changes_nothing(
    turbine: OpcuaTurbine, client: Client
) -> None:
    node = await _node(client, "P_avg")
    with pytest.raises(BadUserAccessDenied):
        await node.write_value(1.0)
    with pytest.raises(UaError):
        await client.nodes.server.call_method("0:GetMonitoredItems", ua.Variant(1, ua.VariantType.UInt32))
    with pytest.raises(UaError):
        await client.nodes.objects.add_folder(2, "sabotage")
    with pytest.raises(UaError):
        await client.uaclient.history_update(ua.HistoryUpdateParameters())
    names = set(turbine.journal.functions)
    assert {"WriteRequest", "CallRequest", "AddNodesRequest", "HistoryUpdateRequest"} <= names
    assert (await _read(client, "P_avg")).Value == ua.Variant(1500.25, ua.VariantType.Double)


async def test_connections_are_counted_and_limited(
    turbine: OpcuaTurbine, client: Client, eventually: Eventually
) -> None:
    assert turbine.journal.connections == 1
    await turbine.apply(Fault(kind=FaultKind.CONNECTIONS, times=1))
    with pytest.raises((ConnectionError, OSError, asyncio.TimeoutError, UaError)):
        await Client(turbine.host.url, timeout=0.5).connect()
    await eventually(lambda: turbine.journal.refused == 1)
    assert turbine.journal.max_connections == 1


async def test_away_closes_everything_and_back_answers_on_the_same_port_with_fresh_values(
    turbine: OpcuaTurbine, tick: Callable[[int], Tick], eventually: Eventually
) -> None:
    url = turbine.host.url
    client = Client(url, timeout=1)
    await client.connect()
    await turbine.apply(Fault(kind=FaultKind.AWAY))
    await eventually(lambda: turbine.journal.connections == 0)
    with pytest.raises(OSError, match="Connect call failed"):
        await Client(url, timeout=1).connect()
    await turbine.play(tick(2))
    await turbine.apply(Fault(kind=FaultKind.BACK))
    async with Client(url) as again:
        assert (await _read(again, "P_avg")).SourceTimestamp == tick(2).stamp
    client.disconnect_socket()


async def test_a_restart_keeps_port_and_values_and_may_move_the_namespace(turbine: OpcuaTurbine) -> None:
    url = turbine.host.url
    async with Client(url) as client:
        before = await client.get_namespace_index("urn:senvion:mm82")
    turbine.host.namespace_shift = 2
    await turbine.apply(Fault(kind=FaultKind.RESTART))
    assert turbine.host.url == url
    async with Client(url) as client:
        assert await client.get_namespace_index("urn:senvion:mm82") == before + 2
        assert (await _read(client, "P_avg")).Value == ua.Variant(1500.25, ua.VariantType.Double)
