"""The border between the runtime and a protocol: what a driver must do and what it is given.

A driver speaks one protocol to one endpoint and knows nothing of the spine, buffers, back-off or
quality on link loss; the coordinator knows all that and nothing of the protocol. A driver's `run`
reads until the link is lost and says so by raising `LinkLost`; the coordinator then waits and
connects again. One bad tag is a sample with a Bad status, never an exception.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from brownfield_api.batch import SampleBatch


class Session(Protocol):
    """What the coordinator offers a driver while the link is up. Times are ns since 1970 UTC."""

    def now(self) -> int:
        """The adapter's clock."""

    def request(self, source: str = "") -> AbstractAsyncContextManager[None]:
        """The endpoint's budget: entered around every request to the device; waits for its turn, then counts it.

        `source`: for whom; "" for a request that serves all of them.
        """

    def scheduled(self, source: str, count: int = 1) -> None:
        """A poll, or an expected publishing interval, of the source is due now (`count` - 1 more were missed)."""

    def succeeded(self, source: str) -> None:
        """The last scheduled one delivered (an empty publish or an unchanged file delivers, too)."""

    def deliver(self, source: str, batch: SampleBatch, *, as_of: int, position: str = "") -> None:
        """Hands samples over, in order; `batch.index` is the position in the source's tag table.

        `as_of`: time up to which all good tags of the source are vouched for; an empty batch only renews
        that. `position`: where to read on after a restart, for sources that keep history; it becomes
        durable together with the samples. Never blocks.
        """

    def lost(self, source: str, reason: str) -> None:
        """The source alone does not answer though the link is fine (a dead unit behind a gateway): its values
        are held until it next succeeds or delivers. Logged once.
        """

    def position(self, source: str) -> str:
        """The position last handed over, also by an earlier process; "" if there is none."""

    async def room(self, source: str) -> None:
        """Waits until the source's buffer can take more: for sources that keep history and can wait."""

    def note(self, source: str, message: str) -> None:
        """Something about the source a person should know ("" = nothing any more); logged once when it changes."""


class Driver(Protocol):
    """One protocol's connection to one endpoint. Made anew for each process, connected again and again."""

    async def connect(self) -> None:
        """Opens the link; raises `LinkLost` with the reason in plain words."""

    async def run(self, session: Session) -> None:
        """Reads all sources of the endpoint; returns never, raises `LinkLost` when the link is gone."""

    async def close(self) -> None:
        """Closes whatever is open; never raises, may be called at any time."""
