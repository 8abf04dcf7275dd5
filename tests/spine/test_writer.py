"""The writer's promises, each against a real broker."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brownfield_api.batch import MAX_BATCH_BYTES, SampleBatch, decode, utf8_column
from brownfield_api.errors import BrownfieldError, Fenced
from brownfield_api.status import Reason, Status
from brownfield_api.subjects import RAW_STREAM
from brownfield_api.tables import Tag, TagTable
from brownfield_spine.broker import Broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.journal import Amount
from brownfield_spine.provision import Limits, provision
from brownfield_spine.reader import Delivery
from brownfield_spine.tables import TableStore, table_store
from brownfield_spine.writer import SubjectWriter

pytestmark = pytest.mark.wire

BatchOf = Callable[..., SampleBatch]
OpenWriter = Callable[..., Awaitable[SubjectWriter]]
Take = Callable[..., Awaitable[list[Delivery]]]
Until = Callable[..., Awaitable[None]]


def numbers(deliveries: list[Delivery]) -> list[float]:
    return [float(decode(delivery.payload, delivery.header.crc).value[0]) for delivery in deliveries]


def places(deliveries: list[Delivery]) -> list[tuple[int, int]]:
    return [(delivery.header.epoch, delivery.header.seq) for delivery in deliveries]


async def test_batches_arrive_in_order_with_contiguous_numbers(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, until: Until
) -> None:
    writer = await open_writer()
    for value in range(50):
        batch = batch_of(value)
        writer.append(batch, table="t", as_of=int(batch.receive_time[-1]), input=f"row {value}")
    assert writer.last_input == "row 49"
    found = await take(50)
    assert numbers(found) == list(range(50))
    assert [delivery.header.seq for delivery in found] == list(range(1, 51))
    assert [delivery.header.input for delivery in found] == [f"row {value}" for value in range(50)]
    await until(lambda: writer.stats.published == Amount(50, 150))
    assert writer.stats.buffered == Amount()
    assert writer.stats.buffered_bytes == 0
    assert writer.latency.quantiles().count == 150


async def test_history_and_samples_of_a_clock_that_is_off_say_nothing_about_latency(
    open_writer: OpenWriter, batch_of: BatchOf, until: Until
) -> None:
    writer = await open_writer(max_skew=5.0)
    batch = batch_of(1)
    now = int(batch.receive_time[-1])
    off = replace(batch, source_time=batch.source_time - np.array([0, 6_000_000_000, -6_000_000_000]))
    writer.append(batch, table="t", as_of=now)
    writer.append(off, table="t", as_of=now)
    writer.append(batch, table="t", as_of=now - 3_600_000_000_000)
    await until(lambda: writer.stats.published == Amount(3, 9))
    assert writer.latency.quantiles().count == 3 + 1


async def test_a_restarted_writer_goes_on_in_its_epoch(open_writer: OpenWriter, take: Take, batch_of: BatchOf) -> None:
    first = await open_writer()
    first.append(batch_of(1), table="t", as_of=0, input="one")
    first.append(batch_of(2), table="t", as_of=0)
    await first.close()
    second = await open_writer()
    assert second.last_input == "one"
    second.append(batch_of(3), table="t", as_of=0)
    found = await take(3)
    assert numbers(found) == [1, 2, 3]
    assert [seq for _, seq in places(found)] == [1, 2, 3]
    assert len({epoch for epoch, _ in places(found)}) == 1
    assert not decode(found[2].payload, found[2].header.crc).reasons.any()


async def test_what_a_killed_writer_had_journaled_is_sent_by_the_next(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, broker: Broker
) -> None:
    writer = await open_writer()
    writer.append(batch_of(1), table="t", as_of=0)
    await take(1)
    await broker.stop()
    for value in range(2, 30):
        writer.append(batch_of(value), table="t", as_of=0, input=str(value))
    await writer.close(timeout=0.01)
    await broker.start()
    again = await open_writer()
    assert again.last_input == "29"
    assert numbers(await take(29)) == list(range(1, 30))


async def test_a_lost_journal_begins_an_epoch_that_says_gap_before(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, tmp_path: Path
) -> None:
    first = await open_writer()
    first.append(batch_of(1), table="t", as_of=0, input="one")
    await first.close()
    second = await open_writer(journal_dir=tmp_path / "empty")
    assert second.last_input == "one"
    second.append(batch_of(0, rows=0), table="t", as_of=0)
    second.append(batch_of(2), table="t", as_of=0)
    second.append(batch_of(3), table="t", as_of=0)
    found = await take(4)
    assert places(found)[1][0] > places(found)[0][0]
    assert [seq for _, seq in places(found)] == [1, 1, 2, 3]
    reasons = [decode(delivery.payload, delivery.header.crc).reasons.tolist() for delivery in found]
    assert reasons == [[0] * 3, [], [Reason.GAP_BEFORE] * 3, [0] * 3]


async def test_a_journal_that_lost_its_end_begins_an_epoch(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, tmp_path: Path
) -> None:
    first = await open_writer()
    for value in range(1, 6):
        first.append(batch_of(value), table="t", as_of=0)
    await first.close()
    journal = next((tmp_path / "journal").rglob("*.journal"))
    journal.write_bytes(journal.read_bytes()[:-40])
    second = await open_writer()
    second.append(batch_of(6), table="t", as_of=0)
    found = await take(6)
    assert [seq for _, seq in places(found)] == [1, 2, 3, 4, 5, 1]
    assert places(found)[5][0] > places(found)[4][0]
    assert decode(found[5].payload, found[5].header.crc).reasons.all()


async def test_the_second_writer_of_a_subject_fences_the_first(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, until: Until, tmp_path: Path
) -> None:
    first = await open_writer()
    first.append(batch_of(1), table="t", as_of=0)
    await take(1)
    second = await open_writer(journal_dir=tmp_path / "other")
    second.append(batch_of(2), table="t", as_of=0)
    await take(2)
    first.append(batch_of(3), table="t", as_of=0)
    await until(lambda: first.stats.fenced)
    first.append(batch_of(4), table="t", as_of=0)
    assert first.stats.dropped.batches >= 1
    assert not second.stats.fenced
    second.append(batch_of(5), table="t", as_of=0)
    assert numbers(await take(3)) == [1, 2, 5]
    # The first comes back: its journal is of an older epoch, so it is set aside, and it takes over.
    await first.close(timeout=0.1)
    third = await open_writer()
    third.append(batch_of(6), table="t", as_of=0)
    assert numbers(await take(4)) == [1, 2, 5, 6]
    assert list((tmp_path / "journal").rglob("*.fenced"))


async def test_a_fenced_writer_never_has_room_again(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, tmp_path: Path
) -> None:
    first = await open_writer(size=1 << 15)
    second = await open_writer(journal_dir=tmp_path / "other")
    second.append(batch_of(1), table="t", as_of=0)
    await take(1)
    while first.has_room:
        first.append(batch_of(2, rows=300), table="t", as_of=0)
    with pytest.raises(Fenced):
        await first.room()


async def test_a_large_batch_travels_in_pieces_and_only_the_last_moves_the_position(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf
) -> None:
    writer = await open_writer()
    writer.append(batch_of(0), table="t", as_of=0, input="before")
    writer.append(batch_of(1, rows=10_000), table="t", as_of=0, input="after")
    found = await take(4)
    assert [delivery.header.input for delivery in found] == ["before", "before", "before", "after"]
    rows = np.concatenate([decode(delivery.payload, delivery.header.crc).index for delivery in found[1:]])
    assert np.array_equal(rows, np.arange(10_000))
    assert max(len(delivery.payload) for delivery in found) <= MAX_BATCH_BYTES


async def test_long_strings_are_cut_into_fitting_batches_and_a_giant_costs_only_itself(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf
) -> None:
    writer = await open_writer()
    plain = batch_of(1, rows=40)
    texts = ["x" * 20_000] * 39 + ["y" * (MAX_BATCH_BYTES + 1)]
    columns = (plain.index, plain.value, plain.status, plain.reasons, plain.source_time, plain.receive_time)
    writer.append(SampleBatch(*columns, value_utf8=utf8_column(texts)), table="t", as_of=0)
    writer.append(batch_of(2), table="t", as_of=0, input="end")
    received: list[SampleBatch] = []
    while sum(len(batch) for batch in received) < 43:
        found = await take(len(received) + 1)
        received.append(decode(found[-1].payload, found[-1].header.crc))
    kept = [text for batch in received for text in batch.texts()]
    assert kept[:40] == [*texts[:39], ""]
    status = np.concatenate([batch.status for batch in received])
    assert status[39] == Status.BAD_OUT_OF_RANGE
    assert not np.delete(status, 39).any()


async def test_a_broker_that_is_away_for_a_while_costs_nothing(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, broker: Broker, until: Until
) -> None:
    writer = await open_writer()
    writer.append(batch_of(1), table="t", as_of=0)
    await take(1)
    await broker.stop()
    for value in range(2, 400):
        writer.append(batch_of(value, rows=600), table="t", as_of=0)
    assert writer.stats.buffered.batches >= 398
    assert writer.stats.oldest > 0
    await broker.start()
    found = await take(399)
    assert numbers(found) == list(range(1, 400))
    assert [seq for _, seq in places(found)] == list(range(1, 400))
    await until(lambda: writer.stats.buffered == Amount())
    assert writer.stats.dropped == Amount()


async def test_a_journal_that_overflows_drops_the_oldest_and_the_hole_shows(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, broker: Broker, until: Until
) -> None:
    writer = await open_writer(size=1 << 17)
    writer.append(batch_of(1), table="t", as_of=0)
    await take(1)
    await broker.stop()
    for value in range(2, 102):
        writer.append(batch_of(value, rows=200), table="t", as_of=0)
    dropped = writer.stats.dropped.batches
    assert 0 < dropped < 100
    assert writer.stats.buffered.batches == 100 - dropped
    assert not writer.has_room
    await broker.start()
    await until(lambda: not writer.stats.buffered.batches)
    found = await take(101 - dropped)
    held = [seq for _, seq in places(found)]
    assert held[0] == 1
    assert held[-1] == 101
    assert held[-(100 - dropped) :] == list(range(102 - (100 - dropped), 102))
    assert writer.has_room


async def test_a_full_stream_makes_the_writer_wait_and_loses_nothing(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, spine: Spine, until: Until
) -> None:
    share = 1 << 20
    small = Limits(raw_bytes=64 * 1024, asset_bytes=share, quarantine_bytes=share, table_bytes=share, level_bytes=share)
    await provision(spine, small)
    writer = await open_writer()
    for value in range(1, 41):
        writer.append(batch_of(value, rows=600), table="t", as_of=0)
    await until(lambda: bool(spine.refusals.refusing))
    assert writer.stats.buffered.batches > 30
    await provision(spine, replace(small, raw_bytes=64 << 20))
    assert numbers(await take(40)) == list(range(1, 41))
    await until(lambda: not spine.refusals.refusing)


async def test_a_wiped_subject_is_written_on(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, spine: Spine
) -> None:
    writer = await open_writer()
    writer.append(batch_of(1), table="t", as_of=0)
    await take(1)
    await spine.js.purge_stream(RAW_STREAM)
    writer.append(batch_of(2), table="t", as_of=0)
    assert numbers(await take(1)) == [2]
    assert not writer.stats.fenced


async def test_a_disk_that_refuses_is_bridged_in_memory_until_it_takes_data_again(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, tmp_path: Path, broker: Broker
) -> None:
    writer = await open_writer()
    directory = tmp_path / "journal" / "bf.raw.here.default.pump"
    obstacle = directory / "000000000001.journal"  # the name of the first segment is taken
    obstacle.mkdir()
    writer.append(batch_of(1), table="t", as_of=0, input="one")
    assert "exists" in writer.stats.trouble
    assert writer.last_input == ""
    assert numbers(await take(1)) == [1]
    await broker.stop()
    writer.append(batch_of(2), table="t", as_of=0, input="two")
    assert not writer.has_room
    obstacle.rmdir()
    writer.append(batch_of(3), table="t", as_of=0, input="three")
    assert writer.stats.trouble == ""
    assert writer.last_input == "three"
    await broker.start()
    assert numbers(await take(3)) == [1, 2, 3]


async def test_the_table_is_on_the_spine_before_the_batch_even_if_another_process_has_to_store_it(
    open_writer: OpenWriter, take: Take, batch_of: BatchOf, broker: Broker
) -> None:
    table = TagTable(tags=(Tag(name="P", address="holding:0"),))
    writer = await open_writer()
    await broker.stop()
    writer.append(batch_of(1), table=writer.offer_table(table), as_of=0)
    await writer.close(timeout=0.01)
    await broker.start()
    other = await connect(broker.config, name="another process")
    second = await open_writer(spine=other)
    (delivery,) = await take(1)
    assert await TableStore(other).get(delivery.header.table, deadline=2) == table
    await second.close()
    await other.close()


async def test_writers_of_one_connection_share_the_table_store(spine: Spine) -> None:
    assert table_store(spine) is table_store(spine)


async def test_an_input_that_no_header_can_carry_is_refused(open_writer: OpenWriter, batch_of: BatchOf) -> None:
    writer = await open_writer()
    with pytest.raises(BrownfieldError, match="cannot travel"):
        writer.append(batch_of(1), table="t", as_of=0, input="two\nlines")


async def test_samples_that_say_nothing_about_latency_are_left_out(
    open_writer: OpenWriter, batch_of: BatchOf, until: Until
) -> None:
    writer = await open_writer()
    batch = batch_of(1, rows=4)
    batch.reasons[:] = [Reason.INITIAL, Reason.HELD, Reason.RANGE, Reason.GAP_BEFORE]
    writer.append(batch, table="t", as_of=time.time_ns())
    await until(lambda: writer.stats.published.batches == 1)
    assert writer.latency.quantiles().count == 1


async def test_an_input_in_any_script_survives_a_restart(
    open_writer: OpenWriter, batch_of: BatchOf, tmp_path: Path, until: Until
) -> None:
    writer = await open_writer()
    writer.append(batch_of(1), table="t", as_of=0, input="Zähler–日本.csv:17")
    await until(lambda: writer.stats.published.batches == 1)
    again = await open_writer(journal_dir=tmp_path / "elsewhere")
    assert again.last_input == "Zähler–日本.csv:17"
