"""Waiting for what becomes true by itself: a condition with a deadline, never a sleep that hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

STEP = 0.02
"""Seconds between two looks."""


def eventually(look: Callable[[], Found | None], *, what: str, seconds: float = 30.0) -> Found:
    """The first thing `look` gives that is true; fails the test saying that `what` did not happen in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what} (last seen: {found!r})"
        time.sleep(STEP)


def stays(look: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Returns when `look` was true all the time; fails at the first look at which it is not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert look(), f"did not last {seconds:g} s: {what}"
        time.sleep(STEP)
