"""A stage may compute again what it has stored already; the subject holds it once."""

from collections.abc import Awaitable, Callable

import pytest

from brownfield_api.batch import SampleBatch, decode
from brownfield_api.errors import Fenced
from brownfield_api.subjects import ASSET_STREAM
from brownfield_spine.broker import Broker
from brownfield_spine.connection import Spine
from brownfield_spine.reader import Delivery
from brownfield_spine.stage_writer import StageWriter

pytestmark = pytest.mark.wire

_SUBJECT = "bf.asset.here.default.m.0"
BatchOf = Callable[..., SampleBatch]


async def put(writer: StageWriter, batch: SampleBatch, seq: int, *, epoch: int = 1) -> bool:
    return await writer.put(batch, table="t", as_of=0, source="pump", input=f"{seq}0", seq=seq, epoch=epoch)


async def test_what_the_subject_holds_is_known_and_not_stored_again(
    spine: Spine, batch_of: BatchOf, take: Callable[..., Awaitable[list[Delivery]]]
) -> None:
    first = await StageWriter.open(spine, subject=_SUBJECT, stream=ASSET_STREAM)
    assert (first.epoch, first.seq, first.input) == (0, 0, "")
    assert [await put(first, batch_of(seq), seq) for seq in (1, 2, 3)] == [True] * 3
    again = await StageWriter.open(spine, subject=_SUBJECT, stream=ASSET_STREAM)
    assert (again.epoch, again.seq, again.input) == (1, 3, "30")
    assert [await put(again, batch_of(seq), seq) for seq in (2, 3, 4)] == [False, False, True]
    found = await take(4, stream=ASSET_STREAM)
    assert [delivery.header.seq for delivery in found] == [1, 2, 3, 4]
    assert [float(decode(item.payload, item.header.crc).value[0]) for item in found] == [1, 2, 3, 4]


async def test_a_second_stage_on_the_subject_fences_the_first(spine: Spine, batch_of: BatchOf) -> None:
    first = await StageWriter.open(spine, subject=_SUBJECT, stream=ASSET_STREAM)
    second = await StageWriter.open(spine, subject=_SUBJECT, stream=ASSET_STREAM)
    await put(first, batch_of(1), 1, epoch=1)
    with pytest.raises(Fenced):
        await put(second, batch_of(1), 1, epoch=2)


async def test_an_older_epoch_is_refused(spine: Spine, batch_of: BatchOf) -> None:
    writer = await StageWriter.open(spine, subject=_SUBJECT, stream=ASSET_STREAM)
    await put(writer, batch_of(1), 1, epoch=5)
    with pytest.raises(Fenced, match="epoch 5"):
        await put(writer, batch_of(2), 2, epoch=4)


async def test_a_killed_broker_delays_the_stage_and_doubles_nothing(
    spine: Spine, broker: Broker, batch_of: BatchOf, take: Callable[..., Awaitable[list[Delivery]]]
) -> None:
    writer = await StageWriter.open(spine, subject=_SUBJECT, stream=ASSET_STREAM)
    for seq in range(1, 61):
        if seq in (20, 40):
            broker.kill()
        assert await put(writer, batch_of(seq), seq)
    found = await take(60, stream=ASSET_STREAM)
    assert [delivery.header.seq for delivery in found] == list(range(1, 61))
