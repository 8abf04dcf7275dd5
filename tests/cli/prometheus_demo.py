"""A `brownfield demo --prometheus` for tests, and questions to its Prometheus."""

import asyncio
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DEMO = [sys.executable, "-m", "brownfield_cli", "demo", "--no-browser", "--listen", "127.0.0.1:0"]


@dataclass
class Demo:
    """A demo that runs, and the address of its Prometheus."""

    process: asyncio.subprocess.Process
    address: str
    state: Path

    async def ask(self, path: str, **query: str) -> Any:
        """What the HTTP API of Prometheus answers (`data`); None while it does not."""

        def get() -> bytes:
            asked = f"{path}?{urllib.parse.urlencode(query)}"
            content: bytes = urllib.request.urlopen(f"http://{self.address}/api/v1/{asked}", timeout=5).read()
            return content

        try:
            content = await asyncio.to_thread(get)
        except (urllib.error.URLError, ConnectionError):
            return None
        return json.loads(content)["data"]


async def until(look: Callable[[], Awaitable[Any]], content: Callable[[Any], bool], *, seconds: float = 60.0) -> Any:
    """What `look` sees once `content` is content with it."""
    seen: Any = None
    try:
        async with asyncio.timeout(seconds):
            while not content(seen := await look()):
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail(f"not within {seconds:.0f} s; last seen: {seen}")
    return seen


@asynccontextmanager
async def running_demo(state: Path) -> AsyncIterator[Demo]:
    """The demo with Prometheus, as a process of its own."""
    command = [*DEMO, "--prometheus", "--state", str(state)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, start_new_session=True)
    assert process.stderr is not None
    reading: asyncio.Task[bytes] | None = None
    try:
        async with asyncio.timeout(60):
            while not (found := re.match(rb"prometheus: http://(\S+)", line := await process.stderr.readline())):
                assert line, "it ended by itself"
        reading = asyncio.create_task(process.stderr.read())
        yield Demo(process, found[1].decode(), state)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if reading is not None:
            await reading
