"""Background tasks that cannot fail unseen.

asyncio mentions a failed task only when it is collected, and then goes on without it: a process whose
publisher died would look healthy and deliver nothing. A task made by `spawn` reports at once to the
loop's exception handler, marked `FATAL`; `run_process` ends the process on that mark.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

FATAL = "brownfield_fatal"
"""Key in the context given to the loop's exception handler: the process must not go on."""

_ASK_AGAIN = 0.1

_log = structlog.get_logger()

T = TypeVar("T")


def spawn(work: Coroutine[Any, Any, T], *, name: str) -> "asyncio.Task[T]":
    """Run `work` beside the caller; an exception of it ends the process loudly. Keep the task and cancel it."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    task.add_done_callback(_report)
    return task


async def stop(task: "asyncio.Task[Any]") -> None:
    """Cancel `task` and wait until it is gone; its own failure has been reported already.

    Asked again and again: until Python 3.12 `asyncio.wait_for`, which nats-py is full of, loses a cancel that
    comes in the instant in which what it waits for ends, be it only a refused connection.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_ASK_AGAIN)


def _report(task: "asyncio.Task[Any]") -> None:
    if task.cancelled():
        return
    error = task.exception()
    if error is None:
        return
    _log.critical("background task failed", task=task.get_name(), exc_info=error)
    context = {"message": f"background task {task.get_name()} failed", "exception": error, "task": task, FATAL: True}
    task.get_loop().call_exception_handler(context)
