"""The metrics endpoint speaks enough HTTP for a scraper, and nothing more."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from brownfield_api.errors import BrownfieldError
from brownfield_spine.metrics import MetricsServer


@pytest.fixture
async def address() -> AsyncIterator[str]:
    registry = CollectorRegistry()
    Counter("brownfield_polls", "Polls.", registry=registry).inc(3)
    server = MetricsServer(registry, "127.0.0.1:0")
    yield await server.start()
    await server.close()


async def ask(address: str, request: str) -> str:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_metrics_come_in_the_format_the_scraper_accepts(address: str) -> None:
    plain = await ask(address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert plain.startswith("HTTP/1.1 200 OK")
    assert "brownfield_polls_total 3.0" in plain
    opened = await ask(address, "GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text; version=1.0.0\r\n\r\n")
    assert "application/openmetrics-text" in opened
    assert opened.endswith("# EOF\n")


async def test_healthz_answers_as_long_as_the_loop_turns(address: str) -> None:
    assert "200 OK" in await ask(address, "GET /healthz HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    ("request_text", "status"),
    [("GET /other HTTP/1.1\r\n\r\n", "404"), ("POST /metrics HTTP/1.1\r\n\r\n", "405"), ("rubbish\r\n\r\n", "405")],
)
async def test_anything_else_is_refused(address: str, request_text: str, status: str) -> None:
    assert (await ask(address, request_text)).startswith(f"HTTP/1.1 {status}")


async def test_a_port_in_use_is_named(address: str) -> None:
    with pytest.raises(BrownfieldError, match=address):
        await MetricsServer(CollectorRegistry(), address).start()
