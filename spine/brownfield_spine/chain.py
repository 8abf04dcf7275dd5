"""Storing batches on a subject one behind the other, each exactly once, or finding out that we are not alone.

Every publish names the stream sequence that must still be the subject's last. If it is refused, or no
answer comes, the subject's last message tells what happened:

- the batch itself, or an earlier attempt of ours: it was stored;
- the message we expected: ours was not stored, so publish again;
- none: everything on the subject expired or was wiped; go on with an empty one;
- an older one of ours: the spine lost its newest messages (a power cut); go on, the hole in `seq` is the record;
- any other: another writer is at work, and this one is fenced.
"""

import structlog

from brownfield_api.errors import Fenced, SpineUnavailable
from brownfield_api.header import BatchHeader, to_message_headers
from brownfield_spine.connection import REQUEST_TIMEOUT, Spine
from brownfield_spine.held import Held, last_held
from brownfield_spine.publish import EXPECTED_LAST, NotStored, Unanswered, WrongLastSequence
from brownfield_spine.retry import Backoff

_log = structlog.get_logger()


class Chain:
    """The end of one subject as its only writer knows it."""

    def __init__(self, spine: Spine, *, stream: str, subject: str) -> None:
        self._spine = spine
        self._stream = stream
        self._subject = subject
        self._last = 0
        self._place = (0, 0)
        self._tried: set[tuple[int, int]] = set()
        self._backoff = Backoff()

    async def begin(self) -> Held | None:
        """What the subject holds last, None if nothing, asked until there is an answer; `store` goes on behind it."""
        held = await held_for_certain(self._spine, stream=self._stream, subject=self._subject)
        self._last = held.stream_seq if held else 0
        self._place = held.place if held else (0, 0)
        return held

    async def store(self, header: BatchHeader, payload: bytes) -> None:
        """Return when the batch is stored, however long the spine is away; raises `Fenced`."""
        place = (header.epoch, header.seq)
        headers = to_message_headers(header)
        self._tried.add(place)
        stored = False
        while not stored:
            await self._spine.until_connected()
            headers[EXPECTED_LAST] = str(self._last)
            connection = self._spine.connections
            try:
                self._last = await self._spine.publisher.publish(
                    self._subject, payload, headers, timeout=REQUEST_TIMEOUT
                )
                stored = True
            except WrongLastSequence:
                stored = await self._was_stored(place)
            except Unanswered as silence:
                stored = await self._was_stored(place)
                if not stored and connection == self._spine.connections:
                    # A stream that cannot write to its disk says nothing at all.
                    self._spine.refusals.refused(self._stream, self._subject, silence.what)
                    await self._backoff.wait()
            except NotStored as refusal:
                self._spine.refusals.refused(self._stream, self._subject, refusal.what)
                await self._backoff.wait()
        self._spine.refusals.stored(self._stream, self._subject)
        self._backoff.reset()
        self._tried.clear()
        self._place = place

    async def _was_stored(self, place: tuple[int, int]) -> bool:
        held = await held_for_certain(self._spine, stream=self._stream, subject=self._subject)
        if held is None:
            if self._last:
                _log.warning("subject is empty: its messages expired or the spine was wiped", subject=self._subject)
            self._last = 0
            return False
        if held.stream_seq == self._last:
            return False
        if held.place in self._tried:
            self._last = held.stream_seq
            return held.place == place
        if held.place[0] == self._place[0] and held.place < self._place and held.stream_seq < self._last:
            _log.warning(
                "spine lost its newest messages", subject=self._subject, batches=self._place[1] - held.place[1]
            )
            self._last = held.stream_seq
            return False
        raise Fenced(
            f"holds batch {held.place} at {held.stream_seq} where {self._place} at {self._last} is ours",
            where=f"subject {self._subject}",
            do="Another writer runs for this source; stop one of them",
        )


async def held_for_certain(spine: Spine, *, stream: str, subject: str) -> Held | None:
    """What the subject holds, asked until there is an answer."""
    backoff = Backoff()
    while True:
        await spine.until_connected()
        try:
            held = await last_held(spine, stream=stream, subject=subject)
        except SpineUnavailable as error:
            spine.refusals.refused(stream, subject, error.what)
            await backoff.wait()
            continue
        spine.refusals.stored(stream, subject)
        return held
