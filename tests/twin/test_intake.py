"""What arrives broken, twice, late or not at all is counted, and the rest goes on."""

import asyncio
import signal
import time
import zlib
from typing import Any

import pytest

from brownfield_api.batch import encode
from brownfield_api.header import BatchHeader, to_message_headers
from brownfield_api.health import HealthRecord, Hop, LinkState, QualityCounts, SourceHealth
from brownfield_api.subjects import ASSET_STREAM
from brownfield_spine.health import HealthPublisher, records
from brownfield_spine.provision import Limits, provision

pytestmark = pytest.mark.wire


async def hop(feeder: Any, farm: Any, condition: Any) -> Hop:
    async def look() -> Hop:
        record = (await records(feeder.spine)).get("twin.default.wind-farm")
        return Hop() if record is None else record.hops.get(farm.subject, Hop())

    found: Hop = await farm.until(look, condition)
    return found


async def test_broken_batches_are_counted_and_the_rest_goes_on(twin: Any, feeder: Any, farm: Any) -> None:
    await feeder.poll("T1")
    payload = encode(farm.batch(farm.poll("T1", time.time_ns())))
    good = BatchHeader(epoch=1, seq=1, crc=0, table=feeder.table, as_of=0, source="r1")
    await feeder.raw(payload, {})
    await feeder.raw(payload, to_message_headers(good))
    await feeder.raw(payload, {**to_message_headers(good), "Bf-Seq": "many"})
    second = await farm.feeder.open(feeder.spine)
    second.epoch, second.seq, second.counts = time.time_ns(), 0, feeder.counts
    await second.poll("T1", power=555.0)
    await twin.until(lambda view: view["assets"][0]["properties"][0]["value"] == 555.0)
    seen = await hop(feeder, farm, lambda hop: hop.batches == 2)
    assert (seen.corrupt, seen.lost, seen.duplicated) == (3, 0, 0)
    assert len([line for line in twin.log if "batch refused" in line["event"]]) == 3


async def test_holes_and_repeats_in_the_numbering_are_counted(twin: Any, feeder: Any, farm: Any) -> None:
    await feeder.poll("T1")
    feeder.seq += 3
    await feeder.poll("T1", power=1.0)
    payload = encode(farm.batch(farm.poll("T1", time.time_ns(), power=2.0)))
    again = BatchHeader(
        epoch=feeder.epoch, seq=feeder.seq, crc=zlib.crc32(payload), table=feeder.table, as_of=0, source="r1"
    )
    await feeder.raw(payload, to_message_headers(again))
    seen = await hop(feeder, farm, lambda hop: hop.duplicated == 1)
    assert (seen.batches, seen.lost) == (2, 3)
    power = await twin.property("T1", "power")
    assert power["value"] == 1.0, "a batch that came twice is not used"


async def test_a_table_that_is_nowhere_costs_its_batches_only(
    twin_config: Any, feeder: Any, farm: Any, tmp_path: Any
) -> None:
    async with farm.running_twin(twin_config, tmp_path) as twin:
        await feeder.put(farm.poll("T1", time.time_ns()), source="r1", as_of=0, table="0" * 32)

        async def message() -> str:
            record = (await records(feeder.spine)).get("twin.default.wind-farm")
            return record.message if record else ""

        await farm.until(message, lambda text: "0" * 32 in text)
        await feeder.poll("T1", power=7.0)
        await farm.until(message, lambda text: text == "")
        view = await twin.until(lambda view: view["assets"][0]["properties"][0]["value"] == 7.0, seconds=40)
        assert view["assets"][0]["properties"][0]["value"] == 7.0
        assert (await hop(feeder, farm, lambda hop: hop.batches == 1)).corrupt == 1


async def test_the_spine_away_makes_values_stale_and_nothing_is_lost(
    broker: Any, twin: Any, feeder: Any, farm: Any
) -> None:
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh")
    await broker.stop()
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Stale")
    sending = [asyncio.create_task(_three_polls(feeder))]
    await broker.start()
    await asyncio.gather(*sending)
    await twin.until(lambda view: view["assets"][0]["properties"][5]["value"] == 4)
    seen = await hop(feeder, farm, lambda hop: hop.batches == 4)
    assert (seen.lost, seen.duplicated, seen.reordered) == (0, 0, 0)


