"""Trying again: a capped back-off, and one log line per stream however many of its writers are refused."""

import asyncio

import structlog

_log = structlog.get_logger()


class Backoff:
    """Waits `first` seconds, then twice as long each time up to `cap`; `reset` begins anew."""

    def __init__(self, first: float = 0.1, cap: float = 2.0) -> None:
        self._first = self._next = first
        self._cap = cap

    async def wait(self) -> None:
        """Wait for the next turn."""
        await asyncio.sleep(self._next)
        self._next = min(self._next * 2, self._cap)

    def reset(self) -> None:
        """The last attempt worked."""
        self._next = self._first


class Refusals:
    """Which subjects a stream refuses right now; says when the first one begins and when the last one ends."""

    def __init__(self) -> None:
        self._refused: dict[str, set[str]] = {}

    @property
    def refusing(self) -> list[str]:
        """Streams that refuse somebody right now."""
        return [stream for stream, subjects in self._refused.items() if subjects]

    def refused(self, stream: str, subject: str, why: str) -> None:
        """The stream did not store a message of `subject`."""
        subjects = self._refused.setdefault(stream, set())
        if not subjects:
            _log.warning("spine does not store; data is kept here meanwhile", stream=stream, subject=subject, why=why)
        subjects.add(subject)

    def stored(self, stream: str, subject: str) -> None:
        """The stream stored a message of `subject`."""
        subjects = self._refused.get(stream)
        if subjects and subject in subjects:
            subjects.remove(subject)
            if not subjects:
                _log.info("spine stores again", stream=stream)
