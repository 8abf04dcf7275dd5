"""The OPC UA driver against a server: subscriptions, polls, and what becomes of every kind of bad news."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from brownfield_adapters.driver import Driver
from brownfield_adapters.opcua import source as source_module
from brownfield_adapters.recording import RecordingSession
from brownfield_api.errors import LinkLost
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, ValueType
from brownfield_plant.opcua_host import OpcuaHost

pytestmark = [pytest.mark.wire, pytest.mark.asyncio(loop_scope="module")]
Write = Callable[..., Awaitable[None]]
DriverOf = Callable[..., Driver]
Running = Callable[[Driver, RecordingSession], AbstractAsyncContextManager["asyncio.Task[None]"]]
BOTH = pytest.mark.parametrize("mode", ["Subscribe", "Poll"])
POWER = {"power": ValueType.FLOAT64}
STAMP = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
STAMP_NS = int(STAMP.timestamp()) * 10**9 + 123_456_000


@BOTH
async def test_values_of_every_type_arrive_exactly(
    server: OpcuaHost, write: Write, driver_of: DriverOf, running: Running, mode: str
) -> None:
    await write("power", 12.5)
    await write("speed", 0.5)
    await write("count", 2**32 - 1)
    await write("wide", -(2**62) - 1)
    await write("huge", 2**64 - 1)
    await write("on", True)
    await write("name", "R80736")
    driver = driver_of(
        server.url,
        mode=mode,
        tags={
            "power": ValueType.FLOAT64,
            "speed": ValueType.FLOAT32,
            "count": ValueType.UINT32,
            "wide": ValueType.INT64,
            "huge": ValueType.UINT64,
            "on": ValueType.BOOL,
            "name": ValueType.STRING,
        },
    )
    session = RecordingSession()
    async with running(driver, session):
        await session.until(lambda: len(session.last("s")) == 7)
    batch = next(each.batch for each in session.deliveries if len(each.batch) == 7)
    order = batch.index.tolist()
    assert [batch.value[order.index(tag)] for tag in (0, 1, 2, 5)] == [12.5, 0.5, 2**32 - 1, 1.0]
    assert batch.value_i64 is not None
    assert batch.value_u64 is not None
    assert batch.value_i64[order.index(3)] == -(2**62) - 1
    assert batch.value_u64[order.index(4)] == 2**64 - 1
    assert batch.texts()[order.index(6)] == "R80736"


@BOTH
async def test_status_codes_and_source_times_are_kept_exactly(
    server: OpcuaHost, write: Write, driver_of: DriverOf, running: Running, mode: str
) -> None:
    await write("power", 3.5, status=0x40950000, source=STAMP)
    session = RecordingSession()
    async with running(driver_of(server.url, mode=mode, tags=POWER), session):
        await session.until(lambda: session.statuses("s", 0) == [0x40950000])
        await write("power", None, status=0x808C0000, source=STAMP)
        await session.until(lambda: session.statuses("s", 0) == [0x40950000, 0x808C0000])
    samples = [each.batch for each in session.deliveries if len(each.batch)]
    assert [batch.source_time.tolist() for batch in samples] == [[STAMP_NS], [STAMP_NS]]
    assert math.isnan(session.values("s", 0)[1])


@BOTH
async def test_an_unknown_node_a_foreign_namespace_and_an_array_cost_only_themselves(
    server: OpcuaHost, write: Write, driver_of: DriverOf, running: Running, mode: str
) -> None:
    await write("power", 7.0)
    driver = driver_of(
        server.url,
        mode=mode,
        tags={
            "power": ValueType.FLOAT64,
            "gone": ValueType.FLOAT64,
            "foreign": Tag(name="foreign", address="nsu=urn:nobody;s=x"),
            "nonsense": Tag(name="nonsense", address="P_avg"),
            "list": ValueType.FLOAT64,
        },
    )
    session = RecordingSession()
    async with running(driver, session):
        await session.until(lambda: len(session.last("s")) == 5)
    statuses = {tag: status for tag, (_, status) in session.last("s").items()}
    unknown = Status.BAD_NODE_ID_UNKNOWN
    assert statuses == {0: 0, 1: unknown, 2: unknown, 3: unknown, 4: Status.BAD_TYPE_MISMATCH}
    assert "BadNodeIdUnknown" in session.notes[-1][1]


@BOTH
async def test_a_quiet_server_vouches_for_its_tags_and_its_polls_succeed(
    server: OpcuaHost, write: Write, driver_of: DriverOf, running: Running, mode: str
) -> None:
    await write("power", 7.0)
    session = RecordingSession()
    async with running(driver_of(server.url, mode=mode, tags=POWER), session):
        await session.until(lambda: session.successes["s"] >= 2)
        said = session.deliveries[-1].as_of
        await session.until(lambda: session.deliveries[-1].as_of > said)
    assert session.values("s", 0) == [7.0]
    assert session.successes["s"] <= session.polls["s"]
    assert not session.deliveries[-1].position


async def test_each_change_between_two_publishes_arrives_in_order(
    server: OpcuaHost, write: Write, driver_of: DriverOf, running: Running
) -> None:
    await write("power", 0.0)
    session = RecordingSession()
    async with running(driver_of(server.url, interval=0.2, tags=POWER), session):
        await session.until(lambda: session.values("s", 0) == [0.0])
        for value in range(1, 9):
            await write("power", float(value))
        await session.until(lambda: session.values("s", 0)[-1] == 8.0)
    assert session.values("s", 0) == [float(value) for value in range(9)]


async def test_an_overflow_at_the_server_is_a_gap_and_said(
    server: OpcuaHost, write: Write, driver_of: DriverOf, running: Running
) -> None:
    session = RecordingSession()
    async with running(driver_of(server.url, tags=POWER), session):
        await session.until(lambda: bool(session.deliveries))
        await write("power", 41.0, status=0x480)
        await session.until(lambda: 0x480 in session.statuses("s", 0))
    reasons = [reason for each in session.deliveries for reason in each.batch.reasons.tolist()]
    assert reasons[-1] == Reason.GAP_BEFORE
    assert "raise queueSize" in session.notes[-1][1]


@BOTH
async def test_a_deadband_keeps_small_changes_away(
    server: OpcuaHost, write: Write, driver_of: DriverOf, running: Running, mode: str
) -> None:
    await write("power", 10.0)
    tag = Tag(name="power", address="nsu=urn:test:plant;s=power", deadband=1.0)
    session = RecordingSession()
    async with running(driver_of(server.url, mode=mode, tags={"power": tag}), session):
        await session.until(lambda: session.values("s", 0) == [10.0])
        await write("power", 10.5)
        polls = len(session.deliveries)
        await session.until(lambda: len(session.deliveries) >= polls + 2)
        await write("power", 20.0)
        await session.until(lambda: session.values("s", 0)[-1] == 20.0)
    assert session.values("s", 0) == [10.0, 20.0]


async def test_a_server_restart_is_a_lost_link_and_the_namespace_is_looked_up_again(
    server: OpcuaHost, write: Write, driver_of: DriverOf, running: Running
) -> None:
    driver = driver_of(server.url, tags=POWER)
    session = RecordingSession()
    async with running(driver, session) as task:
        await session.until(lambda: len(session.values("s", 0)) == 1)
        await server.stop()
        with pytest.raises(LinkLost):
            await asyncio.wait_for(task, 2)
        await driver.close()
        with pytest.raises(LinkLost, match="connecting"):
            await driver.connect()
        server.namespace_shift = 2
        await server.start()
    await write("power", 77.0)
    async with running(driver, session):
        await session.until(lambda: session.values("s", 0)[-1] == 77.0)


async def test_a_server_that_only_falls_silent_is_a_lost_link(
    server: OpcuaHost, driver_of: DriverOf, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = RecordingSession()
    monkeypatch.setattr("brownfield_adapters.opcua.subscription._PATIENCE", -1.0)
    async with running(driver_of(server.url, tags=POWER), session) as task:
        await session.until(lambda: bool(session.deliveries))
        assert server.server is not None
        silenced = server.server.iserver.subscription_service
        for subscription in list(silenced.subscriptions.values()):
            await subscription.stop()
        with pytest.raises(LinkLost, match="no notification and no keep-alive"):
            await asyncio.wait_for(task, 8)


async def test_a_server_without_subscriptions_is_polled(
    server: OpcuaHost,
    write: Write,
    driver_of: DriverOf,
    running: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from asyncua.server.internal_session import InternalSession
    from asyncua.ua.uaerrors import BadServiceUnsupported

    async def refuse(*arguments: Any, **keywords: Any) -> None:
        raise BadServiceUnsupported

    monkeypatch.setattr(InternalSession, "create_subscription", refuse)
    await write("power", 5.0)
    session = RecordingSession()
    async with running(driver_of(server.url, tags=POWER), session):
        await session.until(lambda: session.values("s", 0) == [5.0])
        await write("power", 6.0)
        await session.until(lambda: session.values("s", 0) == [5.0, 6.0])
    assert "BadServiceUnsupported" in session.notes[0][1]
    assert "polled" in session.notes[0][1]


async def test_a_refused_node_is_asked_for_again_and_told_of_once(
    server: OpcuaHost, driver_of: DriverOf, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brownfield_adapters.opcua.driver.RETRY", 0.1)
    session = RecordingSession()
    async with running(driver_of(server.url, tags={"late": ValueType.FLOAT64, **POWER}), session):
        await session.until(lambda: len(session.last("s")) == 2)
        requests = session.requests
        await session.until(lambda: session.requests >= requests + 20)
        assert session.statuses("s", 0) == [Status.BAD_NODE_ID_UNKNOWN]
        assert server.server is not None
        namespace = await server.server.get_namespace_index("urn:test:plant")
        await server.server.nodes.objects.add_variable(f"ns={namespace};s=late", f"{namespace}:late", 4.5)
        await session.until(lambda: session.values("s", 0)[-1] == 4.5)
    assert session.notes[-1] == ("s", "")
    assert source_module.RETRY == 60.0


async def test_a_request_the_server_finds_too_large_is_split(
    server: OpcuaHost,
    write: Write,
    driver_of: DriverOf,
    running: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from asyncua.server.internal_session import InternalSession
    from asyncua.ua.uaerrors import BadTooManyOperations

    read, create = InternalSession.read, InternalSession.create_monitored_items

    async def few_reads(self: Any, parameters: Any) -> Any:
        if len(parameters.NodesToRead) > 2 and str(parameters.NodesToRead[0].NodeId.Identifier) in "powerspeedcount":
            raise BadTooManyOperations
        return await read(self, parameters)

    async def few_items(self: Any, parameters: Any) -> Any:
        if len(parameters.ItemsToCreate) > 2:
            raise BadTooManyOperations
        return await create(self, parameters)

    monkeypatch.setattr(InternalSession, "read", few_reads)
    monkeypatch.setattr(InternalSession, "create_monitored_items", few_items)
    for mode in ("Poll", "Subscribe"):
        tags = {"power": ValueType.FLOAT64, "speed": ValueType.FLOAT32, "count": ValueType.UINT32}
        session = RecordingSession()
        async with running(driver_of(server.url, mode=mode, tags=tags), session):
            await session.until(lambda: len(session.last("s")) == 3)  # noqa: B023 - awaited within the loop


async def test_of_redundant_servers_the_first_that_answers_is_taken(
    server: OpcuaHost, driver_of: DriverOf, running: Running
) -> None:
    dead = "opc.tcp://127.0.0.1:9/plant"
    session = RecordingSession()
    async with running(driver_of(dead, server.url, tags=POWER), session):
        await session.until(lambda: bool(session.deliveries))
    with pytest.raises(LinkLost, match=r"127\.0\.0\.1:9.*127\.0\.0\.1:9.*None of the redundant servers"):
        await driver_of(dead, dead, tags=POWER).connect()


async def test_no_request_could_change_the_server_and_nothing_is_left_behind(
    server: OpcuaHost, driver_of: DriverOf, running: Running
) -> None:
    journal: Any = vars(server)["journal"]
    needed = (
        "OpenSecureChannel CloseSecureChannel CreateSession ActivateSession CloseSession Read CreateSubscription"
        " CreateMonitoredItems Publish"
    )
    assert set(journal.functions) <= {f"{name}Request" for name in needed.split(" ")}
    before = asyncio.all_tasks()
    session = RecordingSession()
    async with running(driver_of(server.url, tags=POWER), session):
        await session.until(lambda: bool(session.deliveries))
    left = {task for task in asyncio.all_tasks() - before if "server" not in repr(task)}
    assert not left
