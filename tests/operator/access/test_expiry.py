"""A JWT that ends under a working process: it signs in with the renewed one, and nothing is lost, nothing twice."""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from tests.operator.access.trusted_broker import TrustedBroker
from tests.operator.access.writing import batch_of, open_writer

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.batch import decode
from brownfield_api.pipeline_config import PipelineConfig
from brownfield_api.subjects import RAW_STREAM
from brownfield_api.tables import Tag, TagTable
from brownfield_operator.access.credentials import Due, due, issue
from brownfield_operator.access.permissions import Permissions, process_permissions
from brownfield_operator.access.trust import VALIDITY, Trust
from brownfield_spine.connection import Spine, connect
from brownfield_spine.reader import Corrupt, read

pytestmark = pytest.mark.wire

SignIn = Callable[..., Coroutine[Any, Any, Spine]]

SHORT = 4
"""Seconds a JWT of these tests lives."""

TABLE = TagTable(tags=(Tag(name="level", address="holding:0"),))


def short_lived(trust: Trust, permissions: Permissions, previous: str = "") -> str:
    """Issued so long ago that it has `SHORT` seconds left."""
    now = int(time.time()) - VALIDITY + SHORT
    return issue(trust, "process", permissions, now=now, random=secrets.token_bytes, previous=previous)


async def numbers_read(spine: Spine, subject: str, count: int, found: list[tuple[int, float]]) -> None:
    async with aclosing(read(spine, stream=RAW_STREAM, subjects=[subject, f"{subject}x"], after=0)) as deliveries:
        async for delivery in deliveries:
            assert not isinstance(delivery, Corrupt)
            found.append((delivery.header.seq, float(decode(delivery.payload, delivery.header.crc).value[0])))
            if len(found) == count:
                return


@pytest.mark.timeout(90)
@pytest.mark.usefixtures("operator")
async def test_writer_and_reader_work_across_the_end_of_their_jwt(
    broker: TrustedBroker,
    trust: Trust,
    adapter: AdapterConfig,
    pipeline: PipelineConfig,
    tmp_path: Path,
) -> None:
    rights = {"adapter": process_permissions(adapter), "pipeline": process_permissions(pipeline)}
    files = {name: tmp_path / f"{name}.creds" for name in rights}
    for name, file in files.items():
        file.write_text(short_lived(trust, rights[name]))
    ends = time.time() + SHORT
    spines = {name: await connect(broker.spine_config(files[name]), name=name) for name in rights}
    subject = adapter.endpoints[0].sources[0].subject
    writer = await open_writer(spines["adapter"], adapter, tmp_path / "journal")
    table = writer.offer_table(TABLE)
    found: list[tuple[int, float]] = []
    reading = asyncio.create_task(numbers_read(spines["pipeline"], subject, 10**9, found))
    for name, file in files.items():  # as a renewal does: the same key, the same place, well before the end
        file.write_text(issue(trust, name, rights[name], now=int(time.time()), random=secrets.token_bytes,
                              previous=file.read_text()))  # fmt: skip
        assert due(file.read_text(), trust, rights[name], now=int(time.time())) is Due.NO
    sent = 0
    while time.time() < ends + 2:
        writer.append(batch_of(sent), table=table, as_of=0)
        sent += 1
        await asyncio.sleep(0.002)  # the pace of the source, not a synchronisation
    await writer.close()
    async with asyncio.timeout(20):
        while len(found) < sent:
            await asyncio.sleep(0.01)
    assert {name: spine.connections for name, spine in spines.items()} == {"adapter": 2, "pipeline": 2}
    assert found == [(number + 1, float(number)) for number in range(sent)]
    assert sent > 100
    assert not writer.stats.fenced
    assert broker.violations() == []
    reading.cancel()
    for spine in spines.values():
        await spine.close()


async def test_a_process_whose_file_is_not_renewed_in_time_is_back_as_soon_as_it_is(
    broker: TrustedBroker, trust: Trust, adapter: AdapterConfig, tmp_path: Path
) -> None:
    permissions = process_permissions(adapter)
    file = tmp_path / "late.creds"
    file.write_text(short_lived(trust, permissions))
    spine = await connect(broker.spine_config(file), name="late")
    async with asyncio.timeout(20):
        while "authentication error" not in broker.log():  # an attempt with what has expired
            await asyncio.sleep(0.05)
    assert not spine.connected
    previous = file.read_text()
    file.write_text(
        issue(trust, "late", permissions, now=int(time.time()), random=secrets.token_bytes, previous=previous)
    )
    async with asyncio.timeout(5):
        await spine.until_connected()
    await spine.close()


async def test_credentials_of_another_process_are_not_used_while_subscriptions_are_in_ones_own_inbox(
    broker: TrustedBroker, trust: Trust, adapter: AdapterConfig, pipeline: PipelineConfig, tmp_path: Path
) -> None:
    file = tmp_path / "swapped.creds"
    own = short_lived(trust, process_permissions(adapter))
    file.write_text(own)
    spine = await connect(broker.spine_config(file), name="swapped")
    now = int(time.time())
    file.write_text(issue(trust, "x", process_permissions(pipeline), now=now, random=secrets.token_bytes))
    async with asyncio.timeout(20):
        while spine.connected:
            await asyncio.sleep(0.05)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await spine.until_connected()
    assert broker.violations() == []
    again = issue(trust, "x", process_permissions(adapter), now=now, random=secrets.token_bytes)  # another user key
    file.write_text(again)
    async with asyncio.timeout(5):
        await spine.until_connected()
    await spine.close()
