"""Where a started pipeline goes on: pure decisions from its checkpoint and from what its subject holds.

- The subject's newest batch is of the checkpoint's epoch (or the subject is empty): read again from the
  checkpoint with the same numbers; what the subject already holds is recognised by them.
- It is of another epoch (the checkpoint is an older copy): the state is still good, so read again from the
  checkpoint, publish nothing up to the input the subject already covers, then begin a new epoch.
- There is no checkpoint, but the subject holds batches: a new epoch goes on behind their input; rules and
  expressions start without a memory.
- The input stream is another one than the checkpoint's: its positions mean nothing; read the new stream from
  its beginning in a new epoch. Batches that were seen already are known by their writers' own numbers.
"""

from dataclasses import dataclass

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pipeline stands. `stream`: identity of the input stream (its creation, hexadecimal ns);
    `incarnation`: how often that stream began anew under us; `position`: last input sequence used.
    `epoch`, `seq`: of the newest batch on the asset subject; `quarantine_seq`: on the other, same epoch.
    """

    stream: str
    incarnation: int = 0
    position: int = 0
    epoch: int = 0
    seq: int = 0
    quarantine_seq: int = 0

    @property
    def input_name(self) -> str:
        """Names the unbroken run of input sequences that `position` belongs to; a token in file names."""
        return f"{self.stream}.{self.incarnation}"


@dataclass(frozen=True, slots=True)
class Covered:
    """What an output subject holds: epoch and seq of its newest batch (0: none) and the input it was made from."""

    epoch: int = 0
    seq: int = 0
    input: str = ""

    @property
    def position(self) -> int:
        """The input as a stream sequence; 0 if it is not one."""
        return int(self.input) if self.input.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Resumption:
    """`place` to go on from; outputs of inputs up to `mute_until` are computed but not published.
    `notice`: what a person should know, "" if all is as it should be.
    """

    place: Place
    mute_until: int = 0
    notice: str = ""


def resume(place: Place | None, covered: Covered, quarantine: Covered, *, stream: str, now: int) -> Resumption:
    """Where to go on; `place` is the checkpoint's, `stream` the input stream's identity, `now` ns since 1970 UTC."""
    fresh = max(now, covered.epoch + 1, quarantine.epoch + 1, (place.epoch if place else 0) + 1)
    if place is None:
        start = Place(stream=stream, position=covered.position, epoch=fresh)
        notice = "no checkpoint: rules and expressions start without a memory" if covered.epoch else ""
        return Resumption(start, notice=notice)
    if place.stream != stream:
        notice = "the input stream is another one: it is read from its beginning"
        return Resumption(Place(stream=stream, epoch=fresh), notice=notice)
    if covered.epoch in {0, place.epoch}:
        return Resumption(place)
    moved = msgspec.structs.replace(place, epoch=fresh, seq=0, quarantine_seq=0)
    notice = "the subject holds another epoch than the checkpoint: a new one begins"
    return Resumption(moved, mute_until=covered.position, notice=notice)
