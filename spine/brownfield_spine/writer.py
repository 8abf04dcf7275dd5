"""The one writer of a subject: journal first, then publish one batch at a time, in order, exactly once.

A writer begins with what its journal says; the first thing its publisher does is to ask what the subject holds, and
only then is anything sent. What that answer may change is told in `brownfield_spine.continuity`.

How a batch is stored once and only once is told in `brownfield_spine.chain`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt
import structlog

from brownfield_api.batch import SampleBatch, checksum, decode, encode
from brownfield_api.errors import BrownfieldError, Fenced, SpineUnavailable
from brownfield_api.header import BatchHeader
from brownfield_api.status import NOT_LIVE, VOUCHED_WITHIN, Reason
from brownfield_api.tables import AnyTable, pack
from brownfield_spine.chain import Chain
from brownfield_spine.connection import Spine
from brownfield_spine.continuity import begin, move, proven
from brownfield_spine.continuity_file import ContinuityFile
from brownfield_spine.held import Held
from brownfield_spine.journal import Amount, Journal
from brownfield_spine.journal_frames import Frame
from brownfield_spine.latency import LatencyWindow
from brownfield_spine.outbox import Outbox
from brownfield_spine.pieces import pieces
from brownfield_spine.retry import Backoff
from brownfield_spine.shelf import TableShelf
from brownfield_spine.tables import table_store
from brownfield_spine.tasks import spawn, stop

_TIMES_KEPT = 8

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterStats:
    """Counts since `open`; `buffered*` is now, and until the spine was asked it may count some batches of an earlier
    start that the spine has. `oldest`: ns since 1970 UTC of the oldest buffered batch, 0 =
    none. `trouble`: why the journal cannot be written, "" if it can.
    """

    appended: Amount
    published: Amount
    dropped: Amount
    buffered: Amount
    buffered_bytes: int
    oldest: int
    fenced: bool
    trouble: str


class SubjectWriter:
    """Writes one subject; see the module for its promises. Make it with `open`."""

    def __init__(self, *, subject: str, source: str, outbox: Outbox, chain: Chain, spine: Spine, shelf: TableShelf,
                 file: ContinuityFile, clock: Callable[[], int], max_skew: float | None) -> None:  # fmt: skip
        self._subject = subject
        self._source = source
        self._outbox = outbox
        self._chain = chain
        self._shelf = shelf
        self._file = file
        self._tables = table_store(spine)
        self._clock = clock
        self._max_skew = None if max_skew is None else round(max_skew * 1e9)
        last = outbox.last
        self._opening = begin(last.place if last else None, file.saved, now=clock())
        self._continuity = self._opening.continuity
        self._epoch, self._seq = self._opening.last
        self._input = self.last_input = last.header.input if last else ""
        self._durable = last.place if last else self._opening.last
        self._asked = asyncio.Event()
        self._gap = self._has_samples = self._has_input = False
        self._times: dict[tuple[int, int], npt.NDArray[np.int64]] = {}
        self._appended = self._published = self._refused = Amount()
        self._fenced = False
        self._work = asyncio.Event()
        self._progress = asyncio.Event()
        self.latency = LatencyWindow(clock)
        self._task = spawn(self._publish_all(), name=f"publish {subject}")

    @classmethod
    async def open(
        cls,
        spine: Spine,
        *,
        subject: str,
        source: str,
        stream: str,
        journal_dir: Path,
        size: int,
        max_age: float,
        clock: Callable[[], int],
        max_skew: float | None = None,
        wait: bool = True,
    ) -> Self:
        """The writer of `subject`, its continuity proven or a new epoch begun, its backlog already on the way.

        The journal is `journal_dir / subject`, of at most about `size` bytes; batches older than `max_age`
        seconds are given up (0: never). `clock` gives ns since 1970 UTC. A sample whose source time is more than
        `max_skew` seconds from its receipt says nothing about latency. Waits while the spine is away. Without
        `wait` it does not, and continuity is proven later; `last_input` is then what the journal alone says, so
        a source that keeps history had better wait. Raises `OSError` if the journal cannot be opened.
        """
        directory = journal_dir / subject
        journal = await asyncio.to_thread(Journal, directory, size=size, max_age=max_age)
        if journal.damaged:
            _log.warning("journal was damaged; what could be read is kept", subject=subject, bytes=journal.damaged)
        writer = cls(
            subject=subject,
            source=source,
            outbox=Outbox(journal, subject=subject, clock=clock),
            chain=Chain(spine, stream=stream, subject=subject),
            spine=spine,
            shelf=TableShelf(directory),
            file=ContinuityFile(directory),
            clock=clock,
            max_skew=max_skew,
        )
        if wait:
            await writer._until_asked()
        return writer

    def append(self, batch: SampleBatch, *, table: str, as_of: int, input: str = "") -> None:  # noqa: A002
        """Journal `batch` (all of it or, after a kill, none of it) and have it published.

        `table` is what `offer_table` returned; `input` is where the source goes on reading after this batch,
        "" = as before. A large batch is split; only its last piece carries `input`. A full disk raises
        nothing: the batch waits in memory and `stats` says so. A fenced writer counts it as dropped.
        """
        if "\n" in input or "\r" in input or input != input.strip():
            raise BrownfieldError(f"input {input!r} cannot travel in a header", where=f"subject {self._subject}")
        if self._gap and len(batch):
            batch = _after_gap(batch)
            self._gap = False
        asked = self._asked.is_set()
        if not asked:
            self._file.save(self._continuity)
        first = not (asked or self._has_samples)
        self._has_samples = self._has_samples or len(batch) > 0
        self._has_input = self._has_input or input != ""
        parts = pieces(batch)
        frames = [
            self._frame(part, payload, table, as_of, input if last else "", more=not last, first=first)
            for number, (part, payload) in enumerate(parts, 1)
            for last in [number == len(parts)]
        ]
        amount = Amount(len(frames), len(batch))
        self._appended += amount
        if self._fenced:
            self._refused += amount
            return
        if self._outbox.add(frames):
            self.last_input, self._durable = self._input, frames[-1].place
        self._work.set()

    def offer_table(self, table: AnyTable) -> str:
        """The table's hash, for `append`. It is on the spine before the first batch that uses it."""
        name, packed = pack(table)
        self._shelf.keep(name, packed)
        return name

    @property
    def has_room(self) -> bool:
        """Whether a source that keeps history should go on reading: less than 80 % of the journal is unsent."""
        return self._outbox.has_room

    async def room(self) -> None:
        """Return when there is room; raises `Fenced` if there never will be."""
        while not self.has_room:
            if self._fenced:
                raise Fenced("has another writer", where=f"subject {self._subject}")
            self._progress.clear()
            await self._progress.wait()

    @property
    def stats(self) -> WriterStats:
        """How the writer is doing now."""
        return WriterStats(
            appended=self._appended,
            published=self._published,
            dropped=self._outbox.dropped + self._refused,
            buffered=self._outbox.pending,
            buffered_bytes=self._outbox.used,
            oldest=self._outbox.oldest,
            fenced=self._fenced,
            trouble=self._outbox.trouble,
        )

    async def close(self, *, timeout: float = 5.0) -> None:
        """Publish what is left for up to `timeout` seconds; the rest stays in the journal for the next start."""
        try:
            async with asyncio.timeout(timeout):
                while self._outbox.head() is not None and not self._task.done():
                    self._progress.clear()
                    await self._progress.wait()
        except TimeoutError:
            left = self._outbox.pending.batches
            _log.info("batches stay in the journal", subject=self._subject, batches=left)
        await stop(self._task)
        self._outbox.close()

    def _frame(self, batch: SampleBatch, payload: bytes, table: str, as_of: int, goes_on: str, *, more: bool,
               first: bool) -> Frame:  # fmt: skip
        self._seq += 1
        self._input = goes_on or self._input  # always carried, so that the last frame alone says where to go on
        header = BatchHeader(
            epoch=self._epoch,
            seq=self._seq,
            crc=checksum(payload),
            table=table,
            as_of=as_of,
            source=self._source,
            input=self._input,
        )
        frame = Frame(header, payload, self._clock(), len(batch), more, first and len(batch) > 0)
        if len(self._times) < _TIMES_KEPT:
            self._times[frame.place] = self._live_times(batch, as_of)
        return frame

    async def _until_asked(self) -> None:
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait([asked, self._task], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.close(timeout=0)
            raise
        finally:
            asked.cancel()
        if self._task.done():
            await self._task

    def _prove_continuity(self, held: Held | None) -> None:
        """The subject's last message is known now, see `brownfield_spine.continuity`."""
        if held is None or proven(self._opening, held.place):
            self._continuity = msgspec.structs.replace(self._continuity, unproven=None)
            if held is not None:
                self._outbox.acknowledged(self._continuity.journaled(held.place))
        else:
            self._begin_anew(held)
        self._file.save(self._continuity)
        if not self._outbox.pending.batches:
            self._shelf.clear()
        self._asked.set()

    def _begin_anew(self, held: Held) -> None:
        base = self._opening.base
        if base[1]:
            published = self._continuity.published(base)
            why = "another writer took over" if published[0] < held.place[0] else "journal lost its end"
            gone = self._outbox.set_aside(base)
            _log.warning(f"{why}: what it held is set aside, a new epoch begins", subject=self._subject,
                         batches=gone.batches, samples=gone.samples)  # fmt: skip
        self._continuity, (self._epoch, self._seq) = move(
            self._opening, newest=(self._epoch, self._seq), held=held.place, now=self._clock()
        )
        self._gap = not self._has_samples
        self._times.clear()
        if not self._has_input:
            self._input = self.last_input = held.header.input if held.header else ""

    async def _publish_all(self) -> None:
        try:
            self._prove_continuity(await self._chain.begin())
            while True:
                frame = self._outbox.head()
                if frame is None:
                    self._work.clear()
                    await self._work.wait()
                    continue
                await self._store_table(frame.header.table)
                await self._chain.store(*self._as_published(frame))
                self._stored(frame)
        except Fenced as error:
            self._fenced = True
            _log.error("writer stops: it was replaced", source=self._source, error=str(error))
        finally:
            self._progress.set()

    def _as_published(self, frame: Frame) -> tuple[BatchHeader, bytes]:
        place = self._continuity.published(frame.place)
        if place == frame.place:
            return frame.header, frame.payload
        payload = frame.payload
        if frame.first:
            payload = encode(_after_gap(decode(payload, frame.header.crc)))
        header = msgspec.structs.replace(frame.header, epoch=place[0], seq=place[1], crc=checksum(payload))
        return header, payload

    async def _store_table(self, name: str) -> None:
        backoff = Backoff()
        while not self._tables.is_stored(name) and (packed := self._shelf.get(name)) is not None:
            try:
                await self._tables.put_packed(name, packed)
            except SpineUnavailable as error:
                _log.warning("table is not stored yet", subject=self._subject, error=str(error))
                await backoff.wait()

    def _stored(self, frame: Frame) -> None:
        now = self._clock()
        self._outbox.acknowledged(frame.place)
        self._published += Amount(1, frame.rows)
        if frame.place > self._durable:
            self._durable, self.last_input = frame.place, frame.header.input
        times = self._times.pop(frame.place, None)
        if times is None:
            times = self._live_times(decode(frame.payload, frame.header.crc), frame.header.as_of)
        self.latency.add(now - times)
        self._progress.set()

    def _live_times(self, batch: SampleBatch, as_of: int) -> npt.NDArray[np.int64]:
        """Source times that say something about latency (ns)."""
        times = batch.source_time
        if not len(times) or int(batch.receive_time[-1]) - as_of > VOUCHED_WITHIN:
            return times[:0]
        if batch.reasons.any():
            live = (batch.reasons & NOT_LIVE) == 0
        elif self._max_skew is None:
            return times
        else:
            live = np.ones(len(times), np.bool_)
        if self._max_skew is not None:
            live &= np.abs(batch.receive_time - times) <= self._max_skew
        chosen: npt.NDArray[np.int64] = times[live]
        return chosen


def _after_gap(batch: SampleBatch) -> SampleBatch:
    return replace(batch, reasons=batch.reasons | np.uint16(Reason.GAP_BEFORE))
