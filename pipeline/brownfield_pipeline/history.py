"""What lies between the stage and the disk: rows that wait for their file, and the checkpoint behind it.

A file is finished every so many seconds or rows, and then the checkpoint, taken at the file's last row,
is written; without a sink there is only the checkpoint, every few seconds. Writing happens in a thread
while the next rows gather. If the disk cannot keep up, or is full, `add` waits once a second file's worth
has gathered: memory stays bounded, the pipeline stops reading, and the spine keeps what comes.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from brownfield_api.batch import SampleBatch
from brownfield_api.pipeline_config import ParquetSink as SinkConfig
from brownfield_pipeline.checkpoint import Checkpoint, CheckpointStore
from brownfield_pipeline.parquet_sink import Extent, ParquetSink
from brownfield_spine.retry import Backoff
from brownfield_spine.tasks import spawn, stop

CHECKPOINT_SECONDS = 5.0
"""How often a checkpoint is written where no sink sets the pace."""

_log = structlog.get_logger()


class History:
    """The sinks and the checkpoints of one pipeline. `monotonic` is in seconds."""

    def __init__(
        self,
        store: CheckpointStore,
        sinks: Sequence[ParquetSink],
        configs: Sequence[SinkConfig],
        *,
        first: int,
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._sinks = sinks
        self._seconds = min((config.roll_seconds for config in configs), default=CHECKPOINT_SECONDS)
        self._max_rows = min((config.roll_rows for config in configs), default=0)
        self._monotonic = monotonic
        self._due = monotonic() + self._seconds
        self._first = first
        self._batches: list[SampleBatch] = []
        self._rows = 0
        self._writing: asyncio.Task[None] | None = None
        self.trouble = ""
        """Why nothing can be written right now, "" if it can."""

    def add(self, batch: SampleBatch) -> None:
        """Keep what one input batch became."""
        if self._sinks and len(batch):
            self._batches.append(batch)
            self._rows += len(batch)

    @property
    def due(self) -> bool:
        """Whether it is time for `finish`."""
        full = bool(self._max_rows) and self._rows >= self._max_rows
        if self._writing is not None and not self._writing.done():
            return full
        return full or self._monotonic() >= self._due

    async def finish(self, checkpoint: Checkpoint) -> None:
        """Begin to write what was added, then `checkpoint`, which holds all of it; waits for the write before it."""
        await self.settled()
        extent = Extent(checkpoint.place.input_name, self._first, checkpoint.place.position)
        batches, self._batches, self._rows = self._batches, [], 0
        self._first = checkpoint.place.position + 1
        self._due = self._monotonic() + self._seconds
        self._writing = spawn(self._write(batches, extent, checkpoint), name="history")

    def begin_at(self, position: int) -> None:
        """The input starts anew: the next file begins with `position`."""
        self._first = position

    async def settled(self) -> None:
        """Return when nothing is being written; for as long as the disk is full, that is never."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def close(self) -> None:
        """Stop writing; what was not finished is computed again at the next start."""
        if self._writing is not None and not self._writing.done():
            await stop(self._writing)

    async def _write(self, batches: Sequence[SampleBatch], extent: Extent, checkpoint: Checkpoint) -> None:
        for sink in self._sinks:
            await self._insist(lambda sink=sink: sink.write(batches, extent))  # type: ignore[misc]
        await self._insist(lambda: self._store.save(checkpoint))

    async def _insist(self, write: Callable[[], object]) -> None:
        backoff = Backoff(first=0.5, cap=10.0)
        while True:
            try:
                await asyncio.to_thread(write)
                break
            except OSError as error:
                if not self.trouble:
                    _log.error("history cannot be written; it waits in memory, then in the spine", error=str(error))
                self.trouble = f"history cannot be written: {error}"
            await backoff.wait()
        if self.trouble:
            _log.info("history is written again")
        self.trouble = ""
