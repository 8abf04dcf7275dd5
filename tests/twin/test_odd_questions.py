"""Whatever is asked of a twin over HTTP, it answers, and never with "internal server error"."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brownfield_api.twin_config import HistoryConfig, TwinConfig

pytestmark = pytest.mark.wire

odd = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=150,
)

NUMBERS = [
    "nan",
    "inf",
    "-inf",
    "-1",
    "0",
    "1e308",
    "1e400",
    "4e9",
    "4000000001",
    "9" * 400,
    "0x10",
    "1_0",
    "",
    " ",
    "٣",
]
numbers = st.one_of(st.sampled_from(NUMBERS), st.floats().map(str), st.integers().map(str), st.text(max_size=8))
past = st.floats(-1e6, 0.0).map(lambda offset: str(time.time() + offset))
future = st.floats(0.0, 1e6).map(lambda offset: str(time.time() + offset))
names = st.sampled_from(["power", "serial", "running", "pulses", "curve.expected", "curve.residual", "curve.error"])
escaped = st.one_of(st.text(max_size=12).map(quote), st.binary(max_size=12).map(quote_from_bytes))
raw = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
segment = st.one_of(
    st.sampled_from(
        ["api", "v1", "twin", "assets", "T1", "T2", "history", "lineage", "sources", "live", "page", "..", "."]
    ),
    st.sampled_from(["metrics", "healthz", "openapi.json", "js", "css", "%00", "%2e%2e", "%ff", "a" * 300]),
    escaped,
    raw,
)
pairs = st.tuples(
    st.one_of(st.sampled_from(["property", "from", "to", "points"]), escaped), st.one_of(numbers.map(quote), raw)
)
queries = st.lists(pairs, max_size=5).map(lambda items: "&".join(f"{name}={value}" for name, value in items))


@pytest.fixture
async def asked(twin_config: TwinConfig, feeder: Any, farm: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """A twin with a minute of samples in memory and a damaged file among its history."""
    folder = tmp_path / "history" / f"date={time.strftime('%Y-%m-%d', time.gmtime())}"
    folder.mkdir(parents=True)
    (folder / "farm-0-1-1-2.parquet").write_bytes(b"PAR1")
    config = msgspec.structs.replace(twin_config, history=HistoryConfig(memory=600.0, parquet=(str(folder.parent),)))
    async with farm.running_twin(config, tmp_path) as running:
        now = time.time_ns()
        for second in range(60):
            await feeder.poll("T1", now - (60 - second) * 10**9, power=float(second))
        await running.until(lambda view: view["assets"][0]["properties"][0]["value"] == 59.0)
        yield running


async def ask(twin: Any, target: str, *, method: str = "GET") -> tuple[int, bytes]:
    """Status and body; the target is sent as it is, as no client library would."""
    address = urlsplit(twin.page)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        head = f"{method} {target} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode("latin-1"))
        content = await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()
    head_of_answer, _, body = content.partition(b"\r\n\r\n")
    return int(head_of_answer.split(b" ", 2)[1]), body


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@odd
@given(segments=st.lists(segment, max_size=6), query=queries)
async def test_no_path_breaks_a_twin(asked: Any, segments: list[str], query: str) -> None:
    status, _ = await ask(asked, "/" + "/".join(segments) + (f"?{query}" if query else ""))
    assert status < 500


def history_target(asset: str | None, values: tuple[str | None, ...], more: str | None) -> str:
    pairs_given = zip(("property", "from", "to", "points"), values, strict=True)
    query = "&".join(f"{key}={value}" for key, value in pairs_given if value is not None)
    return f"/api/v1/assets/{asset}/history?{query}&{more or ''}"


def mostly(usual: st.SearchStrategy[str], other: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.integers(0, 9).flatmap(lambda die: other if die == 4 else st.none() if die == 7 else usual)


values_asked = st.tuples(
    mostly(names, escaped),
    mostly(past, numbers.map(quote)),
    mostly(future, numbers.map(quote)),
    mostly(st.integers(4, 20_000).map(str), numbers.map(quote)),
)


@odd
@given(target=st.builds(history_target, mostly(st.just("T1"), escaped), values_asked, mostly(st.just(""), queries)))
async def test_no_question_about_history_breaks_a_twin(asked: Any, target: str) -> None:
    status, body = await ask(asked, target)
    assert status in {200, 400, 404, 422}
    if status == 200:
        view = json.loads(body, parse_constant=refuse_constant)
        assert len(view["time"]) == len(view["value"]) == len(view["quality"])


@odd
@given(target=st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), min_size=1, max_size=40), method=raw)
async def test_not_even_what_is_no_http_breaks_a_twin(asked: Any, target: str, method: str) -> None:
    status, _ = await ask(asked, target, method=method or "GET")
    assert status < 500
    assert (await ask(asked, "/healthz"))[0] == 200
