"""Everybody is killed in turn, and every journaled batch still arrives once and in order."""

import asyncio
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from brownfield_api.batch import decode
from brownfield_spine.broker import Broker
from brownfield_spine.reader import Delivery

_LAST = 1500
_SCRIPT = Path(__file__).parent / "append_numbers.py"


async def start_appender(broker: Broker, journal: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_SCRIPT),
        broker.config.servers[0],
        broker.config.credentials,
        str(journal),
        str(_LAST),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    while (line := await process.stdout.readline()) != b"open\n":
        assert line, "it ended before it was open"  # anything else is a log line, such as of a frame torn by the kill
    return process


def assert_complete(deliveries: list[Delivery]) -> None:
    numbers = [decode(delivery.payload, delivery.header.crc).value[0] for delivery in deliveries]
    assert numbers == [float(number) for number in range(1, _LAST + 1)]
    assert [delivery.header.seq for delivery in deliveries] == list(range(1, _LAST + 1))
    assert len({delivery.header.epoch for delivery in deliveries}) == 1


@pytest.mark.wire
async def test_every_journaled_batch_arrives_once_and_in_order_however_often_the_writer_is_killed(
    broker: Broker, tmp_path: Path, take: Callable[..., Awaitable[list[Delivery]]]
) -> None:
    chance = random.Random(7)  # noqa: S311
    kills = 0
    while True:
        process = await start_appender(broker, tmp_path / "journal")
        try:
            async with asyncio.timeout(chance.uniform(0.005, 0.25) if kills < 6 else 60):
                assert await process.wait() == 0
            break
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            await process.wait()
            kills += 1
    assert kills >= 1
    assert_complete(await take(_LAST))


@pytest.mark.wire
async def test_nothing_is_lost_or_doubled_when_broker_and_writer_are_killed_in_turn(
    broker: Broker, tmp_path: Path, take: Callable[..., Awaitable[list[Delivery]]]
) -> None:
    chance = random.Random(11)  # noqa: S311
    process = await start_appender(broker, tmp_path / "journal")
    for _ in range(4):
        await asyncio.sleep(chance.uniform(0.01, 0.2))  # the moment of the kill, not a synchronisation
        broker.kill()
        if process.returncode is None and chance.random() < 0.5:
            process.kill()
        if await _killed(process):
            process = await start_appender(broker, tmp_path / "journal")
    async with asyncio.timeout(60):
        assert await process.wait() == 0
    assert_complete(await take(_LAST))


async def _killed(process: asyncio.subprocess.Process) -> bool:
    try:
        async with asyncio.timeout(0.05):
            return await process.wait() != 0
    except TimeoutError:
        return False
