"""How every data-plane process runs: JSON logs on stderr, uvloop, one way to stop, one way to fail.

SIGTERM and SIGINT cancel `main`, whose `finally` clauses close what is open. Under a supervisor (`SUPERVISED` in
the environment) so does the end of standard input: the supervisor is gone, and nobody would stop us later.
Anything unexpected, in `main` or in a background task made by `brownfield_spine.tasks.spawn`, ends the process
with an exit code that says so, because a half-dead process that looks alive is worse than one that is restarted.
What the event loop says of connections that are torn down while the process ends is no error; all else it says is.
"""

import asyncio
import errno
import logging
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from brownfield_api.errors import BrownfieldError
from brownfield_api.process import ConfigT, read_config
from brownfield_spine.metrics import MetricsServer as MetricsServer  # noqa: PLC0414 - part of running a process
from brownfield_spine.tasks import FATAL

EXIT_OK = 0
EXIT_REFUSED = 1
"""A `BrownfieldError`: somebody can do something about it, and the log says what."""
EXIT_USAGE = 2
EXIT_CRASHED = 70
"""Anything nobody expected (sysexits.h EX_SOFTWARE); the log has the traceback."""

SUPERVISED = "BROWNFIELD_SUPERVISED"
"""Environment variable by which a supervisor says that it holds the other end of our standard input."""

POD_UID = "BROWNFIELD_POD_UID"
"""Environment variable with the UID of the pod we run in, if any."""

_log = structlog.get_logger()


def configure_logging(**bound: str) -> None:
    """One JSON object per line on stderr, with `bound` in every line; the standard library's loggers join in."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=_Log()),  # type: ignore[arg-type]  # it only writes and flushes
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**bound)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def read_process_config(argv: Sequence[str], shape: type[ConfigT]) -> ConfigT:
    """The configuration in the file, or the folder of parts, that is the only argument (`argv` as in `sys.argv`).

    Exits with `EXIT_USAGE` if there is not exactly one argument; raises `InvalidResource` or `OSError`.
    """
    if len(argv) != 2:
        sys.stderr.write(f"usage: {Path(argv[0]).parent.name or 'process'} CONFIG.json\n")
        raise SystemExit(EXIT_USAGE)
    return read_config(argv[1], _content(Path(argv[1])), shape)


def _content(path: Path) -> bytes:
    """A file's bytes, or those of a folder's `config.json.*` in order: a ConfigMap holds at most 1 MiB."""
    if not path.is_dir():
        return path.read_bytes()
    parts = sorted(path.glob("config.json.*"))
    if not parts:
        raise FileNotFoundError(errno.ENOENT, "holds no config.json.*", str(path))
    return b"".join(part.read_bytes() for part in parts)


def instance_id() -> str:
    """Unique to this start of a process: the pod's UID where there is one, and pid and time."""
    pod = os.environ.get(POD_UID, "")
    return f"{pod or os.getpid()}-{time.time_ns():x}"


def run_process(main: Callable[[], Awaitable[None]], **bound: str) -> int:
    """Run `main` to its end, or until a signal stops it, and return the exit code. `bound` goes into every log line."""
    configure_logging(**bound)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(_run(main))
    except Exception as error:  # noqa: BLE001 - the last place where it can be said
        reason = _only_cause(error)
        if isinstance(reason, BrownfieldError):
            _log.error("stopped", error=str(reason))
            return EXIT_REFUSED
        _log.critical("crashed", exc_info=True)
        return EXIT_CRASHED


async def _run(main: Callable[[], Awaitable[None]]) -> int:
    loop = asyncio.get_running_loop()
    work: asyncio.Task[None] = loop.create_task(_awaited(main))
    failures: list[BaseException] = []

    def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if context.get(FATAL) and error is not None:
            failures.append(error)
            work.cancel()
            return
        ends = work.cancelling() > 0 or work.done()
        say = _log.debug if ends or _is_of_closed_tls(context) else _log.error
        say("event loop", what=context.get("message"), exc_info=error)

    loop.set_exception_handler(report)
    _stop_on_signals(loop, work)
    _stop_without_supervisor(loop, work)
    try:
        await work
    except asyncio.CancelledError:
        if failures:
            raise failures[0] from None
    return EXIT_OK


async def _awaited(main: Callable[[], Awaitable[None]]) -> None:
    await main()


def _is_of_closed_tls(context: dict[str, Any]) -> bool:
    """Whether TLS complains that its connection is closed, by us or by the peer. The loop says "fatal error" when a
    record comes in, or goes out, after the one or the other; whoever uses the connection is told that it is closed.
    """
    if type(context.get("protocol")).__name__ != "SSLProtocol":  # uvloop's and asyncio's are two classes of that name
        return False
    error = context.get("exception")
    if isinstance(error, ssl.SSLError):
        return error.reason == "APPLICATION_DATA_AFTER_CLOSE_NOTIFY"
    return isinstance(error, RuntimeError) and "the handler is closed" in str(error)


def _loop_factory() -> "Callable[[], asyncio.AbstractEventLoop] | None":
    """Uvloop where it exists, the standard loop elsewhere (Windows)."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _stop_on_signals(loop: asyncio.AbstractEventLoop, work: "asyncio.Future[None]") -> None:
    def ask_to_stop(number: int, _: object = None) -> None:
        _log.info("stopping", signal=signal.Signals(number).name)
        loop.call_soon_threadsafe(work.cancel)

    for number in (signal.SIGTERM, signal.SIGINT):
        if sys.platform == "win32":  # no signal handlers on its event loops
            signal.signal(number, ask_to_stop)
        else:
            loop.add_signal_handler(number, ask_to_stop, number)


def _stop_without_supervisor(loop: asyncio.AbstractEventLoop, work: "asyncio.Future[None]") -> None:
    if not os.environ.pop(SUPERVISED, ""):  # popped: what this process starts is not the supervisor's
        return

    def stop() -> None:
        _log.info("stopping", reason="the supervisor is gone")
        work.cancel()

    def wait_for_the_end() -> None:
        with suppress(OSError):  # as good as an end
            while os.read(0, 4096):
                pass
        with suppress(RuntimeError):  # the loop is closed: stopped already
            loop.call_soon_threadsafe(stop)

    threading.Thread(target=wait_for_the_end, name="supervisor", daemon=True).start()


def _only_cause(error: BaseException) -> BaseException:
    """What a task group was left for, if there is one reason."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


class _Log:
    """Standard error, looked up at each line. Nobody reading it must not be an error in whoever writes a line."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
