"""The embedded broker starts, is private, and comes back from whatever is done to it."""

import asyncio
import os
import re
import signal
import socket
import stat
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from nats import errors
from nats.aio.client import Client

from brownfield_api.batch import SampleBatch
from brownfield_api.errors import BrownfieldError
from brownfield_api.subjects import RAW_STREAM
from brownfield_spine.broker import Broker, running_broker
from brownfield_spine.broker_check import complaint
from brownfield_spine.broker_files import Login
from brownfield_spine.connection import connect
from brownfield_spine.writer import SubjectWriter

pytestmark = pytest.mark.wire

Until = Callable[..., Awaitable[None]]
_SIZE = 256 * 1024 * 1024


def read_private(path: Path) -> str:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_text()


def change_password(broker: Broker) -> None:
    Path(broker.config.credentials).write_text("brownfield:another\n")


async def test_credentials_are_generated_private_and_kept(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "b", max_file_store=_SIZE)
    await broker.start()
    first = read_private(tmp_path / "b" / "credentials")
    assert read_private(tmp_path / "b" / "nats-server.conf")
    assert broker.config.credentials == str(tmp_path / "b" / "credentials")
    servers = broker.config.servers
    await broker.restart()
    assert read_private(tmp_path / "b" / "credentials") == first
    assert broker.config.servers == servers
    await broker.stop()
    assert broker.pid is None


async def test_nobody_enters_without_the_password(broker: Broker) -> None:
    host, port = broker.config.servers[0].removeprefix("nats://").split(":")
    assert host == "127.0.0.1"
    assert "Authorization" in await complaint(host, int(port), Login("supervisor", "guess"))
    client = Client()
    with pytest.raises(errors.Error):
        await client.connect(broker.config.servers[0], allow_reconnect=False, error_cb=_ignore)
    await client.close()


async def test_a_killed_server_is_started_again_on_its_port(broker: Broker, until: Until) -> None:
    spine = await connect(broker.config, name="test")
    before = broker.pid
    broker.kill()
    await until(lambda: broker.pid not in (None, before) and spine.connections == 2)
    streams = (await spine.js.account_info()).streams
    await spine.close()
    assert (broker.restarts, streams) == (1, 6)


