"""What a reader knows of the files of its folder; while it runs of all of them, in its watermark of what matters."""

from collections.abc import Iterable

from brownfield_adapters.files.times import Clock
from brownfield_adapters.files.watermark import FileMark, Watermark

KEPT = 64
"""Entries of files that are done but may grow again; more files than that growing at a time are read anew in part
after a restart, which is noted."""

_GRAIN = 2 * 10**9
"""Nanoseconds: the coarsest time stamps of file systems (FAT). A file may appear with a stamp this much older than
the newest one in a listing and yet not be in it."""


class Ledger:
    """Marks by identity, and which files the watermark covers. `newest` is the newest row's time, ns since 1970."""

    def __init__(self, start: Watermark) -> None:
        self.clock = Clock(start.local, start.fold)
        self.newest = start.newest
        self._start = start
        self._horizon, self._passing, self._reached = start.horizon, start.passing, start.reached
        self._recent = dict(start.files)
        self._settled: dict[str, FileMark] = {}
        self._passed: set[str] = set()
        self._first_pass = True

    def mark_of(self, identity: str) -> FileMark | None:
        """How far the file of that identity was read; None for one never seen."""
        return self._recent.get(identity) or self._settled.get(identity)

    def done_before(self, name: str, changed: int) -> bool:
        """Whether a file was read to its end by an earlier process; only what is there at the start can have been."""
        return self._first_pass and self._start.covers(name, changed)

    def begin_pass(self, changes: Iterable[int]) -> None:
        """All files of a listing, with their times of change, are gone through from here, in the order of names."""
        self._passing = max(self._horizon, max(changes, default=0) - _GRAIN)
        self._reached = ""
        self._passed.clear()

    def reach(self, name: str) -> None:
        """Files that sort before `name` are done in this pass."""
        self._reached = name

    def failed(self, changed: int) -> None:
        """A file of this listing could not be read: nothing may count as done that would cover it."""
        self._passing = max(self._horizon, min(self._passing, changed - 1))

    def end_pass(self) -> None:
        """The listing is done."""
        self._first_pass = False
        self._horizon = self._passing
        self._reached = ""
        self._passed.clear()

    def note(self, identity: str, mark: FileMark) -> None:
        """How far a file was read."""
        self._settled.pop(identity, None)
        self._recent[identity] = mark

    def passed(self, identity: str) -> None:
        """The file was read to its end in this pass."""
        self._passed.add(identity)

    def watermark(self) -> Watermark:
        """Where a restart would go on from here."""
        self._settle()
        return Watermark(
            horizon=self._horizon,
            passing=self._passing,
            reached=self._reached,
            local=self.clock.local,
            fold=self.clock.fold,
            newest=self.newest,
            files=dict(self._recent),
        )

    def _settle(self) -> None:
        """Moves entries a restart can do without out of the watermark, those that changed the longest ago first."""
        surplus = len(self._recent) - KEPT
        if surplus <= 0:
            return
        covered = [
            (mark.changed, identity)
            for identity, mark in self._recent.items()
            if mark.changed <= self._horizon or (identity in self._passed and mark.changed <= self._passing)
        ]
        for _, identity in sorted(covered)[:surplus]:
            self._settled[identity] = self._recent.pop(identity)
