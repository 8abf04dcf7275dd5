"""Health records are published, listed and watched, through restarts of the broker."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest

from brownfield_api.health import HealthRecord
from brownfield_api.subjects import HEALTH_BUCKET
from brownfield_spine.broker import Broker
from brownfield_spine.connection import Spine
from brownfield_spine.health import HealthPublisher, records, watch

pytestmark = pytest.mark.wire


def record(name: str, time: int = 1) -> HealthRecord:
    return HealthRecord(kind="adapter", namespace="d", name=name, instance="i", time=time, started=0, metrics="")


async def test_all_records_are_listed_by_key_with_their_newest_word(spine: Spine) -> None:
    assert await records(spine) == {}
    for name in ("a", "b"):
        for time in (1, 2):
            assert await HealthPublisher(spine, f"adapter.d.{name}").publish(record(name, time))
    assert await records(spine) == {"adapter.d.a": record("a", 2), "adapter.d.b": record("b", 2)}


async def test_a_record_nobody_understands_does_not_hide_the_others(spine: Spine) -> None:
    await spine.js.publish(f"$KV.{HEALTH_BUCKET}.x", b"{}")
    await HealthPublisher(spine, "y").publish(record("y"))
    assert await records(spine) == {"y": record("y")}


async def test_a_watch_goes_on_after_the_broker_was_killed(
    spine: Spine, broker: Broker, until: Callable[..., Awaitable[None]]
) -> None:
    seen: dict[str, int] = {}
    clock = [1]

    async def follow() -> None:
        async with aclosing(watch(spine)) as found:
            async for key, health in found:
                seen[key] = health.time

    tasks = [
        asyncio.create_task(follow()),
        asyncio.create_task(HealthPublisher(spine, "a").run(lambda: record("a", clock[0]))),
    ]
    await until(lambda: seen == {"a": 1})
    broker.kill()
    clock[0] = 2
    await until(lambda: seen == {"a": 2})
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
