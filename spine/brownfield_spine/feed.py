"""One ephemeral push consumer, watched closely: messages in order without a hole, or `FeedBroken`.

nats-py's own consumers do not fit: a pull `fetch` lingers for its whole timeout, a flow-controlled
push subscription answers flow control only if it is an ordered one, and that one four times a second. Here the
inbox is a plain subscription; heartbeats, flow control and the consumer's sequence are handled as the
messages are taken, so that a slow reader slows the broker down and nothing is ever discarded.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from nats import errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import api

from brownfield_api.errors import SpineUnavailable
from brownfield_spine.connection import Spine

_HEARTBEAT = 1.0
_SILENCE = 3.5

_REMOVAL = 1.0
"""Seconds the removal of a consumer may take."""

_INACTIVE = 10.0


class FeedBroken(SpineUnavailable):
    """The consumer is gone, silent, or a message of it is missing; make another one from the last position."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message with its place in the stream; `pending` messages of the feed lie behind it."""

    message: Msg
    stream_seq: int
    pending: int


class Feed:
    """Messages of a stream from a chosen place. Make it with `open`, `close` it."""

    def __init__(self, spine: Spine) -> None:
        self._spine = spine
        self._queue: deque[Msg] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._broken = ""
        self._delivered = 0
        self._subscription: Subscription | None = None
        self._consumer: tuple[str, str] | None = None
        self._forget = spine.on_reconnect(self._reconnected)
        self.pending = 0
        """Messages that lay before the feed when it was opened."""

    @classmethod
    async def open(cls, spine: Spine, *, stream: str, subjects: Sequence[str], start: api.ConsumerConfig) -> Self:
        """A feed of `subjects`; `start` gives the deliver policy. Raises `SpineUnavailable`."""
        feed = cls(spine)
        try:
            await feed._begin(stream, subjects, start)
        except (errors.Error, OSError) as error:
            await feed.close()
            raise SpineUnavailable(str(error) or type(error).__name__, where=f"stream {stream}") from error
        except BaseException:
            await feed.close()
            raise
        return feed

    async def take(self) -> Taken:
        """The next message; waits for it. Raises `FeedBroken`."""
        while True:
            while self._queue:
                message = self._queue.popleft()
                if not message.data and message.headers and "Status" in message.headers:
                    await self._control(message)
                else:
                    return self._place(message)
            if self._broken:
                raise FeedBroken(self._broken)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(_SILENCE):
                    await self._waiter
            except TimeoutError:
                self._broken = "missed its heartbeats"
            finally:
                self._waiter = None

    async def close(self) -> None:
        """Unsubscribe and remove the consumer; where that fails the broker does it by itself after a while."""
        self._forget()
        self._queue.clear()
        if self._subscription is not None:
            with suppress(errors.Error, OSError):
                await self._subscription.unsubscribe()
        if self._consumer is not None and self._spine.connected:
            with suppress(errors.Error, OSError, TimeoutError):
                async with asyncio.timeout(_REMOVAL):
                    await self._spine.js.delete_consumer(*self._consumer)

    async def _begin(self, stream: str, subjects: Sequence[str], start: api.ConsumerConfig) -> None:
        inbox = self._spine.nc.new_inbox()
        self._subscription = await self._spine.nc.subscribe(inbox, cb=self._arrived)
        config = start.evolve(
            deliver_subject=inbox,
            ack_policy=api.AckPolicy.NONE,
            max_deliver=1,
            flow_control=True,
            idle_heartbeat=_HEARTBEAT,
            inactive_threshold=_INACTIVE,
            mem_storage=True,
            num_replicas=1,
            filter_subject=subjects[0] if len(subjects) == 1 else None,
            filter_subjects=list(subjects) if len(subjects) > 1 else None,
        )
        info = await self._spine.js.add_consumer(stream, config=config)
        self._consumer = (stream, info.name)
        delivered = info.delivered.consumer_seq if info.delivered else 0
        self.pending = (info.num_pending or 0) + delivered

    async def _arrived(self, message: Msg) -> None:
        self._queue.append(message)
        self._wake()

    def _reconnected(self) -> None:
        self._broken = "reconnected"
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _place(self, message: Msg) -> Taken:
        """Read ``$JS.ACK.[domain.account.]stream.consumer.delivered.stream seq.consumer seq.time.pending[.random]``."""
        tokens = message.reply.split(".")
        first = 5 if len(tokens) == 9 else 7
        try:
            stream_seq, consumer_seq, pending = int(tokens[first]), int(tokens[first + 1]), int(tokens[first + 3])
        except (IndexError, ValueError):
            raise FeedBroken(f"a message without a place: {message.reply!r}") from None
        if consumer_seq != self._delivered + 1:
            raise FeedBroken(f"message {self._delivered + 1} is missing before {consumer_seq}")
        self._delivered = consumer_seq
        return Taken(message, stream_seq, pending)

    async def _control(self, message: Msg) -> None:
        headers = message.headers or {}
        if headers.get("Status") != "100":
            raise FeedBroken(f"ended by the broker: {headers.get('Status')} {headers.get('Description', '')}")
        answer = message.reply or headers.get("Nats-Consumer-Stalled", "")
        if answer:
            with suppress(errors.Error):  # a lost connection shows itself as silence
                await self._spine.nc.publish(answer)
        last = headers.get("Nats-Last-Consumer")
        if last is not None and int(last) != self._delivered:
            raise FeedBroken(f"messages {self._delivered + 1} to {last} are missing")
