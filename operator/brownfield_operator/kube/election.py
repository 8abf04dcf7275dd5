"""Leader election: one operator works, the others stand by. The loop around `lease`.

Not the client library's election: that one ends for good on a refused connection and waits without limit for an
answer. Here every request is bounded by what is left of the lease, errors are tried again until the deadline, and
a loss is an exception that nobody can overlook.

    await election.acquire()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(election.hold())  # LeadershipLost ends the group
            tasks.create_task(work())
    finally:
        await election.release()
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import structlog

from brownfield_api.errors import BrownfieldError
from brownfield_operator.kube.errors import Conflict, KubeError, NotFound, Unreachable
from brownfield_operator.kube.kinds import Json, Kind
from brownfield_operator.kube.lease import (
    Candidate,
    Step,
    Terms,
    decide,
    observe,
    record_to_release,
    record_to_write,
    stored,
)
from brownfield_operator.kube.port import KubePort

REQUEST_TIMEOUT = 4.0
"""Seconds for one request: two tries fit before the deadline, and a stuck one leaves time for another."""

JITTER = 0.2
"""Waits are longer by up to this part, so that candidates do not ask in step."""

_MOMENT = 0.01  # so that a wait for the deadline ends after it, whatever rounding does

_Answer = TypeVar("_Answer")
_log = structlog.get_logger()


def boot_time() -> float:
    """Seconds of a clock that nobody sets and that goes on while the machine sleeps; `time.monotonic` does not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LeadershipLost(BrownfieldError):
    """Another operator leads, or may lead, from now on: end the process."""


class Election:
    """One candidate for the Lease `namespace/name`. `port` should have connections of its own, so that renewals
    never queue behind other writes. Clocks and chance are arguments for the tests' sake.
    """

    def __init__(
        self,
        port: KubePort,
        *,
        namespace: str,
        name: str,
        identity: str,
        terms: Terms | None = None,
        monotonic: Callable[[], float] = boot_time,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._port = port
        self._namespace = namespace
        self._name = name
        self._candidate = Candidate(identity, terms or Terms())
        self._monotonic = monotonic
        self._wall = wall
        self._chance = chance
        self._heard = True

    @property
    def leads(self) -> bool:
        """Whether this process may write. True until the deadline after the last renewal, not a moment longer,
        even if the event loop or the whole machine stood still meanwhile: ask before each write.
        """
        return self._candidate.leads(self._monotonic())

    async def acquire(self) -> None:
        """Return once this candidate leads; errors of the API server are waited out."""
        while not self.leads:
            wait = self._candidate.terms.retry
            try:
                await self._read()
                step, wait = decide(self._candidate, self._monotonic())
                if step is not Step.WAIT:
                    await self._write(step)
                    wait = 0.0 if self.leads else self._candidate.terms.retry
                self._said_or_heard(None)
            except KubeError as error:
                self._said_or_heard(error)
            if not self.leads:
                await asyncio.sleep(self._jittered(wait))
        _log.info("leading", lease=self._where, identity=self._candidate.identity)

    async def hold(self) -> None:
        """Renew until the lease is lost; raises `LeadershipLost` then, and never returns."""
        while True:
            step, wait = decide(self._candidate, self._monotonic())
            if step is Step.LOST:
                self._candidate = replace(self._candidate, renewed=None)
                raise LeadershipLost(
                    "the lease could not be renewed in time, or another operator holds it",
                    self._where,
                    "The process ends and starts again as a candidate; look at the API server if it happens often",
                )
            if step is Step.WAIT:
                await asyncio.sleep(self._jittered(wait))
                continue
            sent = self._candidate.renewed
            try:
                await self._write(step)
                self._said_or_heard(None)
            except KubeError as error:
                self._said_or_heard(error)
            if self._candidate.renewed == sent:  # refused, or no answer
                await asyncio.sleep(min(self._jittered(self._candidate.terms.retry / 2), self._left() + _MOMENT))

    async def release(self) -> None:
        """Give the lease back if this candidate holds it, so that the next need not wait for its end."""
        seen = self._candidate.seen
        held = self.leads and seen is not None and seen.holder == self._candidate.identity
        self._candidate = replace(self._candidate, renewed=None)
        if held and seen is not None and seen.record is not None:
            with suppress(KubeError):  # it runs out by itself
                await self._give_back(seen.record)

    async def _give_back(self, record: Json) -> None:
        """Without a holder the next candidate takes over at its next look, and nobody waits for the lease's end."""
        try:
            await self._bounded(self._port.replace(record_to_release(record, self._wall())))
        except Conflict:  # the last renewal was cancelled under way, and had arrived
            now = await self._bounded(self._port.get(Kind.LEASE, self._namespace, self._name))
            if now is not None and now["spec"].get("holderIdentity") == self._candidate.identity:
                await self._bounded(self._port.replace(record_to_release(now, self._wall())))

    async def _read(self) -> None:
        record = await self._bounded(self._port.get(Kind.LEASE, self._namespace, self._name))
        self._candidate = observe(self._candidate, record, self._monotonic())

    async def _write(self, step: Step) -> None:
        """Create or replace the record. If somebody was faster, what is there now is read instead."""
        sent = self._monotonic()
        record = record_to_write(self._candidate, self._namespace, self._name, self._wall())
        write = self._port.create if step is Step.CREATE else self._port.replace
        answer: Json | None = None
        with suppress(Conflict, NotFound):
            answer = await self._bounded(write(record))
        if answer is None:
            await self._read()
        else:
            self._candidate = stored(self._candidate, answer, sent, self._monotonic())

    async def _bounded(self, request: Awaitable[_Answer]) -> _Answer:
        try:
            async with asyncio.timeout(min(REQUEST_TIMEOUT, self._left())):
                return await request
        except TimeoutError as error:
            raise Unreachable("no answer in time", self._where) from error

    def _left(self) -> float:
        """Seconds for which a request is worth waiting: to the deadline of a leader, the deadline's length else."""
        deadline = self._candidate.terms.deadline
        renewed = self._candidate.renewed
        return deadline if renewed is None else max(renewed + deadline - self._monotonic(), 0.0)

    def _jittered(self, seconds: float) -> float:
        return seconds * (1.0 + JITTER * self._chance())

    def _said_or_heard(self, error: KubeError | None) -> None:
        """One line when the API server goes, one when it is back."""
        if error is not None and self._heard:
            _log.warning("lease cannot be read or written", lease=self._where, error=str(error))
        if error is None and not self._heard:
            _log.info("lease can be read and written again", lease=self._where)
        self._heard = error is None

    @property
    def _where(self) -> str:
        return f"Lease {self._namespace}/{self._name}"
