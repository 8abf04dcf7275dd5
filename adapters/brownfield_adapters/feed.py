"""One source between its driver and its subject on the spine: marks, holds, vouches, counts.

The driver's batches pass through on their way to the writer. When the link goes, each usable value is sent once
as Uncertain with its original times, and again with every heartbeat; while it is up, empty batches renew `asOf`
at most once a second.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import structlog

from brownfield_adapters.last_values import LastValues
from brownfield_api.adapter_config import SourceConfig
from brownfield_api.batch import SampleBatch, empty_batch
from brownfield_api.health import LinkState, QualityCounts
from brownfield_api.status import severity
from brownfield_api.tables import TagTable

HEARTBEAT = 10 * 10**9
"""Nanoseconds between two repetitions of what is held while a source does not answer."""

RENEWAL = 10**9
"""Nanoseconds between two empty batches that only renew `asOf`."""

_log = structlog.get_logger()


class Outlet(Protocol):
    """The part of `brownfield_spine.writer.SubjectWriter` a feed needs."""

    last_input: str

    def append(self, batch: SampleBatch, *, table: str, as_of: int, input: str = "") -> None:  # noqa: A002 - spine's name
        """Journals the batch and queues it for publishing."""

    async def room(self) -> None:
        """Waits until the buffer can take more."""


class SourceFeed:
    """State, counters and last values of one source. Not thread-safe; one writer, one driver."""

    def __init__(
        self,
        config: SourceConfig,
        table: TagTable,
        outlet: Outlet,
        *,
        table_hash: str,
        clock: Callable[[], int],
        keeps_history: bool,
        resumed: bool,
    ) -> None:
        """`clock`: ns since 1970 UTC. `resumed`: an earlier process wrote this subject, so there is a gap
        before the first sample unless the source `keeps_history`.
        """
        self.config = config
        self.tags = len(table.tags)
        self.outlet = outlet
        self.last = LastValues(table)
        self.last.reconnected(gap=resumed and not keeps_history)
        self.state = LinkState.SUSPENDED if config.suspended else LinkState.CONNECTING
        self.since = clock()
        self.reason = ""
        self.remark = ""
        self.scheduled = self.succeeded = self.requests = self.reconnects = 0
        self.samples = QualityCounts()
        self.last_sample = 0
        self._clock = clock
        self._keeps_history = keeps_history
        self._table = table_hash
        self._position = outlet.last_input
        self._as_of = 0
        self._as_of_sent = 0
        self._sent = 0
        self._missed = 0.0
        self._holding = False
        self._had_link = False
        self._waiting_said = False

    @property
    def position(self) -> str:
        """Where to read on: the position last handed over, also by an earlier process."""
        return self._position

    @property
    def message(self) -> str:
        """Why the source is not well, in plain words; "" if it is."""
        return self.reason or self.remark

    def deliver(self, batch: SampleBatch, *, as_of: int, position: str = "") -> None:
        """Samples from the driver, on to the spine; see `Session.deliver`."""
        now = self._clock()
        self._as_of = as_of
        if len(batch) == 0:
            moved = position not in {"", self._position}
            if moved or self._quiet_for(now, RENEWAL):
                self._send(empty_batch(), position)
            return
        batch = self.last.observe(batch)
        self._count(batch)
        self.last_sample = int(batch.receive_time[-1])
        self._send(batch, position)

    def linked(self) -> bool:
        """The source answers. Returns whether it did not before."""
        if self.state is LinkState.CONNECTED:
            return False
        if self._had_link:
            self.last.reconnected(gap=not self._keeps_history)
            self.reconnects += 1
        self._had_link = True
        self._holding = False
        self._enter(LinkState.CONNECTED, "")
        return True

    def unlinked(self, reason: str) -> None:
        """The source does not answer, because of `reason`; what is known is held from now on."""
        self.reason = reason
        if not self._holding:
            self._holding = True
            self._enter(LinkState.BACKOFF, reason)
            self._hold()

    def stopped(self) -> None:
        """Nobody reads the source any more."""
        self._enter(LinkState.STOPPED, self.reason)

    def note(self, message: str) -> None:
        """Something a person should know; logged once when it changes."""
        if message == self.remark:
            return
        self.remark = message
        if message:
            _log.warning("source has something to say", source=self.config.name, message=message)

    def tick(self, elapsed: float) -> None:
        """About once a second; `elapsed` seconds in which nobody polled count as polls that were due."""
        now = self._clock()
        self._missed += elapsed / self.config.interval
        due = int(self._missed)
        self._missed -= due
        self.scheduled += due
        if self._holding:
            if self._quiet_for(now, HEARTBEAT):
                self._hold()
        elif self.state is LinkState.CONNECTED:
            if self._as_of > self._as_of_sent and self._quiet_for(now, RENEWAL):
                self._send(empty_batch(), "")
            if not self._waiting_said and now - self.since >= HEARTBEAT:
                self._say_waiting(now)

    def counts(self) -> QualityCounts:
        """Tags by quality as a reader should see them now."""
        return self.last.counts(linked=not self._holding)

    def _enter(self, state: LinkState, reason: str) -> None:
        self.state, self.reason, self.since = state, reason, self._clock()

    def _quiet_for(self, now: int, time: int) -> bool:
        """Whether nothing was sent for that long; also if the clock was set back, or it would be quiet too long."""
        return not 0 <= now - self._sent < time

    def _hold(self) -> None:
        self._as_of = 0
        self._send(self.last.held(self._clock()), "")

    def _say_waiting(self, now: int) -> None:
        self._waiting_said = True
        waiting = self.last.waiting(now)
        if len(waiting):
            self._send(waiting, "")

    def _send(self, batch: SampleBatch, position: str) -> None:
        self._sent = self._clock()
        self._as_of_sent = self._as_of
        if position:
            self._position = position
        self.outlet.append(batch, table=self._table, as_of=self._as_of, input=position)

    def _count(self, batch: SampleBatch) -> None:
        counts = self.samples
        if not batch.status.any():
            self.samples = QualityCounts(good=counts.good + len(batch), uncertain=counts.uncertain, bad=counts.bad)
            return
        good, uncertain, bad = np.bincount(severity(batch.status), minlength=3).tolist()
        self.samples = QualityCounts(
            good=counts.good + good, uncertain=counts.uncertain + uncertain, bad=counts.bad + bad
        )
