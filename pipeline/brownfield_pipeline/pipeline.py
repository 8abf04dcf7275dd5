"""The running pipeline: takes raw batches from the spine, one after the other, and puts out what they become.

Everything that decides is elsewhere and pure (`stage`, `resume`, `outputs.numbered`); here the order of
things is kept: the table is known before the batch, the batch is published before the place moves on, the
checkpoint holds only what was published.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec
import structlog

from brownfield_api.errors import CorruptBatch, SpineUnavailable
from brownfield_api.header import BatchHeader
from brownfield_api.status import NOT_LIVE
from brownfield_api.tables import TagTable
from brownfield_pipeline.checkpoint import Checkpoint
from brownfield_pipeline.history import History
from brownfield_pipeline.metrics import Metrics
from brownfield_pipeline.outputs import Outputs
from brownfield_pipeline.resume import Place
from brownfield_pipeline.stage import Output, Stage
from brownfield_spine.hops import HopCounter
from brownfield_spine.latency import LatencyWindow
from brownfield_spine.reader import Corrupt, Delivery
from brownfield_spine.tables import TableStore

CATCHING_UP = 200
"""Messages behind a batch from which on its latency tells of the backlog, not of the pipeline."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a pipeline is made of. `clock`: ns since 1970 UTC. `identify`: identity of the input stream.
    `subjects`: raw subject -> source; `hops`: raw subject -> counter.
    """

    stage: Stage
    outputs: Outputs
    history: History
    tables: TableStore
    metrics: Metrics
    latency: LatencyWindow
    hops: Mapping[str, HopCounter]
    subjects: Mapping[str, str]
    identify: Callable[[], Awaitable[str]]
    clock: Callable[[], int]


class Pipeline:
    """One partition at work."""

    def __init__(self, parts: Parts, place: Place, *, mute_until: int) -> None:
        self._parts = parts
        self.place = place
        self._mute_until = mute_until
        self._lock = asyncio.Lock()
        self._whole = True
        self._refusals: dict[str, tuple[str, ...]] = {}
        self._waiting = ""

    @property
    def trouble(self) -> tuple[str, ...]:
        """What is not well, in plain words."""
        refused = [message for messages in self._refusals.values() for message in messages]
        return tuple(text for text in (self._parts.history.trouble, self._waiting, *refused) if text)

    def checkpoint(self) -> Checkpoint:
        """A snapshot of state and place."""
        stage = self._parts.stage
        return Checkpoint(stage.slots.table_name, self.place, stage.state.copy())

    async def take(self, delivery: Delivery | Corrupt) -> None:
        """One message of the input, to its end."""
        async with self._lock:
            if isinstance(delivery, Corrupt):
                self._refuse(delivery.subject, delivery.stream_seq, delivery.reason)
            else:
                await self._take(delivery)
            if self._parts.history.due:
                await self._parts.history.finish(self.checkpoint())

    async def tick(self) -> None:
        """Finish a file that is due although no input comes."""
        async with self._lock:
            if self._parts.history.due:
                await self._parts.history.finish(self.checkpoint())

    async def finish(self) -> None:
        """Write what there is, unless a batch was left half published: then the last checkpoint stands."""
        if self._whole:
            await self._parts.history.finish(self.checkpoint())
            await self._parts.history.settled()

    async def _take(self, delivery: Delivery) -> None:
        parts, header = self._parts, delivery.header
        source = parts.subjects[delivery.subject]
        if not parts.stage.knows(source, header.table) and not await self._bind(source, header):
            self._refuse(delivery.subject, delivery.stream_seq, f"table {header.table} is not a tag table")
            return
        await self._check_position(delivery)
        self._whole = False
        output = parts.stage.step(source, header, delivery.payload)
        parts.hops[delivery.subject].observe(header, 0 if output is None else output.samples)
        if output is not None:
            await self._put(output, delivery)
        self._whole = True

    async def _put(self, output: Output, delivery: Delivery) -> None:
        parts, position = self._parts, delivery.stream_seq
        if output.corrupt:
            self._refuse(delivery.subject, position, output.corrupt)
        mute = position <= self._mute_until
        self.place = await parts.outputs.put(output, self.place, position=position, mute=mute)
        parts.history.add(output.stored)
        parts.metrics.count(output)
        if delivery.pending < CATCHING_UP:
            self._measure(output)

    def _measure(self, output: Output) -> None:
        live = (output.stored.reasons & NOT_LIVE) == 0
        if bool(live.any()):
            latencies = self._parts.clock() - output.stored.source_time[live]
            self._parts.latency.add(latencies)
            self._parts.metrics.latency(latencies)

    async def _bind(self, source: str, header: BatchHeader) -> bool:
        """Bind the source's tag table, waiting for it; False if what bears that name is none."""
        while True:
            try:
                table = await self._parts.tables.get(header.table)
                break
            except CorruptBatch as error:
                _log.error("table cannot be used", source=source, error=str(error))
                return False
            except SpineUnavailable as error:
                self._waiting = f"source {source}: {error}"
                _log.warning("waiting for a table", source=source, error=str(error))
        self._waiting = ""
        if not isinstance(table, TagTable):
            return False
        self._refusals[source] = self._parts.stage.bind(source, header.table, table)
        for message in self._refusals[source]:
            _log.warning("property cannot be fed", source=source, why=message)
        return True

    async def _check_position(self, delivery: Delivery) -> None:
        """A stream that begins anew under us gives positions twice; the files' names must tell them apart."""
        if delivery.stream_seq > self.place.position:
            return
        seen = self._parts.stage.state.sources.get(self._parts.subjects[delivery.subject])
        if seen is not None and (delivery.header.epoch, delivery.header.seq) <= (seen.epoch, seen.seq):
            return
        await self._parts.history.finish(self.checkpoint())
        self.place = msgspec.structs.replace(
            self.place,
            stream=await self._parts.identify(),
            incarnation=self.place.incarnation + 1,
            position=delivery.stream_seq - 1,
        )
        self._mute_until = 0
        self._parts.history.begin_at(delivery.stream_seq)
        await self._parts.history.finish(self.checkpoint())

    def _refuse(self, subject: str, position: int, why: str) -> None:
        _log.error("raw batch cannot be used", subject=subject, position=position, why=why)
        self._parts.hops[subject].corrupt()
