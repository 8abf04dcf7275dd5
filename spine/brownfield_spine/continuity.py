"""Whether numbering goes on where the journal ends: what a writer assumes without the spine, and what then proves true.

A writer whose spine is away numbers on behind its journal, or begins an epoch if it has none, and remembers the
`base`: the newest batch that was written by somebody who had asked. When the spine answers, its last message decides:

- the base is as new or newer: continuity is proven, what lies behind the last message goes out as it is numbered;
- the last message is newer (the journal lost its end, or another writer took over), or there was no journal and yet
  the subject is not empty: nothing up to the base is ours to send any more. What was appended behind it goes out
  under a newer epoch, from 1, and its first samples say `GAP_BEFORE`.

The journal is never rewritten for that: `Moved` says under which numbers its batches travel. Pure; places are
(epoch, seq), as journaled ("ours") or as on the subject.
"""

import msgspec

Place = tuple[int, int]


class Moved(msgspec.Struct, frozen=True):
    """Batches journaled in the epoch of `after`, behind it and up to seq `last`, travel as 1, 2, 3 … of `epoch`."""

    after: Place
    last: int
    epoch: int

    def published(self, place: Place) -> Place:
        """Where a journaled batch stands on the subject."""
        epoch, seq = self.after
        return (self.epoch, place[1] - seq) if place[0] == epoch and seq < place[1] <= self.last else place

    def journaled(self, place: Place) -> Place:
        """The newest place in the journal that stands on the subject at `place` or before it."""
        epoch, seq = self.after
        if place < (self.epoch, 1):
            return min(place, self.after)
        return (epoch, seq + place[1]) if place[0] == self.epoch and place[1] <= self.last - seq else place


class Continuity(msgspec.Struct, frozen=True):
    """What must be known of a journal beside its batches. `unproven`: the base of what was appended without asking."""

    unproven: Place | None = None
    moved: Moved | None = None

    def published(self, place: Place) -> Place:
        """Where a journaled batch stands on the subject."""
        return self.moved.published(place) if self.moved else place

    def journaled(self, place: Place) -> Place:
        """The newest place in the journal that stands on the subject at `place` or before it."""
        return self.moved.journaled(place) if self.moved else place


class Opening(msgspec.Struct, frozen=True):
    """How a writer begins: behind `last` (on the subject, seq 0 = an epoch of its own), `base` as journaled."""

    base: Place
    last: Place
    continuity: Continuity


def begin(last: Place | None, saved: Continuity, *, now: int) -> Opening:
    """Go on behind the journal's newest batch `last`, by what was `saved` beside it; `now`: ns since 1970 UTC."""
    if last is None:
        known = max(saved.unproven[0] if saved.unproven else 0, saved.moved.epoch if saved.moved else 0)
        base = (max(now, known + 1), 0)
        return Opening(base, base, Continuity(unproven=base))
    base = saved.unproven if saved.unproven and saved.unproven <= last else last
    moved = saved.moved
    if moved is not None and last <= (moved.after[0], moved.last):
        moved = msgspec.structs.replace(moved, last=last[1])  # the rest is lost, its numbers are free again
    continuity = Continuity(unproven=base, moved=moved)
    return Opening(base, continuity.published(last), continuity)


def proven(opening: Opening, held: Place | None) -> bool:
    """Whether a writer that began so is in line with the subject, which holds `held` last (None = nothing)."""
    if held is None:
        return True
    return opening.base[1] > 0 and opening.continuity.published(opening.base) >= held


def move(opening: Opening, *, newest: Place, held: Place, now: int) -> tuple[Continuity, Place]:
    """For an opening that is not `proven`: the new numbers of what was appended up to `newest` (on the subject as
    it was assumed), and the place to go on behind.
    """
    epoch = max(now, held[0] + 1, newest[0] + 1)
    after = opening.continuity.published(opening.base)
    behind = newest[1] - after[1]
    moved = Moved(after, newest[1], epoch) if behind else None
    return Continuity(moved=moved), (epoch, behind)
