"""What becomes of answers that are refusals, late, cut off or huge."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from kubernetes.aio.client import Configuration
from prometheus_client import CollectorRegistry
from tests.operator.kube.scripted_server import (
    Answer,
    ScriptedServer,
    half,
    hang_up,
    scripted_server,
    silence,
    stream,
    whole,
)

from brownfield_operator.kube.client import KubeClient
from brownfield_operator.kube.counting import Requests
from brownfield_operator.kube.errors import Gone, ServerError, TooManyRequests, Unauthorized, Unreachable
from brownfield_operator.kube.kinds import Kind

LIMIT = 0.3
"""Seconds after which these clients stop waiting."""

POD = json.dumps({"kind": "Pod", "metadata": {"name": "x"}}).encode()


@asynccontextmanager
async def answering(*answers: Answer) -> AsyncIterator[tuple[KubeClient, ScriptedServer, CollectorRegistry]]:
    registry = CollectorRegistry()
    async with scripted_server(*answers) as server:
        configuration = Configuration(host=server.url)
        async with KubeClient(configuration, Requests(registry), timeout=LIMIT, watch_silence=LIMIT) as client:
            yield client, server, registry


async def test_too_many_requests_say_when_to_come_back() -> None:
    async with answering(whole("429 Too Many Requests", b"{}", "Retry-After: 5")) as (client, server, registry):
        with pytest.raises(TooManyRequests) as refused:
            await client.get(Kind.POD, "plant", "x")
    assert refused.value.retry_after == 5.0
    assert len(server.heads) == 1, "it is the caller who tries again"
    labels = {"verb": "get", "kind": "Pod", "code": "429"}
    assert registry.get_sample_value("brownfield_operator_api_requests_total", labels) == 1


@pytest.mark.parametrize("status", ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 X"])
async def test_a_failing_server_is_tried_once(status: str) -> None:
    async with answering(whole(status, b"<html>oops</html>")) as (client, server, _):
        with pytest.raises(ServerError, match="oops"):
            await client.merge_patch(Kind.POD, "plant", "x", {})
    assert len(server.heads) == 1


async def test_a_refused_connection_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        configuration = Configuration(host=f"http://127.0.0.1:{unused.getsockname()[1]}")
        registry = CollectorRegistry()
        async with KubeClient(configuration, Requests(registry)) as client:
            with pytest.raises(Unreachable, match=r"GET /api/v1/namespaces/plant/pods/x.*refused|Connect call failed"):
                await client.get(Kind.POD, "plant", "x")
    labels = {"verb": "get", "kind": "Pod", "code": "0"}
    assert registry.get_sample_value("brownfield_operator_api_requests_total", labels) == 1


@pytest.mark.parametrize("answer", [half("200 OK", POD), half("500 Oops", b"{}"), hang_up], ids=["200", "500", "none"])
async def test_a_connection_that_breaks_is_unreachable(answer: Answer) -> None:
    async with answering(answer) as (client, _, _):
        with pytest.raises(Unreachable):
            await client.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}})


async def test_an_answer_that_never_comes_is_waited_for_no_longer_than_the_limit() -> None:
    async with answering(silence) as (client, _, _):
        began = time.monotonic()
        with pytest.raises(Unreachable, match="Timeout"):
            await client.get(Kind.POD, "plant", "x")
        assert LIMIT <= time.monotonic() - began < LIMIT + 5


async def test_waiting_for_a_free_connection_counts_as_waiting() -> None:
    async with scripted_server(silence) as server:
        requests = Requests(CollectorRegistry())
        async with KubeClient(Configuration(host=server.url), requests, timeout=LIMIT, connections=1) as client:
            asked = [asyncio.create_task(client.get(Kind.POD, "plant", "x")) for _ in range(5)]
            outcomes = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), LIMIT + 5)
    assert [type(outcome) for outcome in outcomes] == [Unreachable] * 5


async def test_success_that_is_no_json_is_unreachable() -> None:
    async with answering(whole("200 OK", b"<html>log in first</html>")) as (client, _, _):
        with pytest.raises(Unreachable, match="half an answer"):
            await client.get(Kind.POD, "plant", "x")


def line(kind: str, **found: object) -> bytes:
    return json.dumps({"type": kind, "object": {"metadata": {"resourceVersion": "7"}, **found}}).encode() + b"\n"


async def watched(client: KubeClient) -> list[tuple[str, object]]:
    return [(event.type, event.object.get("data")) async for event in client.watch(Kind.CONFIG_MAP, "1")]


async def test_a_watch_takes_objects_of_any_length_in_pieces_of_any_size() -> None:
    big = "x" * 6 * 1024 * 1024
    sent = line("ADDED", data="small") + line("MODIFIED", data=big) + line("DELETED", data="gone")
    pieces = [sent[:10], *(sent[at : at + 500_000] for at in range(10, len(sent), 500_000))]
    async with answering(stream(*pieces)) as (client, _, _):
        assert await watched(client) == [("ADDED", "small"), ("MODIFIED", big), ("DELETED", "gone")]


async def test_a_watch_that_falls_silent_ends() -> None:
    async with answering(stream(line("ADDED", data="x"), ends=False)) as (client, _, _):
        began = time.monotonic()
        assert await watched(client) == [("ADDED", "x")]
        assert LIMIT * 0.9 <= time.monotonic() - began < LIMIT + 5


async def test_a_watch_that_breaks_is_unreachable() -> None:
    async def broken(writer: asyncio.StreamWriter) -> None:
        await stream(line("ADDED")[:-20])(writer)

    async def cut_off(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ff\r\n{")
        await writer.drain()
        writer.close()

    async with answering(cut_off) as (client, _, _):
        with pytest.raises(Unreachable, match="the stream broke"):
            await watched(client)
    async with answering(broken) as (client, _, _):
        assert await watched(client) == [], "half a line at a proper end was never an event"


async def test_a_watch_without_even_a_head_is_dead() -> None:
    async with answering(silence) as (client, _, _):
        with pytest.raises(Unreachable, match="Timeout"):
            await watched(client)


async def test_an_error_in_a_watch_is_that_error() -> None:
    expired = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
    sent = json.dumps({"type": "ERROR", "object": expired}).encode() + b"\n"
    async with answering(stream(sent)) as (client, _, _):
        with pytest.raises(Gone, match="too old resource version"):
            await watched(client)


async def test_a_watch_that_is_left_early_leaves_no_connection() -> None:
    async with answering(stream(line("ADDED"), ends=False), whole("200 OK", POD)) as (client, server, _):
        events = client.watch(Kind.CONFIG_MAP, "1")
        await anext(events)
        await events.aclose()
        assert await client.get(Kind.POD, "plant", "x") is not None
    assert len(server.heads) == 2


async def test_proxies_and_passwords_of_the_environment_are_none_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with answering(whole("200 OK", POD)) as (client, server, _):
        assert await client.get(Kind.POD, "plant", "x") is not None
    assert "authorization" not in server.heads[0].lower()


async def test_credentials_that_cannot_be_read_are_said_to_be_missing() -> None:
    async with answering(whole("200 OK", POD)) as (client, _, _):

        def missing(_configuration: Configuration) -> None:
            raise FileNotFoundError("/var/run/secrets/token")

        client._transport._configuration.api_key["BearerToken"] = "Bearer x"
        client._transport._configuration.refresh_api_key_hook = missing  # type: ignore[assignment] # see access.py
        with pytest.raises(Unauthorized, match="/var/run/secrets/token"):
            await client.get(Kind.POD, "plant", "x")
