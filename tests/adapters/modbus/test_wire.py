"""A Modbus device, an adapter and a broker: what arrives, what the device saw, and what a person reads in the log."""

from __future__ import annotations

import asyncio
import itertools
import math
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
import structlog

from brownfield_api.health import LinkState
from brownfield_api.status import Reason, Status
from brownfield_api.tables import Tag, ValueType
from brownfield_plant import Fault, FaultKind, ModbusTurbine

if TYPE_CHECKING:
    from tests.adapters.modbus.conftest import Adapter

pytestmark = pytest.mark.wire

POWER, WIND, PITCH, COUNT, RUNNING, CURTAILED, SERIAL = range(7)


def said(logs: list[structlog.typing.EventDict], event: str) -> int:
    return sum(1 for line in logs if line["event"] == event)


async def test_every_kind_of_tag_arrives_and_the_device_sees_only_reads(
    adapter: Adapter, turbine: ModbusTurbine
) -> None:
    async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1"))) as published:
        await adapter.until(lambda: len(published.samples("r1", SERIAL)) > 3)
        assert published.last("r1", POWER).value == 1500.25
        assert published.last("r1", WIND).value == 10.5
        assert published.last("r1", PITCH).value == -1.0
        assert published.last("r1", RUNNING).value == 0.0
        assert published.last("r1", CURTAILED).status == Status.GOOD
        assert published.last("r1", SERIAL).text == "R1"
        counts = [sample.value for sample in published.samples("r1", COUNT)]
        assert counts == list(range(1, len(counts) + 1))
        first, second, *_ = published.samples("r1", POWER)
        assert (first.reasons, second.reasons) == (Reason.INITIAL, Reason.NONE)
        # The poll vouches for what its first answer saw.
        assert first.source_time < second.header.as_of <= second.source_time
        await adapter.until(lambda: published.state("r1") is LinkState.CONNECTED)
        assert published.source("r1").quality.good == 7
    assert set(turbine.journal.functions) <= {"1", "2", "3", "4"}
    assert turbine.journal.max_connections == 1
    published.prove_continuity()


async def test_one_refused_tag_never_costs_another(adapter: Adapter, turbine: ModbusTurbine) -> None:
    await turbine.apply(Fault(kind=FaultKind.REFUSE, tag="Ws_avg"))
    with structlog.testing.capture_logs() as logs:
        async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1"))) as published:
            await adapter.until(lambda: len(published.samples("r1", COUNT)) > 5)
            refused = published.samples("r1", WIND)
            assert [sample.status for sample in refused] == [Status.BAD_NODE_ID_UNKNOWN]
            assert math.isnan(refused[0].value)
            for row in (POWER, PITCH, COUNT):
                assert {sample.status for sample in published.samples("r1", row)} == {Status.GOOD}
            await adapter.until(lambda: published.health is not None and published.source("r1").quality.bad == 1)
            assert "Ws_avg (02)" in published.source("r1").message
            # Once it is known, nobody asks for the refused register again and again.
            asked = [request for request in turbine.journal.recent if request.function == "3"]
            assert {(request.address, request[4]) for request in asked[-3:]} == {("0", 2), ("4", 2), ("14", 2)}
    assert said(logs, "source has something to say") == 1


async def test_a_tag_refused_while_running_ends_alone_in_the_very_poll(
    adapter: Adapter, turbine: ModbusTurbine
) -> None:
    async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1"))) as published:
        await adapter.until(lambda: len(published.samples("r1", POWER)) > 2)
        await turbine.apply(Fault(kind=FaultKind.REFUSE, tag="P_avg"))
        await adapter.until(lambda: published.last("r1", POWER).status == Status.BAD_NODE_ID_UNKNOWN)
        polled = len(published.samples("r1", PITCH))
        await adapter.until(lambda: len(published.samples("r1", PITCH)) > polled + 2)
        assert {sample.status for sample in published.samples("r1", PITCH)} == {Status.GOOD}
        await adapter.until(lambda: published.state("r1") is LinkState.CONNECTED)
        assert published.source("r1").reconnects == 0


