"""Builds and installations take minutes on a new machine: each says what it does, and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def told(what: str, hint: str = "") -> Iterator[None]:
    """On standard error: `what` before, and once more with the seconds after; a failure speaks for itself."""
    begun = time.monotonic()
    _say(f"{what}{f' ({hint})' if hint else ''} …")
    yield
    _say(f"{what}: done in {time.monotonic() - begun:.1f} s")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
