"""What all simulated machines have in common: they start, play records, fail on demand and are watched."""

import errno
from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import ClassVar

from brownfield_api.errors import BrownfieldError
from brownfield_plant.faults import Fault, FaultKind, Faults, after
from brownfield_plant.journal import Journal
from brownfield_plant.playback import Tick


class Device(ABC):
    """One machine of the plant. `address` is the name that the resources use for it, empty if it has none."""

    kind: ClassVar[str]
    understands: ClassVar[frozenset[FaultKind]]

    def __init__(self, name: str, address: str, journal: Journal) -> None:
        self.name = name
        self.address = address
        self.journal = journal
        self.faults = Faults()

    @property
    @abstractmethod
    def bound(self) -> tuple[str, int] | None:
        """Host and port really bound once started; None for a device that is no server."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where a client finds the device, for people: a URL or a folder."""

    @property
    @abstractmethod
    def tags(self) -> Collection[str]:
        """The device's tags, which the fault `refuse` may name."""

    @property
    def breakable(self) -> Collection[str]:
        """The tags that can deliver a bad value: what the fault `bad` may name."""
        return self.tags

    @abstractmethod
    async def start(self) -> None:
        """Begin to answer; raises `BrownfieldError` when the port or folder cannot be had."""

    @abstractmethod
    async def stop(self) -> None:
        """Close everything; a device may be started again, on the same port."""

    @abstractmethod
    async def play(self, tick: Tick) -> None:
        """Take over the records of this tick."""

    async def apply(self, fault: Fault) -> None:
        """Let the device fail (or recover) as ordered; raises `BrownfieldError` for what it cannot do."""
        if fault.kind not in self.understands:
            known = ", ".join(sorted(self.understands))
            raise BrownfieldError(
                f"{fault.kind} means nothing to a device of kind {self.kind}", self.name, f"It understands {known}"
            )
        if fault.kind is FaultKind.RESTART and self.faults.away:
            await self.apply(Fault(kind=FaultKind.BACK))
        before = self.faults
        self.faults = after(before, fault, tags=self.tags, breakable=self.breakable, where=self.name)
        if fault.kind is FaultKind.RESTART:
            await self.restart()
        else:
            await self.changed(before)

    @abstractmethod
    async def changed(self, before: Faults) -> None:
        """React to new `faults`: what cannot wait for the next answer, such as closing the listener."""

    async def restart(self) -> None:
        """Stop and start again, on the same port."""
        await self.stop()
        await self.start()


def cannot_listen(error: OSError, name: str, host: str, port: int) -> BrownfieldError:
    """The error a person can act on when a listening socket could not be had."""
    what = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be bound ({error.strerror or error})"
    return BrownfieldError(
        f"port {port} on {host} {what}", name, "Stop what holds it, or give the device another `listen` in plant.yaml"
    )
