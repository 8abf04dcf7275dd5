"""The live stream of a real twin process: whole twin first, then what changed."""

import asyncio
import json
import signal
import time
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from brownfield_api.twin_view import LiveMessage

pytestmark = pytest.mark.wire


def address(twin: Any) -> str:
    return str(twin.page).replace("http://", "ws://") + "api/v1/live"


async def receive(socket: ClientConnection) -> LiveMessage:
    return LiveMessage.model_validate(json.loads(await asyncio.wait_for(socket.recv(), 10)))


async def test_a_client_gets_the_twin_and_then_only_what_changed(twin: Any, feeder: Any) -> None:
    await feeder.poll("T2")
    await twin.until(lambda view: view["assets"][1]["freshness"] == "Fresh")
    async with connect(address(twin), proxy=None) as socket:
        first = await receive(socket)
        assert first.type == "twin"
        assert first.twin is not None
        assert [asset.id for asset in first.twin.assets] == ["T1", "T2"]
        await feeder.poll("T1", power=810.0)
        while not (update := await receive(socket)).assets:
            pass
        assert update.type == "update"
        assert [asset.id for asset in update.assets] == ["T1"]
        assert update.assets[0].properties[0].value == 810.0


async def test_a_client_gets_at_most_one_message_a_second_while_samples_pour_in(twin: Any, feeder: Any) -> None:
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh")
    async with connect(address(twin), proxy=None) as socket:
        await receive(socket)
        began, messages = time.monotonic(), 0
        while time.monotonic() - began < 3.2:
            await feeder.poll("T1")
            try:
                await asyncio.wait_for(socket.recv(), 0.05)
                messages += 1
            except TimeoutError:
                continue
        assert 2 <= messages <= 4


async def test_turning_stale_is_pushed_although_nothing_arrives(twin: Any, feeder: Any) -> None:
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh")
    async with connect(address(twin), proxy=None) as socket:
        began = time.monotonic()
        message = await receive(socket)
        while not message.assets or message.assets[0].freshness != "Stale":
            assert time.monotonic() - began < 4.0
            message = await receive(socket)
        assert message.assets[0].stale_since is not None


async def test_a_heartbeat_tells_clients_that_a_quiet_value_is_still_fresh(twin: Any, feeder: Any) -> None:
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh")
    async with connect(address(twin), proxy=None) as socket:
        await receive(socket)
        await asyncio.sleep(0.6)
        await feeder.put([], source="r1", as_of=time.time_ns())
        while not (message := await receive(socket)).assets:
            pass
        age = message.assets[0].properties[0].age
        assert age is not None
        assert age < 1.0


async def test_a_page_of_another_origin_is_refused(twin: Any) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        await connect(address(twin), origin="http://evil.example", proxy=None)  # type: ignore[arg-type]


async def test_a_stop_does_not_wait_for_clients(twin: Any) -> None:
    async with connect(address(twin), proxy=None) as socket:
        await receive(socket)
        began = time.monotonic()
        assert await twin.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5.0


async def test_a_client_that_goes_leaves_nothing_behind(twin: Any, farm: Any) -> None:
    for _ in range(5):
        async with connect(address(twin), proxy=None) as socket:
            await receive(socket)

    async def metrics() -> str:
        return str((await twin.get("/metrics")).body)

    await farm.until(metrics, lambda text: "brownfield_twin_live_clients 0.0" in text)
    assert not [line for line in twin.log if line.get("level") in {"error", "critical"}]
