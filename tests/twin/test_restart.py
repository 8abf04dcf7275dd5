"""A twin that is killed goes on as if it had not been; a broken checkpoint costs time, not state."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from brownfield_api.twin_config import StalenessConfig
from brownfield_spine.connection import connect
from brownfield_spine.health import records
from brownfield_twin import checkpoint

pytestmark = pytest.mark.wire


async def feed(feeder: Any, rounds: int) -> None:
    for step in range(rounds):
        await feeder.poll("T1", wind=5.0 + step % 7, power=100.0 + 37.0 * (step % 11))
        await feeder.poll("T2", wind=3.0 + step % 5, power=50.0 + 11.0 * (step % 13))
        await feeder.put([], source="r1", as_of=time.time_ns())


async def settled(twin: Any, feeder: Any) -> dict[str, Any]:
    """Everything about the twin's assets that does not depend on when it is asked."""

    def complete(view: dict[str, Any]) -> bool:
        counts = [asset["properties"][5]["value"] for asset in view["assets"]]
        return not view["catchingUp"] and counts == list(feeder.counts.values())

    view = await twin.until(complete)
    keep = ("name", "value", "sourceTime", "kind")
    return {
        asset["id"]: [{name: item[name] for name in keep} for item in asset["properties"]] for asset in view["assets"]
    }


async def counts(broker: Any, name: str, samples: int) -> Any:
    """Hops, quality and sequence of a twin's health record, once it has counted `samples` counter values."""
    spine = await connect(broker.config, name="look")
    try:
        deadline = time.monotonic() + 15
        while True:
            record = (await records(spine)).get(f"twin.default.{name}")
            if record is not None and record.twin is not None and record.twin.sequence.samples == samples:
                return record.hops, record.twin.quality, record.twin.sequence
            assert time.monotonic() < deadline, record
            await asyncio.sleep(0.1)
    finally:
        await spine.close()


async def test_a_twin_killed_again_and_again_equals_one_that_was_not(
    broker: Any, feeder: Any, farm: Any, tmp_path: Path
) -> None:
    def config(name: str) -> Any:
        return farm.config(spine=broker.config, state_dir=str(tmp_path / name / "state"), name=name)

    for name in ("steady", "killed"):
        (tmp_path / name).mkdir()
    async with farm.running_twin(config("steady"), tmp_path / "steady") as steady:
        for kill in range(3):
            async with farm.running_twin(config("killed"), tmp_path / "killed") as killed:
                await feed(feeder, 20)
                await settled(killed, feeder)
                if kill:  # the first time before any checkpoint, then between two of them
                    path = tmp_path / "killed" / "state" / checkpoint.NAME
                    await farm.until(_exists(path), bool)
                    await feed(feeder, 5)
                await killed.end(signal.SIGKILL)
            await feed(feeder, 20)
        async with farm.running_twin(config("killed"), tmp_path / "killed") as killed:
            await feed(feeder, 5)
            assert await settled(killed, feeder) == await settled(steady, feeder)
            total = sum(feeder.counts.values())
            assert await counts(broker, "killed", total) == (one := await counts(broker, "steady", total))
            assert one[2].lost == one[2].duplicated == one[2].reordered == 0
            history = "/api/v1/assets/T1/history?property=power&points=20000"

            async def read() -> Any:
                return (await killed.json(history))["value"]

            expected = (await steady.json(history))["value"]
            assert await farm.until(read, lambda values: len(values) == len(expected)) == expected


def _exists(path: Path) -> Any:
    async def look() -> bool:
        return await asyncio.to_thread(path.exists)

    return look


async def test_a_clean_stop_keeps_everything_and_exits_with_zero(
    twin_config: Any, feeder: Any, farm: Any, tmp_path: Path
) -> None:
    # What is shown of a value depends on its age; on a busy machine a restart outlasts the two seconds of the others.
    calm = msgspec.structs.replace(twin_config, staleness=StalenessConfig(fresh=300.0, expired=600.0))
    async with farm.running_twin(calm, tmp_path) as first:
        await feed(feeder, 10)
        before = await settled(first, feeder)
        assert await first.end(signal.SIGTERM) == 0
    saved = checkpoint.load(Path(calm.state_dir))
    assert saved is not None
    assert saved.progress.position == 30
    async with farm.running_twin(calm, tmp_path) as second:
        assert await settled(second, feeder) == before
        assert (await second.json("/api/v1/assets/T1"))["lineage"], "tables of the checkpoint are read again"


def damage(directory: Path) -> None:
    for path in directory.glob("*"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)


async def test_a_damaged_checkpoint_is_said_and_the_stream_read_from_its_start(
    twin_config: Any, feeder: Any, farm: Any, tmp_path: Path
) -> None:
    async with farm.running_twin(twin_config, tmp_path) as first:
        await feed(feeder, 10)
        before = await settled(first, feeder)
        await first.end(signal.SIGTERM)
    damage(Path(twin_config.state_dir))
    async with farm.running_twin(twin_config, tmp_path) as second:
        assert await settled(second, feeder) == before
        assert [line for line in second.log if "checkpoint cannot be used" in line["event"]]


async def test_a_changed_configuration_keeps_the_state_of_what_still_exists(
    twin_config: Any, feeder: Any, farm: Any, tmp_path: Path
) -> None:
    async with farm.running_twin(twin_config, tmp_path) as first:
        await feed(feeder, 10)
        before = await settled(first, feeder)
        await first.end(signal.SIGTERM)
    only_t2 = msgspec.structs.replace(twin_config, assets=twin_config.assets[1:])
    async with farm.running_twin(only_t2, tmp_path) as second:
        view = await second.until(lambda view: not view["catchingUp"])
        assert [asset["id"] for asset in view["assets"]] == ["T2"]
        values = {item["name"]: item["value"] for item in view["assets"][0]["properties"]}
        assert values == {item["name"]: item["value"] for item in before["T2"]}


async def test_a_port_in_use_is_named(twin: Any, twin_config: Any, tmp_path: Path) -> None:
    taken = twin.page.removeprefix("http://").rstrip("/")
    path = tmp_path / "second.json"
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(twin_config, listen=taken)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "brownfield_twin", str(path), stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    assert taken in said.decode()
    assert "Stop what uses the port, or choose another" in said.decode()
