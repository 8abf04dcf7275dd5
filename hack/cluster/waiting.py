"""Waits for what becomes true by itself, up to a deadline."""

import time
from collections.abc import Callable

from brownfield_api.errors import BrownfieldError


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str, where: str, do: str = "") -> None:
    """Return when the condition holds; `BrownfieldError` saying that `what` did not happen when time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise BrownfieldError(f"{what}: not within {seconds:.0f} s", where=where, do=do)
        time.sleep(0.05)