async def _three_polls(feeder: Any) -> None:
    for _ in range(3):
        await feeder.poll("T1")


async def test_a_twin_without_a_spine_has_a_page_and_says_it_is_catching_up(farm: Any, tmp_path: Any) -> None:
    config = farm.config(state_dir=str(tmp_path / "state"))
    async with farm.running_twin(config, tmp_path) as twin:
        view = await twin.json("/api/v1/twin")
        assert view["catchingUp"]
        assert {asset["freshness"] for asset in view["assets"]} == {"Never"}


async def test_the_health_record_says_what_the_page_says(twin: Any, feeder: Any, farm: Any) -> None:
    await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["freshness"] == "Fresh" and not view["catchingUp"])
    await feeder.poll("T1")

    async def look() -> Any:
        return (await records(feeder.spine)).get("twin.default.wind-farm")

    record = await farm.until(look, lambda record: record and record.twin.sequence.samples == 2 and record.twin.fresh)
    assert (record.kind, record.message) == ("twin", "")
    assert (record.twin.assets, record.twin.fresh, record.twin.stale) == (2, 1, 0)
    assert (record.twin.quality.good, record.twin.quality.bad, record.twin.page) == (14, 0, twin.page)
    assert not record.twin.catching_up
    assert 7 <= record.latency.count <= 14
    assert 0.0 < record.latency.p50 < 2.0
    assert (await farm.ask(f"http://{record.metrics}/metrics")).status == 200
    await farm.until(look, lambda record: record.twin.stale == 1)


async def test_sources_are_what_their_adapters_say(twin: Any, feeder: Any, farm: Any) -> None:
    source = SourceHealth(
        name="r1",
        protocol="modbus",
        endpoint="tcp://r1:502",
        state=LinkState.BACKOFF,
        since=time.time_ns(),
        tags=7,
        quality=QualityCounts(good=5, uncertain=1, bad=1),
        message="connection refused",
    )
    record = HealthRecord(
        kind="adapter", namespace="default", name="a", instance="1", time=time.time_ns(), started=0, metrics="",
        sources=(source,),
    )  # fmt: skip
    await HealthPublisher(feeder.spine, "adapter.default.a").publish(record)
    view = await twin.until(lambda view: view["sources"][0]["state"] == "Backoff")
    first = view["sources"][0]
    assert (first["good"], first["tags"], first["message"], first["expired"]) == (5, 7, "connection refused", False)
    assert view["sources"][1]["expired"], "nobody speaks for r2"


async def test_a_stream_that_was_wiped_and_made_again_is_followed(
    broker: Any, twin: Any, feeder: Any, farm: Any
) -> None:
    for _ in range(3):
        await feeder.poll("T1")
    await twin.until(lambda view: view["assets"][0]["properties"][5]["value"] == 3)
    await feeder.spine.js.delete_stream(ASSET_STREAM)
    await provision(feeder.spine, Limits.within(256 * 1024 * 1024))
    await feeder.poll("T1", power=123.0)
    await twin.until(lambda view: view["assets"][0]["properties"][0]["value"] == 123.0)
    await feeder.poll("T1")
    await twin.until(lambda view: not view["catchingUp"])
    seen = await hop(feeder, farm, lambda hop: hop.batches == 5)
    assert (seen.lost, seen.duplicated) == (0, 0)


async def test_a_state_folder_that_cannot_be_written_is_said_once_and_the_twin_goes_on(
    twin_config: Any, feeder: Any, farm: Any, tmp_path: Any
) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    async with farm.running_twin(twin_config, tmp_path) as twin:
        await feeder.poll("T1")

        async def message() -> str:
            record = (await records(feeder.spine)).get("twin.default.wind-farm")
            return record.message if record else ""

        await farm.until(message, lambda text: "checkpoint cannot be written" in text)
        await feeder.poll("T1")
        await twin.until(lambda view: view["assets"][0]["properties"][5]["value"] == 2)
        await twin.end(signal.SIGTERM)
        assert len([line for line in twin.log if "checkpoint cannot be written" in line["event"]]) == 1
