"""A program that is not ours, kept like the processes that are: it ends when whoever started it is gone.

Our own processes watch their standard input, whose other end the supervisor holds, on any system. Others do not: so the
supervisor starts `python -m brownfield_cli.leashed COMMAND.json`, a list of arguments, which watches it for them. What
the program writes goes where our own log goes; it is asked to end first (SIGTERM), and killed if it does not.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from brownfield_api.errors import BrownfieldError
from brownfield_cli.supervisor import STOP_GRACE
from brownfield_spine.process import run_process

_GRACE = STOP_GRACE / 2
"""Seconds to end after SIGTERM: the supervisor's patience with us must not be over first."""


async def keep(command: Sequence[str]) -> None:
    """Run a program until cancelled; raises `BrownfieldError` if it ends before that."""
    child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        code = await child.wait()
    except asyncio.CancelledError:
        await _end(child)
        raise
    raise BrownfieldError(f"it ended with code {code}", Path(command[0]).name, "Its last lines say why")


async def _end(child: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), _GRACE)
    except TimeoutError:
        child.kill()
        await child.wait()


if __name__ == "__main__":
    given = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=list[str])
    sys.exit(run_process(partial(keep, given), program=Path(given[0]).name))
