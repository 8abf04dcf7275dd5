"""What a subject already holds: the last message's place, read back after every doubt.

A writer that was restarted, refused or left without an answer asks here before it goes on. The question is a
consumer that begins with the subject's last message: its subject stands in the request, so a writer's permissions
can be for its own alone. The stream's own request names the subject in its body, where no permission reaches, and
a direct get answers with a whole message to whatever reply subject is asked for, a foreign writer's included.
"""

from dataclasses import dataclass

from nats.js import api

from brownfield_api.errors import CorruptBatch
from brownfield_api.header import BatchHeader, from_message_headers
from brownfield_spine.connection import Spine
from brownfield_spine.feed import Feed

_LAST = api.ConsumerConfig(deliver_policy=api.DeliverPolicy.LAST)


@dataclass(frozen=True, slots=True)
class Held:
    """The last message of a subject: its stream sequence, and its header if that can be read."""

    stream_seq: int
    header: BatchHeader | None

    @property
    def place(self) -> tuple[int, int]:
        """(epoch, seq), (0, 0) if the header is not one of ours."""
        return (self.header.epoch, self.header.seq) if self.header else (0, 0)


async def last_held(spine: Spine, *, stream: str, subject: str) -> Held | None:
    """The last message on `subject`, None if there is none; raises `SpineUnavailable` if nobody can say."""
    feed = await Feed.open(spine, stream=stream, subjects=[subject], start=_LAST)
    try:
        if not feed.pending:
            return None
        taken = await feed.take()
    finally:
        await feed.close()
    return Held(taken.stream_seq, _header(taken.message.headers))


def _header(headers: dict[str, str] | None) -> BatchHeader | None:
    try:
        return from_message_headers(headers)
    except CorruptBatch:
        return None
