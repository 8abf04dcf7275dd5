"""Tasks that live and die together."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any


async def first_failure(tasks: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Runs all until one ends; raises its error, after the others are gone for good."""
    running = [asyncio.ensure_future(task) for task in tasks]
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    for task in done:
        await task
