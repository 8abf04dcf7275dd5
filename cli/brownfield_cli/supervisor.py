"""Keeps the data plane's processes running on one machine, as a kubelet would in a cluster.

Each process is started from its rendered configuration with the very entry point its pod uses. One
that ends is started again after a delay that doubles up to a cap and is forgotten once it has stayed
up. Its log lines are kept in a bounded file per process and handed to whoever shows them.

A child's standard input is a pipe that nobody writes to: when `brownfield run` dies, however hard, the
pipe closes and the children stop, so that no adapter stays behind on a device.
"""

import asyncio
import contextlib
import logging
import logging.handlers
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger("supervisor")

FIRST_DELAY = 0.5
"""Seconds before the first restart."""

LONGEST_DELAY = 15.0
"""Cap of the doubling restart delay in seconds."""

SETTLED = 30.0
"""A process that has been up this many seconds starts over with the first delay."""

STOP_GRACE = 10.0
"""Seconds a process may take to drain after SIGTERM before it is killed."""

LOG_BYTES = 8 * 1024 * 1024
"""Size at which a process's log file is rotated; one older file is kept."""

LineSink = Callable[[str, str], None]
"""Receives (process name, log line)."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process to keep running: `module` is started with the path of its configuration."""

    name: str
    module: str
    config_path: Path
    log_path: Path


class _LogFile(logging.handlers.RotatingFileHandler):
    """A log file that a full disk costs lines, and nothing else: they still reach the screen."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """Says once that the file cannot be written."""
        if not getattr(self, "_said", False):
            self._said = True
            log.warning("log file cannot be written", file=self.baseFilename, process=record.name)


class SupervisedProcess:
    """One process and its restarts. `pid` is None while it is down."""

    def __init__(self, spec: ProcessSpec, on_line: LineSink) -> None:
        self.spec = spec
        self.restarts = 0
        self._on_line = on_line
        self._child: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Process id while it is up."""
        return self._child.pid if self._child and self._child.returncode is None else None

    def start(self) -> None:
        """Begins to keep the process running."""
        self._task = asyncio.create_task(self._keep_running(), name=f"supervise {self.spec.name}")

    async def stop(self) -> None:
        """Asks the process to drain and end; kills it if it takes longer than `STOP_GRACE`."""
        self._stopping.set()
        if self._child and self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._child.terminate()
            try:
                await asyncio.wait_for(self._child.wait(), STOP_GRACE)
            except TimeoutError:
                log.warning("process did not stop in time and was killed", process=self.spec.name, grace=STOP_GRACE)
                self._child.kill()
        if self._task:
            await self._task

    async def _keep_running(self) -> None:
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                code = await self._run_once()
            except OSError as error:  # no memory, no process left, no entry point: as good as an exit
                log.warning("process cannot be started", process=self.spec.name, error=str(error))
                code = -1
            if self._stopping.is_set():
                return
            if time.monotonic() - started > SETTLED:
                delay = FIRST_DELAY
            log.warning("process ended and is started again", process=self.spec.name, exit_code=code, delay=delay)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, LONGEST_DELAY)
            self.restarts += 1

    async def _run_once(self) -> int:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.spec.module,
            str(self.spec.config_path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "BROWNFIELD_SUPERVISED": "1"},
            start_new_session=True,  # a terminal's Ctrl-C is for us; we stop the processes in their order
            limit=1024 * 1024,
        )
        await self._read_log(self._child)
        return await self._child.wait()

    async def _read_log(self, child: asyncio.subprocess.Process) -> None:
        handler = _LogFile(self.spec.log_path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
        assert child.stdout is not None  # noqa: S101  # it was asked for above
        try:
            while raw := await _line(child.stdout):
                line = raw.decode(errors="replace").rstrip("\n")
                handler.handle(logging.LogRecord(self.spec.name, logging.INFO, "", 0, line, None, None))
                self._on_line(self.spec.name, line)
        finally:
            with contextlib.suppress(OSError):  # a full disk must not end the supervision
                handler.close()


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line; one longer than the stream's limit comes in pieces instead of ending the reader."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as long_line:
        return await stream.readexactly(long_line.consumed)
