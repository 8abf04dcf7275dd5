"""Quality rules: what the configuration asks of each slot, and what a violation does to a sample.

What each rule means is written in docs/quality.md. A rule never changes a value and never drops one: it
makes the status worse, says why, and may send the sample to quarantine. Rules that need only the sample
itself are here, those that compare it with earlier ones in `sequences`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from brownfield_api.batch import SampleBatch
from brownfield_api.pipeline_config import PipelineSource, QualityConfig
from brownfield_api.status import Reason, Status, degrade, severity
from brownfield_pipeline.sequences import Limits, Memory, Track, judge_sequences
from brownfield_pipeline.slots import Slots

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Masks = npt.NDArray[np.uint16]
Statuses = npt.NDArray[np.uint32]

UNCERTAIN, BAD, QUARANTINE = 0, 1, 2
_VIOLATION = {"Uncertain": UNCERTAIN, "Bad": BAD, "Quarantine": QUARANTINE}

CODES: tuple[tuple[Reason, Status, Status], ...] = (
    (Reason.RANGE, Status.UNCERTAIN_ENGINEERING_UNITS_EXCEEDED, Status.BAD_OUT_OF_RANGE),
    (Reason.MAX_RATE, Status.UNCERTAIN_SENSOR_NOT_ACCURATE, Status.BAD_SENSOR_FAILURE),
    (Reason.FLATLINE, Status.UNCERTAIN_SENSOR_NOT_ACCURATE, Status.BAD_SENSOR_FAILURE),
    (Reason.MAX_GAP, Status.UNCERTAIN, Status.BAD),
    (Reason.DUPLICATE, Status.UNCERTAIN, Status.BAD),
    (Reason.OUT_OF_ORDER, Status.UNCERTAIN, Status.BAD),
    (Reason.MAX_SKEW, Status.UNCERTAIN, Status.BAD),
)
"""Reason, its code where violations are Uncertain or Quarantine, its code where they are Bad. The first
that applies gives the code, all that apply are in the reasons."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What follows from a column of slots alone.

    `low`, `high`: None if no slot has a range. `unique`: no slot occurs twice. `text`: rows without a
    number, None if there are none. `track`: rows with rules over time, None if there are none.
    """

    slots: npt.NDArray[np.uint32]
    low: Floats | None
    high: Floats | None
    unique: bool
    text: Flags | None
    track: Track | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Value (finite or NaN), status and reasons of each row after the rules; `quarantined` None where nothing is."""

    value: Floats
    status: Statuses
    reasons: Masks
    quarantined: Flags | None


