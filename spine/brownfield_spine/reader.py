"""Reading a stream from a recorded position: every message behind it, in order, for ever.

A stage keeps its own position, so the consumer is ephemeral and acknowledges nothing (a durable one
redelivers out of order after a crash). It is made anew after a reconnect, a hole in the consumer's
sequence or missed heartbeats, always behind the last message that was yielded.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from nats import errors
from nats.js import api

from brownfield_api.errors import CorruptBatch, SpineUnavailable
from brownfield_api.header import BatchHeader, from_message_headers
from brownfield_spine.connection import Spine
from brownfield_spine.feed import Feed, FeedBroken, Taken
from brownfield_spine.retry import Backoff

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message at `stream_seq`. The payload is not checked yet: `decode` does, against the header's CRC.

    `pending`: messages behind it that are stored already; well above 0 means catching up.
    """

    stream_seq: int
    subject: str
    header: BatchHeader
    payload: bytes
    pending: int


@dataclass(frozen=True, slots=True)
class Corrupt:
    """A message whose header cannot be read."""

    stream_seq: int
    subject: str
    reason: str
    pending: int


@dataclass(slots=True)
class _Position:
    after: int
    start_time_ns: int | None
    created: datetime | None = None


async def read(
    spine: Spine, *, stream: str, subjects: Sequence[str], after: int, start_time_ns: int | None = None
) -> AsyncGenerator[Delivery | Corrupt, None]:
    """Every message on `subjects` (wildcards allowed) with a stream sequence above `after`, waiting for more for ever.

    With `start_time_ns` (ns since 1970 UTC) and `after` 0 it begins with the first message stored at or after that
    time. Waits while the spine is away. If the stream turns out to be a new, shorter one it is read from its beginning.
    Close the iterator (`aclosing`) if you leave it early.
    """
    position = _Position(after, start_time_ns)
    backoff = Backoff(first=0.05)
    while True:
        await spine.until_connected()
        try:
            feed = await _open(spine, stream, subjects, position)
        except SpineUnavailable as error:
            spine.refusals.refused(stream, "", error.what)
            await backoff.wait()
            continue
        spine.refusals.stored(stream, "")
        backoff.reset()
        try:
            while True:
                taken = await feed.take()
                position.after = taken.stream_seq
                yield _delivery(taken)
        except FeedBroken as broken:
            _log.debug("reading begins again", stream=stream, after=position.after, why=broken.what)
        finally:
            await feed.close()


async def _open(spine: Spine, stream: str, subjects: Sequence[str], position: _Position) -> Feed:
    try:
        info = await spine.js.stream_info(stream)
    except (errors.Error, OSError) as error:
        raise SpineUnavailable(str(error) or type(error).__name__, where=f"stream {stream}") from error
    replaced = position.created is not None and info.created != position.created
    if replaced or info.state.last_seq < position.after:
        _log.warning(
            "stream was wiped; reading it from its beginning",
            stream=stream,
            position=position.after,
            last=info.state.last_seq,
        )
        position.after, position.start_time_ns = 0, None
    position.created = info.created
    return await Feed.open(spine, stream=stream, subjects=subjects, start=_start(position))


def _start(position: _Position) -> api.ConsumerConfig:
    if position.after == 0 and position.start_time_ns is not None:
        seconds, rest = divmod(position.start_time_ns, 1_000_000_000)
        moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
        return api.ConsumerConfig(deliver_policy=api.DeliverPolicy.BY_START_TIME, opt_start_time=moment)
    return api.ConsumerConfig(deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=position.after + 1)


def _delivery(taken: Taken) -> Delivery | Corrupt:
    message = taken.message
    try:
        header = from_message_headers(message.headers)
    except CorruptBatch as error:
        return Corrupt(taken.stream_seq, message.subject, error.what, taken.pending)
    return Delivery(taken.stream_seq, message.subject, header, message.data, taken.pending)
