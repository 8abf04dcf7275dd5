"""The live stream's bounds: a client that does not take its messages, and one client too many."""

import asyncio
import time
from typing import Any

import pytest

from brownfield_twin import live
from brownfield_twin.sources import SourceBoard
from brownfield_twin.views import Views


class Client:
    """A client as the stream sees it; `stuck`: nothing that is sent ever leaves."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.stuck = stuck
        self.sent: list[str] = []
        self.closed: list[tuple[int, str]] = []
        self.leaves = asyncio.Event()

    async def accept(self) -> None:
        return

    async def send_text(self, text: str) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        self.sent.append(text)

    async def receive(self) -> dict[str, str]:
        await self.leaves.wait()
        return {"type": "websocket.disconnect"}

    async def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))


@pytest.fixture
def stream(farm: Any) -> live.Live:
    twin = farm.twin()
    views = Views(twin, SourceBoard(twin.config), clock=time.time_ns, catching_up=lambda: False)
    return live.Live(views, monotonic=time.monotonic)


async def test_a_client_that_does_not_take_a_message_is_dropped(
    stream: live.Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SEND_TIMEOUT", 0.05)
    client: Any = Client(stuck=True)
    await asyncio.wait_for(stream.serve(client), 5)
    assert client.closed == [(1008, "too slow")]
    assert stream.clients == 0


async def test_one_client_too_many_is_told_to_come_back_later(
    stream: live.Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_CLIENTS", 1)
    first: Any = Client()
    serving = asyncio.create_task(stream.serve(first))
    while not first.sent:
        await asyncio.sleep(0)
    second: Any = Client()
    await stream.serve(second)
    assert second.closed == [(1013, "too many clients")]
    first.leaves.set()
    await asyncio.wait_for(serving, 5)
    assert (first.closed, stream.clients) == ([], 0)


async def test_clients_that_are_owed_the_same_share_one_message(farm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TICK", 0.01)
    twin, asked = farm.twin(), []
    views = Views(twin, SourceBoard(twin.config), clock=time.time_ns, catching_up=lambda: False)
    plain = views.assets

    async def counted(*arguments: Any) -> Any:
        asked.append(arguments)
        return await plain(*arguments)

    stream = live.Live(views, monotonic=time.monotonic)
    watching = asyncio.create_task(stream.watch())
    clients: list[Any] = [Client() for _ in range(3)]
    serving = [asyncio.create_task(stream.serve(client)) for client in clients]
    async with asyncio.timeout(10):
        while not all(client.sent for client in clients):
            await asyncio.sleep(0)
        monkeypatch.setattr(views, "assets", counted)
        farm.take(twin, farm.poll("T1", time.time_ns()))
        while not all(len(client.sent) > 1 for client in clients):
            await asyncio.sleep(0.005)
    assert len({client.sent[1] for client in clients}) == len(asked) == 1
    for client in clients:
        client.leaves.set()
    await asyncio.gather(*serving)
    watching.cancel()