async def test_a_device_that_goes_away_and_returns_is_held_marked_and_logged_once_each(
    adapter: Adapter, turbine: ModbusTurbine
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1"))) as published:
            await adapter.until(lambda: len(published.samples("r1", POWER)) > 3)
            await turbine.apply(Fault(kind=FaultKind.AWAY))
            await adapter.until(lambda: bool(published.last("r1", POWER).reasons & Reason.HELD))
            held = published.last("r1", POWER)
            before = [each for each in published.samples("r1", POWER) if not each.reasons & Reason.HELD][-1]
            assert held.status == Status.UNCERTAIN_NO_COMMUNICATION_LAST_USABLE_VALUE
            assert (held.value, held.source_time, held.header.as_of) == (before.value, before.source_time, 0)
            assert published.last("r1", SERIAL).text == "R1"
            await adapter.until(lambda: published.state("r1") is LinkState.BACKOFF)
            assert "cannot connect" in published.source("r1").message or "lost" in published.source("r1").message
            returned = asyncio.get_running_loop().time()
            await turbine.apply(Fault(kind=FaultKind.BACK))
            await adapter.until(lambda: not published.last("r1", POWER).reasons & Reason.HELD)
            assert asyncio.get_running_loop().time() - returned < 2.5
            first = [each for each in published.samples("r1", POWER) if each.reasons & Reason.GAP_BEFORE]
            assert [each.reasons for each in first] == [Reason.INITIAL | Reason.GAP_BEFORE]
            await adapter.until(lambda: published.state("r1") is LinkState.CONNECTED)
            assert published.source("r1").reconnects == 1
            counts = [each.value for each in published.samples("r1", COUNT) if not each.reasons & Reason.HELD]
            assert counts == sorted(set(counts))
    assert said(logs, "endpoint is connected") == 1
    assert said(logs, "endpoint is away") == 1
    assert said(logs, "endpoint is back") == 1
    published.prove_continuity()


async def test_a_device_that_was_never_there_leaves_its_tags_waiting(adapter: Adapter, turbine: ModbusTurbine) -> None:
    await turbine.apply(Fault(kind=FaultKind.AWAY))
    async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1"))) as published:
        await adapter.until(lambda: bool(published.samples("r1", POWER)))
        waiting = published.last("r1", POWER)
        assert waiting.status == Status.BAD_WAITING_FOR_INITIAL_DATA
        assert (waiting.reasons, waiting.header.as_of) == (Reason.NONE, 0)
        # Polls that nobody could make count as due.
        await adapter.until(lambda: published.health is not None and published.source("r1").polls_scheduled > 5)
        assert published.source("r1").polls_succeeded == 0


async def test_a_slow_device_misses_slots_that_are_counted_and_not_caught_up(
    adapter: Adapter, turbine: ModbusTurbine
) -> None:
    await turbine.apply(Fault(kind=FaultKind.SLOW, seconds=0.15))
    tags = (Tag(name="P_avg", address="holding:0", type=ValueType.FLOAT32),)
    async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1", interval=0.05)), tags=tags) as seen:
        await adapter.until(lambda: seen.health is not None and seen.source("r1").polls_succeeded > 5)
        health = seen.source("r1")
        assert health.state is LinkState.CONNECTED
        assert health.polls_scheduled > 2 * health.polls_succeeded
        times = [sample.source_time for sample in seen.samples("r1", POWER)]
        assert min(after - before for before, after in itertools.pairwise(times)) > 140_000_000


async def test_a_device_that_stops_answering_is_away_after_the_timeout_and_its_late_answer_is_nobodys(
    adapter: Adapter, turbine: ModbusTurbine
) -> None:
    async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1"), timeout=0.2)) as published:
        await adapter.until(lambda: len(published.samples("r1", POWER)) > 2)
        await turbine.apply(Fault(kind=FaultKind.SLOW, seconds=0.4))
        await adapter.until(lambda: published.state("r1") is LinkState.BACKOFF)
        assert "no answer within 0.2 s" in published.source("r1").message
        await turbine.apply(Fault(kind=FaultKind.CLEAR))
        await adapter.until(lambda: published.state("r1") is LinkState.CONNECTED)
        good = [each.value for each in published.samples("r1", COUNT) if not each.reasons & Reason.HELD]
        assert good == sorted(set(good))


@pytest.mark.parametrize(
    ("kind", "words"),
    [(FaultKind.GARBAGE, "no Modbus TCP frame"), (FaultKind.TRANSACTION, "an answer to transaction")],
)
async def test_an_answer_that_cannot_be_trusted_ends_the_link_and_no_value_comes_of_it(
    adapter: Adapter, turbine: ModbusTurbine, kind: FaultKind, words: str
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1"))) as published:
            await adapter.until(lambda: len(published.samples("r1", POWER)) > 2)
            await turbine.apply(Fault(kind=kind, times=1))
            await adapter.until(
                lambda: any(each.reasons & Reason.GAP_BEFORE for each in published.samples("r1", POWER))
            )
            assert {each.value for each in published.samples("r1", POWER)} == {1500.25}
    (away,) = [line for line in logs if line["event"] == "endpoint is away"]
    assert words in away["reason"]
    assert said(logs, "endpoint is back") == 1


async def test_a_device_with_one_connection_is_waited_for_until_it_is_free(
    adapter: Adapter, turbine: ModbusTurbine
) -> None:
    await turbine.apply(Fault(kind=FaultKind.CONNECTIONS, times=1))
    _, occupant = await asyncio.open_connection(*(turbine.bound or ("", 0)))
    with structlog.testing.capture_logs() as logs:
        async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1"))) as published:
            await adapter.until(lambda: turbine.journal.refused > 1)
            assert published.state("r1") is not LinkState.CONNECTED
            occupant.close()
            await adapter.until(lambda: published.state("r1") is LinkState.CONNECTED)
            polled = len(published.samples("r1", POWER))
            await adapter.until(lambda: len(published.samples("r1", POWER)) > polled + 5)
    assert turbine.journal.max_connections == 1
    assert (said(logs, "endpoint is away"), said(logs, "endpoint is back")) == (1, 1)


async def test_the_device_never_sees_more_requests_than_its_budget(adapter: Adapter, turbine: ModbusTurbine) -> None:
    rate = 20.0
    sources = [adapter.source(f"r{number}", interval=0.1) for number in range(3)]
    async with adapter.running(adapter.endpoint(turbine.bound, *sources, rate=rate)) as published:
        await adapter.until(lambda: turbine.journal.functions.total() > 45)
        await adapter.until(lambda: all(published.samples(each.name, SERIAL) for each in sources))
    times = [request.time for request in turbine.journal.recent]
    for number, start in enumerate(times):
        assert sum(1 for each in times[number:] if each < start + 1.0) <= rate + 2


async def test_a_suspended_source_is_left_alone(adapter: Adapter, turbine: ModbusTurbine) -> None:
    async with adapter.running(adapter.endpoint(turbine.bound, adapter.source("r1", suspended=True))) as published:
        await adapter.until(lambda: published.state("r1") is LinkState.SUSPENDED)
    assert turbine.journal.accepted == 0
    assert published.source("r1").polls_scheduled == 0


async def test_one_endpoint_away_does_not_touch_another(adapter: Adapter, turbine: ModbusTurbine) -> None:
    gone = adapter.endpoint(("127.0.0.1", 1), adapter.source("gone"))
    here = adapter.endpoint(turbine.bound, adapter.source("r1"))
    async with adapter.running(gone, here) as published:
        await adapter.until(lambda: len(published.samples("r1", POWER)) > 5)
        await adapter.until(lambda: published.state("gone") is LinkState.BACKOFF)
        await adapter.until(lambda: published.state("r1") is LinkState.CONNECTED)


async def test_nothing_is_lost_while_the_broker_is_killed_and_a_restarted_adapter_goes_on(
    adapter: Adapter, turbine: ModbusTurbine
) -> None:
    endpoint = adapter.endpoint(turbine.bound, adapter.source("r1", interval=0.02))
    async with AsyncExitStack() as stack:
        published = await stack.enter_async_context(adapter.running(endpoint))
        await adapter.until(lambda: len(published.samples("r1", COUNT)) > 10)
        adapter.broker.kill()
        count = turbine.journal.functions.total()
        await adapter.until(lambda: turbine.journal.functions.total() > count + 20)
        before = len(published.samples("r1", COUNT))
        await adapter.until(lambda: len(published.samples("r1", COUNT)) > before + 50)
    async with adapter.running(endpoint) as again:
        await adapter.until(lambda: any(each.reasons & Reason.GAP_BEFORE for each in again.samples("r1", COUNT)))
        counts = [sample.value for sample in again.samples("r1", COUNT)]
        assert counts == sorted(set(counts))
        restart = next(n for n, each in enumerate(again.samples("r1", COUNT)) if each.reasons & Reason.GAP_BEFORE)
        assert counts[:restart] == list(range(1, restart + 1))
        again.prove_continuity()
