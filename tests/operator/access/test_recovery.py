"""What a process asks only when something went wrong: its credentials allow that too."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from tests.operator.access.trusted_broker import TrustedBroker
from tests.operator.access.writing import batch_of, open_writer

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.errors import Fenced
from brownfield_api.health import HealthRecord
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.subjects import ASSET_STREAM, QUARANTINE_STREAM, RAW_STREAM
from brownfield_api.tables import Tag, TagTable, pack
from brownfield_api.twin_config import TwinConfig
from brownfield_operator.access.permissions import process_permissions
from brownfield_spine.chain import held_for_certain
from brownfield_spine.connection import Spine
from brownfield_spine.health import HealthPublisher, watch
from brownfield_spine.reader import Delivery, read
from brownfield_spine.stage_writer import StageWriter
from brownfield_spine.tables import TableStore

pytestmark = [pytest.mark.wire, pytest.mark.usefixtures("operator")]

SignIn = Callable[..., Awaitable[Spine]]


@pytest.fixture(autouse=True)
async def nothing_is_refused(broker: TrustedBroker) -> AsyncIterator[None]:
    yield
    assert broker.violations() == []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_adapter_finds_out_that_it_was_replaced(
    sign_in: SignIn, adapter: AdapterConfig, tmp_path: Path
) -> None:
    rights = process_permissions(adapter)
    first = await open_writer(await sign_in(rights, "first"), adapter, tmp_path / "first")
    table = first.offer_table(TagTable(tags=(Tag(name="level", address="holding:0"),)))
    first.append(batch_of(1), table=table, as_of=0)
    await until(lambda: first.stats.published.batches == 1)
    second = await open_writer(await sign_in(rights, "second"), adapter, tmp_path / "second")
    second.append(batch_of(2), table=second.offer_table(TagTable(tags=())), as_of=0)
    await until(lambda: second.stats.published.batches == 1)
    first.append(batch_of(3), table=table, as_of=0)
    await until(lambda: first.stats.fenced)
    await first.close(timeout=0.1)
    await second.close()


async def test_an_adapter_goes_on_where_its_subject_was_emptied(
    sign_in: SignIn, adapter: AdapterConfig, operator: Spine, tmp_path: Path
) -> None:
    writer = await open_writer(await sign_in(process_permissions(adapter), "adapter"), adapter, tmp_path / "journal")
    table = writer.offer_table(TagTable(tags=()))
    writer.append(batch_of(1), table=table, as_of=0)
    await until(lambda: writer.stats.published.batches == 1)
    await operator.js.purge_stream(RAW_STREAM)
    writer.append(batch_of(2), table=table, as_of=0)
    await until(lambda: writer.stats.published.batches == 2)
    assert not writer.stats.fenced
    await writer.close()


async def test_a_pipeline_knows_what_its_subjects_hold_and_finds_out_that_it_was_replaced(
    sign_in: SignIn, pipeline: PipelineConfig
) -> None:
    spine = await sign_in(process_permissions(pipeline), "pipeline")
    for subject, stream in ((pipeline.output_subject, ASSET_STREAM), (pipeline.quarantine_subject, QUARANTINE_STREAM)):
        first = await StageWriter.open(spine, subject=subject, stream=stream)
        second = await StageWriter.open(spine, subject=subject, stream=stream)
        assert await first.put(batch_of(1), table="t", as_of=0, source="s", input="1", seq=1, epoch=1)
        again = await StageWriter.open(spine, subject=subject, stream=stream)
        assert (again.epoch, again.seq, again.input) == (1, 1, "1")
        with pytest.raises(Fenced):
            await second.put(batch_of(2), table="t", as_of=0, source="s", input="1", seq=1, epoch=2)


async def test_a_pipeline_of_one_source_reads_it_from_any_position_also_after_the_stream_was_wiped(
    sign_in: SignIn, adapter: AdapterConfig, pipeline: PipelineConfig, operator: Spine, tmp_path: Path,
) -> None:  # fmt: skip
    single = msgspec.structs.replace(pipeline, sources=pipeline.sources[:1])
    spine = await sign_in(process_permissions(single), "pipeline")
    writer = await open_writer(await sign_in(process_permissions(adapter), "adapter"), adapter, tmp_path / "journal")
    table = writer.offer_table(TagTable(tags=()))
    deliveries = read(spine, stream=RAW_STREAM, subjects=[single.sources[0].subject], after=0)
    async with asyncio.timeout(20), aclosing(deliveries):
        for number in (1, 2):
            writer.append(batch_of(number), table=table, as_of=0)
            assert isinstance(await anext(deliveries), Delivery)
            await operator.js.purge_stream(RAW_STREAM)
    await writer.close()


async def test_a_table_of_megabytes_is_stored_by_an_adapter_and_read_by_a_twin(
    sign_in: SignIn, adapter: AdapterConfig, twin: TwinConfig
) -> None:
    names = (f"{number * 2654435761 % 2**32:08x}{number * 40503 % 2**16:04x}" for number in range(150_000))
    table = TagTable(tags=tuple(Tag(name=name, address=name[::-1]) for name in names))
    name, packed = pack(table)
    await TableStore(await sign_in(process_permissions(adapter), "adapter")).put_packed(name, packed)
    assert await TableStore(await sign_in(process_permissions(twin), "twin")).get(name) == table


async def test_a_twin_reads_its_subjects_last_and_the_health_of_its_namespace(
    sign_in: SignIn, twin: TwinConfig
) -> None:
    spine = await sign_in(process_permissions(twin), "twin")
    assert await held_for_certain(spine, stream=ASSET_STREAM, subject=twin.inputs[0].subject) is None
    health = HealthPublisher(spine, "twin.plant.waterworks")
    record = HealthRecord(
        kind="twin", namespace="plant", name="waterworks", instance="i", time=1, started=1, metrics=""
    )
    assert await health.publish(record)
    async with asyncio.timeout(20), aclosing(watch(spine, namespace="plant")) as found:
        assert await anext(found) == ("twin.plant.waterworks", record)
