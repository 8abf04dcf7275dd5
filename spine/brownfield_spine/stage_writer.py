"""The writer of a pure stage: no journal, because what was not stored can be computed again.

A stage recomputes from its checkpoint after a start; the numbers it gives its batches are part of its
state, so whatever the subject already holds in that epoch is recognised and not stored twice.
"""

import asyncio
from typing import Self

from brownfield_api.batch import SampleBatch, checksum, encode
from brownfield_api.errors import Fenced
from brownfield_api.header import BatchHeader
from brownfield_spine.chain import Chain
from brownfield_spine.connection import Spine
from brownfield_spine.held import Held


class StageWriter:
    """Writes one subject with numbers the caller gives. Make it with `open`."""

    def __init__(self, chain: Chain, held: Held | None, subject: str) -> None:
        self._chain = chain
        self._subject = subject
        self._lock = asyncio.Lock()
        header = held.header if held else None
        self.epoch = header.epoch if header else 0
        """Epoch of the newest batch the subject holds, 0 if it holds none."""
        self.seq = header.seq if header else 0
        """Its sequence number, 0 if there is none."""
        self.input = header.input if header else ""
        """The input position it was made from, "" if there is none."""

    @classmethod
    async def open(cls, spine: Spine, *, subject: str, stream: str) -> Self:
        """The writer of `subject`, knowing what it holds. Waits while the spine is away."""
        chain = Chain(spine, stream=stream, subject=subject)
        return cls(chain, await chain.begin(), subject)

    async def put(
        self,
        batch: SampleBatch,
        *,
        table: str,
        as_of: int,
        source: str,
        input: str,  # noqa: A002
        seq: int,
        epoch: int,
    ) -> bool:
        """Return when the batch is stored; False if the subject held it already.

        One batch after the other, in the order of calls; waits while the spine is away. Cut batches to
        `brownfield_spine.pieces` before. Raises `Fenced` if another writer, or a later epoch, is on the subject.
        """
        async with self._lock:
            if epoch < self.epoch:
                raise Fenced(
                    f"already holds epoch {self.epoch}, later than {epoch}",
                    where=f"subject {self._subject}",
                    do="Another process writes it, or the checkpoint is an old copy",
                )
            if (epoch, seq) <= (self.epoch, self.seq):
                return False
            payload = encode(batch)
            header = BatchHeader(
                epoch=epoch, seq=seq, crc=checksum(payload), table=table, as_of=as_of, source=source, input=input
            )
            await self._chain.store(header, payload)
            self.epoch, self.seq, self.input = epoch, seq, input
            return True
