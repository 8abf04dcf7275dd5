"""The door itself: loopback names, WebSocket origins, and no names at all where the network is meant to reach it."""

from typing import Any

import pytest

from brownfield_twin.guard import Guard, is_loopback


async def knock(listen_host: str, headers: dict[str, str], kind: str = "websocket") -> list[Any]:
    """What comes back, "in" if the application was reached."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append("in")

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        seen.append(message.get("code") or message.get("status"))

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await Guard(app, listen_host=listen_host)({"type": kind, "method": "GET", "headers": raw}, receive, send)
    return [item for item in seen if item is not None]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:8080"}, ["in"]),
        ({"host": "127.0.0.1:8080"}, ["in"]),
        ({"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:9090"}, [1008]),
        ({"host": "127.0.0.1:8080", "origin": "http://evil.example"}, [1008]),
        ({"host": "127.0.0.1:8080", "origin": "null"}, [1008]),
        ({"host": "evil.example", "origin": "http://evil.example"}, [1008]),
        ({}, [1008]),
    ],
)
async def test_a_live_stream_is_for_pages_of_this_host(headers: dict[str, str], expected: list[Any]) -> None:
    assert await knock("127.0.0.1", headers) == expected


async def test_beyond_loopback_any_name_may_lead_here_but_origins_still_count() -> None:
    assert await knock("0.0.0.0", {"host": "twin.plant:8080"}, "http") == ["in"]
    assert await knock("127.0.0.1", {"host": "twin.plant:8080"}, "http") == [421]
    assert await knock("0.0.0.0", {"host": "twin.plant", "origin": "http://evil.example"}) == [1008]


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("0.0.0.0", False), ("", False),
     ("localhost.evil.example", False), ("10.0.0.1", False)],
)  # fmt: skip
def test_loopback_is_told_by_address_not_by_looks(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
