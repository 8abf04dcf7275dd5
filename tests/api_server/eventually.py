"""Waiting for what becomes true by itself: a condition with a deadline, never a sleep that hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

STEP = 0.05
"""Seconds between two looks, unless told otherwise: each costs the API server as much as a thing the operator does."""


def eventually(look: Callable[[], Found | None], *, what: str, seconds: float = 30.0, step: float = STEP) -> Found:
    """The first thing `look` gives that is true; fails the test saying that `what` did not happen in time.

    Looks every `step` seconds: less often where a look is work for what is measured.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what} (last seen: {found!r})"
        time.sleep(step)


def stays(look: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Returns when `look` was true all the time; fails at the first look at which it is not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert look(), f"did not last {seconds:g} s: {what}"
        time.sleep(STEP)
