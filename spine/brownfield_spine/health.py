"""Health records: each process renews its own every second, anybody may look at all of them.

The bucket is a NATS key-value store (ADR-8) read through a `Feed`, so that one request gets all records
and a watch survives a restart of the broker.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import msgspec
import structlog
from nats.js import api

from brownfield_api.errors import UNDECODABLE, SpineUnavailable
from brownfield_api.health import HealthRecord
from brownfield_api.subjects import HEALTH_BUCKET, health_key
from brownfield_spine.connection import Spine
from brownfield_spine.feed import Feed, Taken
from brownfield_spine.publish import NotStored, Unanswered
from brownfield_spine.retry import Backoff

_INTERVAL = 1.0
_STREAM = f"KV_{HEALTH_BUCKET}"
_PREFIX = f"$KV.{HEALTH_BUCKET}."
_ALL = f"{_PREFIX}>"
_LAST = api.ConsumerConfig(deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT)

_log = structlog.get_logger()


class HealthPublisher:
    """Keeps one record of the health bucket fresh; `key` is `brownfield_api.subjects.health_key(...)`."""

    def __init__(self, spine: Spine, key: str) -> None:
        self._spine = spine
        self._subject = f"{_PREFIX}{key}"

    async def run(self, make_record: Callable[[], HealthRecord]) -> None:
        """Publish `make_record()` every second, for ever; seconds without a spine are skipped."""
        while True:
            await self._spine.until_connected()
            await self.publish(make_record())
            await asyncio.sleep(_INTERVAL)

    async def publish(self, record: HealthRecord) -> bool:
        """Publish one record now, the last word at a stop for one; whether the spine took it."""
        if not self._spine.connected:
            return False
        try:
            await self._spine.publisher.publish(self._subject, msgspec.json.encode(record), {}, timeout=_INTERVAL)
        except (NotStored, Unanswered) as error:
            self._spine.refusals.refused(_STREAM, self._subject, error.what)
            return False
        self._spine.refusals.stored(_STREAM, self._subject)
        return True


async def records(spine: Spine) -> dict[str, HealthRecord]:
    """All records by key, dead processes' last ones included: look at their `time`. Raises `SpineUnavailable`."""
    feed = await Feed.open(spine, stream=_STREAM, subjects=[_ALL], start=_LAST)
    found: dict[str, HealthRecord] = {}
    try:
        left = feed.pending
        while left:
            taken = await feed.take()
            left = taken.pending
            _note(taken, found)
    finally:
        await feed.close()
    return found


async def watch(spine: Spine, *, namespace: str = "") -> AsyncGenerator[tuple[str, HealthRecord], None]:
    """Every record of a namespace ("": of all) as it is now, then each new one as it comes, for ever; after an
    interruption all once more.
    """
    backoff = Backoff()
    while True:
        await spine.until_connected()
        try:
            async with aclosing(_records_of_one_feed(spine, namespace)) as fresh:
                async for key, record in fresh:
                    backoff.reset()
                    yield key, record
        except SpineUnavailable as error:
            _log.debug("watching health begins again", why=error.what)
            await backoff.wait()


async def _records_of_one_feed(spine: Spine, namespace: str) -> AsyncGenerator[tuple[str, HealthRecord], None]:
    subject = f"{_PREFIX}{health_key('*', namespace, '*')}" if namespace else _ALL
    feed = await Feed.open(spine, stream=_STREAM, subjects=[subject], start=_LAST)
    found: dict[str, HealthRecord] = {}
    try:
        while True:
            _note(await feed.take(), found)
            for key, record in found.items():
                yield key, record
            found.clear()
    finally:
        await feed.close()


def _note(taken: Taken, found: dict[str, HealthRecord]) -> None:
    key = taken.message.subject.removeprefix(_PREFIX)
    if not taken.message.data:  # the marker of a deleted key
        found.pop(key, None)
        return
    try:
        found[key] = msgspec.json.decode(taken.message.data, type=HealthRecord)
    except UNDECODABLE as error:
        _log.warning("health record cannot be read", key=key, error=str(error))
