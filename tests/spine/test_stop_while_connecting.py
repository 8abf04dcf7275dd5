"""A stop is heard at every moment of an endless attempt to connect, also in the instant of a refusal."""

import asyncio
import random
import signal
import socket
import sys

import pytest

pytestmark = pytest.mark.wire

_SCRIPT = """
import sys
from brownfield_api.process import SpineConfig
from brownfield_spine import connection
from brownfield_spine.process import run_process

connection._RECONNECT_WAIT = float(sys.argv[2])

async def main():
    print("ready", flush=True)
    await connection.connect(SpineConfig(servers=(sys.argv[1],)), name="test")

sys.exit(run_process(main))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("wait", [0.002, 0.25])
async def test_a_process_that_never_found_its_spine_stops_at_any_moment_within_two_seconds(wait: float) -> None:
    """`wait`: seconds between two attempts; with the shorter one, one stop in three meets a refusal."""
    chance = random.Random(5)  # noqa: S311
    server = f"nats://127.0.0.1:{free_port()}"
    for _ in range(20):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _SCRIPT,
            server,
            str(wait),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        await process.stdout.readline()
        await asyncio.sleep(chance.uniform(0, 0.3))  # the moment of the signal, not a synchronisation
        process.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(process.communicate(), 2)
        assert (process.returncode, b"Traceback" in log) == (0, False), log.decode()
