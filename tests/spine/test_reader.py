"""A reader sees every message behind its position once and in order, whatever happens to the broker."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path

import pytest

from brownfield_api.batch import SampleBatch, checksum, decode, encode
from brownfield_api.errors import CorruptBatch
from brownfield_api.header import BatchHeader, to_message_headers
from brownfield_api.subjects import RAW_STREAM, STREAM_SUBJECTS
from brownfield_spine.broker import Broker
from brownfield_spine.connection import Spine
from brownfield_spine.reader import Corrupt, Delivery, read
from brownfield_spine.writer import SubjectWriter

pytestmark = pytest.mark.wire

BatchOf = Callable[..., SampleBatch]
OpenWriter = Callable[..., Awaitable[SubjectWriter]]
Take = Callable[..., Coroutine[None, None, list[Delivery]]]
Until = Callable[..., Awaitable[None]]

_SUBJECT = "bf.raw.here.default.{}"


async def publish(spine: Spine, batch: SampleBatch, *, seq: int, source: str = "pump") -> int:
    payload = encode(batch)
    header = BatchHeader(epoch=1, seq=seq, crc=checksum(payload), table="t", as_of=0, source=source)
    headers = to_message_headers(header)
    return await spine.publisher.publish(_SUBJECT.format(source), payload, headers, timeout=5)


async def test_reading_begins_behind_the_recorded_position(spine: Spine, take: Take, batch_of: BatchOf) -> None:
    for seq in range(1, 21):
        await publish(spine, batch_of(seq), seq=seq)
    found = await take(7, after=13)
    assert [delivery.stream_seq for delivery in found] == list(range(14, 21))
    assert [delivery.pending for delivery in found] == list(range(6, -1, -1))


async def test_reading_may_begin_at_a_time(spine: Spine, batch_of: BatchOf, until: Until) -> None:
    await publish(spine, batch_of(1), seq=1)
    before = time.time_ns()
    await until(lambda: time.time_ns() > before + 2_000_000)
    moment = time.time_ns()
    await until(lambda: time.time_ns() > moment + 2_000_000)
    await publish(spine, batch_of(2), seq=2)
    async with (
        asyncio.timeout(10),
        aclosing(read(spine, stream=RAW_STREAM, subjects=["bf.raw.>"], after=0, start_time_ns=moment)) as deliveries,
    ):
        async for delivery in deliveries:
            assert delivery.stream_seq == 2
            break


async def test_two_hundred_subjects_can_be_chosen_from_a_stream(spine: Spine, batch_of: BatchOf) -> None:
    for number in range(210):
        await publish(spine, batch_of(number), seq=1, source=f"s{number}")
    wanted = [_SUBJECT.format(f"s{number}") for number in range(0, 210, 2)]
    found = []
    async with (
        asyncio.timeout(10),
        aclosing(read(spine, stream=RAW_STREAM, subjects=wanted, after=0)) as deliveries,
    ):
        async for delivery in deliveries:
            found.append(delivery.subject)
            if delivery.pending == 0:
                break
    assert found == wanted


async def test_a_restart_of_the_broker_neither_loses_nor_doubles_a_message(
    spine: Spine, broker: Broker, open_writer: OpenWriter, batch_of: BatchOf, until: Until
) -> None:
    writer = await open_writer()
    found: list[int] = []

    async def collect() -> None:
        async with aclosing(read(spine, stream=RAW_STREAM, subjects=["bf.raw.>"], after=0)) as deliveries:
            async for delivery in deliveries:
                found.append(delivery.stream_seq)  # noqa: PERF401 - the test looks on while it grows

    reading = asyncio.create_task(collect())
    for burst in range(4):
        for value in range(100):
            writer.append(batch_of(value), table="t", as_of=0)
        await until(lambda expected=burst * 100 + 30: len(found) >= expected)
        if burst < 3:
            broker.kill()
    await until(lambda: len(found) >= 400)
    assert found == list(range(1, 401))
    reading.cancel()
    await asyncio.wait([reading])


async def test_a_slow_reader_slows_the_broker_down_instead_of_losing_messages(
    spine: Spine, open_writer: OpenWriter, batch_of: BatchOf, until: Until
) -> None:
    writer = await open_writer(size=1 << 27)
    count = 1500  # 34 MB, more than the broker sends before it wants to know that we keep up
    for value in range(count):
        writer.append(batch_of(value, rows=600), table="t", as_of=0)
    await until(lambda: writer.stats.published.batches == count)
    found = 0
    async with (
        asyncio.timeout(30),
        aclosing(read(spine, stream=RAW_STREAM, subjects=["bf.raw.>"], after=0)) as deliveries,
    ):
        async for delivery in deliveries:
            found += 1
            assert delivery.stream_seq == found
            if found in (1, 500):
                await asyncio.sleep(0.5)  # being slow is what is tested
            if found == count:
                break


async def test_a_wiped_stream_is_read_from_its_beginning(spine: Spine, take: Take, batch_of: BatchOf) -> None:
    await publish(spine, batch_of(1), seq=1)
    await publish(spine, batch_of(2), seq=2)
    (found,) = await take(1, after=4000)
    assert found.stream_seq == 1


async def test_a_stream_that_is_replaced_while_it_is_read_is_read_from_its_beginning(
    spine: Spine, batch_of: BatchOf, broker: Broker, until: Until
) -> None:
    for seq in range(1, 4):
        await publish(spine, batch_of(seq), seq=seq)
    found: list[int] = []

    async def collect() -> None:
        async with aclosing(read(spine, stream=RAW_STREAM, subjects=["bf.raw.>"], after=0)) as deliveries:
            async for delivery in deliveries:
                found.append(delivery.stream_seq)  # noqa: PERF401 - the test looks on while it grows

    reading = asyncio.create_task(collect())
    await until(lambda: len(found) == 3)
    await spine.js.delete_stream(RAW_STREAM)
    await spine.js.add_stream(name=RAW_STREAM, subjects=[STREAM_SUBJECTS[RAW_STREAM]])
    for seq in range(4, 10):
        await publish(spine, batch_of(seq), seq=seq)
    await until(lambda: len(found) == 9)
    assert found == [1, 2, 3, 1, 2, 3, 4, 5, 6]
    reading.cancel()
    await asyncio.wait([reading])


async def test_a_message_without_our_header_is_said_to_be_corrupt_and_does_not_stop_the_others(
    spine: Spine, batch_of: BatchOf
) -> None:
    await spine.js.publish(_SUBJECT.format("pump"), b"from somebody else")
    await publish(spine, batch_of(1), seq=1)
    found = []
    async with (
        asyncio.timeout(10),
        aclosing(read(spine, stream=RAW_STREAM, subjects=["bf.raw.>"], after=0)) as deliveries,
    ):
        async for delivery in deliveries:
            found.append(delivery)
            if len(found) == 2:
                break
    assert isinstance(found[0], Corrupt)
    assert "header" in found[0].reason
    assert isinstance(found[1], Delivery)


async def test_a_mutated_payload_is_refused_by_its_checksum(spine: Spine, take: Take, batch_of: BatchOf) -> None:
    payload = bytearray(encode(batch_of(1)))
    header = BatchHeader(epoch=1, seq=1, crc=checksum(bytes(payload)), table="t", as_of=0, source="pump")
    payload[len(payload) // 2] ^= 1
    await spine.publisher.publish(_SUBJECT.format("pump"), bytes(payload), to_message_headers(header), timeout=5)
    (delivery,) = await take(1)
    with pytest.raises(CorruptBatch, match="checksum"):
        decode(delivery.payload, delivery.header.crc)


async def test_reading_waits_for_a_stream_that_does_not_exist_yet(
    spine: Spine, take: Take, batch_of: BatchOf, tmp_path: Path
) -> None:
    await spine.js.delete_stream(RAW_STREAM)
    reading = asyncio.create_task(take(1))
    done, _ = await asyncio.wait([reading], timeout=0.3)
    assert not done
    await spine.js.add_stream(name=RAW_STREAM, subjects=[STREAM_SUBJECTS[RAW_STREAM]])
    await publish(spine, batch_of(1), seq=1)
    assert [delivery.stream_seq for delivery in await reading] == [1]
