"""From the spine into the twin: each message once, in order, whatever happens to us or to the spine.

Messages that the checkpoint's state holds already are skipped; a second reader refills the recent
history from them in the background. Corrupt batches are counted and skipped: the rest goes on.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import numpy as np
import structlog
from nats import errors

from brownfield_api.batch import SampleBatch, decode
from brownfield_api.errors import CorruptBatch, SpineUnavailable
from brownfield_api.header import BatchHeader
from brownfield_api.subjects import ASSET_STREAM
from brownfield_api.tables import AssetTable
from brownfield_spine.chain import held_for_certain
from brownfield_spine.connection import Spine
from brownfield_spine.latency import LatencyWindow
from brownfield_spine.reader import Corrupt, Delivery, read
from brownfield_spine.tables import table_store
from brownfield_twin.arrivals import live_rows
from brownfield_twin.backlog import Backlog
from brownfield_twin.binding import bind
from brownfield_twin.columns import SECOND, Rows
from brownfield_twin.core import Twin
from brownfield_twin.metrics import LatencyHistogram
from brownfield_twin.progress import Progress
from brownfield_twin.service_counts import ServiceCounts

_TABLE_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Intake:
    """Reads the asset subjects of one twin. `progress` and `tables` go into its checkpoint."""

    def __init__(self, twin: Twin, *, clock: Callable[[], int]) -> None:
        self.twin = twin
        self.progress = Progress()
        self.tables: dict[str, str] = {}
        self.backlog = Backlog()
        self.latency = LatencyWindow(clock)
        self.histogram = LatencyHistogram()
        self.counts = ServiceCounts(twin.config.timely, twin.layout.stored)
        self._clock = clock
        self._subjects = frozenset(item.subject for item in twin.config.inputs)
        self._memory = int(twin.config.history.memory * SECOND)
        self._lost_tables: set[str] = set()
        self._missing: dict[str, str] = {}
        self._last_seq = 0

    def catching_up(self) -> bool:
        """Whether what the twin shows is still the past."""
        return self.backlog.catching_up(self._clock())

    @property
    def trouble(self) -> str:
        """Which tables cannot be had, so that the newest batches are refused; "" if there is none."""
        tables = sorted(set(self._missing.values()))
        return f"Batches are refused, the spine does not give their table: {', '.join(tables)}" if tables else ""

    async def prepare(self, spine: Spine) -> None:
        """Compare the checkpoint's progress with the stream as it is; learn the tables it had in use."""
        identity, last_seq = await stream_identity(spine)
        self.progress = self.progress.of(identity, last_seq, self._subjects)
        ends = [await held_for_certain(spine, stream=ASSET_STREAM, subject=subject) for subject in self._subjects]
        newest = max((end.stream_seq for end in ends if end is not None), default=0)
        self.backlog.aim(newest if newest > self.progress.position else 0)
        for name in dict.fromkeys(self.tables.values()):
            try:
                await self._introduce(spine, name, deadline=2.0)
            except (CorruptBatch, SpineUnavailable) as error:
                _log.info("table of the checkpoint is not there; the next batch brings one", error=str(error))

    async def run(self, spine: Spine) -> None:
        """Take every message behind the checkpoint's position, for ever."""
        after = self.progress.start(self._subjects)
        async with aclosing(read(spine, stream=ASSET_STREAM, subjects=sorted(self._subjects), after=after)) as messages:
            async for message in messages:
                if message.stream_seq <= self._last_seq:
                    await self._begin_again(spine)
                self._last_seq = message.stream_seq
                self.backlog.observe(stream_seq=message.stream_seq, pending=message.pending)
                if self.progress.knows(message.subject, message.stream_seq):
                    continue
                received = await self._take(spine, message)
                self.progress = self.progress.read(message.stream_seq, self._subjects, received, self._memory)

    async def refill(self, spine: Spine) -> None:
        """Read again what is in the state already but not in memory, to refill the recent history; then return."""
        end = self.progress.position
        after = self.progress.refill_from(self._clock() - self._memory)
        if after >= end:
            return
        async with aclosing(read(spine, stream=ASSET_STREAM, subjects=sorted(self._subjects), after=after)) as messages:
            async for message in messages:
                if message.stream_seq > end:
                    return
                if isinstance(message, Delivery):
                    await self._remember(spine, message)
                if message.pending == 0:
                    return

    async def _begin_again(self, spine: Spine) -> None:
        """The stream was replaced by another one: whatever it holds is new."""
        _log.warning("the spine's stream was replaced; the twin goes on with the new one")
        self.backlog.aim(0)
        self.progress = Progress(stream=(await stream_identity(spine))[0], subjects=self._subjects)

    async def _take(self, spine: Spine, message: Delivery | Corrupt) -> int:
        """Use one message; the newest time of receipt among its live samples, or 0."""
        arrivals, twin = self.twin.arrivals, self.twin
        if isinstance(message, Corrupt):
            self._refuse(message, message.reason)
            return 0
        try:
            batch, slots, ours = await self._open(spine, message)
        except (CorruptBatch, SpineUnavailable) as error:
            if isinstance(error, SpineUnavailable):
                self._missing[message.subject] = message.header.table
            self._refuse(message, str(error))
            return 0
        self._missing.pop(message.subject, None)
        if not arrivals.observe(message.subject, message.header, len(batch)):
            return 0
        self.tables[message.subject] = message.header.table
        arrivals.count_quality(ours)
        twin.take(message.header, slots, ours)
        return self._measure(message.header, ours)

    def _measure(self, header: BatchHeader, batch: SampleBatch) -> int:
        now = self._clock()
        rows = np.flatnonzero(live_rows(batch, header.as_of))
        received = int(batch.receive_time[rows].max()) if len(rows) else 0
        self.backlog.arrived(received=received, now=now)
        if received and not self.backlog.catching_up(now):
            latencies = now - batch.source_time[rows]
            self.latency.add(latencies)
            self.histogram.add(latencies)
            self.counts.arrived(header.source, latencies)
        return received

    async def _remember(self, spine: Spine, message: Delivery) -> None:
        try:
            _, slots, ours = await self._open(spine, message)
        except (CorruptBatch, SpineUnavailable) as error:
            _log.debug("left out of the recent history", stream_seq=message.stream_seq, error=str(error))
        else:
            self.twin.remember(slots, ours)

    async def _open(self, spine: Spine, message: Delivery) -> tuple[SampleBatch, Rows, SampleBatch]:
        """The whole batch, and the slots and samples of it that are ours; raises `CorruptBatch`."""
        batch = decode(message.payload, message.header.crc)
        name = message.header.table
        if not self.twin.bound(name):
            await self._wait_for_table(spine, name)
        return batch, *self.twin.locate(message.header, batch)

    async def _wait_for_table(self, spine: Spine, name: str) -> None:
        """Learn a table. Its writer stored it before this batch, so only an absent spine is worth waiting for."""
        while True:
            try:
                await self._introduce(spine, name, deadline=0.1 if name in self._lost_tables else _TABLE_SECONDS)
            except SpineUnavailable:
                if spine.connected:
                    self._lost_tables.add(name)
                    raise
                await spine.until_connected()
            else:
                return

    async def _introduce(self, spine: Spine, name: str, *, deadline: float) -> None:
        table = await table_store(spine).get(name, deadline=deadline)
        if not isinstance(table, AssetTable):
            raise CorruptBatch(f"table {name} is not an asset table")
        self._lost_tables.discard(name)
        self.twin.adopt(name, await asyncio.to_thread(bind, table, self.twin.layout))

    def _refuse(self, message: Delivery | Corrupt, reason: str) -> None:
        self.twin.arrivals.corrupt(message.subject)
        _log.warning(
            "batch refused; the rest goes on", subject=message.subject, stream_seq=message.stream_seq, reason=reason
        )


async def stream_identity(spine: Spine) -> tuple[str, int]:
    """When the asset stream was made, which tells it from another of the same name, and its last sequence."""
    while True:
        await spine.until_connected()
        try:
            info = await spine.js.stream_info(ASSET_STREAM)
        except (errors.Error, OSError) as error:
            _log.debug("stream cannot be asked yet", error=str(error))
            await asyncio.sleep(0.5)
        else:
            return info.created.isoformat() if info.created else "", info.state.last_seq
