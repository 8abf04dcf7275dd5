"""The two subjects a pipeline writes: assets for twins, quarantine for people. Numbers are part of its state.

Every input batch becomes one asset batch with the next number (an empty one renews `asOf`), and at most
one quarantine batch. The quarantine goes first, so that a subject that holds an input's assets implies
that its quarantine is stored. A batch too large for the spine goes in pieces; all but the last name the
input before, because only the last one completes it.
"""

from typing import Self

import msgspec

from brownfield_api.batch import MAX_BATCH_ROWS, SampleBatch
from brownfield_api.subjects import ASSET_STREAM, QUARANTINE_STREAM
from brownfield_pipeline.resume import Covered, Place
from brownfield_pipeline.stage import Output
from brownfield_spine.connection import Spine
from brownfield_spine.pieces import pieces
from brownfield_spine.stage_writer import StageWriter


def numbered(batch: SampleBatch, *, position: int, before: int, seq: int) -> list[tuple[SampleBatch, str, int]]:
    """The pieces of a batch with input and number, going on behind `seq`. Pure, hence the same after a kill."""
    parts = [batch]
    if len(batch) > MAX_BATCH_ROWS or batch.value_utf8 is not None:
        parts = [part for part, _ in pieces(batch)]
    last = len(parts)
    return [(part, str(position if n == last else before), seq + n) for n, part in enumerate(parts, 1)]


class Outputs:
    """Writes what the stage made. Make it with `open`."""

    def __init__(self, asset: StageWriter, quarantine: StageWriter | None, table: str) -> None:
        self._asset = asset
        self._quarantine = quarantine
        self._table = table

    @classmethod
    async def open(cls, spine: Spine, *, asset: str, quarantine: str, table: str) -> Self:
        """The writers of the subjects `asset` and `quarantine` ("": no rule needs it); waits for the spine."""
        return cls(
            await StageWriter.open(spine, subject=asset, stream=ASSET_STREAM),
            await StageWriter.open(spine, subject=quarantine, stream=QUARANTINE_STREAM) if quarantine else None,
            table,
        )

    @property
    def covered(self) -> tuple[Covered, Covered]:
        """What the asset and the quarantine subject hold."""
        return _covered(self._asset), _covered(self._quarantine) if self._quarantine else Covered()

    async def put(self, output: Output, place: Place, *, position: int, mute: bool) -> Place:
        """Publish what the batch at `position` became and return the place behind it.

        With `mute` nothing is published and no number used. Raises `Fenced`.
        """
        if mute:
            return msgspec.structs.replace(place, position=position)
        if output.quarantined is not None and self._quarantine is not None:
            parts = numbered(output.quarantined, position=position, before=place.position, seq=place.quarantine_seq)
            await self._write(self._quarantine, parts, output, place.epoch)
            place = msgspec.structs.replace(place, quarantine_seq=parts[-1][2])
        parts = numbered(output.asset, position=position, before=place.position, seq=place.seq)
        await self._write(self._asset, parts, output, place.epoch)
        return msgspec.structs.replace(place, position=position, seq=parts[-1][2])

    async def _write(
        self, writer: StageWriter, parts: list[tuple[SampleBatch, str, int]], output: Output, epoch: int
    ) -> None:
        for batch, made_from, seq in parts:
            await writer.put(
                batch,
                table=self._table,
                as_of=output.as_of,
                source=output.source,
                input=made_from,
                seq=seq,
                epoch=epoch,
            )


def _covered(writer: StageWriter) -> Covered:
    return Covered(writer.epoch, writer.seq, writer.input)