class RuleSet:
    """The rules of all slots as arrays: seconds have become nanoseconds, absent rules limits out of reach."""

    def __init__(self, slots: Slots, sources: Mapping[str, PipelineSource]) -> None:
        # Assets of a class share their rules: work them out once per property, then spread them over the slots.
        numbers: dict[int, int] = {}
        spread = np.array([numbers.setdefault(id(bound.config), len(numbers)) for bound in slots.properties], np.intp)
        first = np.unique(spread, return_index=True)[1]
        qualities = [slots.properties[slot].config.quality for slot in first]
        self._low = np.array([_or(quality.range_min, -np.inf) for quality in qualities], np.float64)[spread]
        self._high = np.array([_or(quality.range_max, np.inf) for quality in qualities], np.float64)[spread]
        self._violation = np.array([_VIOLATION[quality.on_violation] for quality in qualities], np.uint8)[spread]
        self._limits = Limits(
            max_rate=np.array([_or(quality.max_rate, np.inf) for quality in qualities], np.float64)[spread],
            flatline=np.array([_nanoseconds(quality.flatline) for quality in qualities], np.int64)[spread],
            max_gap=np.array([_nanoseconds(quality.max_gap) for quality in qualities], np.int64)[spread],
            max_skew=_skews(slots, sources, qualities, spread),
            duplicates=np.array([quality.duplicates for quality in qualities], np.bool_)[spread],
            out_of_order=np.array([quality.out_of_order for quality in qualities], np.bool_)[spread],
        )
        self._tracked = self._limits.any()
        self._text = slots.text
        self.quarantines = QUARANTINE in self._violation
        self.ruled = self._tracked | np.isfinite(self._low) | np.isfinite(self._high)

    def layout(self, slots: npt.NDArray[np.uint32]) -> Layout:
        """The layout for rows of these slots; costs a few dozen microseconds, so keep it where slots repeat."""
        low, high, text = self._low[slots], self._high[slots], self._text[slots]
        unique = len(np.unique(slots)) == len(slots)
        ranged = bool(np.isfinite(low).any() or np.isfinite(high).any())
        rows = np.flatnonzero(self._tracked[slots])
        if not unique:
            rows = rows[np.argsort(slots[rows], kind="stable")]
        return Layout(
            slots=slots,
            low=low if ranged else None,
            high=high if ranged else None,
            unique=unique,
            text=text if bool(text.any()) else None,
            track=Track.of(rows, slots[rows], self._limits) if len(rows) else None,
        )

    def judge(self, batch: SampleBatch, layout: Layout, memory: Memory, vouched: int) -> Judgement:
        """Every rule on every row. `batch.index` are slots; `vouched`: see `Memory`, which is brought up to date."""
        value, status, reasons = _non_finite(batch, layout.text)
        added = _out_of_range(batch, layout)
        if layout.track is not None:
            found = judge_sequences(batch, status, added, layout.track, memory=memory, vouched=vouched)
            if found is not None:
                rows, bits = found
                if added is None:
                    added = np.zeros(len(batch), np.uint16)
                added[rows] |= bits
        if added is None:
            return Judgement(value, status, reasons, None)
        status, quarantined = self._degraded(layout.slots, status, added)
        return Judgement(value, status, reasons | added, quarantined)

    def _degraded(self, slots: npt.NDArray[np.uint32], status: Statuses, added: Masks) -> tuple[Statuses, Flags | None]:
        rows = np.flatnonzero(added)
        violation = self._violation[slots[rows]]
        worse = status[rows]
        for reason, uncertain, bad in CODES:
            violated = (added[rows] & np.uint16(reason)) != 0
            worse = degrade(worse, violated & (violation == BAD), bad)
            worse = degrade(worse, violated & (violation != BAD), uncertain)
        status = status.copy()
        status[rows] = worse
        quarantined = None
        if self.quarantines and bool((violation == QUARANTINE).any()):
            quarantined = np.zeros(len(slots), np.bool_)
            quarantined[rows] = violation == QUARANTINE
        return status, quarantined


def _non_finite(batch: SampleBatch, text: Flags | None) -> tuple[Floats, Statuses, Masks]:
    """A sample that is not Bad has a number; if it has none, that makes it Bad."""
    finite = np.isfinite(batch.value)
    if bool(finite.all()):
        return batch.value, batch.status, batch.reasons
    wrong = ~finite & (severity(batch.status) < 2)
    if text is not None:
        wrong &= ~text
    reasons = np.where(wrong, batch.reasons | np.uint16(Reason.NON_FINITE), batch.reasons)
    return np.where(finite, batch.value, np.nan), degrade(batch.status, wrong, Status.BAD), reasons


def _out_of_range(batch: SampleBatch, layout: Layout) -> Masks | None:
    if layout.low is None or layout.high is None:
        return None
    outside = (batch.value < layout.low) | (batch.value > layout.high)
    if not bool(outside.any()):
        return None
    outside &= (severity(batch.status) < 2) & ((batch.reasons & np.uint16(Reason.HELD)) == 0) & np.isfinite(batch.value)
    return outside.astype(np.uint16) * np.uint16(Reason.RANGE) if bool(outside.any()) else None


def _or(limit: float | None, absent: float) -> float:
    return absent if limit is None else limit


def _nanoseconds(seconds: float | None) -> int:
    return Limits.NONE if seconds is None else round(seconds * 1e9)


def _skews(
    slots: Slots,
    sources: Mapping[str, PipelineSource],
    qualities: Sequence[QualityConfig],
    spread: npt.NDArray[np.intp],
) -> Times:
    """The property's own limit, else its source's; a time that the adapter gave itself cannot be askew."""
    own = np.array([_nanoseconds(quality.max_skew) for quality in qualities], np.int64)[spread]
    limits = np.full(len(slots), Limits.NONE, np.int64)
    for name, members in slots.by_source.items():
        if sources[name].timestamps != "gather":
            rows = np.array(members, np.intp)
            limits[rows] = np.where(own[rows] == Limits.NONE, _nanoseconds(sources[name].max_skew), own[rows])
    return limits
