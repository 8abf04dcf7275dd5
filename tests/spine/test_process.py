"""A process ends in exactly one of a few ways, and the log on stderr says which, one JSON object a line."""

import asyncio
import json
import signal
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest

from brownfield_api.errors import InvalidResource
from brownfield_api.process import ProcessConfig
from brownfield_spine.process import _is_of_closed_tls, instance_id, read_process_config

_HEAD = """
import asyncio, sys
from brownfield_api.errors import BrownfieldError
from brownfield_spine.process import run_process
from brownfield_spine.tasks import spawn

async def forever():
    print("ready", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("closed", flush=True)
"""


async def run(body: str, stop: signal.Signals | None = None) -> tuple[int | None, str, list[dict[str, Any]]]:
    """Exit code, what it printed, what it logged."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HEAD + body, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    printed = b""
    if stop is not None:
        printed = await asyncio.wait_for(process.stdout.readline(), 20)
        process.send_signal(stop)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, (printed + out).decode(), [json.loads(line) for line in err.decode().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_cleanly(number: signal.Signals) -> None:
    code, printed, log = await run("sys.exit(run_process(forever, process='test'))", number)
    assert (code, printed) == (0, "ready\nclosed\n")
    assert [(line["event"], line["signal"], line["process"]) for line in log] == [("stopping", number.name, "test")]


async def test_an_expected_error_is_one_sentence() -> None:
    code, _, log = await run(
        "async def main(): raise BrownfieldError('is wrong', where='here', do='Mend it')\nsys.exit(run_process(main))"
    )
    assert code == 1
    assert [line["error"] for line in log] == ["here: is wrong. Mend it"]


async def test_an_unexpected_error_says_where_it_came_from() -> None:
    code, _, log = await run("async def main(): 1 / 0\nsys.exit(run_process(main))")
    assert code == 70
    assert "ZeroDivisionError" in log[-1]["exception"]


async def test_a_background_task_that_fails_ends_the_process_after_closing_what_is_open() -> None:
    code, printed, log = await run(
        "async def fails(): await asyncio.sleep(0); 1 / 0\n"
        "async def main():\n  task = spawn(fails(), name='publisher'); await forever()\n"
        "sys.exit(run_process(main))"
    )
    assert (code, printed) == (70, "ready\nclosed\n")
    assert log[0]["task"] == "publisher"
    assert "ZeroDivisionError" in log[0]["exception"]


_PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, env={**os.environ, "BROWNFIELD_SUPERVISED": "1"})
child.stdout.readline()
sys.stdout.write(f"{child.pid}\\n")
sys.stdout.flush()
time.sleep(600)
"""

_CHILD = """
    import os
    print("ready", "BROWNFIELD_SUPERVISED" in os.environ, flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        structlog.get_logger().info("closing")  # nobody reads it any more
        pathlib.Path(sys.argv[1]).write_text("closed")
"""


async def test_a_child_ends_cleanly_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    done = tmp_path / "done"
    child = (
        "import asyncio, pathlib, sys, structlog\n"
        "from brownfield_spine.process import run_process\n"
        f"sys.argv[1:] = [{str(done)!r}]\n"
        "async def main():" + _CHILD + "sys.exit(run_process(main, process='child'))"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", _PARENT, child, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 20))
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(5):
        while Path(f"/proc/{pid}").exists():  # noqa: ASYNC240 - a look, not a read
            await asyncio.sleep(0.01)
    assert done.read_text() == "closed"


_COMPLAINT = """
def complain(protocol, error):
    context = {"message": "Fatal error on SSL protocol", "exception": error, "protocol": protocol}
    asyncio.get_running_loop().call_exception_handler(context)
    asyncio.get_running_loop().create_future().set_exception(OSError("nobody asked"))
    gc.collect()
"""


async def test_what_the_event_loop_says_while_the_process_ends_is_no_error() -> None:
    """Connections are torn down then, and who waited for an answer is not there any more."""
    code, _, log = await run(
        "import gc\n" + _COMPLAINT + "async def main():\n"
        "  try: await forever()\n"
        "  finally: complain(None, ValueError('torn'))\n"
        "sys.exit(run_process(main))",
        signal.SIGTERM,
    )
    assert (code, [line["event"] for line in log]) == (0, ["stopping"])


async def test_what_the_event_loop_says_before_is_an_error() -> None:
    code, _, log = await run(
        "import gc\n" + _COMPLAINT + "async def main():\n"
        "  complain(None, ValueError('torn')); await forever()\n"
        "sys.exit(run_process(main))",
        signal.SIGTERM,
    )
    said = [(line.get("what"), line["level"]) for line in log]
    assert (code, said) == (
        0,
        [("Fatal error on SSL protocol", "error"), ("Future exception was never retrieved", "error"), (None, "info")],
    )


async def test_a_background_task_that_fails_while_the_process_ends_is_not_hidden() -> None:
    code, _, log = await run(
        "async def fails(): await asyncio.sleep(0); 1 / 0\n"
        "async def main():\n"
        "  try: await forever()\n"
        "  finally:\n"
        "    task = spawn(fails(), name='publisher'); await asyncio.sleep(0.1)\n"
        "sys.exit(run_process(main))",
        signal.SIGTERM,
    )
    assert code == 70
    assert "background task failed" in [line["event"] for line in log]


class SSLProtocol:
    """By its name like uvloop's and asyncio's."""


def ssl_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("protocol", "error", "quiet"),
    [
        (SSLProtocol(), RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed"), True),
        (SSLProtocol(), ssl_error("APPLICATION_DATA_AFTER_CLOSE_NOTIFY"), True),
        (SSLProtocol(), ssl_error("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), False),
        (SSLProtocol(), RuntimeError("dictionary changed size during iteration"), False),
        (object(), RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed"), False),
        (SSLProtocol(), None, False),
    ],
)
def test_of_tls_only_the_complaint_about_a_closed_connection_is_quiet(
    protocol: object, error: Exception | None, quiet: bool
) -> None:
    assert _is_of_closed_tls({"message": "Fatal error", "protocol": protocol, "exception": error}) == quiet


async def test_standard_input_means_nothing_without_a_supervisor() -> None:
    code, printed, _ = await run("sys.exit(run_process(forever))", signal.SIGTERM)
    assert (code, printed) == (0, "ready\nclosed\n")


def test_a_configuration_is_read_from_the_only_argument(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(
        '{"kind": "twin", "site": "s", "namespace": "n", "name": "t", "stateDir": "x", "spine": {"servers": ["nats://h"]}}'
    )
    assert read_process_config(["program", str(path)], ProcessConfig).state_dir == "x"
    path.write_text('{"kind": 3}')
    with pytest.raises(InvalidResource, match=r"config\.json"):
        read_process_config(["program", str(path)], ProcessConfig)
    with pytest.raises(SystemExit):
        read_process_config(["program"], ProcessConfig)


def test_each_start_has_its_own_name() -> None:
    assert instance_id() != instance_id()
