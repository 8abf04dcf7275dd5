"""A writer that starts while the spine is away: it takes data at once, and the truth about its numbers comes later."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from brownfield_api.batch import SampleBatch, decode
from brownfield_api.status import Reason
from brownfield_api.tables import Tag, TagTable
from brownfield_spine.broker import Broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.reader import Delivery
from brownfield_spine.tables import TableStore
from brownfield_spine.writer import SubjectWriter

pytestmark = pytest.mark.wire

BatchOf = Callable[..., SampleBatch]
OpenWriter = Callable[..., Awaitable[SubjectWriter]]
Take = Callable[..., Awaitable[list[Delivery]]]
Until = Callable[..., Awaitable[None]]
Alone = Callable[..., Awaitable[SubjectWriter]]


@pytest.fixture
async def alone(broker: Broker, open_writer: OpenWriter) -> AsyncIterator[Alone]:
    """Opens writers with the broker stopped, each on a connection that was never made."""
    spines: list[Spine] = []

    async def open_alone(**changes: object) -> SubjectWriter:
        await broker.stop()
        spines.append(await connect(broker.config, name="alone", wait=False))
        return await asyncio.wait_for(open_writer(spine=spines[-1], wait=False, **changes), 2)

    yield open_alone
    for spine in spines:
        await spine.close()


async def kill(writer: SubjectWriter) -> None:
    """As near to SIGKILL as it gets within a process: nothing more is sent."""
    await writer.close(timeout=0)


def numbers(deliveries: list[Delivery]) -> list[float]:
    return [float(value) for each in deliveries for value in decode(each.payload, each.header.crc).value[:1]]


def seqs(deliveries: list[Delivery]) -> list[int]:
    return [delivery.header.seq for delivery in deliveries]


def epochs(deliveries: list[Delivery]) -> list[int]:
    """Which epoch each batch is of, counted from 0 in the order they appear."""
    order = list(dict.fromkeys(delivery.header.epoch for delivery in deliveries))
    assert order == sorted(order)
    return [order.index(delivery.header.epoch) for delivery in deliveries]


def gaps(deliveries: list[Delivery]) -> list[bool]:
    return [bool((decode(each.payload, each.header.crc).reasons & Reason.GAP_BEFORE).any()) for each in deliveries]


async def test_the_first_start_of_all_needs_no_spine(
    alone: Alone, take: Take, batch_of: BatchOf, broker: Broker, until: Until
) -> None:
    writer = await alone()
    for value in range(1, 4):
        writer.append(batch_of(value), table="t", as_of=0)
    assert writer.stats.buffered.batches == 3
    await broker.start()
    found = await take(3)
    assert (numbers(found), seqs(found), epochs(found)) == ([1, 2, 3], [1, 2, 3], [0, 0, 0])
    assert not any(gaps(found))
    await until(lambda: not writer.stats.buffered.batches)


async def test_lives_without_a_spine_go_on_where_the_one_before_was_killed(
    open_writer: OpenWriter, alone: Alone, take: Take, batch_of: BatchOf, broker: Broker
) -> None:
    writer = await open_writer()
    for life in range(4):
        for value in range(3):
            writer.append(batch_of(3 * life + value), table="t", as_of=0, input=f"{life}/{value}")
        await kill(writer)
        writer = await alone()
        assert writer.last_input == f"{life}/2"
    await broker.start()
    writer.append(batch_of(12), table="t", as_of=0)
    found = await take(13)
    assert (numbers(found), seqs(found)) == (list(range(13)), list(range(1, 14)))
    assert epochs(found) == [0] * 13
    assert not any(gaps(found))


async def test_without_a_journal_but_with_a_past_an_epoch_begins_that_says_gap_before(
    *, open_writer: OpenWriter, alone: Alone, take: Take, batch_of: BatchOf, broker: Broker, tmp_path: Path
) -> None:
    first = await open_writer()
    first.append(batch_of(1), table="t", as_of=0)
    await first.close()
    second = await alone(journal_dir=tmp_path / "empty")
    second.append(batch_of(0, rows=0), table="t", as_of=0)
    second.append(batch_of(2), table="t", as_of=0)
    await kill(second)
    third = await alone(journal_dir=tmp_path / "empty")
    third.append(batch_of(3), table="t", as_of=0)
    third.append(batch_of(4), table="t", as_of=0)
    await broker.start()
    found = await take(5)
    assert (numbers(found), seqs(found)) == ([1, 2, 3, 4], [1, 1, 2, 3, 4])
    assert epochs(found) == [0, 1, 1, 1, 1]
    # Each start that could not ask says so: the third cannot know that the second lost nothing.
    assert gaps(found) == [False, False, True, True, False]
    third.append(batch_of(5), table="t", as_of=0)
    assert (await take(6))[5].header.seq == 5


async def test_a_journal_that_lost_its_end_while_the_spine_was_away_loses_nothing_of_what_followed(
    *, open_writer: OpenWriter, alone: Alone, take: Take, batch_of: BatchOf, broker: Broker, tmp_path: Path
) -> None:
    first = await open_writer()
    for value in range(1, 6):
        first.append(batch_of(value), table="t", as_of=0)
    await first.close()
    journal = next((tmp_path / "journal").rglob("*.journal"))
    journal.write_bytes(journal.read_bytes()[:-40])
    for values in ([6, 7, 8], [9, 10, 11]):  # more than was lost, so the numbers alone would look fine
        writer = await alone()
        for value in values:
            writer.append(batch_of(value), table="t", as_of=0)
        await kill(writer)
    await broker.start()
    again = await open_writer()
    again.append(batch_of(12), table="t", as_of=0)
    found = await take(12)
    assert (numbers(found), seqs(found)) == (list(range(1, 13)), [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 7])
    assert epochs(found) == [0] * 5 + [1] * 7
    assert gaps(found)[5]


async def test_a_writer_that_was_replaced_while_the_spine_was_away_takes_over_with_what_it_read_since(
    *, open_writer: OpenWriter, alone: Alone, take: Take, batch_of: BatchOf, broker: Broker, tmp_path: Path
) -> None:
    first = await open_writer()
    first.append(batch_of(1), table="t", as_of=0)
    await take(1)
    second = await open_writer(journal_dir=tmp_path / "other")
    second.append(batch_of(2), table="t", as_of=0)
    await take(2)
    first.append(batch_of(99), table="t", as_of=0)  # from when it was not the only one: set aside, as ever
    await kill(first)
    third = await alone()
    third.append(batch_of(3), table="t", as_of=0)
    third.append(batch_of(4), table="t", as_of=0)
    await broker.start()
    found = await take(4)
    assert (numbers(found), epochs(found), seqs(found)) == ([1, 2, 3, 4], [0, 1, 2, 2], [1, 1, 1, 2])
    assert gaps(found)[2:] == [True, False]
    assert list((tmp_path / "journal").rglob("*.fenced"))


def _published(writer: SubjectWriter, batches: int) -> Callable[[], bool]:
    """Whether that many more are published, or all of them."""
    before = writer.stats.published.batches
    return lambda: writer.stats.published.batches >= before + batches or not writer.stats.buffered.batches


async def test_batches_under_new_numbers_survive_a_kill_halfway(
    *,
    open_writer: OpenWriter,
    alone: Alone,
    take: Take,
    batch_of: BatchOf,
    broker: Broker,
    tmp_path: Path,
    until: Until,
) -> None:
    first = await open_writer(journal_dir=tmp_path / "lost")
    first.append(batch_of(0), table="t", as_of=0)
    await first.close()
    writer = await alone()
    for value in range(1, 301):
        writer.append(batch_of(value), table="t", as_of=0)
    await broker.start()
    lives = 0
    while writer.stats.buffered.batches:
        await until(_published(writer, 60))
        await kill(writer)
        writer = await open_writer()
        lives += 1
        writer.append(batch_of(300 + lives), table="t", as_of=0)
        await until(_published(writer, 1))
    found = await take(301 + lives)
    assert lives > 2
    assert numbers(found) == list(range(301 + lives))
    assert seqs(found) == [1, *range(1, 301 + lives)]
    assert gaps(found) == [False, True, *[False] * (299 + lives)]


async def test_the_table_of_a_batch_read_without_a_spine_is_there_before_it(
    alone: Alone, take: Take, batch_of: BatchOf, broker: Broker, spine: Spine
) -> None:
    table = TagTable(tags=(Tag(name="P", address="holding:0"),))
    writer = await alone()
    writer.append(batch_of(1), table=writer.offer_table(table), as_of=0)
    await broker.start()
    (delivery,) = await take(1)
    assert await TableStore(spine).get(delivery.header.table, deadline=2) == table


async def test_whoever_waits_for_the_spine_can_be_stopped(broker: Broker, open_writer: OpenWriter) -> None:
    await broker.stop()
    spine = await connect(broker.config, name="waits", wait=False)
    opening = asyncio.ensure_future(open_writer(spine=spine))
    done, _ = await asyncio.wait([opening], timeout=0.3)
    assert not done
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(opening, 2)
    await spine.close()
