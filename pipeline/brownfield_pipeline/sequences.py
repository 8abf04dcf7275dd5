"""Rules that compare a sample with the ones before it: rate, flatline, gap, duplicate, order and skew.

A batch may hold many samples of a slot. They are judged in the order of the stream, all slots at once:
rows are sorted by slot (stable), the last state of each slot stands before its first row, and each rule
is a comparison of neighbours. Nothing depends on where one batch ends and the next begins.

Only samples with something to say take part: not Bad, finite, not a repetition while the link is down
(`HELD`), and not dated more than a day after they were received (one absurd time stamp would make all
later samples late). Time only moves forward here: a sample older than the newest seen is judged by order
and skew, and leaves no trace.
"""

from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from brownfield_api.batch import SampleBatch
from brownfield_api.status import Reason, severity

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Masks = npt.NDArray[np.uint16]
Rows = npt.NDArray[np.intp]

_Item = TypeVar("_Item", bound=np.generic)

NEVER = np.iinfo(np.int64).min
"""Source time of a slot that had no sample yet."""

BELIEVABLE_FUTURE = 86_400_000_000_000
"""Nanoseconds a source time may lie after its receive time before it is taken for nonsense."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Per row or slot: rates in units per second, durations in ns; `NONE` and infinity = not checked."""

    NONE: ClassVar[int] = int(np.iinfo(np.int64).max)

    max_rate: Floats
    flatline: Times
    max_gap: Times
    max_skew: Times
    duplicates: Flags
    out_of_order: Flags

    def any(self) -> Flags:
        """Where at least one rule is set."""
        timed = (self.flatline != self.NONE) | (self.max_gap != self.NONE) | (self.max_skew != self.NONE)
        found: Flags = np.isfinite(self.max_rate) | timed | self.duplicates | self.out_of_order
        return found

    def take(self, rows: Rows | Flags | npt.NDArray[np.uint32]) -> "Limits":
        """The limits of the given rows."""
        return Limits(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Rows of a batch with such rules, sorted by slot. `first`: begins its slot's run; `ends`: last of it.
    `rates`, `flats`, `gaps`, `skews`: whether any row has that rule.
    """

    rows: Rows
    slot: npt.NDArray[np.uint32]
    limits: Limits
    first: Flags
    rates: bool
    flats: bool
    gaps: bool
    skews: bool

    @classmethod
    def of(cls, rows: Rows, slot: npt.NDArray[np.uint32], limits: Limits) -> "Track":
        """The track over `rows`, whose slots are `slot` in ascending runs; `limits` are those of all slots."""
        own = limits.take(slot)
        return cls(
            rows=rows,
            slot=slot,
            limits=own,
            first=_run_starts(slot),
            rates=bool(np.isfinite(own.max_rate).any()),
            flats=bool((own.flatline != Limits.NONE).any()),
            gaps=bool((own.max_gap != Limits.NONE).any()),
            skews=bool((own.max_skew != Limits.NONE).any()),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What the rules remember of each slot; arrays over all slots, brought up to date in place.

    `last_time`, `last_key`: newest sample that took part (`NEVER`: none) and its value as comparable bits.
    `flat_since`: source time since which the value has not changed. `rate_time`, `rate_value`: last sample
    that was Good. `good`: whether the last sample of any kind was Good, so that the source's vouching
    speaks for the slot. `gap`: the next sample must say that others before it are missing.
    """

    last_time: Times
    last_key: Times
    flat_since: Times
    rate_time: Times
    rate_value: Floats
    good: Flags
    gap: Flags

    @classmethod
    def empty(cls, slots: int) -> "Memory":
        """The memory of slots that had no sample yet."""
        return cls(
            last_time=np.full(slots, NEVER, np.int64),
            last_key=np.zeros(slots, np.int64),
            flat_since=np.full(slots, NEVER, np.int64),
            rate_time=np.full(slots, NEVER, np.int64),
            rate_value=np.zeros(slots),
            good=np.zeros(slots, np.bool_),
            gap=np.zeros(slots, np.bool_),
        )


@dataclass(slots=True)
class _Run:
    """The participating rows while they are judged: columns of equal length, sorted by slot."""

    at: Rows
    slot: npt.NDArray[np.uint32]
    first: Flags
    limits: Limits
    time: Times
    received: Times
    value: Floats
    key: Times
    status: npt.NDArray[np.uint32]
    reasons: Masks
    flagged: Masks
    spoken_for: Flags

    def keep(self, where: Flags) -> "_Run":
        """Only the rows at `where`; `first` is found anew."""
        if bool(where.all()):
            return self
        slot = self.slot[where]
        return _Run(
            self.at[where],
            slot,
            _run_starts(slot),
            self.limits.take(where),
            *(getattr(self, name)[where] for name in _COLUMNS),
        )


_COLUMNS = ("time", "received", "value", "key", "status", "reasons", "flagged", "spoken_for")


def judge_sequences(
    batch: SampleBatch,
    status: npt.NDArray[np.uint32],
    flagged: Masks | None,
    track: Track,
    *,
    memory: Memory,
    vouched: int,
) -> tuple[Rows, Masks] | None:
    """Rows that violate a rule over time with the reasons to add, None if there are none; updates `memory`.

    `status`: the rows' codes so far; `flagged`: reasons the stateless rules found. `vouched`: ns since 1970
    up to which the source vouched for its good tags before this batch (0: nothing).
    """
    run, bits = _participants(batch, status, flagged, track, memory), np.zeros(len(track.rows), np.uint16)
    previous = _before(run.time, run.first, memory.last_time[run.slot])
    newest = newest_before(previous, run.first)
    late = run.time < newest
    if bool(late.any()):
        bits[run.at[late & run.limits.out_of_order]] |= np.uint16(Reason.OUT_OF_ORDER)
        if track.skews:
            _skew(run.keep(late), None, bits)
        run = run.keep(~late)
        previous = _before(run.time, run.first, memory.last_time[run.slot])
    if len(run.at):
        _in_order(run, previous, track, bits, memory=memory, vouched=vouched)
    rows = np.flatnonzero(bits)
    return (track.rows[rows], bits[rows]) if len(rows) else None


def _participants(
    batch: SampleBatch, status: npt.NDArray[np.uint32], flagged: Masks | None, track: Track, memory: Memory
) -> _Run:
    rows, slot = track.rows, track.slot
    codes, reasons, value = status[rows], batch.reasons[rows], batch.value[rows]
    time, received = batch.source_time[rows], batch.receive_time[rows]
    level, live = severity(codes), (reasons & np.uint16(Reason.HELD)) == 0
    good = (level == 0) & live
    spoken_for = _before(good, track.first, memory.good[slot])
    memory.good[slot] = good  # numpy assigns in order: the last row of a slot stays
    run = _Run(
        np.arange(len(rows)),
        slot,
        track.first,
        track.limits,
        time,
        received,
        value,
        _keys(batch, rows, value),
        codes,
        reasons,
        np.zeros(len(rows), np.uint16) if flagged is None else flagged[rows],
        spoken_for,
    )
    return run.keep((level < 2) & live & (time <= received + BELIEVABLE_FUTURE))


def _in_order(run: _Run, previous: Times, track: Track, bits: Masks, *, memory: Memory, vouched: int) -> None:
    known = previous != NEVER
    previous_key = _before(run.key, run.first, memory.last_key[run.slot])
    same = known & (run.key == previous_key)
    repeat = known & (run.time == previous)
    duplicate = same & repeat & run.limits.duplicates & ((run.reasons & np.uint16(Reason.INITIAL)) == 0)
    run.flagged = run.flagged | duplicate.astype(np.uint16) * np.uint16(Reason.DUPLICATE)
    if track.skews:
        run.flagged = run.flagged | _skew(run, repeat, bits)
    if track.gaps:
        excused = run.spoken_for & (run.received - vouched <= run.limits.max_gap) & (vouched > 0)
        # Compared by addition: `time - NEVER` would overflow.
        silent = known & (run.limits.max_gap != Limits.NONE) & ~excused
        silent &= run.time - np.where(known, previous, run.time) > run.limits.max_gap
        bits[run.at[silent]] |= np.uint16(Reason.MAX_GAP)
    bits[run.at[duplicate]] |= np.uint16(Reason.DUPLICATE)
    if track.flats:
        _flatline(run, same, memory, bits)
    if track.rates:
        _rate(run, memory, bits)
    memory.last_time[run.slot] = run.time
    memory.last_key[run.slot] = run.key


def _skew(run: _Run, repeat: Flags | None, bits: Masks) -> Masks:
    """Samples whose source time is too far from when they were received; neither initial nor repeated ones."""
    askew = np.abs(run.received - run.time) > run.limits.max_skew
    if bool(askew.any()):
        askew &= (run.reasons & np.uint16(Reason.INITIAL)) == 0
        if repeat is not None:
            askew &= ~repeat
    found: Masks = askew.astype(np.uint16) * np.uint16(Reason.MAX_SKEW)
    bits[run.at] |= found
    return found


def _flatline(run: _Run, same: Flags, memory: Memory, bits: Masks) -> None:
    """From the sample that completes the window on, until the value changes."""
    position = np.arange(len(run.at))
    begins = run.first | ~same
    start = np.maximum.accumulate(np.where(begins, position, 0))
    carried = same[start]  # the run began before this batch
    since = np.where(carried, memory.flat_since[run.slot], run.time[start])
    bits[run.at[(run.time - since >= run.limits.flatline) & same]] |= np.uint16(Reason.FLATLINE)
    memory.flat_since[run.slot] = since


def _rate(run: _Run, memory: Memory, bits: Masks) -> None:
    """Change per second between neighbours among the samples that are Good."""
    good = run.keep((severity(run.status) == 0) & (run.flagged == 0))
    before = _before(good.time, good.first, memory.rate_time[good.slot])
    value = _before(good.value, good.first, memory.rate_value[good.slot])
    elapsed = good.time - np.where(before != NEVER, before, good.time)
    fast = (elapsed > 0) & (np.abs(good.value - value) > good.limits.max_rate * (np.maximum(elapsed, 1) * 1e-9))
    bits[good.at[fast]] |= np.uint16(Reason.MAX_RATE)
    memory.rate_time[good.slot] = good.time
    memory.rate_value[good.slot] = good.value


def _run_starts(slot: npt.NDArray[np.uint32]) -> Flags:
    first = np.ones(len(slot), np.bool_)
    np.not_equal(slot[1:], slot[:-1], out=first[1:])
    return first


def _before(column: npt.NDArray[_Item], first: Flags, carried: npt.NDArray[_Item]) -> npt.NDArray[_Item]:
    """Each row's predecessor in its slot: the row above, or what was carried for the first of a run."""
    shifted = carried.copy()
    inner = ~first[1:]
    np.copyto(shifted[1:], column[:-1], where=inner)
    return shifted


def newest_before(previous: Times, first: Flags) -> Times:
    """The newest time before each row of its run, given each row's predecessor."""
    if bool((first[1:] | (previous[1:] >= previous[:-1])).all()):
        return previous
    # A running maximum that starts anew with each run: ranks within the batch, lifted by the run's number.
    times, rank = np.unique(previous, return_inverse=True)
    base = (np.cumsum(first) - 1) * len(times)
    newest: Times = times[np.maximum.accumulate(rank + base) - base]
    return newest


def _keys(batch: SampleBatch, rows: Rows, value: Floats) -> Times:
    """Values as 64 bits that are equal where the values are; exact for numbers, a hash for strings."""
    key = (value + 0.0).view(np.int64)  # + 0.0 makes one zero of two
    if batch.value_i64 is not None:
        key = key ^ (batch.value_i64[rows] * np.int64(_MIX))
    if batch.value_u64 is not None:
        key = key ^ (batch.value_u64[rows].view(np.int64) * np.int64(_MIX))
    if batch.value_utf8 is not None:
        texts = batch.take(rows).texts()
        key = key ^ np.array([_text_key(text) for text in texts], dtype=np.int64)
    return key


_MIX = 0x1E37_79B9_7F4A_7C15
"""Odd, so that multiplying by it (modulo 2**64) loses nothing."""


def _text_key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True) if text else 0
