"""A real broker per test, and the few moves every test of the spine makes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from brownfield_api.batch import SampleBatch
from brownfield_api.subjects import RAW_STREAM
from brownfield_spine.broker import Broker, running_broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.reader import Corrupt, Delivery, read
from brownfield_spine.writer import SubjectWriter

SUBJECT = "bf.raw.here.default.pump"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    async with running_broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
async def spine(broker: Broker) -> AsyncIterator[Spine]:
    spine = await connect(broker.config, name="test")
    yield spine
    await spine.close()


@pytest.fixture
def batch_of() -> Callable[..., SampleBatch]:
    """Rows that all carry one number, stamped now."""

    def make(value: float, rows: int = 3) -> SampleBatch:
        now = np.full(rows, time.time_ns(), np.int64)
        return SampleBatch(
            index=np.arange(rows, dtype=np.uint32),
            value=np.full(rows, value, np.float64),
            status=np.zeros(rows, np.uint32),
            reasons=np.zeros(rows, np.uint16),
            source_time=now,
            receive_time=now,
        )

    return make


@pytest.fixture
async def open_writer(spine: Spine, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[SubjectWriter]]]:
    """Opens writers of one subject with a journal in `tmp_path`, and closes those the test left open."""
    opened: list[SubjectWriter] = []

    async def open_one(**changes: Any) -> SubjectWriter:
        settings: dict[str, Any] = {
            "subject": SUBJECT,
            "source": "pump",
            "stream": RAW_STREAM,
            "journal_dir": tmp_path / "journal",
            "size": 1 << 24,
            "max_age": 0.0,
            "clock": time.time_ns,
            **changes,
        }
        writer = await SubjectWriter.open(settings.pop("spine", spine), **settings)
        opened.append(writer)
        return writer

    yield open_one
    for writer in opened:
        await writer.close(timeout=0.1)


@pytest.fixture
def take(spine: Spine) -> Callable[..., Coroutine[None, None, list[Delivery]]]:
    """Reads `count` messages of the raw stream behind `after`, on time or not at all."""

    async def take_some(
        count: int, *, after: int = 0, stream: str = RAW_STREAM, deadline: float = 20
    ) -> list[Delivery]:
        found: list[Delivery] = []
        async with (
            asyncio.timeout(deadline),
            aclosing(read(spine, stream=stream, subjects=["bf.>"], after=after)) as deliveries,
        ):
            async for delivery in deliveries:
                assert not isinstance(delivery, Corrupt)
                found.append(delivery)
                if len(found) == count:
                    break
        return found

    return take_some


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """Waits for a condition, with a deadline."""

    async def wait(condition: Callable[[], bool], deadline: float = 20) -> None:
        async with asyncio.timeout(deadline):
            while not condition():
                await asyncio.sleep(0.01)

    return wait