async def test_a_server_that_lives_but_does_not_answer_is_replaced(
    broker: Broker, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brownfield_spine.broker._CHECK_INTERVAL", 0.1)
    monkeypatch.setattr("brownfield_spine.broker_check._TIMEOUT", 0.3)
    monkeypatch.setattr("brownfield_spine.broker._STOP_SECONDS", 0.5)
    before = broker.pid
    broker.kill(signal.SIGSTOP)
    await until(lambda: broker.pid not in (None, before), deadline=30)
    spine = await connect(broker.config, name="test")
    assert (await spine.js.account_info()).streams == 6
    await spine.close()


async def test_a_stream_that_can_no_longer_write_is_healed_by_a_restart_and_nothing_is_lost(
    broker: Broker, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brownfield_spine.broker._CHECK_INTERVAL", 0.7)
    spine = await connect(broker.config, name="test")
    writer = await SubjectWriter.open(
        spine, subject="bf.raw.a.b.c", source="c", stream=RAW_STREAM, journal_dir=tmp_path / "j",
        size=1 << 27, max_age=0.0, clock=time.time_ns,
    )  # fmt: skip
    random = np.random.default_rng(1)
    times = np.zeros(4000, np.int64)
    zeros, reasons = np.zeros(4000, np.uint32), np.zeros(4000, np.uint16)
    blocks = next((tmp_path / "broker").rglob(f"{RAW_STREAM}/msgs"))
    blocks.rename(blocks.with_name("away"))
    blocks.write_text("no folder any more: the next block of the store cannot be made")
    for _ in range(200):  # 27 MB, more than one block
        value = random.random(4000)
        writer.append(SampleBatch(zeros, value, zeros, reasons, times, times), table="t", as_of=0)
    async with asyncio.timeout(20):
        while not await broker._complaint():  # the supervisor waits for three of them
            await asyncio.sleep(0.01)
    blocks.unlink()
    blocks.with_name("away").rename(blocks)
    await until(lambda: writer.stats.published.batches == 200, deadline=60)
    assert broker.restarts > 0
    assert not writer.stats.fenced
    assert (await spine.js.stream_info(RAW_STREAM)).state.messages == 200
    await writer.close()
    await spine.close()


async def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        broker = Broker(tmp_path / "b", max_file_store=_SIZE, port=port)
        with pytest.raises(BrownfieldError, match=f"port {port} is in use"):
            await broker.start()
    assert broker.pid is None


async def test_a_server_that_cannot_start_says_why_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "jetstream").write_text("a file where the store should be")
    broker = Broker(tmp_path / "b", max_file_store=_SIZE)
    with pytest.raises(BrownfieldError, match="did not come up"):
        await broker.start()
    assert broker.pid is None


async def test_a_server_left_behind_by_a_killed_parent_is_replaced(tmp_path: Path) -> None:
    lost = Broker(tmp_path / "b", max_file_store=_SIZE)
    await lost.start()
    orphan = lost.pid
    assert orphan is not None
    assert lost._supervisor is not None
    lost._supervisor.cancel()  # as if our process had been killed: nobody watches, nobody ends it
    port = int(lost.config.servers[0].rpartition(":")[2])
    again = Broker(tmp_path / "b", max_file_store=_SIZE, port=port)
    await again.start()
    assert again.pid != orphan
    with pytest.raises(ProcessLookupError):
        os.kill(orphan, 0)
    await again.stop()
    await lost.stop()


async def test_a_stream_that_cannot_be_recovered_is_named_at_once_with_what_to_do(tmp_path: Path) -> None:
    async with running_broker(tmp_path / "b") as broker:
        await broker.stop()
        [folder] = (tmp_path / "b").rglob(f"streams/{RAW_STREAM}")
        (folder / "meta.inf").write_text("rubbish")
        with pytest.raises(BrownfieldError, match=f"'{re.escape('$G')} > {RAW_STREAM}' could not be") as caught:
            await asyncio.wait_for(broker.start(), 15)
        assert broker.pid is None
        for said in (str(tmp_path / "b" / "jetstream"), f"streams/{RAW_STREAM}", "nothing else", "journals"):
            assert said in str(caught.value)
        folder.rename(tmp_path / "away")
        await broker.start()


async def test_a_credentials_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BrownfieldError, match=r"credentials: is damaged.*Remove it"):
        await Broker(tmp_path, max_file_store=_SIZE).start()


_PARENT = """
import asyncio, sys
from pathlib import Path
from brownfield_spine.broker import Broker

async def main():
    broker = Broker(Path(sys.argv[1]), max_file_store=1 << 28)
    await broker.start()
    print(broker.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_a_killed_parent_leaves_no_server_behind(tmp_path: Path, until: Until) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PARENT, str(tmp_path / "b"), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 20))
    os.kill(pid, 0)
    parent.kill()
    await parent.wait()
    await until(lambda: not is_running(pid), deadline=5)


def is_running(pid: int) -> bool:
    """A zombie whose new parent does not reap it has ended all the same."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_the_password_may_change_while_everybody_is_connected(broker: Broker, until: Until) -> None:
    spine = await connect(broker.config, name="test")
    await broker.stop()
    change_password(broker)
    await broker.start()
    await until(lambda: spine.connections == 2)
    await spine.close()


async def test_connect_waits_for_a_broker_that_is_not_there_yet(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "b", max_file_store=_SIZE)
    await broker.start()
    await broker.stop()
    connecting = asyncio.create_task(connect(broker.config, name="early"))
    done, _ = await asyncio.wait([connecting], timeout=0.3)
    assert not done
    await broker.start()
    spine = await asyncio.wait_for(connecting, 10)
    assert spine.connected
    await spine.close()
    await broker.stop()


async def _ignore(_: Exception) -> None:
    """nats-py prints a traceback for each failed attempt unless somebody takes it."""
