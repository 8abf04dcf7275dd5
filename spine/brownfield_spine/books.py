"""The books of service levels in the spine: small values by number, written whole, read once at a start.

A key-value bucket (NATS ADR-8) read through a `Feed`, as the health records are.
"""

import asyncio

from nats.js import api

from brownfield_api.errors import SpineUnavailable
from brownfield_api.subjects import LEVEL_BUCKET
from brownfield_spine.connection import Spine
from brownfield_spine.feed import Feed
from brownfield_spine.publish import NotStored, Unanswered, WrongLastSequence

_STREAM = f"KV_{LEVEL_BUCKET}"
_PREFIX = f"$KV.{LEVEL_BUCKET}."
_TIMEOUT = 5.0


async def read_books(spine: Spine) -> dict[str, bytes]:
    """All books by name; raises `SpineUnavailable`."""
    start = api.ConsumerConfig(deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT)
    feed = await Feed.open(spine, stream=_STREAM, subjects=[f"{_PREFIX}>"], start=start)
    books: dict[str, bytes] = {}
    try:
        left = feed.pending
        while left:
            taken = await feed.take()
            left = taken.pending
            if taken.message.data:  # else the marker of a deleted key
                books[taken.message.subject.removeprefix(_PREFIX)] = taken.message.data
    finally:
        await feed.close()
    return books


async def write_books(spine: Spine, books: dict[str, bytes]) -> None:
    """Store all of them; raises `SpineUnavailable` if one was not, the others may be."""
    writes = (_write(spine, f"{_PREFIX}{name}", content) for name, content in books.items())
    for outcome in await asyncio.gather(*writes, return_exceptions=True):
        if isinstance(outcome, NotStored | Unanswered | WrongLastSequence):
            what = getattr(outcome, "what", None) or type(outcome).__name__
            raise SpineUnavailable(f"service levels are not kept: {what}", where=f"bucket {LEVEL_BUCKET}") from outcome
        if isinstance(outcome, BaseException):
            raise outcome


async def _write(spine: Spine, subject: str, content: bytes) -> None:
    await spine.publisher.publish(subject, content, {}, timeout=_TIMEOUT)
