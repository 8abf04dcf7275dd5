"""Tables are stored once, found again whatever their size, and waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from brownfield_api.errors import CorruptBatch, SpineUnavailable
from brownfield_api.subjects import TABLE_BUCKET
from brownfield_api.tables import AssetProperty, AssetTable, Tag, TagTable, pack
from brownfield_spine.broker import Broker
from brownfield_spine.connection import Spine, connect
from brownfield_spine.tables import TableStore

pytestmark = pytest.mark.wire

_SMALL = TagTable(tags=(Tag(name="P", address="holding:0", unit="kW"),))


async def test_tables_of_both_kinds_come_back_as_they_were(spine: Spine) -> None:
    assets = AssetTable(mapping="m", generation="g", properties=(AssetProperty(asset="a", property="p"),))
    writing, reading = TableStore(spine), TableStore(spine)
    for table in (_SMALL, assets):
        name = await writing.put(table)
        assert name == await writing.put(table)
        assert await reading.get(name) == table


async def test_a_table_of_megabytes_makes_the_round_trip(spine: Spine) -> None:
    names = (f"{number * 2654435761 % 2**32:08x}{number * 40503 % 2**16:04x}" for number in range(150_000))
    table = TagTable(tags=tuple(Tag(name=name, address=name[::-1]) for name in names))
    name, packed = pack(table)
    assert len(packed) > 1 << 20
    await TableStore(spine).put_packed(name, packed)
    assert await TableStore(spine).get(name) == table


async def test_a_table_is_waited_for_until_its_writer_has_stored_it(spine: Spine) -> None:
    reading = asyncio.create_task(TableStore(spine).get(pack(_SMALL)[0]))
    done, _ = await asyncio.wait([reading], timeout=0.2)
    assert not done
    await TableStore(spine).put(_SMALL)
    assert await asyncio.wait_for(reading, 5) == _SMALL


async def test_a_table_that_never_comes_is_a_clear_error(spine: Spine) -> None:
    with pytest.raises(SpineUnavailable, match=r"table nowhere: not on the spine within 0\.2 s"):
        await TableStore(spine).get("nowhere", deadline=0.2)


async def test_a_table_that_is_not_what_its_name_says_is_refused(spine: Spine) -> None:
    await TableStore(spine).put_packed("f" * 32, pack(_SMALL)[1])
    with pytest.raises(CorruptBatch, match="does not hash"):
        await TableStore(spine).get("f" * 32)


async def test_storing_the_same_table_again_stores_nothing(spine: Spine) -> None:
    await asyncio.gather(*(TableStore(spine).put(_SMALL) for _ in range(3)))
    before = await spine.js.stream_info(f"OBJ_{TABLE_BUCKET}")
    await TableStore(spine).put(_SMALL)
    after = await spine.js.stream_info(f"OBJ_{TABLE_BUCKET}")
    assert after.state.last_seq == before.state.last_seq


async def test_a_table_survives_a_restart_of_the_broker(
    spine: Spine, broker: Broker, until: Callable[..., Awaitable[None]]
) -> None:
    store = TableStore(spine)
    name = await store.put(_SMALL)
    assert store.is_stored(name)
    broker.kill()
    await until(lambda: spine.connections == 2)
    assert not store.is_stored(name)
    await store.put(_SMALL)
    other = await connect(broker.config, name="other")
    assert await TableStore(other).get(name) == _SMALL
    await other.close()


@pytest.mark.parametrize("where", [0.6, 0.8], ids=["content", "description"])
async def test_a_table_damaged_on_the_brokers_disk_is_told_of_and_stored_again(
    broker: Broker, tmp_path: Path, where: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brownfield_spine.tables.REQUEST_TIMEOUT", 0.5)
    first, second, third = (TagTable(tags=(Tag(name=name, address="holding:0"),)) for name in "abc")
    spine = await connect(broker.config, name="before")
    await TableStore(spine).put(first)
    name = await TableStore(spine).put(second)
    await spine.close()
    await broker.stop()
    [block] = (tmp_path / "broker").rglob(f"OBJ_{TABLE_BUCKET}/msgs/1.blk")
    damaged = bytearray(block.read_bytes())
    damaged[int(len(damaged) * where)] ^= 1
    block.write_bytes(damaged)
    await broker.start()
    spine = await connect(broker.config, name="after")
    with pytest.raises(SpineUnavailable, match=name):
        await TableStore(spine).get(name, deadline=1.5)
    for table in (second, third):
        await TableStore(spine).put(table)
    for table in (first, second, third):
        assert await TableStore(spine).get(pack(table)[0], deadline=5) == table
    await broker.restart()
    for table in (first, second, third):
        assert await TableStore(spine).get(pack(table)[0], deadline=5) == table
    await spine.close()
