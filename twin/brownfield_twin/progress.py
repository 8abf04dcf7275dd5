"""How far the twin has read, and where it must begin again so that nothing is missed. Pure.

One position serves all subjects, because they share a stream and are read in its order; a subject that a
newer configuration adds was not read up to there and is read from the start. Marks remember which
position was current when, so that a restart finds the place from which to refill recent history.
"""

from collections.abc import Iterable

import msgspec

from brownfield_twin.columns import SECOND

MARK_EVERY = 10 * SECOND


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """`position` was the last one read when a sample received at `time` (ns) came."""

    time: int
    position: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """`stream` names this life of the stream (its creation time); `subjects` were all read up to `position`."""

    stream: str = ""
    position: int = 0
    subjects: frozenset[str] = frozenset()
    marks: tuple[Mark, ...] = ()

    def read(self, stream_seq: int, subjects: frozenset[str], time: int, memory: int) -> "Progress":
        """After one message of one of `subjects`; `time` is the newest of its samples or 0, `memory` how far
        marks reach (ns). Beyond the old position all of `subjects` have been read equally far.
        """
        if stream_seq <= self.position:
            return self
        marks = self.marks
        if time and (not marks or time - marks[-1].time >= MARK_EVERY):
            kept = [mark for mark in marks if mark.time >= time - memory - MARK_EVERY]
            marks = (*kept, Mark(time, stream_seq - 1))
        return Progress(stream=self.stream, position=stream_seq, subjects=subjects, marks=marks)

    def of(self, stream: str, last_seq: int, subjects: Iterable[str]) -> "Progress":
        """The same, checked against the stream as it is now: another one, or a shorter one, is read from its start."""
        wanted = frozenset(subjects)
        if stream != self.stream or last_seq < self.position:
            return Progress(stream=stream, subjects=wanted)
        return Progress(stream=stream, position=self.position, subjects=self.subjects & wanted, marks=self.marks)

    def start(self, subjects: Iterable[str]) -> int:
        """The position behind which to read on: 0 if one of `subjects` was never read."""
        return self.position if frozenset(subjects) <= self.subjects else 0

    def knows(self, subject: str, stream_seq: int) -> bool:
        """Whether a message is in the state already."""
        return stream_seq <= self.position and subject in self.subjects

    def refill_from(self, since: int) -> int:
        """The position behind which all samples received since `since` (ns) are."""
        earlier = [mark.position for mark in self.marks if mark.time <= since]
        return earlier[-1] if earlier else (self.marks[0].position if self.marks else self.position)
